import type { DomainEvent } from '../events/event.js'
import type { Reaction } from '../events/jobs.js'
import type { BillingRun } from './billing-run.service.js'
import type { InvoiceIssuing } from './invoice-issuing.service.js'

/** The worker's task that bills what falls due, every minute. */
export const billingRunTask = 'billing-run'
/** The worker's task that charges what was reported late after an end, every hour. */
export const lateUsageTask = 'bill-late-usage'

/** What billing does when a subscription is over. */
export function billingRunReactions(issuing: InvoiceIssuing) {
  return {
    /** product-subscription.canceled and .expired */
    issueLastInvoice: {
      name: 'billing.issueLastInvoice',
      react: async ({ subjectId }: DomainEvent) => void (await issuing.issueLast(subjectId)),
    },
  } satisfies Record<string, Reaction>
}

/** What the clock makes billing do, by the names under which it is queued. */
export function billingRunTasks(run: BillingRun, issuing: InvoiceIssuing) {
  return {
    [billingRunTask]: async () => void (await run.runDue()),
    [lateUsageTask]: async () => void (await issuing.issueLate()),
  }
}
