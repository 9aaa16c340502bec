import { isLive, otherMode } from './mode.js'
import type { TableName, Tables } from './records.js'
import type { State } from './state.js'
import { missing, StripeError } from './stripe-error.js'

const nouns: Partial<Record<TableName, string>> = {
  customers: 'customer',
  invoices: 'invoice',
  items: 'invoiceitem',
  payment_methods: 'PaymentMethod',
  payment_intents: 'payment_intent',
  webhook_endpoints: 'webhook endpoint',
  test_clocks: 'test clock',
  credit_notes: 'credit note',
  events: 'event',
}

/** What an account has under an id; what others have is not there. */
export function lookUp<Name extends TableName>(
  state: State,
  account: string,
  table: Name,
  id: string,
  param = 'id',
  status = 404,
): Tables[Name] {
  const row = state.tables[table].get(id)
  if (row?.account === account) return row
  throw notThere(state, account, table, id, param, status)
}

/** That it is missing, and where it is in the account's other mode, that as well. */
export function notThere(
  state: State,
  account: string,
  table: TableName,
  id: string,
  param = 'id',
  status = 404,
): StripeError {
  const refusal = missing(nouns[table] ?? table, id, param, status)
  if (state.tables[table].get(id)?.account !== otherMode(account)) return refusal
  const [there, used] = isLive(account) ? ['test', 'live'] : ['live', 'test']
  const hint = `a similar object exists in ${there} mode, but a ${used} mode key was used to make this request.`
  return new StripeError(status, `${refusal.message}; ${hint}`, refusal.detail)
}
