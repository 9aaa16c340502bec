import { itemOf } from '../ledger/invoice-item.js'
import type { InvoiceItem, ObjectKind, Row, StoredAnswer, StripeEvent, TableName } from '../ledger/records.js'
import type { Change, State } from '../ledger/state.js'

type Fields = Record<string, unknown>

/** A version of a row: told by the row as it stands at this place of the journal and by what differs from it. */
type Version = { at: [TableName, string]; but?: Fields } | { line: [invoice: string, place: number] } | { row: Row }

/** There are many of these two, so they are written without names. */
type EncodedEvent = [
  '!',
  id: string,
  account: string,
  created: number,
  type: string,
  kind: ObjectKind,
  request: string | null,
  idempotencyKey: string | null,
  pendingWebhooks: number,
  object: Version,
  previous: Fields | null,
]
type EncodedAnswer = [
  '=',
  id: string,
  account: string,
  created: number,
  fingerprint: string,
  request: string,
  status: number,
  version: string,
  body: string | null,
  kind: ObjectKind | null,
  object: Version | null,
]

export type EncodedChange =
  | EncodedEvent
  | EncodedAnswer
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

function encodeEvent(state: State, event: StripeEvent): EncodedEvent {
  const { id, account, created, type, kind, request, pending_webhooks, object, previous } = event
  const version = encodeVersion(state, kind, object)
  const was = previous && difference(object, previous)
  return ['!', id, account, created, type, kind, request.id, request.idempotency_key, pending_webhooks, version, was]
}

function decodeEvent(state: State, encoded: EncodedEvent): StripeEvent {
  const [, id, account, created, type, kind, request, idempotency_key, pending_webhooks, version, was] = encoded
  const object = decodeVersion(state, version)
  const previous = was && { ...object, ...was }
  return {
    id,
    account,
    created,
    type,
    kind,
    object,
    previous,
    request: { id: request, idempotency_key },
    pending_webhooks,
  }
}

function encodeAnswer(state: State, answer: StoredAnswer): EncodedAnswer {
  const { id, account, created, fingerprint, request, status, version, body, kind, object } = answer
  const shown = kind && object ? encodeVersion(state, kind, object) : null
  return ['=', id, account, created, fingerprint, request, status, version, body, kind, shown]
}

function decodeAnswer(state: State, encoded: EncodedAnswer): StoredAnswer {
  const [, id, account, created, fingerprint, request, status, version, body, kind, shown] = encoded
  const object = shown && decodeVersion(state, shown)
  return { id, account, created, fingerprint, request, status, version, body, kind, object }
}

/** Versions are told by what differs, so a journal with many events of an invoice holds the invoice once. */
export function encode(state: State, { table, id, row }: Change): EncodedChange {
  if (!row) return ['-', table, id]
  const before = state.tables[table].get(id)
  if (before) return ['~', table, id, difference(before, row)]
  if (table === 'events') return encodeEvent(state, row as StripeEvent)
  if (table === 'answers') return encodeAnswer(state, row as StoredAnswer)
  return ['+', table, row as unknown as Fields]
}

export function decode(state: State, change: EncodedChange): Change {
  switch (change[0]) {
    case '!':
      return { table: 'events', id: change[1], row: decodeEvent(state, change) }
    case '=':
      return { table: 'answers', id: change[1], row: decodeAnswer(state, change) }
    case '-':
      return { table: change[1], id: change[2], row: null }
    case '~': {
      const [, table, id, fields] = change
      return { table, id, row: { ...(state.tables[table].get(id) as Row), ...fields } }
    }
    case '+': {
      const row = change[2] as unknown as Row
      return { table: change[1], id: row.id, row }
    }
  }
}
