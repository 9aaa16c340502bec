import type { Engine } from '../engine/engine.js'
import type { RequestFault } from '../faults/faults.js'
import type { ApiKey, StoredAnswer } from '../ledger/records.js'
import { StripeError } from '../ledger/stripe-error.js'
import { readAll } from '../parameters/parameter.js'
import { expand } from '../render/expand.js'
import { render } from '../render/newest.js'
import type { Rendered, Rendering } from '../render/rendering.js'
import type { Settings } from '../settings.js'
import { checkVersion } from '../wire/api-versions.js'
import { parseForm } from '../wire/form.js'
import { checkKey, Idempotency } from './idempotency.js'
import { ObjectLocks } from './object-locks.js'
import { demand, demandToRead, masked } from './permissions.js'
import { RateLimits } from './rate-limits.js'
import type { Answer, Call, Cli } from './route.js'
import { routes } from './routes.js'

export interface ApiRequest {
  readonly id: string
  readonly method: string
  readonly path: string
  /** The query of a GET or DELETE, the body of a POST. */
  readonly form: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface Reply {
  readonly status: number
  readonly body: string
  readonly headers: Record<string, string>
  readonly account: string | null
}

/** A request as far as it is known who asks, and in which version. */
interface Asked {
  readonly request: ApiRequest
  readonly key: ApiKey
  readonly version: string
  readonly idempotencyKey: string | null
  /** Its idempotency key and its object were taken before, because it is slow. */
  readonly holds: boolean
}

export class Api {
  readonly #idempotency: Idempotency
  readonly #locks = new ObjectLocks()
  readonly #engine: Engine
  readonly #settings: Settings
  readonly #baseUrl: () => string
  readonly #limits: RateLimits
  readonly #cli: Cli

  constructor(engine: Engine, settings: Settings, baseUrl: () => string, cli: Cli) {
    this.#engine = engine
    this.#settings = settings
    this.#baseUrl = baseUrl
    this.#limits = new RateLimits(() => engine.clock.realNow)
    this.#cli = cli
    this.#idempotency = new Idempotency(engine)
  }

  /** Stripe's answer, refusals included. A fault may stand in for the execution. */
  answer(request: ApiRequest, fault: RequestFault | null, holds = false): Reply {
    let key: ApiKey | null = null
    let version = this.#settings.defaultVersion
    try {
      key = this.#keyOf(request)
      version = checkVersion(header(request, 'stripe-version') ?? version)
      const idempotencyKey = request.method === 'POST' ? (header(request, 'idempotency-key') ?? null) : null
      const asked: Asked = { request, key, version, idempotencyKey, holds }
      return idempotencyKey === null ? this.#execute(asked, fault) : this.#executeOnce(asked, idempotencyKey, fault)
    } catch (error) {
      return this.#reply(request, key, version, refusalOf(error, key ? this.#logUrl(request) : undefined))
    }
  }

  #logUrl({ id }: ApiRequest): string {
    return `${this.#baseUrl()}/_sandbox/requests/${id}`
  }

  /** Takes what a request that is slow keeps from others until it is released; null where it cannot have it. */
  hold(request: ApiRequest): (() => void) | null {
    if (request.method === 'GET') return null
    const releases: (() => void)[] = []
    try {
      const { account } = this.#keyOf(request)
      const key = header(request, 'idempotency-key')
      if (key) releases.push(this.#idempotency.hold(account, key))
      releases.push(this.#locks.hold(account, request.path))
      return () => {
        for (const release of releases) release()
      }
    } catch (error) {
      for (const release of releases) release()
      // The answer itself will say why.
      if (error instanceof StripeError) return null
      throw error
    }
  }

  #keyOf(request: ApiRequest): ApiKey {
    const given = keyIn(header(request, 'authorization'))
    if (!given) {
      throw new StripeError(
        401,
        'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer ' +
          "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
      )
    }
    const key = this.#engine.state.tables.keys.get(given)
    if (!key) throw new StripeError(401, `Invalid API Key provided: ${masked(given)}`)
    return key
  }

  #executeOnce(asked: Asked, idempotencyKey: string, fault: RequestFault | null): Reply {
    checkKey(idempotencyKey)
    const { request, key } = asked
    const stored = this.#idempotency.replay(key.account, idempotencyKey, request.path, request.form)
    if (stored) return this.#replayed(asked, stored)
    const release = asked.holds ? null : this.#idempotency.hold(key.account, idempotencyKey)
    try {
      return this.#execute(asked, fault)
    } finally {
      release?.()
    }
  }

