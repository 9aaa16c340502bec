import { minimumCharge } from './currencies.js'
import { changeCustomer, customerOf } from './customers.js'
import type { Draft } from './draft.js'
import { invoiceOf } from './invoice-change.js'
import { allow } from './lifecycle.js'
import { addresseeOf, day } from './new-invoice.js'
import type { Customer, Invoice } from './records.js'
import { invalid } from './stripe-error.js'
import { totalsOf } from './totals.js'

export function finalizeInvoice(draft: Draft, id: string, autoAdvance?: boolean): Invoice {
  const before = invoiceOf(draft, id)
  allow(before, 'finalize')
  const customer = customerOf(draft, before.customer, 'customer')
  const { amount_due, ending_balance } = charged(before, customer)
  const auto_advance = autoAdvance ?? before.auto_advance
  const collects = auto_advance && before.collection_method === 'charge_automatically' && amount_due > 0
  const open: Invoice = {
    ...before,
    addressee: addresseeOf(customer),
    status: 'open',
    auto_advance,
    automatically_finalizes_at: null,
    last_finalization_error: null,
    number: before.number ?? numberOf(customer),
    starting_balance: customer.balance,
    ending_balance,
    amount_due,
    due_date: before.days_until_due === null ? before.due_date : draft.now + before.days_until_due * day,
    effective_at: before.effective_at ?? draft.now,
    finalized_at: draft.now,
    // Collected right after this step, as Stripe does: the answer shows the invoice still open.
    next_payment_attempt: collects ? draft.now : null,
    token: draft.token(),
  }
  keepCustomer(draft, customer, before.number === null, ending_balance)
  const invoice = amount_due > 0 ? askForPayment(draft, before, open) : paidByItself(draft, before, open)
  if (auto_advance && invoice.status === 'open' && invoice.collection_method === 'send_invoice') {
    draft.emit('invoice.sent', 'invoice', invoice)
  }
  return invoice
}

/** What the customer is asked for: the total with the balance, unless a card could not be charged so little. */
function charged(invoice: Invoice, customer: Customer): { amount_due: number; ending_balance: number } {
  const owed = totalsOf(invoice).total + customer.balance
  if (owed <= 0) return { amount_due: 0, ending_balance: owed }
  if (owed < minimumCharge(invoice.currency)) return { amount_due: 0, ending_balance: owed }
  return { amount_due: owed, ending_balance: 0 }
}

function numberOf(customer: Customer): string {
  return `${customer.invoice_prefix}-${String(customer.next_invoice_sequence).padStart(4, '0')}`
}

function keepCustomer(draft: Draft, customer: Customer, numbered: boolean, balance: number): void {
  const next_invoice_sequence = customer.next_invoice_sequence + (numbered ? 1 : 0)
  const kept = { ...customer, next_invoice_sequence }
  if (balance === customer.balance) draft.put('customers', kept)
  else changeCustomer(draft, customer, { ...kept, balance })
}

function askForPayment(draft: Draft, before: Invoice, open: Invoice): Invoice {
  const payment = draft.put('payment_intents', {
    id: draft.id('pi_'),
    account: open.account,
    created: draft.now,
    invoice: open.id,
    invoice_payment: draft.id('inpay_'),
    customer: open.customer,
    amount: open.amount_due,
    currency: open.currency,
    status: 'requires_payment_method',
    client_secret: draft.id('', 25),
    payment_method: null,
    latest_charge: null,
    failure: null,
    settles_at: null,
    paid_at: null,
    canceled_at: null,
    cancellation_reason: null,
    test_clock: open.test_clock,
  })
  const invoice = draft.put('invoices', { ...open, payment_intent: payment.id })
  draft.emit('invoice.finalized', 'invoice', invoice)
  draft.emit('invoice.updated', 'invoice', invoice, before)
  draft.emit('payment_intent.created', 'payment_intent', payment)
  return invoice
}

function paidByItself(draft: Draft, before: Invoice, open: Invoice): Invoice {
  const invoice = draft.put('invoices', { ...open, status: 'paid', attempted: true, paid_at: draft.now })
  draft.emit('invoice.finalized', 'invoice', invoice)
  draft.emit('invoice.paid', 'invoice', invoice)
  draft.emit('invoice.payment_succeeded', 'invoice', invoice)
  draft.emit('invoice.updated', 'invoice', invoice, before)
  return invoice
}

export function sendInvoice(draft: Draft, id: string): Invoice {
  const before = invoiceOf(draft, id)
  allow(before, 'send')
  if (before.collection_method !== 'send_invoice') {
    throw invalid("You can only manually send an invoice if its collection method is set to 'send_invoice'.")
  }
  if (!customerOf(draft, before.customer).email) {
    throw invalid('The customer of this invoice has no email address, so it cannot be sent.', { code: 'email_invalid' })
  }
  const invoice = before.status === 'draft' ? finalizeInvoice(draft, id, false) : before
  draft.emit('invoice.sent', 'invoice', invoice)
  return invoice
}
