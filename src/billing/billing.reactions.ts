import type { DomainEvent } from '../events/event.js'
import type { Reaction } from '../events/jobs.js'
import type { InvoiceFact } from './billing.events.js'
import type { ConnectionExamination } from './connection-examination.service.js'
import { bringCyclesTask, type InvoiceCourier } from './invoice-courier.service.js'
import {
  bringInvoiceTask,
  bringQuietInvoiceTask,
  examineConnectionTask,
  type InvoiceDelivery,
} from './invoice-delivery.service.js'
import type { InvoiceIssuing } from './invoice-issuing.service.js'
import type { InvoiceSettlement } from './invoice-settlement.service.js'
import { type InvoiceSweep, sweepTask } from './invoice-sweep.js'
import type { SavedPayments } from './saved-payments.service.js'
import { voidUnpaidStartTask } from './standing.service.js'

/** What billing does when something has happened. */
export function billingReactions(
  issuing: InvoiceIssuing,
  delivery: InvoiceDelivery,
  courier: InvoiceCourier,
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
      concerns: (event: DomainEvent) => courierOf(event) === null,
      react: async ({ subjectId }: DomainEvent) => void (await delivery.bring(subjectId)),
    },
    /** invoice.created, of later cycles: many at once */
    callCourier: {
      name: 'billing.callCourier',
      concerns: (event: DomainEvent) => courierOf(event) !== null,
      about: (event: DomainEvent) => courierOf(event) ?? '',
      react: (event: DomainEvent) => courier.call(courierOf(event) ?? ''),
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

/** The connection whose courier takes the invoice along; null where it is brought by itself. */
function courierOf({ data }: DomainEvent): string | null {
  const { reason, billingIntegrationId } = data as InvoiceFact
  return reason === 'SUBSCRIPTION_CYCLE' ? billingIntegrationId : null
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

/** What nobody waits for, and must not keep anything else waiting. */
export function quietBillingTasks(delivery: InvoiceDelivery, courier: InvoiceCourier) {
  return {
    [bringCyclesTask]: (payload: unknown) =>
      courier.takeTurn((payload as { billingIntegrationId: string }).billingIntegrationId),
    [bringQuietInvoiceTask]: (payload: unknown) => delivery.bring((payload as { invoiceId: string }).invoiceId),
  }
}
