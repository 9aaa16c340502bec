import type { Invoice, InvoiceStatus } from './records.js'
import { type ErrorDetail, invalid } from './stripe-error.js'

export type Step = 'edit' | 'delete' | 'finalize' | 'send' | 'pay' | 'void' | 'mark_uncollectible'

interface Refusal {
  readonly message: string
  readonly code?: string
}

type Row = Readonly<Record<Step, InvoiceStatus | 'deleted' | Refusal>>

const finalized = (message: string): Refusal => ({ message, code: 'invoice_not_editable' })
const notEditable = finalized("Finalized invoices can't be updated in this way")
const notDeletable = finalized('You can only delete draft invoices.')
const notFinalizable = finalized("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
const notOpen: Refusal = { message: "You can only pass in open invoices. This invoice isn't open." }
const notSendable: Refusal = { message: 'You can only manually send an invoice that is a draft or open.' }

/** Every status × step leads somewhere or is refused; nothing leaves paid and void. */
export const lifecycle: Readonly<Record<InvoiceStatus, Row>> = {
  draft: {
    edit: 'draft',
    delete: 'deleted',
    finalize: 'open',
    send: 'open',
    pay: 'paid',
    void: notOpen,
    mark_uncollectible: notOpen,
  },
  open: {
    edit: notEditable,
    delete: notDeletable,
    finalize: notFinalizable,
    send: 'open',
    pay: 'paid',
    void: 'void',
    mark_uncollectible: 'uncollectible',
  },
  uncollectible: {
    edit: notEditable,
    delete: notDeletable,
    finalize: notFinalizable,
    send: notSendable,
    pay: 'paid',
    void: 'void',
    mark_uncollectible: { message: 'This invoice is already marked as uncollectible.' },
  },
  paid: {
    edit: notEditable,
    delete: notDeletable,
    finalize: notFinalizable,
    send: notSendable,
    pay: { message: 'Invoice is already paid' },
    void: { message: 'This invoice is already paid, so it cannot be voided.' },
    mark_uncollectible: notOpen,
  },
  void: {
    edit: notEditable,
    delete: notDeletable,
    finalize: notFinalizable,
    send: notSendable,
    pay: { message: 'This invoice can no longer be paid: it is void.' },
    void: { message: 'This invoice is already void.' },
    mark_uncollectible: notOpen,
  },
}

/** Throws the refusal of a step that the invoice's status does not allow. */
export function allow(invoice: Invoice, step: Step): void {
  const next = lifecycle[invoice.status][step]
  if (typeof next === 'string') return
  const detail: ErrorDetail = next.code ? { code: next.code } : {}
  throw invalid(next.message, detail)
}
