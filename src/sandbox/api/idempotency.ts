import { hash } from 'node:crypto'
import type { Engine } from '../engine/engine.js'
import type { StoredAnswer } from '../ledger/records.js'
import { invalid, StripeError } from '../ledger/stripe-error.js'

const longestKey = 255
const keptFor = 86_400

/** The first result of a key is its only one: what came of the first execution is replayed, whatever it was. */
export class Idempotency {
  readonly #engine: Engine
  readonly #running = new Set<string>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** What was answered before; throws where the key belongs to another request. */
  replay(account: string, key: string, endpoint: string, form: string): StoredAnswer | null {
    const answer = this.#engine.state.tables.answers.get(placeOf(account, key))
    if (!answer || answer.created <= this.#engine.now - keptFor) return null
    if (answer.request !== endpoint) {
      throw mismatch(
        `Keys for idempotent requests can only be used for the same endpoint they were first used for ` +
          `('${answer.request}' vs '${endpoint}'). Try using a key other than '${key}' if you meant to execute a ` +
          'different request.',
      )
    }
    if (answer.fingerprint === fingerprintOf(form)) return answer
    throw mismatch(
      'Keys for idempotent requests can only be used with the same parameters they were first used with. ' +
        `Try using a key other than '${key}' if you meant to execute a different request.`,
    )
  }

  /** Nobody else may use the key until it is released. */
  hold(account: string, key: string): () => void {
    const place = placeOf(account, key)
    if (this.#running.has(place)) {
      throw new StripeError(
        409,
        'There is currently another in-progress request using this Idempotent Key (that probably means you submitted ' +
          `twice, and the other request is still going through): ${key}. Please try again later.`,
        { type: 'idempotency_error', code: 'idempotency_key_in_use' },
      )
    }
    this.#running.add(place)
    return () => this.#running.delete(place)
  }

  keep(
    account: string,
    key: string,
    endpoint: string,
    form: string,
    answer: Pick<StoredAnswer, 'status' | 'body' | 'kind' | 'object' | 'version'>,
  ): void {
    const stored: StoredAnswer = {
      id: placeOf(account, key),
      account,
      created: this.#engine.now,
      fingerprint: fingerprintOf(form),
      request: endpoint,
      ...answer,
    }
    this.#engine.execute({ do: 'answer.store', answer: stored }, { account, request: null })
  }
}

export function checkKey(key: string): void {
  if (key.length > longestKey) throw invalid(`Idempotency keys cannot be longer than ${longestKey} characters.`)
}

function placeOf(account: string, key: string): string {
  return `${account}:${key}`
}

/** The order of the parameters does not matter. */
function fingerprintOf(form: string): string {
  return hash('sha256', form.split('&').sort().join('&'), 'base64url')
}

function mismatch(message: string): StripeError {
  return invalid(message, { type: 'idempotency_error' })
}
