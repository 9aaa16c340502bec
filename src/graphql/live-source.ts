import { readCursor } from '../events/event-cursor.js'
import type { LoggedEvent } from '../events/event-log.js'
import { type IdPrefix, idPrefix } from '../kernel/id.js'
import { notFound, RequestError } from '../kernel/request-error.js'
import { type Audience, admits } from '../persistence/audience.js'
import { person, type Scope, worksAt } from '../persistence/tenant-scope.js'
import { LiveSource } from '../realtime/live-source.js'
import type { Context } from './context.js'

/** What a live field pushes, and to whom. */
export interface LiveTopic {
  /** Names of events, such as invoice.paid. */
  readonly names: readonly string[]
  /** Who hears of it; the live field declares the same. */
  readonly audience: Audience
}

export interface LiveArguments {
  organizationId?: string | null
  marketplaceId?: string | null
  after?: string | null
}

/**
 * Settles whose events a subscription covers, from the viewer's rights: the arguments can only narrow them.
 * @throws RequestError UNAUTHENTICATED, NOT_FOUND for what is not the viewer's, BAD_USER_INPUT for a bad cursor
 */
export async function liveSource(
  topic: LiveTopic,
  args: LiveArguments,
  context: Context,
  narrow: (event: LoggedEvent) => boolean = () => true,
): Promise<LiveSource> {
  const { scope } = context
  person(scope)
  const { organizationId, marketplaceId } = args
  if (organizationId && !(await ownObject(context, 'org', organizationId))) throw notFound()
  if (marketplaceId) {
    const marketplace = await ownObject(context, 'mkt', marketplaceId)
    if (!marketplace || !hasPartIn(scope, marketplace)) throw notFound()
  }
  const after = args.after ? readCursor(args.after) : null
  if (args.after && !after) throw new RequestError('BAD_USER_INPUT', '`after` is no cursor of a pushed event.')
  const names = new Set(topic.names)
  return new LiveSource(
    (event) =>
      names.has(event.name) &&
      admits(scope, topic.audience, event) &&
      (!organizationId || event.organizationId === organizationId) &&
      (!marketplaceId || event.marketplaceId === marketplaceId) &&
      narrow(event),
    after,
  )
}

async function ownObject(context: Context, prefix: IdPrefix, id: string) {
  const found = idPrefix(id) === prefix ? await context.node(id) : null
  return found as { id: string; providerId: string } | null
}

function hasPartIn(scope: Scope, marketplace: { id: string; providerId: string }): boolean {
  return scope.kind === 'consumer' ? scope.marketplaceId === marketplace.id : worksAt(scope, marketplace.providerId)
}
