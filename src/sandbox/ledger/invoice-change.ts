import type { Draft } from './draft.js'
import { allow } from './lifecycle.js'
import type { Invoice } from './records.js'
import { invalid } from './stripe-error.js'
import { withAmountDue } from './totals.js'

export function invoiceOf(draft: Draft, id: string): Invoice {
  const invoice = draft.require('invoices', id)
  draft.liveBy(invoice.test_clock)
  return invoice
}

export function draftOnly(draft: Draft, id: string): Invoice {
  const invoice = invoiceOf(draft, id)
  allow(invoice, 'edit')
  return invoice
}

export function changeInvoice(draft: Draft, before: Invoice, after: Invoice): Invoice {
  const customer = draft.get('customers', before.customer)
  const changed = after.status === 'draft' ? withAmountDue(after, customer?.balance ?? 0) : after
  if (JSON.stringify(before) === JSON.stringify(changed)) return before
  const invoice = draft.put('invoices', changed)
  draft.emit('invoice.updated', 'invoice', invoice, before)
  return invoice
}

/** Which also begins anew what is told of it. */
export function moveDueDate(draft: Draft, id: string, due_date: number): Invoice {
  const before = invoiceOf(draft, id)
  if (before.status !== 'open') throw invalid('Only an open invoice has a due date to be moved.', { param: 'to' })
  return changeInvoice(draft, before, { ...before, due_date, told_will_be_due: false, told_overdue: false })
}
