import type { Draft } from './draft.js'
import type { Customer, Invoice } from './records.js'
import { invalid } from './stripe-error.js'

export const hour = 3600
export const day = 86_400

export function addresseeOf(customer: Customer): Invoice['addressee'] {
  const { address, email, name, phone, shipping, tax_exempt } = customer
  return { address, email, name, phone, shipping, tax_exempt }
}

export function blankInvoice(draft: Draft, customer: Customer, currency: string): Invoice {
  return {
    id: draft.id('in_'),
    account: customer.account,
    created: draft.now,
    customer: customer.id,
    addressee: addresseeOf(customer),
    status: 'draft',
    collection_method: 'charge_automatically',
    currency,
    auto_advance: false,
    automatically_finalizes_at: null,
    finalization_is_scheduled: false,
    days_until_due: null,
    due_date: null,
    effective_at: null,
    description: null,
    footer: customer.invoice_settings.footer,
    statement_descriptor: null,
    custom_fields: customer.invoice_settings.custom_fields,
    metadata: {},
    default_payment_method: null,
    payment_method_types: null,
    number: null,
    lines: [],
    starting_balance: 0,
    ending_balance: null,
    amount_due: 0,
    amount_paid: 0,
    amount_paid_off_stripe: 0,
    pre_payment_credit_notes_amount: 0,
    post_payment_credit_notes_amount: 0,
    attempt_count: 0,
    attempted: false,
    next_payment_attempt: null,
    payment_intent: null,
    latest_charge: null,
    uncollectible_reason: null,
    last_finalization_error: null,
    finalized_at: null,
    paid_at: null,
    voided_at: null,
    marked_uncollectible_at: null,
    webhooks_delivered_at: null,
    told_will_be_due: false,
    told_overdue: false,
    token: null,
    test_clock: customer.test_clock,
  }
}

/** When it is due: only an invoice that is sent has a date, and must have one. */
export function due(
  draft: Draft,
  invoice: Invoice,
  days: number | undefined,
  date: number | undefined,
): Pick<Invoice, 'days_until_due' | 'due_date'> {
  if (invoice.collection_method === 'charge_automatically') {
    const given = days !== undefined ? 'days_until_due' : date !== undefined ? 'due_date' : null
    if (given === null) return { days_until_due: null, due_date: null }
    throw invalid(`You can only specify \`${given}\` if collection_method is 'send_invoice'.`, { param: given })
  }
  if (days !== undefined && date !== undefined) {
    throw invalid('You may only specify one of these parameters: days_until_due, due_date.', { param: 'due_date' })
  }
  if (date !== undefined) {
    if (date <= draft.now) throw invalid('The due date must be in the future.', { param: 'due_date' })
    return { days_until_due: null, due_date: date }
  }
  if (days !== undefined) return { days_until_due: days, due_date: draft.now + days * day }
  if (invoice.due_date === null) {
    throw invalid("If invoice collection method is 'send_invoice', you must specify 'due_date' or 'days_until_due'.", {
      code: 'parameter_missing',
      param: 'days_until_due',
    })
  }
  return { days_until_due: invoice.days_until_due, due_date: invoice.due_date }
}
