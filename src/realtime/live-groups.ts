import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import type { EventCursor, LoggedEvent } from '../events/event-log.js'
import { RequestError } from '../kernel/request-error.js'
import type { Scope } from '../persistence/tenant-scope.js'
import { type EventFeed, isAfter } from './event-feed.js'
import type { LiveSource } from './live-source.js'

/** At most so many events wait for one listener, or for one group. */
const longestQueue = 256
const replayBatch = 200

/** Executes the listeners' document for one event; null when the event shows them nothing. */
export type ExecuteEvent = (event: LoggedEvent) => Promise<string | null>

/** Where a listener's results go. */
export interface LiveListener {
  /** @param payload the execution result as JSON text */
  next(payload: string): void
  /** Ends the subscription with an error. */
  fail(error: RequestError): void
  /** Cannot keep up: its socket closes, and it comes back with `after`. */
  overloaded(): void
}

interface Member {
  listener: LiveListener
  /** Set while missed events are replayed: what is pushed meanwhile waits here. */
  waiting: Array<{ event: LoggedEvent; payload: string }> | null
  /** Where its replay has ended. The feed may be behind that: what comes from before was told already. */
  replayedTo: EventCursor | null
}

interface Group {
  source: LiveSource
  execute: ExecuteEvent
  members: Set<Member>
  queue: LoggedEvent[]
  running: boolean
}

/**
 * Listeners with the same document, variables and rights are a group: an event is executed and serialized once
 * for all of them. The rights are part of the key, so two tenants can never share one.
 */
export class LiveGroups {
  readonly #groups = new Map<string, Group>()
  readonly #stopListening: () => void

  constructor(
    private readonly feed: EventFeed,
    private readonly log: Logger,
  ) {
    this.#stopListening = feed.listen((event) => this.#arrived(event))
  }

  get listenerCount(): number {
    let count = 0
    for (const group of this.#groups.values()) count += group.members.size
    return count
  }

  close(): void {
    this.#stopListening()
    this.#groups.clear()
  }

  /**
   * Joins the group of that key, made by the first who comes; with `source.after`, after what was missed.
   * @returns how to leave
   */
  join(key: string, source: LiveSource, execute: ExecuteEvent, listener: LiveListener): () => void {
    const group = this.#groups.get(key) ?? this.#found(key, source, execute)
    const member: Member = { listener, waiting: source.after ? [] : null, replayedTo: null }
    group.members.add(member)
    const leave = (): void => {
      group.members.delete(member)
      if (group.members.size === 0 && this.#groups.get(key) === group) this.#groups.delete(key)
    }
    if (source.after) {
      this.#replay(group, member, source, source.after).catch((error: unknown) => {
        leave()
        const told = error instanceof RequestError ? error : new RequestError('SERVICE_UNAVAILABLE', 'Try again.', 1)
        if (told !== error) this.log.error({ err: error }, 'missed events could not be replayed')
        listener.fail(told)
      })
    }
    return leave
  }

  #found(key: string, source: LiveSource, execute: ExecuteEvent): Group {
    const group: Group = { source, execute, members: new Set(), queue: [], running: false }
    this.#groups.set(key, group)
    return group
  }

  #arrived(event: LoggedEvent): void {
    for (const group of this.#groups.values()) {
      if (!group.source.matches(event)) continue
      if (group.queue.length >= longestQueue) {
        for (const member of group.members) member.listener.overloaded()
        group.queue.length = 0
        continue
      }
      group.queue.push(event)
      if (!group.running) void this.#run(group)
    }
  }

  /** One event after another, because all of a group share one context. */
  async #run(group: Group): Promise<void> {
    group.running = true
    for (let event = group.queue.shift(); event; event = group.queue.shift()) {
      try {
        const payload = await group.execute(event)
        if (payload !== null) for (const member of group.members) push(member, event, payload)
      } catch (error) {
        this.log.error({ err: error, event: event.name }, 'an event could not be executed for its listeners')
        for (const member of group.members) member.listener.overloaded()
      }
    }
    group.running = false
  }

  async #replay(group: Group, member: Member, source: LiveSource, after: EventCursor): Promise<void> {
    const oldest = await this.feed.oldest()
    // The first event of all is number 1: where it is gone, what lies before the oldest one may be gone too.
    if (oldest && oldest.sequence > 1n && isAfter(oldest, after)) {
      const message = 'This cursor is too old: read the state and `liveCursor` again.'
      throw new RequestError('RESYNC_REQUIRED', message)
    }
    let position = after
    for (;;) {
      const events = await this.feed.missed(position, replayBatch)
      for (const event of events) {
        if (!group.members.has(member)) return
        position = event.cursor
        if (!source.matches(event)) continue
        const payload = await group.execute(event)
        if (payload !== null) member.listener.next(payload)
      }
      if (events.length < replayBatch) break
    }
    const waiting = member.waiting ?? []
    member.waiting = null
    member.replayedTo = position
    for (const { event, payload } of waiting) push(member, event, payload)
  }
}

function push(member: Member, event: LoggedEvent, payload: string): void {
  if (member.replayedTo && !isAfter(event.cursor, member.replayedTo)) return
  if (!member.waiting) {
    member.listener.next(payload)
  } else if (member.waiting.length >= longestQueue) {
    member.listener.overloaded()
  } else {
    member.waiting.push({ event, payload })
  }
}

/** What may be seen with these rights, whoever holds them: people with the same rights see the same. */
export function rightsKey(scope: Scope): string {
  switch (scope.kind) {
    case 'provider':
      return `provider ${canonical(scope.providers)}`
    case 'consumer':
      return `consumer ${scope.marketplaceId} ${canonical(scope.organizations)}`
    case 'gateway':
      return `gateway ${scope.marketplaceId}`
    default:
      return scope.kind
  }
}

function canonical(roles: ReadonlyMap<string, readonly string[]>): string {
  return JSON.stringify(
    [...roles].map(([id, held]) => [id, [...held].sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** @param variables those that decide what is seen: where a listener goes on is none of them */
export function groupKey(parts: { query: string; operationName: string; variables: unknown; scope: Scope }): string {
  return createHash('sha256')
    .update(JSON.stringify([parts.query, parts.operationName, parts.variables, rightsKey(parts.scope)]))
    .digest('base64url')
}
