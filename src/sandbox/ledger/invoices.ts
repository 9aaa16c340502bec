import type { CreateInvoice, UpdateInvoice } from '../parameters/invoice.parameters.js'
import { changeCustomer, customerOf, given } from './customers.js'
import type { Draft } from './draft.js'
import { changeInvoice, invoiceOf } from './invoice-change.js'
import { allow } from './lifecycle.js'
import { checkCount } from './lines.js'
import { mergedMetadata } from './metadata.js'
import { blankInvoice, due, hour } from './new-invoice.js'
import type { Customer, Invoice, Line } from './records.js'
import { invalid } from './stripe-error.js'
import { withAmountDue } from './totals.js'

export function createInvoice(draft: Draft, params: CreateInvoice): Invoice {
  const customer = customerOf(draft, params.customer)
  const currency = params.currency ?? customer.currency ?? draft.require('accounts', customer.account).default_currency
  refuseSecondCurrency(draft, customer, currency)
  const lines = waitingLines(draft, customer, currency, params.pending_invoice_items_behavior ?? 'exclude')
  const blank = { ...blankInvoice(draft, customer, currency), lines }
  const invoice = draft.put('invoices', withAmountDue(withParameters(draft, blank, params), customer.balance))
  draft.emit('invoice.created', 'invoice', invoice)
  if (customer.currency === null) changeCustomer(draft, customer, { ...customer, currency })
  return invoice
}

/** While something in one currency is open, a customer has no other. */
export function refuseSecondCurrency(draft: Draft, customer: Customer, currency: string): void {
  if (customer.currency === null || customer.currency === currency) return
  const openInvoice = draft
    .under('invoices', 'customer', customer.id)
    .some((invoice) => invoice.currency !== currency && (invoice.status === 'draft' || invoice.status === 'open'))
  const waiting = draft.under('items', 'customer', customer.id).some((item) => item.line.currency !== currency)
  if (!openInvoice && !waiting) return
  throw invalid(
    'You cannot combine currencies on a single customer. This customer has had a subscription, coupon, or invoice ' +
      `item with currency ${customer.currency}`,
    { param: 'currency' },
  )
}

/** Pending items that the invoice takes in, newest first. */
function waitingLines(draft: Draft, customer: Customer, currency: string, behavior: string): Line[] {
  if (behavior === 'exclude') return []
  const items = draft
    .under('items', 'customer', customer.id)
    .filter((item) => item.line.currency === currency)
    .reverse()
  if (items.length === 0 && behavior === 'include_and_require') {
    throw invalid('Nothing to invoice for customer', { code: 'invoice_no_customer_line_items' })
  }
  for (const item of items) draft.drop('items', item.id)
  const lines = items.map((item) => item.line)
  checkCount(lines)
  return lines
}

export function updateInvoice(draft: Draft, id: string, params: UpdateInvoice): Invoice {
  const before = invoiceOf(draft, id)
  if (before.status === 'draft') return changeInvoice(draft, before, withParameters(draft, before, params))

  // What is asked of Stripe to be paid stays as it was asked; what is said about it may change.
  const { metadata, auto_advance, default_payment_method, payment_settings, expand: _, ...fixed } = params
  if (Object.values(fixed).some((value) => value !== undefined)) allow(before, 'edit')
  const unfixed = { metadata, auto_advance, default_payment_method, payment_settings }
  const after = withParameters(draft, before, given(unfixed))
  const starts = !before.auto_advance && after.auto_advance && before.status === 'open'
  const collected = starts && before.collection_method === 'charge_automatically'
  return changeInvoice(draft, before, collected ? { ...after, next_payment_attempt: draft.now } : after)
}

export function deleteInvoice(draft: Draft, id: string): Invoice {
  const invoice = invoiceOf(draft, id)
  allow(invoice, 'delete')
  draft.drop('invoices', id)
  draft.emit('invoice.deleted', 'invoice', invoice)
  return invoice
}

function withParameters(draft: Draft, before: Invoice, params: UpdateInvoice): Invoice {
  const { days_until_due, metadata, payment_settings, auto_advance, automatically_finalizes_at, number } = params
  if (number) refuseKnownNumber(draft, before, number)
  const { collection_method, custom_fields, default_payment_method, description, effective_at, footer } = params
  const { statement_descriptor } = params
  const advances = auto_advance ?? before.auto_advance
  const plain = given({
    collection_method,
    custom_fields,
    default_payment_method,
    description,
    effective_at,
    footer,
    number,
    statement_descriptor,
    payment_method_types: payment_settings?.payment_method_types,
  })
  const changed: Invoice = {
    ...before,
    ...plain,
    auto_advance: advances,
    metadata: mergedMetadata(before.metadata, metadata),
  }
  if (changed.status !== 'draft') return changed
  const scheduled =
    automatically_finalizes_at ?? (before.finalization_is_scheduled ? before.automatically_finalizes_at : null)
  return {
    ...changed,
    ...due(draft, changed, days_until_due, params.due_date),
    finalization_is_scheduled: scheduled !== null,
    automatically_finalizes_at: advances ? (scheduled ?? before.automatically_finalizes_at ?? draft.now + hour) : null,
  }
}

function refuseKnownNumber(draft: Draft, invoice: Invoice, number: string): void {
  for (const other of draft.under('invoices', 'account', invoice.account)) {
    if (other.number !== number || other.id === invoice.id) continue
    throw invalid(`Invoice number ${number} is already in use.`, { param: 'number' })
  }
}
