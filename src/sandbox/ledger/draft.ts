import { idAt, tokenAt } from './ids.js'
import { notThere } from './lookup.js'
import type { ObjectKind, Row, StripeEvent, TableName, Tables } from './records.js'
import type { Change, State } from './state.js'

/** Who asks, and by which request. */
export interface Asking {
  readonly account: string
  /** Null where time or a person on a page acts. */
  readonly request: { readonly id: string; readonly idempotency_key: string | null } | null
}

const nobody = { id: null, idempotency_key: null }

/** What a command is about to change, over a state that stays as it is. */
export class Draft {
  readonly changes: Change[] = []
  readonly events: StripeEvent[] = []
  readonly #rows = new Map<string, Row | null>()
  #sequence: number
  #now: number

  constructor(
    readonly state: State,
    readonly asking: Asking,
    now: number,
  ) {
    this.#sequence = state.sequence
    this.#now = now
  }

  get now(): number {
    return this.#now
  }

  /** A customer on a test clock, and all that is his, lives by that clock. */
  liveBy(testClock: string | null): void {
    const clock = testClock ? this.get('test_clocks', testClock) : undefined
    if (clock) this.#now = clock.frozen_time
  }

  get sequence(): number {
    return this.#sequence
  }

  id(prefix: string, length = 24): string {
    return idAt(this.state.seed, ++this.#sequence, prefix, length)
  }

  token(): string {
    return tokenAt(this.state.seed, ++this.#sequence)
  }

  get<Name extends TableName>(table: Name, id: string): Tables[Name] | undefined {
    const drafted = this.#rows.get(`${table}:${id}`)
    if (drafted === null) return undefined
    const row = (drafted as Tables[Name] | undefined) ?? this.state.tables[table].get(id)
    return row?.account === this.asking.account ? row : undefined
  }

  require<Name extends TableName>(table: Name, id: string, param = 'id', status = 404): Tables[Name] {
    const row = this.get(table, id)
    if (!row) throw notThere(this.state, this.asking.account, table, id, param, status)
    return row
  }

  put<Name extends TableName>(table: Name, row: Tables[Name]): Tables[Name] {
    this.#rows.set(`${table}:${row.id}`, row)
    this.changes.push({ table, id: row.id, row })
    return row
  }

  drop(table: TableName, id: string): void {
    this.#rows.set(`${table}:${id}`, null)
    this.changes.push({ table, id, row: null })
  }

  /** Those filed under a key before this command, as they are now. */
  under<Name extends TableName>(table: Name, index: string, key: string): Tables[Name][] {
    return [...this.state.tables[table].under(index, key)]
      .map((row) => this.get(table, row.id))
      .filter((row) => row !== undefined)
  }

  emit(type: string, kind: ObjectKind, object: Row, previous: Row | null = null): void {
    const { account } = this.asking
    const event: StripeEvent = {
      id: this.id('evt_'),
      account,
      created: this.now,
      type,
      kind,
      object,
      previous,
      request: this.asking.request ?? nobody,
      pending_webhooks: 0,
    }
    const endpoints = [...this.state.tables.webhook_endpoints.under('account', account)].filter(
      (endpoint) => endpoint.status === 'enabled' && listens(endpoint.enabled_events, type),
    )
    const announced = { ...event, pending_webhooks: endpoints.length }
    this.events.push(this.put('events', announced))
    for (const endpoint of endpoints) {
      this.put('deliveries', {
        id: this.id('dlv_'),
        account,
        created: this.now,
        endpoint: endpoint.id,
        event: event.id,
        event_type: type,
        object: object.id,
        state: 'pending',
        attempts: [],
        next_attempt_at: null,
      })
    }
  }
}

function listens(enabled: readonly string[], type: string): boolean {
  return enabled.includes('*') || enabled.includes(type)
}
