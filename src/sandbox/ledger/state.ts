import type { Row, TableName, Tables } from './records.js'
import { Table } from './table.js'

type AllTables = { readonly [Name in TableName]: Table<Tables[Name]> }

/** A row as it is from now on, or that it is no more. */
export interface Change {
  readonly table: TableName
  readonly id: string
  readonly row: Row | null
}

export interface State {
  readonly seed: string
  /** How many ids were given so far. */
  sequence: number
  /** How far the sandbox's clock is ahead of the real one, in milliseconds. */
  clockOffset: number
  /** Where somebody has stopped it, in milliseconds. */
  clockStoppedAt: number | null
  readonly tables: AllTables
}

export function emptyState(seed: string): State {
  return {
    seed,
    sequence: 0,
    clockOffset: 0,
    clockStoppedAt: null,
    tables: {
      accounts: new Table(),
      keys: new Table(),
      customers: new Table({ email: (row) => row.email, test_clock: (row) => row.test_clock }),
      items: new Table({ customer: (row) => row.customer }),
      invoices: new Table({
        customer: (row) => row.customer,
        token: (row) => row.token,
        item: (row) => row.lines.map((line) => line.invoice_item),
        test_clock: (row) => row.test_clock,
      }),
      payment_methods: new Table({ customer: (row) => row.customer }),
      payment_intents: new Table({ customer: (row) => row.customer, invoice: (row) => row.invoice }),
      charges: new Table({ customer: (row) => row.customer }),
      webhook_endpoints: new Table(),
      test_clocks: new Table(),
      credit_notes: new Table({ invoice: (row) => row.invoice, customer: (row) => row.customer }),
      portal_sessions: new Table({ token: (row) => row.token }),
      events: new Table(),
      deliveries: new Table({
        event: (row) => row.event,
        object: (row) => row.object,
        endpoint: (row) => row.endpoint,
      }),
      answers: new Table(),
    },
  }
}

export function commit(state: State, change: Change): void {
  const table = state.tables[change.table] as unknown as Table<Row>
  if (change.row) table.put(change.row)
  else table.drop(change.id)
}

export function empty(state: State): void {
  for (const table of Object.values(state.tables)) table.clear()
  state.sequence = 0
  state.clockOffset = 0
  state.clockStoppedAt = null
}
