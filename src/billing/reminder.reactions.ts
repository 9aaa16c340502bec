import type { DomainEvent } from '../events/event.js'
import type { Reaction } from '../events/jobs.js'
import type { AccessNotices } from './access-notices.service.js'
import { type InvoiceReminders, remindTask } from './invoice-reminders.service.js'

/** Whom billing writes to when something has happened. */
export function reminderReactions(reminders: InvoiceReminders, access: AccessNotices) {
  return {
    /** invoice.opened */
    remindOfInvoice: {
      name: 'billing.remindOfInvoice',
      react: ({ subjectId }: DomainEvent) => reminders.remind(subjectId),
    },
    /** invoice.payment-failed */
    tellPaymentFailed: {
      name: 'billing.tellPaymentFailed',
      react: ({ subjectId }: DomainEvent) => reminders.tellPaymentFailed(subjectId),
    },
    /** product-subscription.standing-changed, .suspended and .resumed */
    tellAccess: {
      name: 'billing.tellAccess',
      react: ({ subjectId }: DomainEvent) => access.follow(subjectId),
    },
  } satisfies Record<string, Reaction>
}

/** What it leaves to the worker, by the names under which it is queued. */
export function reminderTasks(reminders: InvoiceReminders) {
  return {
    [remindTask]: (payload: unknown) => reminders.remind((payload as { invoiceId: string }).invoiceId),
  }
}
