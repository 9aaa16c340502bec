import { itemOf } from '../ledger/invoice-item.js'
import { lookUp } from '../ledger/lookup.js'
import type { Invoice, InvoiceItem } from '../ledger/records.js'
import { missing } from '../ledger/stripe-error.js'
import {
  addLines,
  createInvoice,
  createItem,
  finalizeInvoice,
  listInvoicePayments,
  listInvoices,
  listItems,
  listLines,
  payInvoice,
  removeLines,
  searchInvoices,
  updateInvoice,
  updateItem,
  updateLines,
} from '../parameters/invoice.parameters.js'
import { retrieve } from '../parameters/platform.parameters.js'
import { renderLine } from '../render/newest-invoice.js'
import { page, within } from './listing.js'
import { type Call, deleted, perform, performed, type Route, rendered, route } from './route.js'
import { search } from './search.js'

function invoiceById({ engine, asking }: Call<unknown>, id: string): Invoice {
  return lookUp(engine.state, asking.account, 'invoices', id)
}

function invoicesOf({ engine, asking }: Call<unknown>, customer: string | undefined): Iterable<Invoice> {
  const { invoices } = engine.state.tables
  return customer === undefined ? invoices.newest('account', asking.account) : invoices.newest('customer', customer)
}

/** Those that wait, and behind them the lines of invoices. */
function* itemsOf(call: Call<unknown>, customer: string | undefined): Generator<InvoiceItem> {
  const { items } = call.engine.state.tables
  yield* customer === undefined ? items.newest('account', call.asking.account) : items.newest('customer', customer)
  for (const invoice of invoicesOf(call, customer)) {
    for (const line of invoice.lines.toReversed()) yield itemOf(invoice, line)
  }
}

function itemById(call: Call<unknown>, id: string): InvoiceItem {
  const { items, invoices } = call.engine.state.tables
  const pending = items.get(id)
  const invoice = pending ? undefined : [...invoices.under('item', id)][0]
  const line = invoice?.lines.find((line) => line.invoice_item === id)
  const item = pending ?? (invoice && line && itemOf(invoice, line))
  if (item?.account !== call.asking.account) throw missing('invoiceitem', id)
  return item
}

const itemRoutes: Route[] = [
  route('POST', '/v1/invoiceitems', 'invoiceitems:write', createItem, (call) =>
    performed(call, 'invoiceitem', { do: 'item.create', params: call.params }),
  ),
  route('GET', '/v1/invoiceitems', 'invoiceitems:read', listItems, (call) => {
    const { customer, invoice, pending, created } = call.params
    return page(call.params, {
      rows: itemsOf(call, customer),
      noun: 'invoiceitem',
      url: '/v1/invoiceitems',
      matches: (item) =>
        item.account === call.asking.account &&
        (invoice === undefined || item.invoice === invoice) &&
        (pending === undefined || (item.invoice === null) === pending) &&
        within(item.created, created),
      show: (item) => rendered(call, 'invoiceitem', item),
    })
  }),
  route('GET', '/v1/invoiceitems/:id', 'invoiceitems:read', retrieve, (call) => ({
    kind: 'invoiceitem',
    object: itemById(call, call.path.id as string),
  })),
  route('POST', '/v1/invoiceitems/:id', 'invoiceitems:write', updateItem, (call) =>
    performed(call, 'invoiceitem', { do: 'item.update', id: call.path.id as string, params: call.params }),
  ),
  route('DELETE', '/v1/invoiceitems/:id', 'invoiceitems:write', {}, (call) => {
    perform(call, { do: 'item.delete', id: call.path.id as string })
    return deleted('invoiceitem', call.path.id as string)
  }),
]

