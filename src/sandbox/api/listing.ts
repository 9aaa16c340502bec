import { invalid, missing } from '../ledger/stripe-error.js'
import type { Rendered } from '../render/rendering.js'
import type { Answer } from './route.js'

interface PageParams {
  limit?: number
  starting_after?: string
  ending_before?: string
}

interface Listing<R extends { id: string }> {
  /** Newest first. */
  readonly rows: Iterable<R>
  readonly noun: string
  readonly url: string
  readonly matches?: (row: R) => boolean
  readonly show: (row: R) => Rendered
}

/** A page: newest first, the objects named as its bounds left out. */
export function page<R extends { id: string }>(params: PageParams, listing: Listing<R>): Answer {
  const { limit = 10, starting_after, ending_before } = params
  if (starting_after !== undefined && ending_before !== undefined) {
    throw invalid('You may only specify one of these parameters: starting_after, ending_before.', {
      param: 'ending_before',
    })
  }
  const { data, has_more } =
    ending_before === undefined ? older(listing, limit, starting_after) : newer(listing, limit, ending_before)
  return { body: { object: 'list', data: data.map(listing.show), has_more, url: listing.url } }
}

function older<R extends { id: string }>(
  { rows, noun, matches }: Listing<R>,
  limit: number,
  after: string | undefined,
) {
  const data: R[] = []
  let started = after === undefined
  for (const row of rows) {
    if (!started) started = row.id === after
    else if (!matches || matches(row)) {
      if (data.length === limit) return { data, has_more: true }
      data.push(row)
    }
  }
  if (!started) throw missing(noun, after as string, 'starting_after', 400)
  return { data, has_more: false }
}

function newer<R extends { id: string }>({ rows, noun, matches }: Listing<R>, limit: number, before: string) {
  const data: R[] = []
  let has_more = false
  for (const row of rows) {
    if (row.id === before) return { data, has_more }
    if (matches && !matches(row)) continue
    data.push(row)
    if (data.length > limit) {
      data.shift()
      has_more = true
    }
  }
  throw missing(noun, before, 'ending_before', 400)
}

interface Bounds {
  gt?: number
  gte?: number
  lt?: number
  lte?: number
}

export function within(at: number | null, bounds: Bounds | undefined): boolean {
  if (!bounds) return true
  if (at === null) return false
  const { gt = -1, gte = 0, lt = Number.POSITIVE_INFINITY, lte = Number.POSITIVE_INFINITY } = bounds
  return at > gt && at >= gte && at < lt && at <= lte
}
