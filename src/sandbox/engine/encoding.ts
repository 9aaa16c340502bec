import { isDeepStrictEqual } from 'node:util'
import { itemOf } from '../ledger/invoice-item.js'
import type {
  Invoice,
  InvoiceItem,
  Line,
  ObjectKind,
  Row,
  StoredAnswer,
  StripeEvent,
  TableName,
} from '../ledger/records.js'
import type { Change } from '../ledger/state.js'

export type Fields = Record<string, unknown>

/** A version of a row: told by the row as it stands at this place of the journal and by what differs from it. */
export type Version =
  | { at: [TableName, string]; but?: Fields }
  | { line: [invoice: string, place: number] }
  | { row: Row }

/** A change of a row that is always at hand. */
export type EncodedChange = ['+', TableName, Fields] | ['~', TableName, string, Fields] | ['-', TableName, string]

/** What of an event is at hand, and how many bytes the rest of it has. There are many, so they have no names. */
export type EventHead = ['!', length: number, id: string, account: string, created: number, type: string]
/** The same of the answer to a request with an idempotency key. */
export type AnswerHead = ['=', length: number, id: string, account: string, created: number]
export type Head = EventHead | AnswerHead

type EventBody = [
  kind: ObjectKind,
  request: string | null,
  idempotencyKey: string | null,
  pendingWebhooks: number,
  object: Version,
  previous: Fields | null,
]
type AnswerBody = [
  fingerprint: string,
  request: string,
  status: number,
  version: string,
  body: string | null,
  kind: ObjectKind | null,
  object: Version | null,
]

/** The rows that a version may refer to, as they stand at its place of the journal. */
export type Standing = (table: TableName, id: string) => Row | undefined

export type RestOfEvent = Pick<StripeEvent, 'kind' | 'object' | 'previous' | 'request' | 'pending_webhooks'>
export type RestOfAnswer = Omit<StoredAnswer, keyof Row>

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
  for (const [key, value] of Object.entries(to)) {
    if (!isDeepStrictEqual((from as Fields)[key], value)) differs[key] = value
  }
  return differs
}

function encodeVersion(standing: Standing, kind: ObjectKind, row: Row): Version {
  const table = tableOf[kind]
  if (kind === 'invoiceitem') {
    const { invoice, line } = row as InvoiceItem
    const place = invoice === null ? -1 : placeOf(line, standing('invoices', invoice) as Invoice | undefined)
    if (place >= 0) return { line: [invoice as string, place] }
  }
  const current = standing(table, row.id)
  if (!current) return { row }
  if (current === row) return { at: [table, row.id] }
  return { at: [table, row.id], but: difference(current, row) }
}

function placeOf(line: Line, invoice: Invoice | undefined): number {
  return invoice?.lines.findIndex((known) => known.id === line.id && isDeepStrictEqual(known, line)) ?? -1
}

export function decodeVersion(standing: Standing, version: Version): Row {
  if ('row' in version) return version.row
  if ('line' in version) {
    const [id, place] = version.line
    const invoice = standing('invoices', id) as Invoice | undefined
    const line = invoice?.lines[place]
    if (!invoice || !line) throw new Error(`The journal refers to a line of ${id}, which is not there.`)
    return itemOf(invoice, line)
  }
  const [table, id] = version.at
  const current = standing(table, id)
  if (!current) throw new Error(`The journal refers to ${id} in ${table}, which is not there.`)
  return version.but ? { ...current, ...version.but } : current
}

/** The row whose changes would make the version another one; null where it stands by itself. */
function baseOf(version: Version | null): [TableName, string] | null {
  if (version === null || 'row' in version) return null
  return 'line' in version ? ['invoices', version.line[0]] : version.at
}

export function headOf(table: TableName, row: Row, length: number): Head {
  const { id, account, created } = row
  return table === 'events'
    ? ['!', length, id, account, created, (row as StripeEvent).type]
    : ['=', length, id, account, created]
}

export function encodeEvent(standing: Standing, event: RestOfEvent): string {
  const { kind, request, pending_webhooks, object, previous } = event
  const version = encodeVersion(standing, kind, object)
  const was = previous && difference(object, previous)
  const body: EventBody = [kind, request.id, request.idempotency_key, pending_webhooks, version, was]
  return JSON.stringify(body)
}

export function decodeEvent(standing: Standing, written: string): RestOfEvent {
  const [kind, id, idempotency_key, pending_webhooks, version, was] = JSON.parse(written) as EventBody
  const object = decodeVersion(standing, version)
  const previous = was && { ...object, ...was }
  return { kind, object, previous, request: { id, idempotency_key }, pending_webhooks }
}

export function baseOfEvent(written: string): [TableName, string] | null {
  return baseOf((JSON.parse(written) as EventBody)[4])
}

export function encodeAnswer(standing: Standing, answer: RestOfAnswer): string {
  const { fingerprint, request, status, version, body, kind, object } = answer
  const shown = kind && object ? encodeVersion(standing, kind, object) : null
  return JSON.stringify([fingerprint, request, status, version, body, kind, shown] satisfies AnswerBody)
}

export function decodeAnswer(standing: Standing, written: string): RestOfAnswer {
  const [fingerprint, request, status, version, body, kind, shown] = JSON.parse(written) as AnswerBody
  const object = shown && decodeVersion(standing, shown)
  return { fingerprint, request, status, version, body, kind, object }
}

export function baseOfAnswer(written: string): [TableName, string] | null {
  return baseOf((JSON.parse(written) as AnswerBody)[6])
}

/** A change is told by what differs from the row before, so a journal with many versions of a row holds it once. */
export function encode(before: Row | undefined, { table, id, row }: Change): EncodedChange {
  if (!row) return ['-', table, id]
  return before ? ['~', table, id, difference(before, row)] : ['+', table, row as unknown as Fields]
}

/** The row as the change leaves it; null where it is no more. */
export function decode(before: Row | undefined, change: EncodedChange): Row | null {
  if (change[0] === '-') return null
  if (change[0] === '+') return change[2] as unknown as Row
  if (!before) throw new Error(`The journal changes ${change[2]} in ${change[1]}, which is not there.`)
  return { ...before, ...change[3] }
}

export function idOf(change: EncodedChange): string {
  return change[0] === '+' ? (change[2].id as string) : change[2]
}