export const invoiceRoutes: Route[] = [
  ...itemRoutes,
  route('POST', '/v1/invoices', 'invoices:write', createInvoice, (call) =>
    performed(call, 'invoice', { do: 'invoice.create', params: call.params }),
  ),
  route('GET', '/v1/invoices', 'invoices:read', listInvoices, (call) => {
    const { collection_method, created, customer, due_date, status } = call.params
    return page(call.params, {
      rows: invoicesOf(call, customer),
      noun: 'invoice',
      url: '/v1/invoices',
      matches: (invoice) =>
        invoice.account === call.asking.account &&
        (status === undefined || invoice.status === status) &&
        (collection_method === undefined || invoice.collection_method === collection_method) &&
        within(invoice.created, created) &&
        within(invoice.due_date, due_date),
      show: (invoice) => rendered(call, 'invoice', invoice),
    })
  }),
  route('GET', '/v1/invoices/search', 'invoices:read', searchInvoices, (call) =>
    search(call, {
      rows: call.engine.state.tables.invoices.newest('account', call.asking.account),
      url: '/v1/invoices/search',
      isThere: () => true,
      fields: {
        created: 'number',
        currency: 'text',
        customer: 'text',
        number: 'text',
        status: 'text',
        total: 'number',
      },
      show: (invoice) => rendered(call, 'invoice', invoice),
    }),
  ),
  route('GET', '/v1/invoices/:id', 'invoices:read', retrieve, (call) => ({
    kind: 'invoice',
    object: invoiceById(call, call.path.id as string),
  })),
  route('POST', '/v1/invoices/:id', 'invoices:write', updateInvoice, (call) =>
    performed(call, 'invoice', { do: 'invoice.update', id: call.path.id as string, params: call.params }),
  ),
  route('DELETE', '/v1/invoices/:id', 'invoices:write', {}, (call) => {
    perform(call, { do: 'invoice.delete', id: call.path.id as string })
    return deleted('invoice', call.path.id as string)
  }),
  route('GET', '/v1/invoices/:id/lines', 'invoices:read', listLines, (call) => {
    const invoice = invoiceById(call, call.path.id as string)
    return page(call.params, {
      rows: invoice.lines,
      noun: 'line item',
      url: `/v1/invoices/${invoice.id}/lines`,
      show: (line) => renderLine(line, invoice, call.rendering),
    })
  }),
  route('POST', '/v1/invoices/:id/add_lines', 'invoices:write', addLines, (call) =>
    performed(call, 'invoice', { do: 'invoice.add_lines', id: call.path.id as string, params: call.params }),
  ),
  route('POST', '/v1/invoices/:id/update_lines', 'invoices:write', updateLines, (call) =>
    performed(call, 'invoice', { do: 'invoice.update_lines', id: call.path.id as string, params: call.params }),
  ),
  route('POST', '/v1/invoices/:id/remove_lines', 'invoices:write', removeLines, (call) =>
    performed(call, 'invoice', { do: 'invoice.remove_lines', id: call.path.id as string, params: call.params }),
  ),
  route('POST', '/v1/invoices/:id/finalize', 'invoices:write', finalizeInvoice, (call) =>
    performed(call, 'invoice', {
      do: 'invoice.finalize',
      id: call.path.id as string,
      auto_advance: call.params.auto_advance,
    }),
  ),
  route('POST', '/v1/invoices/:id/send', 'invoices:write', retrieve, (call) =>
    performed(call, 'invoice', { do: 'invoice.send', id: call.path.id as string }),
  ),
  route('POST', '/v1/invoices/:id/pay', 'invoices:write', payInvoice, (call) =>
    performed(call, 'invoice', { do: 'invoice.pay', id: call.path.id as string, params: call.params }),
  ),
  route('POST', '/v1/invoices/:id/void', 'invoices:write', retrieve, (call) =>
    performed(call, 'invoice', { do: 'invoice.void', id: call.path.id as string }),
  ),
  route('POST', '/v1/invoices/:id/mark_uncollectible', 'invoices:write', retrieve, (call) =>
    performed(call, 'invoice', { do: 'invoice.mark_uncollectible', id: call.path.id as string }),
  ),
  route('GET', '/v1/invoice_payments', 'invoices:read', listInvoicePayments, (call) => {
    const { invoice, status, payment, created } = call.params
    const { payment_intents } = call.engine.state.tables
    return page(call.params, {
      rows: invoice
        ? payment_intents.newest('invoice', invoice)
        : payment_intents.newest('account', call.asking.account),
      noun: 'invoice_payment',
      url: '/v1/invoice_payments',
      matches: (row) =>
        row.account === call.asking.account &&
        (status === undefined || rendered(call, 'invoice_payment', row).status === status) &&
        (payment?.payment_intent === undefined || row.id === payment.payment_intent) &&
        within(row.created, created),
      show: (row) => rendered(call, 'invoice_payment', row),
    })
  }),
]
