import type { Backend } from './backend.js'
import { InvoiceChangedDocument, InvoiceDocument, ProductSubscriptionDocument } from './generated/graphql.js'
import { standingAtStripe } from './sandbox.js'
import {
  givenBilling,
  givenFurtherPlan,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Offer,
  whenSubscribed,
} from './world.js'

/** A market with something on sale, connected to Stripe with an endpoint of that version at that address. */
export async function givenShop(backend: Backend, version?: string, address?: string) {
  const market = await givenMarketplace(backend)
  const billing = await givenBilling(market, version, address)
  return { backend, market, billing, offer: await givenOffer(market) }
}

export type Shop = Awaited<ReturnType<typeof givenShop>>

/** Somebody new who buys there, and what they hear of their invoices. */
export async function givenBuyer({ backend, market, offer }: Shop) {
  const organization = await givenOrganization(market)
  const { consumer } = organization
  const heard = await consumer.listen(InvoiceChangedDocument, { organizationId: organization.id })
  let next: Offer = offer
  /** Something else each time. */
  const bought = async () => {
    const { productSubscription, invoice } = await whenSubscribed(organization, next)
    next = await givenFurtherPlan(market, offer, {})
    const { id } = invoice
    const opened = await heard.next((event) => event.change === 'OPENED' && event.invoice.id === id)
    const { id: stripeId } = await standingAtStripe(backend, id)
    return { id, stripeId, page: opened.invoice.hostedUrl as string, subscriptionId: productSubscription.id }
  }
  return {
    organization,
    heard,
    bought,
    standing: async (id: string) =>
      (await consumer.query(ProductSubscriptionDocument, { id })).productSubscription?.standing,
    invoiceNow: async (id: string) => (await consumer.query(InvoiceDocument, { id })).invoice,
  }
}
