import type Stripe from 'stripe'
import type { Backend } from './backend.js'
import type { Client, Listener } from './client.js'
import {
  AccessChangedDocument,
  AdvanceSandboxClockDocument,
  CancelProductSubscriptionDocument,
  CreateGatewayTokenDocument,
  InvoiceChangedDocument,
  InvoicePaidDocument,
  ProductSubscriptionChangedDocument,
  ProductSubscriptionInvoicesDocument,
  ReportUsageDocument,
  SandboxClockDocument,
  type UsageRecordInput,
  VoidInvoiceDocument,
} from './generated/graphql.js'
import {
  type Market,
  mark,
  type Offer,
  type Organization,
  type PaymentButton,
  stripeOf,
  whenAccessIsAskedFor,
  whenPressed,
  whenSubscribed,
} from './world.js'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour
const longestJump = 2 * 365 * day

export function later(instant: Date | string, milliseconds: number): Date {
  return new Date(new Date(instant).getTime() + milliseconds)
}

/** As many months later in UTC; the 31st becomes the last day of a shorter month. Counted here by hand, on purpose. */
export function monthsLater(instant: Date | string, months: number): Date {
  const from = new Date(instant)
  const first = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, 1))
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  const date = Math.min(from.getUTCDate(), lastDay)
  return new Date(first.getTime() + (date - 1) * day + (from.getTime() % day))
}

/** What time it is for billing. */
export async function timeIn({ provider }: Market): Promise<Date> {
  const { sandboxClock } = await provider.query(SandboxClockDocument)
  return new Date(sandboxClock as string)
}

/** Moves billing's time there, and waits until all that fell due on the way is done and told. */
export async function whenItIs(market: Market, instant: Date | string): Promise<Date> {
  const to = new Date(instant)
  let now = await timeIn(market)
  while (now < to) {
    const next = new Date(Math.min(to.getTime(), now.getTime() + longestJump))
    const { now: reached } = await market.provider.mutate(AdvanceSandboxClockDocument, { to: next.toISOString() })
    now = new Date(reached)
  }
  return now
}

/** The next time that it is that day of that month, at 10:00 UTC. */
export async function whenNextIs(market: Market, monthAndDay: string): Promise<Date> {
  const now = await timeIn(market)
  const inYear = (year: number) => new Date(`${year}-${monthAndDay}T10:00:00.000Z`)
  const thisYear = inYear(now.getUTCFullYear())
  return whenItIs(market, thisYear > now ? thisYear : inYear(now.getUTCFullYear() + 1))
}

export type SubscriptionSeen = Awaited<ReturnType<typeof subscriptionSeen>>
export type InvoiceSeen = SubscriptionSeen['invoices'][number]

/** A subscription with all of its invoices, the oldest first. */
export async function subscriptionSeen(client: Client, id: string) {
  const { productSubscription } = await client.query(ProductSubscriptionInvoicesDocument, { id, first: 100 })
  if (!productSubscription) throw new Error(`Subscription ${id} cannot be seen.`)
  if (productSubscription.invoices.pageInfo.hasNextPage) throw new Error('There are more invoices than a page holds.')
  return { ...productSubscription, invoices: productSubscription.invoices.nodes.toReversed() }
}

/** All that an organization's people are told of its money and its access. */
export async function hearing(consumer: Client, audience: { organizationId: string }) {
  return {
    invoices: await consumer.listen(InvoiceChangedDocument, audience),
    paid: await consumer.listen(InvoicePaidDocument, audience),
    subscriptions: await consumer.listen(ProductSubscriptionChangedDocument, audience),
    access: await consumer.listen(AccessChangedDocument, audience),
  }
}

/** What fits of all that was pushed, as soon as it is so much: it comes moments after what it tells of. */
export async function pushed<Event>(
  listener: Listener<Event>,
  count: number,
  fits: (event: Event) => boolean = () => true,
): Promise<Event[]> {
  for (;;) {
    const found = listener.received.filter(fits)
    if (found.length >= count) return found
    await listener.next()
  }
}

/** Subscribed, asked for access, and paid the first invoice by card. */
export async function givenSubscriber(market: Market, organization: Organization, offer: Offer) {
  const { productSubscription } = await whenSubscribed(organization, offer)
  const access = await whenAccessIsAskedFor(organization, offer, productSubscription.id)
  await whenPaid(market, organization.consumer, productSubscription.id)
  return { id: productSubscription.id, ...access }
}

/** Pays all that is open, the oldest first, on Stripe's page; by card unless it is said otherwise. */
export async function whenPaid(
  market: Market,
  consumer: Client,
  productSubscriptionId: string,
  method: PaymentButton = 'card',
  keep = false,
): Promise<void> {
  await whenAllRests(market)
  const { invoices } = await subscriptionSeen(consumer, productSubscriptionId)
  for (const { status, hostedUrl } of invoices) {
    if (status === 'OPEN' || status === 'UNCOLLECTIBLE') await whenPressed(hostedUrl as string, method, keep)
  }
  await whenAllRests(market)
}

/** A gateway that reports what was called. Whatever it leaves out of a record is one unit, now, under an id of its own. */
export async function givenReporter(market: Market) {
  const { token } = await market.provider.mutate(CreateGatewayTokenDocument, {
    marketplaceId: market.id,
    name: 'meter',
  })
  const gateway = market.backend.client()
  gateway.accessToken = token
  return async (records: ReadonlyArray<Partial<UsageRecordInput>>) => {
    const occurredAt = (await timeIn(market)).toISOString()
    return gateway.mutate(ReportUsageDocument, {
      records: records.map((record) => ({ id: `call-${mark()}`, occurredAt, ...record })),
    })
  }
}

/** Waits until all work that was set going is done, and Stripe has delivered all that it had to say. */
export async function whenAllRests(market: Market): Promise<void> {
  const now = await timeIn(market)
  await market.provider.mutate(AdvanceSandboxClockDocument, { to: later(now, 1_000).toISOString() })
}

/** What Stripe has of the subscription's invoices, in their order. */
export async function atStripe(backend: Backend, invoices: readonly InvoiceSeen[]): Promise<Stripe.Invoice[]> {
  const stripe = stripeOf(backend)
  const all = await stripe.invoices.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 })
  return invoices.flatMap(({ id }) => all.filter(({ metadata }) => metadata?.invoice_id === id))
}

/** Ends it, and takes back what is owed, so that the next story's time has nothing to do for it. */
export async function whenOver(market: Market, productSubscriptionId: string): Promise<void> {
  const { provider } = market
  await provider.mutate(CancelProductSubscriptionDocument, { productSubscriptionId, when: 'NOW' })
  await whenAllRests(market)
  const { invoices } = await subscriptionSeen(provider, productSubscriptionId)
  for (const { id: invoiceId, status } of invoices) {
    if (status === 'OPEN' || status === 'UNCOLLECTIBLE')
      await provider.mutate(VoidInvoiceDocument, { invoiceId, reason: 'The story is over.' })
  }
}
