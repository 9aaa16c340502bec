import { accountId, isLive } from '../ledger/mode.js'
import type { CreditNote, CreditNoteLine } from '../ledger/records.js'
import { olderCreditNote, olderCreditNoteLine } from './older.js'
import type { Rendered, Rendering } from './rendering.js'

export function renderCreditNote(note: CreditNote, rendering: Rendering): Rendered {
  const newest: Rendered = {
    id: note.id,
    object: 'credit_note',
    amount: note.amount,
    amount_shipping: 0,
    created: note.created,
    currency: note.currency,
    customer: note.customer,
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: note.created,
    invoice: note.invoice,
    lines: {
      object: 'list',
      data: note.lines.map((line) => renderCreditNoteLine(line, note, rendering)),
      has_more: false,
      url: `/v1/credit_notes/${note.id}/lines`,
    },
    livemode: isLive(note.account),
    memo: note.memo,
    metadata: note.metadata,
    number: note.number,
    out_of_band_amount: note.out_of_band_amount || null,
    pdf: `${rendering.baseUrl}/credit_notes/${accountId(note.account)}/${note.id}/pdf`,
    post_payment_amount: note.post_payment_amount,
    pre_payment_amount: note.pre_payment_amount,
    pretax_credit_amounts: [],
    reason: note.reason,
    refunds: [],
    shipping_cost: null,
    status: note.status,
    subtotal: note.amount,
    subtotal_excluding_tax: note.amount,
    total: note.amount,
    total_excluding_tax: note.amount,
    total_taxes: [],
    type: note.post_payment_amount > 0 ? 'post_payment' : 'pre_payment',
    voided_at: note.voided_at,
  }
  return olderCreditNote(newest, note, rendering)
}

export function renderCreditNoteLine(line: CreditNoteLine, note: CreditNote, rendering: Rendering): Rendered {
  const newest: Rendered = {
    id: line.id,
    object: 'credit_note_line_item',
    amount: line.amount,
    description: line.description,
    discount_amount: 0,
    discount_amounts: [],
    ...(line.invoice_line_item && { invoice_line_item: line.invoice_line_item }),
    livemode: isLive(note.account),
    metadata: {},
    pretax_credit_amounts: [],
    quantity: line.quantity,
    tax_rates: [],
    taxes: [],
    type: line.invoice_line_item ? 'invoice_line_item' : 'custom_line_item',
    unit_amount: null,
    unit_amount_decimal: null,
  }
  return olderCreditNoteLine(newest, line, rendering)
}
