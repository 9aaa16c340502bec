import type { CreateItem, UpdateItem } from '../parameters/invoice.parameters.js'
import { changeCustomer, customerOf } from './customers.js'
import type { Draft } from './draft.js'
import { changeInvoice, draftOnly } from './invoice-change.js'
import { itemOf } from './invoice-item.js'
import { refuseSecondCurrency } from './invoices.js'
import { changedLine, checkCount, newLine } from './lines.js'
import type { InvoiceItem } from './records.js'
import { invalid, missing } from './stripe-error.js'

export function createItem(draft: Draft, params: CreateItem): InvoiceItem {
  const customer = customerOf(draft, params.customer)
  const currency = params.currency ?? params.price_data?.currency ?? customer.currency
  if (!currency) throw invalid('Missing required param: currency.', { code: 'parameter_missing', param: 'currency' })
  refuseSecondCurrency(draft, customer, currency)
  const item = params.invoice
    ? createOnInvoice(draft, params, params.invoice, currency)
    : createPending(draft, params, currency)
  if (customer.currency === null) changeCustomer(draft, customer, { ...customer, currency })
  return item
}

function createPending(draft: Draft, params: CreateItem, currency: string): InvoiceItem {
  const line = newLine(draft, params, currency, draft.now, 'invoiceitem')
  const { account } = draft.asking
  const item = draft.put('items', {
    id: line.invoice_item,
    account,
    created: draft.now,
    customer: params.customer,
    invoice: null,
    line,
  })
  draft.emit('invoiceitem.created', 'invoiceitem', item)
  return item
}

function createOnInvoice(draft: Draft, params: CreateItem, invoiceId: string, currency: string): InvoiceItem {
  const invoice = draftOnly(draft, invoiceId)
  if (invoice.customer !== params.customer) throw missing('invoice', invoiceId, 'invoice', 400)
  if (invoice.currency !== currency) {
    throw invalid(`The currency of the invoice item must be the invoice's, ${invoice.currency}.`, { param: 'currency' })
  }
  const line = newLine(draft, params, currency, draft.now, 'invoiceitem')
  const lines = [...invoice.lines, line]
  checkCount(lines)
  const item = itemOf(changeInvoice(draft, invoice, { ...invoice, lines }), line)
  draft.emit('invoiceitem.created', 'invoiceitem', item)
  return item
}

/** Waiting, or the line of an invoice. */
export function itemById(draft: Draft, id: string): InvoiceItem {
  const pending = draft.get('items', id)
  if (pending) return pending
  for (const invoice of draft.under('invoices', 'item', id)) {
    const line = invoice.lines.find((line) => line.invoice_item === id)
    if (line) return itemOf(invoice, line)
  }
  throw missing('invoiceitem', id)
}

export function updateItem(draft: Draft, id: string, params: UpdateItem): InvoiceItem {
  const before = itemById(draft, id)
  const line = changedLine(draft, before.line, params, 'invoiceitem')
  if (before.invoice === null) return draft.put('items', { ...before, line })
  const invoice = draftOnly(draft, before.invoice)
  const lines = invoice.lines.map((known) => (known.id === line.id ? line : known))
  return itemOf(changeInvoice(draft, invoice, { ...invoice, lines }), line)
}

export function deleteItem(draft: Draft, id: string): InvoiceItem {
  const item = itemById(draft, id)
  if (item.invoice === null) draft.drop('items', id)
  else {
    const invoice = draftOnly(draft, item.invoice)
    changeInvoice(draft, invoice, { ...invoice, lines: invoice.lines.filter((line) => line.id !== item.line.id) })
  }
  draft.emit('invoiceitem.deleted', 'invoiceitem', item)
  return item
}
