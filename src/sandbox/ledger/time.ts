import type { Draft } from './draft.js'
import { finalizeInvoice } from './finalization.js'
import { invoiceOf } from './invoice-change.js'
import { day, hour } from './new-invoice.js'
import { collect } from './payments.js'
import type { Invoice } from './records.js'
import type { State } from './state.js'

const toldBefore = 3 * day
/** For so long a draft waits for an endpoint that does not take its invoice.created. */
const waitsForWebhooks = 72 * hour

function willBeDueAt({ due_date, finalized_at, told_will_be_due }: Invoice): number | null {
  if (told_will_be_due || due_date === null || finalized_at === null) return null
  return due_date - toldBefore > finalized_at ? due_date - toldBefore : null
}

/** When something happens to an invoice by itself; null where nothing will. */
export function nextInstant(invoice: Invoice): number | null {
  if (invoice.status === 'draft') return invoice.auto_advance ? invoice.automatically_finalizes_at : null
  if (invoice.status !== 'open') return null
  const overdueAt = invoice.told_overdue ? null : invoice.due_date
  const instants = [invoice.next_payment_attempt, willBeDueAt(invoice), overdueAt].filter((at) => at !== null)
  return instants.length > 0 ? Math.min(...instants) : null
}

/** What falls due now. */
export function letTimePass(draft: Draft, id: string): Invoice {
  const invoice = invoiceOf(draft, id)
  const at = nextInstant(invoice)
  if (at === null || at > draft.now) return invoice
  if (invoice.status === 'draft') return finalizeOrWait(draft, invoice)
  if (invoice.next_payment_attempt === at) return collect(draft, invoice)
  if (willBeDueAt(invoice) === at) {
    const told = draft.put('invoices', { ...invoice, told_will_be_due: true })
    draft.emit('invoice.will_be_due', 'invoice', told)
    return told
  }
  const told = draft.put('invoices', { ...invoice, told_overdue: true })
  draft.emit('invoice.overdue', 'invoice', told)
  return told
}

function finalizeOrWait(draft: Draft, invoice: Invoice): Invoice {
  if (draft.get('customers', invoice.customer)?.deleted) return failToFinalize(draft, invoice)
  const untaken = createdIsUntaken(draft.state, invoice)
  const mayWait = !invoice.finalization_is_scheduled && draft.now < invoice.created + waitsForWebhooks
  if (!untaken || !mayWait) return finalizeInvoice(draft, invoice.id)
  return draft.put('invoices', { ...invoice, automatically_finalizes_at: draft.now + hour })
}

/** It stays a draft, and is not tried again by itself. */
function failToFinalize(draft: Draft, before: Invoice): Invoice {
  const message = 'The customer of this invoice was deleted, so it cannot be finalized.'
  const invoice = draft.put('invoices', {
    ...before,
    automatically_finalizes_at: null,
    last_finalization_error: { code: 'resource_missing', message },
  })
  draft.emit('invoice.finalization_failed', 'invoice', invoice)
  draft.emit('invoice.updated', 'invoice', invoice, before)
  return invoice
}

function createdIsUntaken(state: State, invoice: Invoice): boolean {
  for (const delivery of state.tables.deliveries.under('object', invoice.id)) {
    if (delivery.event_type === 'invoice.created' && delivery.state !== 'delivered') return true
  }
  return false
}
