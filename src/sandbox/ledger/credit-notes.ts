import type { CreateCreditNote } from '../parameters/invoice.parameters.js'
import { changeCustomer } from './customers.js'
import type { Draft } from './draft.js'
import { invoiceOf } from './invoice-change.js'
import { timesRounded } from './lines.js'
import { mergedMetadata } from './metadata.js'
import { cancelPayment, paymentOf } from './payments.js'
import type { CreditNote, CreditNoteLine, Invoice } from './records.js'
import { invalid, missing } from './stripe-error.js'
import { totalsOf } from './totals.js'

export function createCreditNote(draft: Draft, params: CreateCreditNote): CreditNote {
  const before = invoiceOf(draft, params.invoice)
  if (before.status === 'draft' || before.status === 'void') {
    throw invalid(`You cannot create a credit note for an invoice that is ${before.status}.`, { param: 'invoice' })
  }
  const lines = linesOf(draft, before, params)
  const amount = params.amount ?? lines.reduce((sum, line) => sum + line.amount, 0)
  const paid = before.status === 'paid'
  const creditable = paid
    ? before.amount_paid - before.post_payment_credit_notes_amount
    : totalsOf(before).amount_remaining
  if (amount < 1 || amount > creditable) {
    throw invalid(`The sum of credit amounts exceeds the ${paid ? 'paid' : 'remaining'} amount ${creditable}.`, {
      param: 'amount',
    })
  }
  const shares = paid ? sharesOf(params, amount) : { credit_amount: 0, refund_amount: 0, out_of_band_amount: 0 }
  const earlier = draft.under('credit_notes', 'invoice', before.id).length
  const note = draft.put('credit_notes', {
    id: draft.id('cn_'),
    account: before.account,
    created: draft.now,
    invoice: before.id,
    customer: before.customer,
    currency: before.currency,
    amount,
    number: `${before.number}-CN-${String(earlier + 1).padStart(2, '0')}`,
    memo: params.memo ?? null,
    metadata: mergedMetadata({}, params.metadata),
    reason: params.reason ?? null,
    status: 'issued',
    voided_at: null,
    pre_payment_amount: paid ? 0 : amount,
    post_payment_amount: paid ? amount : 0,
    ...shares,
    lines: lines.length > 0 ? lines : [wholeLine(draft, amount)],
  })
  if (paid) credit(draft, before, note)
  else lower(draft, before, note)
  draft.emit('credit_note.created', 'credit_note', note)
  return note
}

/** Of a paid invoice: to the balance, back to the card, or outside of Stripe. Together they are the note. */
function sharesOf(params: CreateCreditNote, amount: number) {
  const { credit_amount = 0, refund_amount = 0, out_of_band_amount = 0 } = params
  if (credit_amount + refund_amount + out_of_band_amount !== amount) {
    throw invalid(
      'The sum of `refund_amount`, `credit_amount` and `out_of_band_amount` must equal the credit note amount.',
      { param: 'amount' },
    )
  }
  return { credit_amount, refund_amount, out_of_band_amount }
}

function wholeLine(draft: Draft, amount: number): CreditNoteLine {
  return { id: draft.id('cnli_'), amount, description: null, invoice_line_item: null, quantity: 1 }
}

function linesOf(draft: Draft, invoice: Invoice, params: CreateCreditNote): CreditNoteLine[] {
  return (params.lines ?? []).map((given, at) => {
    const line = invoice.lines.find((line) => line.id === given.invoice_line_item)
    if (given.type === 'invoice_line_item' && !line) {
      throw missing('line item', given.invoice_line_item ?? '', `lines[${at}][invoice_line_item]`, 400)
    }
    const quantity = given.quantity ?? 1
    const unit = given.unit_amount?.toString() ?? line?.unit_amount_decimal
    const amount = given.amount ?? (unit === undefined ? 0 : timesRounded(unit, quantity))
    return {
      id: draft.id('cnli_'),
      amount,
      description: given.description ?? line?.description ?? null,
      invoice_line_item: line?.id ?? null,
      quantity,
    }
  })
}

/** Before payment a note makes the rest smaller; nothing left is paid. */
function lower(draft: Draft, before: Invoice, note: CreditNote): void {
  const amount_due = before.amount_due - note.amount
  const settled = amount_due === before.amount_paid
  const invoice = draft.put('invoices', {
    ...before,
    amount_due,
    pre_payment_credit_notes_amount: before.pre_payment_credit_notes_amount + note.amount,
    ...(settled && { status: 'paid' as const, paid_at: draft.now, next_payment_attempt: null }),
  })
  if (settled) {
    draft.emit('invoice.paid', 'invoice', invoice)
    draft.emit('invoice.payment_succeeded', 'invoice', invoice)
    cancelPayment(draft, invoice, 'void_invoice')
  } else {
    const payment = paymentOf(draft, invoice)
    if (payment) draft.put('payment_intents', { ...payment, amount: amount_due })
  }
  draft.emit('invoice.updated', 'invoice', invoice, before)
}

function credit(draft: Draft, before: Invoice, note: CreditNote): void {
  const invoice = draft.put('invoices', {
    ...before,
    post_payment_credit_notes_amount: before.post_payment_credit_notes_amount + note.amount,
  })
  draft.emit('invoice.updated', 'invoice', invoice, before)
  const customer = draft.get('customers', before.customer)
  if (customer && note.credit_amount > 0) {
    changeCustomer(draft, customer, { ...customer, balance: customer.balance - note.credit_amount })
  }
  const charged = paymentOf(draft, before)?.latest_charge
  const charge = charged ? draft.get('charges', charged) : undefined
  if (charge && note.refund_amount > 0) {
    const refunded = draft.put('charges', { ...charge, amount_refunded: charge.amount_refunded + note.refund_amount })
    draft.emit('charge.refunded', 'charge', refunded)
  }
}

export function updateCreditNote(
  draft: Draft,
  id: string,
  params: { memo?: string | null; metadata?: Record<string, string> | null },
): CreditNote {
  const before = draft.require('credit_notes', id)
  const note = draft.put('credit_notes', {
    ...before,
    memo: params.memo === undefined ? before.memo : params.memo,
    metadata: mergedMetadata(before.metadata, params.metadata),
  })
  draft.emit('credit_note.updated', 'credit_note', note, before)
  return note
}

export function voidCreditNote(draft: Draft, id: string): CreditNote {
  const before = draft.require('credit_notes', id)
  const invoice = invoiceOf(draft, before.invoice)
  if (before.status === 'void' || invoice.status !== 'open') {
    throw invalid('You can only void an issued credit note of an open invoice.', { param: 'id' })
  }
  const note = draft.put('credit_notes', { ...before, status: 'void', voided_at: draft.now })
  const restored = draft.put('invoices', {
    ...invoice,
    amount_due: invoice.amount_due + note.amount,
    pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount - note.amount,
  })
  const payment = paymentOf(draft, restored)
  if (payment) draft.put('payment_intents', { ...payment, amount: restored.amount_due })
  draft.emit('credit_note.voided', 'credit_note', note)
  draft.emit('invoice.updated', 'invoice', restored, invoice)
  return note
}
