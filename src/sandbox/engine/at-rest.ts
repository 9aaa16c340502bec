import type { ObjectKind, Row, StoredAnswer, StripeEvent, TableName } from '../ledger/records.js'
import type { AtHand, Spot } from './archive.js'
import {
  baseOfAnswer,
  baseOfEvent,
  decodeAnswer,
  decodeEvent,
  type RestOfAnswer,
  type RestOfEvent,
} from './encoding.js'

function written({ shelf, at, length }: Spot): string {
  return shelf.file.read(at, length)
}

/** As it was written, where it would be written so again: what it refers to has not changed since. */
function stillWritten(spot: Spot, baseOf: (written: string) => [TableName, string] | null): string | null {
  const text = written(spot)
  const base = baseOf(text)
  return base === null || spot.shelf.lastTold(...base) <= spot.line ? text : null
}

/** An event of which only so much is at hand as lists are filtered by; the rest is read when it is asked for. */
export class EventAtRest implements StripeEvent {
  readonly id: string
  readonly account: string
  readonly created: number
  readonly type: string
  readonly #spot: Spot

  constructor({ id, account, created, type }: AtHand, spot: Spot) {
    this.id = id
    this.account = account
    this.created = created
    this.type = type
    this.#spot = spot
  }

  get stillWritten(): string | null {
    return stillWritten(this.#spot, baseOfEvent)
  }

  get kind(): ObjectKind {
    return this.#rest.kind
  }

  get object(): Row {
    return this.#rest.object
  }

  get previous(): Row | null {
    return this.#rest.previous
  }

  get request(): StripeEvent['request'] {
    return this.#rest.request
  }

  get pending_webhooks(): number {
    return this.#rest.pending_webhooks
  }

  toJSON(): StripeEvent {
    const { id, account, created, type } = this
    return { id, account, created, type, ...this.#rest }
  }

  get #rest(): RestOfEvent {
    const spot = this.#spot
    return spot.shelf.recalled(spot.at, () => decodeEvent(spot.shelf.standingAt(spot.line), written(spot)))
  }
}

/** The answer to a request with an idempotency key, of which the same is true. */
export class AnswerAtRest implements StoredAnswer {
  readonly id: string
  readonly account: string
  readonly created: number
  readonly #spot: Spot

  constructor({ id, account, created }: AtHand, spot: Spot) {
    this.id = id
    this.account = account
    this.created = created
    this.#spot = spot
  }

  get stillWritten(): string | null {
    return stillWritten(this.#spot, baseOfAnswer)
  }

  get fingerprint(): string {
    return this.#rest.fingerprint
  }

  get request(): string {
    return this.#rest.request
  }

  get status(): number {
    return this.#rest.status
  }

  get body(): string | null {
    return this.#rest.body
  }

  get kind(): ObjectKind | null {
    return this.#rest.kind
  }

  get object(): Row | null {
    return this.#rest.object
  }

  get version(): string {
    return this.#rest.version
  }

  toJSON(): StoredAnswer {
    const { id, account, created } = this
    return { id, account, created, ...this.#rest }
  }

  get #rest(): RestOfAnswer {
    const spot = this.#spot
    return spot.shelf.recalled(spot.at, () => decodeAnswer(spot.shelf.standingAt(spot.line), written(spot)))
  }
}
