import { accessRequested, accessWaiting } from './access/access.events.js'
import type { accessReactions } from './access/access.reactions.js'
import { invoiceEvents } from './billing/billing.events.js'
import type { billingReactions } from './billing/billing.reactions.js'
import type { billingRunReactions } from './billing/billing-run.reactions.js'
import type { reminderReactions } from './billing/reminder.reactions.js'
import { planDeprecated, productStateChanged } from './catalog/catalog.events.js'
import type { Reaction, ReactionTable } from './events/jobs.js'
import { organizationStateChanged } from './organizations/organization.events.js'
import {
  subscriptionCanceled,
  subscriptionEventNames,
  subscriptionExpired,
  subscriptionRejected,
  subscriptionRenewed,
  subscriptionRequested,
  subscriptionResumed,
  subscriptionStandingChanged,
  subscriptionStarted,
  subscriptionSuspended,
} from './subscriptions/product-subscription.events.js'
import type { productSubscriptionReactions } from './subscriptions/product-subscription.reactions.js'

type Named = ReturnType<typeof accessReactions> &
  ReturnType<typeof billingReactions> &
  ReturnType<typeof billingRunReactions> &
  ReturnType<typeof reminderReactions> &
  ReturnType<typeof productSubscriptionReactions>

/** What happens when something has happened: the whole choreography. Each may come twice, late, and out of order. */
export function reactionTable(react: Named): ReactionTable {
  const table: Record<string, Reaction[]> = {
    [subscriptionRequested.name]: [react.tellDeciders],
    [subscriptionStarted.name]: [react.issueFirstInvoice, react.tellDecision],
    [subscriptionRejected.name]: [react.tellDecision],
    [subscriptionCanceled.name]: [react.voidUnpaidStart, react.issueLastInvoice, react.tellEnd],
    [subscriptionExpired.name]: [react.voidUnpaidStart, react.issueLastInvoice, react.tellEnd],
    [subscriptionStandingChanged.name]: [react.tellAccess],
    [subscriptionSuspended.name]: [react.tellAccess],
    [subscriptionResumed.name]: [react.tellAccess],
    [invoiceEvents.CREATED.name]: [react.bringInvoiceToStripe, react.callCourier],
    [invoiceEvents.OPENED.name]: [react.remindOfInvoice],
    [invoiceEvents.PAYMENT_FAILED.name]: [react.tellPaymentFailed],
    [invoiceEvents.PAID.name]: [react.lookForSavedPayment],
    [planDeprecated.name]: [react.followDeprecation],
    [organizationStateChanged.name]: [react.followOrganization],
    [productStateChanged.name]: [react.followProduct],
    [accessRequested.name]: [react.followRequest],
    [accessWaiting.name]: [react.followRequest],
  }
  // Whatever becomes of a subscription, its standing included, may open or close access; but that it goes on does not.
  for (const name of subscriptionEventNames) {
    if (name !== subscriptionRenewed.name) table[name] = [...(table[name] ?? []), react.followSubscription]
  }
  return table
}
