import { changeCustomer } from './customers.js'
import type { Draft } from './draft.js'
import { invoiceOf } from './invoice-change.js'
import { allow } from './lifecycle.js'
import { cancelPayment, refuseWhileProcessing } from './payments.js'
import type { Invoice } from './records.js'

export function voidInvoice(draft: Draft, id: string): Invoice {
  const before = invoiceOf(draft, id)
  allow(before, 'void')
  refuseWhileProcessing(draft, before, 'void')
  const invoice = draft.put('invoices', {
    ...before,
    status: 'void',
    next_payment_attempt: null,
    voided_at: draft.now,
  })
  draft.emit('invoice.voided', 'invoice', invoice)
  draft.emit('invoice.updated', 'invoice', invoice, before)
  cancelPayment(draft, invoice, 'void_invoice')
  giveBackBalance(draft, invoice)
  return invoice
}

/** Credit that the invoice had used up is there again. */
function giveBackBalance(draft: Draft, invoice: Invoice): void {
  const used = (invoice.ending_balance ?? 0) - invoice.starting_balance
  const customer = draft.get('customers', invoice.customer)
  if (customer && used !== 0) changeCustomer(draft, customer, { ...customer, balance: customer.balance - used })
}

export function markUncollectible(draft: Draft, id: string): Invoice {
  const before = invoiceOf(draft, id)
  allow(before, 'mark_uncollectible')
  const invoice = draft.put('invoices', {
    ...before,
    status: 'uncollectible',
    next_payment_attempt: null,
    uncollectible_reason: 'user_forgiven',
    marked_uncollectible_at: draft.now,
  })
  draft.emit('invoice.marked_uncollectible', 'invoice', invoice)
  draft.emit('invoice.updated', 'invoice', invoice, before)
  return invoice
}
