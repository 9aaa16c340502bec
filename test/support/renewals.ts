import { randomInt } from 'node:crypto'
import type pg from 'pg'
import type { Market, Offer } from './world.js'

/**
 * Subscriptions of organizations of their own, in great numbers, all of which have just come to the end of their sixth
 * month. Each began at a second of its own of one day half a year ago, and owes nothing.
 */
export async function givenManyDue(
  database: pg.Client,
  market: Market,
  offer: Pick<Offer, 'productId' | 'planId'>,
  count: number,
): Promise<void> {
  const first = randomInt(2 ** 40)
  const { id: marketplaceId, providerId } = market
  await database.query(
    `insert into consumer_organization (id, provider_id, marketplace_id, name, state, billing_email, created_at)
     select ${idOf('org')}, $1, $2, 'Acme ' || i, 'ACTIVE', 'bills-' || i || '@acme.example', now()
     from generate_series($3::bigint, $3::bigint + $4 - 1) as i`,
    [providerId, marketplaceId, first, count],
  )
  await database.query(
    `insert into product_subscription (id, provider_id, marketplace_id, organization_id, product_id, plan_id, name, state,
       standing, anchor_at, time_zone, period_number, period_start, period_end, cancel_at_period_end,
       subscribed_by_user_id, created_at, started_at, version)
     select ${idOf('psub')}, $1, $2, ${idOf('org')}, $3, $4, 'Weather', 'ACTIVE', 'GOOD', began, 'UTC', 5,
       began + interval '5 months', began + interval '6 months', false, ${idOf('usr')}, began, began, 1
     from generate_series($5::bigint, $5::bigint + $6 - 1) as i, lateral (
       select date_trunc('day', now(), 'UTC') - interval '2 days' - interval '6 months'
         + make_interval(secs => i % 86400) as began) as day`,
    [providerId, marketplaceId, offer.productId, offer.planId, first, count],
  )
}

/** An id of ours that is made of a number. */
function idOf(prefix: string): string {
  return `'${prefix}_0' || lpad(i::text, 25, '0')`
}
