import type { DomainEvent } from '../events/event.js'
import type { Reaction } from '../events/jobs.js'
import type { ConnectionExamination } from './connection-examination.service.js'
import { bringInvoiceTask, examineConnectionTask, type InvoiceDelivery } from './invoice-delivery.service.js'
import type { InvoiceIssuing } from './invoice-issuing.service.js'
import type { InvoiceSettlement } from './invoice-settlement.service.js'
import { type InvoiceSweep, sweepTask } from './invoice-sweep.js'
import type { SavedPayments } from './saved-payments.service.js'
import { voidUnpaidStartTask } from './standing.service.js'

/** What billing does when something has happened. */
export function billingReactions(
  issuing: InvoiceIssuing,
  delivery: InvoiceDelivery,
  settlement: InvoiceSettlement,
  saved: SavedPayments,
) {
  return {
    /** product-subscription.started */
    issueFirstInvoice: {
      name: 'billing.issueFirstInvoice',
      react: async ({ subjectId }: DomainEvent) => void (await issuing.issueFirst(subjectId)),
    },
    /** invoice.created */
    bringInvoiceToStripe: {
      name: 'billing.bringInvoiceToStripe',
      react: ({ subjectId }: DomainEvent) => delivery.bring(subjectId),
    },
    /** product-subscription.canceled and .expired */
    voidUnpaidStart: {
      name: 'billing.voidUnpaidStart',
      react: ({ subjectId }: DomainEvent) => settlement.voidUnpaidStart(subjectId),
    },
    /** invoice.paid */
    lookForSavedPayment: {
      name: 'billing.lookForSavedPayment',
      react: ({ subjectId }: DomainEvent) => saved.look(subjectId),
    },
  } satisfies Record<string, Reaction>
}

/** What billing leaves to the worker, by the names under which it is queued. */
export function billingTasks(
  examination: ConnectionExamination,
  delivery: InvoiceDelivery,
  settlement: InvoiceSettlement,
  sweep: InvoiceSweep,
) {
  return {
    [bringInvoiceTask]: (payload: unknown) => delivery.bring((payload as { invoiceId: string }).invoiceId),
    [voidUnpaidStartTask]: (payload: unknown) =>
      settlement.voidUnpaidStart((payload as { productSubscriptionId: string }).productSubscriptionId),
    [examineConnectionTask]: (payload: unknown) =>
      examination.examine((payload as { billingIntegrationId: string }).billingIntegrationId),
    [sweepTask]: () => sweep.sweep(),
  }
}
