import { readPermissions } from '../api/permissions.js'
import { after } from '../engine/duration.js'
import type { Engine } from '../engine/engine.js'
import type { Faults } from '../faults/faults.js'
import { inMode } from '../ledger/mode.js'
import type { ApiKey, Delivery, Row, TableName } from '../ledger/records.js'
import { invalid, missing, StripeError } from '../ledger/stripe-error.js'
import type { Page } from '../pages/page.js'
import { type Settings, switched } from '../settings.js'
import { controlPage } from './control-page.js'
import { Followers } from './followers.js'
import type { LoggedRequest, RequestLog } from './request-log.js'

const twoYears = 2 * 366 * 86_400_000
const shownAtOnce = 100
const longestSilence = 10_000

interface Parts {
  readonly engine: Engine
  readonly settings: Settings
  readonly faults: Faults
  readonly log: RequestLog
  readonly reset: () => void
}

interface Asked {
  readonly query: URLSearchParams
  readonly given: Record<string, unknown>
  readonly id: string
}

type Act = (asked: Asked) => object | Promise<object>

/** What Stripe does not have: the clock, faults, and a look inside. */
export class Control {
  readonly #parts: Parts
  readonly #followers = new Followers()
  readonly #acts: Readonly<Record<string, Act>>

  constructor(parts: Parts) {
    this.#parts = parts
    const { faults, log, settings } = parts
    this.#acts = {
      'GET clock': ({ query }) => this.#clock(query),
      'POST clock': ({ given }) => this.#setClock(given),
      'POST keys': ({ given }) => this.#createKey(given),
      'GET faults': () => ({ data: faults.rules }),
      'POST faults': ({ given }) => faults.add(given),
      'DELETE faults': () => this.#clearFaults(),
      'DELETE faults/:id': ({ id }) => this.#clearFaults(id),
      'GET deliveries': ({ query }) => this.#deliveries(query),
      'GET deliveries/:id': ({ id }) => this.#delivery(id),
      'POST deliveries/:id/resend': ({ id }) => this.#resend(id),
      'POST invoices/:id/due_date': ({ id, given }) => this.#moveDueDate(id, given),
      'POST webhook_endpoints/:id/roll': ({ id, given }) => this.#rollSecret(id, given),
      'GET requests': ({ query }) => ({ data: log.newest(Number(query.get('limit') ?? shownAtOnce)) }),
      'GET requests/:id': ({ id }) => this.#request(id),
      'GET settings': () => settings,
      'POST settings': ({ given }) => Object.assign(settings, switched(given)),
      'GET state': ({ query }) => this.#state(query),
      'POST state': ({ given }) => this.#load(given),
      'POST reset': () => this.#reset(),
    }
  }

  async answer(method: string, url: URL, body: string): Promise<Page> {
    try {
      const path = url.pathname.replace(/^\/_sandbox\/?/, '').replace(/\/$/, '')
      if (path === '' && method === 'GET') return page(controlPage(this.#parts))
      const [resource = '', id = '', verb] = path.split('/')
      const name = id === '' ? resource : `${resource}/:id${verb === undefined ? '' : `/${verb}`}`
      const act = this.#acts[`${method} ${name}`]
      if (!act) throw new StripeError(404, `The sandbox has no ${method} /_sandbox/${path}.`)
      return json(200, await act({ query: url.searchParams, given: parsed(body), id: decodeURIComponent(id) }))
    } catch (error) {
      if (error instanceof StripeError) return json(error.status, error.body())
      throw error
    }
  }

  /** At once; a `follower` is answered when the clock was moved, at the latest after `wait` milliseconds. */
  async #clock(query: URLSearchParams): Promise<object> {
    const follower = query.get('follower')
    const wait = Number(query.get('wait') ?? 1_000)
    if (follower) await this.#followers.news(follower, Math.min(Math.max(0, wait), longestSilence))
    return this.#now()
  }

  #now(): object {
    const { now } = this.#parts.engine.clock
    return { now: new Date(now).toISOString(), frozen: this.#parts.engine.state.clockStoppedAt !== null }
  }

  async #setClock({ frozen, ...move }: Record<string, unknown>): Promise<object> {
    const { engine } = this.#parts
    const { clockOffset, clockStoppedAt } = engine.state
    if (frozen !== undefined && typeof frozen !== 'boolean') throw invalid('Invalid boolean', { param: 'frozen' })
    if (frozen === true) engine.stopClock()
    if (frozen === undefined || Object.keys(move).length > 0) await this.#moveClock(move)
    if (frozen === false) engine.tickClock()
    const moved = engine.state.clockOffset !== clockOffset || engine.state.clockStoppedAt !== clockStoppedAt
    if (moved) await this.#followers.tell()
    return this.#now()
  }

  async #moveClock({ to, advance }: Record<string, unknown>): Promise<void> {
    // Read once, because it ticks: to advance by nothing is not to go back.
    const { now } = this.#parts.engine.clock
    const instant = typeof advance === 'string' ? after(now, advance) : instantOf(to)
    if (instant === null || Number.isNaN(instant)) {
      throw invalid('The clock wants {"to": "2026-12-24T00:00:00Z"} or {"advance": "P1M"}.', { param: 'to' })
    }
    if (instant < now) throw invalid('The clock only goes forward.', { param: 'to' })
    if (instant > now + twoYears) throw invalid('The clock goes two years at most at once.', { param: 'to' })
    await this.#parts.engine.moveTo(instant)
  }

  #createKey({ permissions, account, mode = 'test' }: Record<string, unknown>): object {
    const { engine } = this.#parts
    const name = account === undefined ? [...engine.state.tables.accounts.values()][0]?.id : account
    if (typeof name !== 'string' || !/^acct_\w+$/.test(name))
      throw invalid('An account is called acct_….', { param: 'account' })
    if (mode !== 'test' && mode !== 'live')
      throw invalid('Invalid mode: must be one of test or live', { param: 'mode' })
    const id = inMode(name, mode)
    const asking = { account: id, request: null }
    const granted = readPermissions(permissions)
    const make = (rights: readonly string[] | null) =>
      engine.execute({ do: 'key.create', key: null, permissions: rights }, asking).result as ApiKey
    if (engine.state.tables.accounts.get(id)) return { key: make(granted).id, account: name }
    engine.execute({ do: 'account.create', id }, asking)
    return { key: make(granted).id, account: name, secretKey: make(null).id }
  }

  #clearFaults(id?: string): object {
    this.#parts.faults.clear(id)
    return { data: this.#parts.faults.rules }
  }

  #deliveries(query: URLSearchParams): object {
    const { deliveries, webhook_endpoints } = this.#parts.engine.state.tables
    const limit = Number(query.get('limit') ?? shownAtOnce)
    const [endpoint, event, type] = ['endpoint', 'event', 'type'].map((name) => query.get(name))
    const wanted = [...deliveries.values()].filter(
      (delivery) =>
        (!endpoint || delivery.endpoint === endpoint) &&
        (!event || delivery.event === event) &&
        (!type || delivery.event_type === type),
    )
    const shown = wanted.slice(-limit).reverse()
    return { data: shown.map((row) => ({ ...row, url: webhook_endpoints.get(row.endpoint)?.url ?? null })) }
  }

  #delivery(id: string): Delivery {
    const delivery = this.#parts.engine.state.tables.deliveries.get(id)
    if (!delivery) throw missing('delivery', id)
    return delivery
  }

  #request(id: string): LoggedRequest {
    const request = this.#parts.log.find(id)
    if (!request) throw missing('request', id)
    return request
  }

  #resend(id: string): object {
    const { account, event, endpoint } = this.#delivery(id)
    const { result } = this.#parts.engine.execute({ do: 'delivery.again', event, endpoint }, { account, request: null })
    return result as Delivery
  }

  #moveDueDate(id: string, { to }: Record<string, unknown>): object {
    const { engine } = this.#parts
    const invoice = engine.state.tables.invoices.get(id)
    if (!invoice) throw missing('invoice', id)
    const instant = instantOf(to)
    if (instant === null || Number.isNaN(instant)) {
      throw invalid('A due date is moved by {"to": "2026-12-24T00:00:00Z"}.', { param: 'to' })
    }
    const asking = { account: invoice.account, request: null }
    return engine.execute({ do: 'invoice.move_due_date', id, due_date: Math.floor(instant / 1_000) }, asking)
      .result as object
  }

  /** The new secret; the old one signs too for as long as is asked. */
  #rollSecret(id: string, { expires_in }: Record<string, unknown>): object {
    const { engine } = this.#parts
    const endpoint = engine.state.tables.webhook_endpoints.get(id)
    if (!endpoint) throw missing('webhook endpoint', id)
    const seconds = Number(expires_in ?? 86_400)
    const { result } = engine.execute(
      { do: 'endpoint.roll_secret', id, expires_in: seconds },
      { account: endpoint.account, request: null },
    )
    return result as object
  }

  #state(query: URLSearchParams): object {
    const { state, clock } = this.#parts.engine
    const only = query.get('table')
    const names = (Object.keys(state.tables) as TableName[]).filter((name) => !only || name === only)
    const tables = names.map((name) => [name, [...(state.tables[name].values() as Iterable<object>)]])
    const { seed, sequence } = state
    return { seed, sequence, now: new Date(clock.now).toISOString(), ...Object.fromEntries(tables) }
  }

  /** What `GET state` gave, in place of what is here. */
  #load({ sequence, ...given }: Record<string, unknown>): object {
    const { engine, reset } = this.#parts
    const names = Object.keys(engine.state.tables) as TableName[]
    const rows = names.flatMap((table) => ((given[table] ?? []) as Row[]).map((row) => ({ table, id: row.id, row })))
    if (rows.length === 0) throw invalid('A state is wanted as GET /_sandbox/state gives it.')
    reset()
    engine.load(rows, Number(sequence ?? engine.state.sequence))
    return this.#now()
  }

  #reset(): object {
    this.#parts.reset()
    return this.#now()
  }
}

function instantOf(to: unknown): number | null {
  if (typeof to === 'number') return to * 1000
  return typeof to === 'string' ? Date.parse(to) : null
}

function parsed(body: string): Record<string, unknown> {
  if (body === '') return {}
  try {
    const given: unknown = JSON.parse(body)
    if (typeof given === 'object' && given !== null) return given as Record<string, unknown>
  } catch {
    // Said below, as for anything else that is no object.
  }
  throw invalid('The body must be a JSON object.')
}

function json(status: number, body: object): Page {
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body, null, 2) }
}

function page(html: string): Page {
  return { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: html }
}
