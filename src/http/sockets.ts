import type { LoggedEvent } from '../events/event-log.js'
import { RequestError } from '../kernel/request-error.js'
import type { Scope } from '../persistence/tenant-scope.js'
import { rightsKey } from '../realtime/live-groups.js'

/** Close codes that clients are promised; the graphql-ws client comes back after 1012, 1013 and 4403. */
export const closeCodes = {
  signedOut: 4401,
  refused: 4403,
  tooMany: 4429,
  restarting: 1012,
  overloaded: 1013,
} as const

export interface OpenSocket {
  readonly accessToken: string | null
  readonly scope: Scope
  /** Keeps back what is pushed, until it is known whether it may be told. */
  readonly outbox: { keepBack(): void; letGo(): void }
  close(code: number, reason: string): void
}

/** Events after which somebody may see less, or other things, than before. */
export const eventsThatChangeRights: ReadonlySet<string> = new Set([
  'session.ended',
  'member.joined',
  'member.removed',
  'member.roles-changed',
  'provider-member.joined',
  'provider-member.removed',
  'provider-member.roles-changed',
  'organization.state-changed',
])

const netInMs = 60_000

/** Every websocket of this process, so that one ends with the rights that opened it. */
export class Sockets {
  readonly #open = new Set<OpenSocket>()
  #changes = 0
  #timer: NodeJS.Timeout | null = null

  constructor(private readonly scopeOf: (accessToken: string | null) => Promise<{ scope: Scope }>) {}

  get count(): number {
    return this.#open.size
  }

  start(): void {
    // A net for what no event told of.
    this.#timer = setInterval(() => void this.#checkAll(() => true), netInMs)
    this.#timer.unref()
  }

  countOf(userId: string): number {
    let count = 0
    for (const socket of this.#open) if ('userId' in socket.scope && socket.scope.userId === userId) count += 1
    return count
  }

  /** How many changes of anybody's rights were heard of so far. */
  get changes(): number {
    return this.#changes
  }

  /**
   * @param since what `changes` was before the socket's rights were read: they may have changed since, unheard
   * @returns how to forget it
   */
  add(socket: OpenSocket, since: number): () => void {
    this.#open.add(socket)
    if (since !== this.#changes) void this.#check(socket)
    return () => void this.#open.delete(socket)
  }

  /** Looks again at those whom the event may concern. */
  heard(event: LoggedEvent): void {
    if (!eventsThatChangeRights.has(event.name)) return
    this.#changes += 1
    const { userId, sessionId } = event.data as { userId?: string; sessionId?: string }
    void this.#checkAll(({ scope }) => {
      if (scope.kind !== 'consumer' && scope.kind !== 'provider') return false
      if (sessionId !== undefined) return scope.sessionId === sessionId
      if (userId !== undefined) return scope.userId === userId
      return scope.kind === 'consumer' && scope.organizations.has(event.subjectId)
    })
  }

  /** Closes all, a few at a time, so that they do not all come back in one moment. */
  async closeAll(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    for (const socket of this.#open) socket.close(closeCodes.restarting, 'Restarting')
  }

  async #checkAll(concerned: (socket: OpenSocket) => boolean): Promise<void> {
    await Promise.all([...this.#open].filter(concerned).map((socket) => this.#check(socket)))
  }

  async #check(socket: OpenSocket): Promise<void> {
    socket.outbox.keepBack()
    try {
      const { scope } = await this.scopeOf(socket.accessToken)
      if (rightsKey(scope) !== rightsKey(socket.scope)) socket.close(closeCodes.refused, 'Rights have changed')
    } catch (error) {
      const final = error instanceof RequestError && error.code === 'UNAUTHENTICATED'
      socket.close(final ? closeCodes.signedOut : closeCodes.restarting, final ? 'Signed out' : 'Try again')
    } finally {
      socket.outbox.letGo()
    }
  }
}