  #execute(asked: Asked, fault: RequestFault | null): Reply {
    const { request, key, version } = asked
    const found = routes.find(request.method, request.path)
    if (!found) {
      throw new StripeError(
        404,
        `Unrecognized request URL (${request.method}: ${request.path}). Please see https://stripe.com/docs or we can ` +
          'help at https://support.stripe.com/.',
      )
    }
    if (found.route.permission) demand(key, found.route.permission)
    if (this.#settings.rateLimits) this.#limits.admit(key.account)
    if (request.method !== 'GET' && !asked.holds) this.#locks.refuseHeld(key.account, request.path)
    const params = readAll(parseForm(request.form), found.route.params)
    const call: Call<never> = {
      params: params as never,
      path: found.path,
      engine: this.#engine,
      settings: this.#settings,
      key,
      asking: { account: key.account, request: { id: request.id, idempotency_key: asked.idempotencyKey } },
      rendering: this.#rendering(version, this.#engine.now),
      cli: this.#cli,
    }
    // From here on it has begun, and what comes of it is kept for its idempotency key, a failure as well.
    let outcome: Executed
    try {
      outcome =
        fault?.act === 'status' ? failed(fault, this.#logUrl(request)) : this.#answered(call, found.route.answer(call))
    } catch (error) {
      outcome = refusalOf(error, this.#logUrl(request))
    }
    this.#keep(asked, outcome)
    return this.#reply(request, key, version, outcome)
  }

  #answered(call: Call<{ expand?: string[] }>, answer: Answer): Executed {
    const paths = call.params.expand ?? []
    const body = 'body' in answer ? answer.body : render(answer.kind, answer.object, call.rendering)
    const shown = expand(body, paths, call.rendering, (kind) => demandToRead(call.key, kind))
    return { status: 200, body: shown, answer: paths.length === 0 ? answer : null, begun: true }
  }

  /** An object's version is kept rather than its rendering, a tenth of its size. */
  #keep({ request, key, version, idempotencyKey }: Asked, { status, body, answer, begun }: Executed): void {
    if (idempotencyKey === null || !begun) return
    const kept =
      answer && 'object' in answer
        ? { kind: answer.kind, object: answer.object, body: null }
        : { kind: null, object: null, body: inJson(body) }
    this.#idempotency.keep(key.account, idempotencyKey, request.path, request.form, { status, version, ...kept })
  }

  #replayed({ request, key }: Asked, stored: StoredAnswer): Reply {
    const { status, kind, object, version, created } = stored
    const body = stored.body ?? (kind && object ? inJson(render(kind, object, this.#rendering(version, created))) : '')
    const replay = { 'Idempotent-Replayed': 'true', ...(status >= 500 && { 'Stripe-Should-Retry': 'false' }) }
    return { status, body, account: key.account, headers: { ...this.#headers(request, version), ...replay } }
  }

  #rendering(version: string, now: number): Rendering {
    return { state: this.#engine.state, version, baseUrl: this.#baseUrl(), now, inEvent: false }
  }

  #headers(request: ApiRequest, version: string): Record<string, string> {
    const idempotencyKey = header(request, 'idempotency-key')
    return {
      'Request-Id': request.id,
      'Stripe-Version': version,
      ...(idempotencyKey && request.method === 'POST' && { 'Idempotency-Key': idempotencyKey }),
    }
  }

  #reply(request: ApiRequest, key: ApiKey | null, version: string, { status, body, headers }: Executed): Reply {
    const account = key?.account ?? null
    return { status, body: inJson(body), account, headers: { ...this.#headers(request, version), ...headers } }
  }
}

interface Executed {
  readonly status: number
  readonly body: Rendered | object
  /** What the body was rendered from, where it can be rendered so again. */
  readonly answer: Answer | null
  readonly begun: boolean
  readonly headers?: Record<string, string>
}

function refusalOf(error: unknown, logUrl: string | undefined): Executed {
  if (error instanceof StripeError) {
    return { status: error.status, body: error.body(logUrl), answer: null, begun: true }
  }
  console.error('The sandbox failed at a request:', error)
  const failure = new StripeError(500, 'An unknown error occurred', { type: 'api_error' })
  return { status: 500, body: failure.body(logUrl), answer: null, begun: true }
}

/** A 500 is what came of an execution; a 429 or 503 means that none was begun, so it is not kept. */
function failed({ status, code, should_retry }: RequestFault, logUrl: string): Executed {
  const type = status >= 500 ? 'api_error' : status === 402 ? 'card_error' : 'invalid_request_error'
  const known = code ?? (status === 429 ? 'rate_limit' : status === 402 ? 'card_declined' : undefined)
  const error = new StripeError(status, `The sandbox was told to fail with ${status}.`, { type, code: known })
  const headers: Record<string, string> = should_retry === null ? {} : { 'Stripe-Should-Retry': String(should_retry) }
  return { status, body: error.body(logUrl), answer: null, begun: status === 500 || status === 402, headers }
}

export function header(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value || undefined
}

function keyIn(authorization: string | undefined): string | null {
  const [scheme, credentials] = (authorization ?? '').split(' ')
  if (scheme?.toLowerCase() === 'bearer') return credentials || null
  if (scheme?.toLowerCase() !== 'basic' || !credentials) return null
  return Buffer.from(credentials, 'base64').toString().split(':')[0] || null
}

function inJson(body: object): string {
  return JSON.stringify(body, null, 2)
}
