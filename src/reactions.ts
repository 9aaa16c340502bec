import type { accessReactions } from './access/access.reactions.js'
import { accessRequested, accessWaiting } from './access/access.events.js'
import { invoiceEvents } from './billing/billing.events.js'
import type { billingReactions } from './billing/billing.reactions.js'
import type { billingRunReactions } from './billing/billing-run.reactions.js'
import { planDeprecated, productStateChanged } from './catalog/catalog.events.js'
import type { Reaction, ReactionTable } from './events/jobs.js'
import { organizationStateChanged } from './organizations/organization.events.js'
import {
  subscriptionCanceled,
  subscriptionEventNames,
  subscriptionExpired,
  subscriptionStarted,
} from './subscriptions/product-subscription.events.js'
import type { productSubscriptionReactions } from './subscriptions/product-subscription.reactions.js'

type Named = ReturnType<typeof accessReactions> &
  ReturnType<typeof billingReactions> &
  ReturnType<typeof billingRunReactions> &
  ReturnType<typeof productSubscriptionReactions>

/** What happens when something has happened: the whole choreography. Each may come twice, late, and out of order. */
export function reactionTable(react: Named): ReactionTable {
  const table: Record<string, Reaction[]> = {
    [subscriptionStarted.name]: [react.issueFirstInvoice],
    [subscriptionCanceled.name]: [react.voidUnpaidStart, react.issueLastInvoice],
    [subscriptionExpired.name]: [react.voidUnpaidStart, react.issueLastInvoice],
    [invoiceEvents.CREATED.name]: [react.bringInvoiceToStripe],
    [invoiceEvents.PAID.name]: [react.lookForSavedPayment],
    [planDeprecated.name]: [react.followDeprecation],
    [organizationStateChanged.name]: [react.followOrganization],
    [productStateChanged.name]: [react.followProduct],
    [accessRequested.name]: [react.followRequest],
    [accessWaiting.name]: [react.followRequest],
  }
  // Whatever becomes of a subscription, its standing included, may open or close access.
  for (const name of subscriptionEventNames) table[name] = [...(table[name] ?? []), react.followSubscription]
  return table
}
