import type Stripe from 'stripe'
import type { Window } from './stripe-intent.rules.js'

/** The most that Stripe gives at once. */
export const pageSize = 100
const pagesAtMost = 50

/** The first in Stripe's list that matches, newest first; null when none does. */
export async function firstListed<Item extends { id: string }>(
  page: (bounds: { limit: number; starting_after?: string }) => Promise<Stripe.ApiList<Item>>,
  matches: (item: Item) => boolean,
): Promise<Item | null> {
  let after: string | undefined
  for (let count = 0; count < pagesAtMost; count += 1) {
    const { data, has_more: more } = await page({ limit: pageSize, starting_after: after })
    const found = data.find(matches)
    if (found) return found
    after = data.at(-1)?.id
    if (!more || after === undefined) return null
  }
  throw new Error('Too much was made at Stripe in that time to find ours among it.')
}

/** The window in Stripe's whole seconds. */
export function createdWithin(window: Window): { gte: number; lte: number } {
  return { gte: Math.floor(window.from.getTime() / 1_000), lte: Math.ceil(window.until.getTime() / 1_000) }
}
