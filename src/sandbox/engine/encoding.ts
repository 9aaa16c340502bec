import { itemOf } from '../ledger/invoice-item.js'
import type { InvoiceItem, ObjectKind, Row, StoredAnswer, StripeEvent, TableName } from '../ledger/records.js'
import type { Change, State } from '../ledger/state.js'

type Fields = Record<string, unknown>

/** A version of a row: told by the row as it stands at this place of the journal and by what differs from it. */
type Version = { at: [TableName, string]; but?: Fields } | { line: [invoice: string, place: number] } | { row: Row }

export type EncodedChange =
  | ['+', TableName, Fields]
  | ['~', TableName, string, Fields]
  | ['-', TableName, string]

const tableOf: Record<ObjectKind, TableName> = {
  account: 'accounts',
  'billing_portal.session': 'portal_sessions',
  charge: 'charges',
  credit_note: 'credit_notes',
  customer: 'customers',
  invoice: 'invoices',
  invoice_payment: 'payment_intents',
  invoiceitem: 'items',
  payment_intent: 'payment_intents',
  payment_method: 'payment_methods',
  'test_helpers.test_clock': 'test_clocks',
  webhook_endpoint: 'webhook_endpoints',
}

function difference(from: object, to: object): Fields {
  const differs: Fields = {}
  for (const [key, value] of Object.entries(to)) if ((from as Fields)[key] !== value) differs[key] = value
  return differs
}

function encodeVersion(state: State, kind: ObjectKind, row: Row): Version {
  const table = tableOf[kind]
  if (kind === 'invoiceitem') {
    const { invoice, line } = row as InvoiceItem
    const place = invoice === null ? -1 : (state.tables.invoices.get(invoice)?.lines.indexOf(line) ?? -1)
    if (place >= 0) return { line: [invoice as string, place] }
  }
  const current = state.tables[table].get(row.id)
  if (!current) return { row }
  if (current === row) return { at: [table, row.id] }
  return { at: [table, row.id], but: difference(current, row) }
}

function decodeVersion(state: State, version: Version): Row {
  if ('row' in version) return version.row
  if ('line' in version) {
    const [id, place] = version.line
    const invoice = state.tables.invoices.get(id)
    const line = invoice?.lines[place]
    if (!invoice || !line) throw new Error(`The journal refers to a line of ${id}, which is not there.`)
    return itemOf(invoice, line)
  }
  const [table, id] = version.at
  const current = state.tables[table].get(id)
  if (!current) throw new Error(`The journal refers to ${id} in ${table}, which is not there.`)
  return version.but ? { ...current, ...version.but } : current
}

/** Versions are told by what differs, so a journal with many events of an invoice holds the invoice once. */
export function encode(state: State, { table, id, row }: Change): EncodedChange {
  if (!row) return ['-', table, id]
  const before = state.tables[table].get(id)
  if (before) return ['~', table, id, difference(before, row)]
  if (table === 'events') {
    const { object, previous, ...event } = row as StripeEvent
    const was = previous && difference(object, previous)
    return ['+', table, { ...event, object: encodeVersion(state, event.kind, object), previous: was }]
  }
  const answer = row as StoredAnswer
  if (table === 'answers' && answer.kind && answer.object) {
    return ['+', table, { ...answer, object: encodeVersion(state, answer.kind, answer.object) }]
  }
  return ['+', table, row as unknown as Fields]
}

export function decode(state: State, change: EncodedChange): Change {
  if (change[0] === '-') return { table: change[1], id: change[2], row: null }
  if (change[0] === '~') {
    const [, table, id, fields] = change
    return { table, id, row: { ...(state.tables[table].get(id) as Row), ...fields } }
  }
  const [, table, fields] = change
  const row = fields as unknown as Row
  if (table === 'events') {
    const object = decodeVersion(state, fields.object as Version)
    const previous = fields.previous ? { ...object, ...(fields.previous as Fields) } : null
    return { table, id: row.id, row: { ...row, object, previous } as StripeEvent }
  }
  if (table === 'answers' && fields.object) {
    return { table, id: row.id, row: { ...row, object: decodeVersion(state, fields.object as Version) } as StoredAnswer }
  }
  return { table, id: row.id, row }
}
