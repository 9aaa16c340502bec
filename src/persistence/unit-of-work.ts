import { AsyncLocalStorage } from 'node:async_hooks'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Kysely } from 'kysely'
import type { ClientBase } from 'pg'
import type { Database } from './database.js'
import { type Scope, system } from './tenant-scope.js'

/** What a query needs: where to ask, and on whose behalf. */
export interface Reading {
  readonly scope: Scope
  // biome-ignore lint/suspicious/noExplicitAny: the tables' types are given where a query is written, by `rows()`
  readonly kysely: Kysely<any>
  /** The same place as somebody else sees it: for what a use case must know beyond what its actor is shown. */
  as(scope: Scope): Reading
}

/** An open transaction. What is announced in it is written with it, or not at all. */
export interface Transaction<Announcement = unknown> extends Reading {
  readonly em: EntityManager
  /** The request that it is done for, by the id that its answer and the log have too; null for what nobody asked for. */
  readonly requestId: string | null
  /** Announces what happened: written to the event log, with the jobs that react to it, in this commit. */
  announce(event: Announcement): void
  /**
   * Runs last of all in this transaction, as the system. What is locked here is held for a moment only, and nothing else is waited for
   * meanwhile: so that what all transactions of a tenant must take one after another cannot tie them into a knot.
   */
  beforeCommit(run: (asSystem: Transaction<Announcement>) => Promise<void>): void
  /** Runs once the commit has succeeded; for wake-ups only, because a crash in between loses it. */
  afterCommit(run: () => void): void
  /**
   * Goes on in this transaction with the rights of somebody else, and writes with them what is changed within; what was
   * changed before is written first, with the rights it was changed with.
   */
  within<T>(scope: Scope, work: (transaction: Transaction<Announcement>) => Promise<T>): Promise<T>
}

/** What a unit of work does with its announcements just before it commits. */
export interface AnnouncementSink<Announcement> {
  write(transaction: Transaction<Announcement>, events: readonly Announcement[]): Promise<void>
  committed(): void
}

/** A unit that is open, and whose turn it is in it. */
interface OpenUnit<Announcement> {
  readonly transaction: Transaction<Announcement>
  readonly scope: Scope
}

/**
 * One use case, one transaction. A unit that is asked for while one is open joins it, so that a service can
 * call another and both land in one commit; nothing else in the program opens or commits a transaction.
 */
export class UnitOfWork<Announcement = unknown> {
  readonly #open = new AsyncLocalStorage<OpenUnit<Announcement>>()
  readonly #request = new AsyncLocalStorage<string>()

  constructor(
    private readonly database: Database,
    private readonly sink: AnnouncementSink<Announcement>,
  ) {}

  /** For work that announces nothing, as commands of operators do it. */
  static quiet(database: Database): UnitOfWork<never> {
    return new UnitOfWork<never>(database, { write: async () => undefined, committed: () => undefined })
  }

  /** For queries outside of any transaction of ours: what is asked through one reading is one read-only transaction. */
  reading(scope: Scope): Reading {
    return readingAs(this.database.reading(), scope)
  }

  /** For what needs one statement: each is a read-only transaction by itself, and takes one round trip. */
  question(scope: Scope): Reading {
    return readingAs(this.database.questions(), scope)
  }

  async run<T>(scope: Scope, work: (transaction: Transaction<Announcement>) => Promise<T>): Promise<T> {
    const open = this.#open.getStore()
    // The joined work has its own rights, in the same transaction and with the same announcements.
    if (open) return open.transaction.within(scope, work)
    const events: Announcement[] = []
    const beforeCommit: Array<(asSystem: Transaction<Announcement>) => Promise<void>> = []
    const afterCommit: Array<() => void> = []
    const writer = () => this.#open.getStore()?.scope ?? scope
    const result = await this.database.transactional(writer, async ({ em, kysely }) => {
      const as = (of: Scope): Transaction<Announcement> => ({
        ...readingAs(kysely, of),
        em,
        requestId: this.#request.getStore() ?? null,
        announce: (event) => void events.push(event),
        beforeCommit: (run) => void beforeCommit.push(run),
        afterCommit: (run) => void afterCommit.push(run),
        within: (other, inner) => this.#within(as(other), inner),
      })
      const transaction = as(scope)
      const value = await this.#open.run({ transaction, scope }, () => work(transaction))
      await em.flush()
      if (events.length > 0) await transaction.within(system, (asSystem) => this.sink.write(asSystem, events))
      await transaction.within(system, async (asSystem) => {
        for (const run of beforeCommit) await run(asSystem)
      })
      return value
    })
    if (events.length > 0) this.sink.committed()
    for (const run of afterCommit) run()
    return result
  }

  /** Whatever the work changes is changed for that request. */
  forRequest<T>(requestId: string, work: () => T): T {
    return this.#request.run(requestId, work)
  }

  /** See `Database.connection`. */
  connection<T>(work: (connection: ClientBase) => Promise<T>): Promise<T> {
    return this.database.connection(work)
  }

  /** Whether the caller runs inside a transaction: a call over the network must then not be made. */
  isOpen(): boolean {
    return this.#open.getStore() !== undefined
  }

  /** Leaves the open unit for work that must not be part of it, such as a wait after the commit. */
  outside<T>(work: () => T): T {
    return this.#open.exit(work)
  }

  async #within<T>(
    transaction: Transaction<Announcement>,
    work: (transaction: Transaction<Announcement>) => Promise<T>,
  ): Promise<T> {
    const { em, scope } = transaction
    if (this.#open.getStore()?.scope === scope) return work(transaction)
    await em.flush()
    return this.#open.run({ transaction, scope }, async () => {
      const value = await work(transaction)
      await em.flush()
      return value
    })
  }
}

function readingAs(kysely: (scope: Scope) => Reading['kysely'], scope: Scope): Reading {
  return { scope, kysely: kysely(scope), as: (other) => readingAs(kysely, other) }
}
