import { AsyncLocalStorage } from 'node:async_hooks'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Kysely } from 'kysely'
import type { Database } from './database.js'
import type { Scope } from './tenant-scope.js'

/** What a query needs: where to ask, and on whose behalf. */
export interface Reading {
  readonly scope: Scope
  // biome-ignore lint/suspicious/noExplicitAny: the tables' types are given where a query is written, by `rows()`
  readonly kysely: Kysely<any>
}

/** An open transaction. What is announced in it is written with it, or not at all. */
export interface Transaction<Announcement = unknown> extends Reading {
  readonly em: EntityManager
  /** Announces what happened: written to the event log, with the jobs that react to it, in this commit. */
  announce(event: Announcement): void
  /** Runs once the commit has succeeded; for wake-ups only, because a crash in between loses it. */
  afterCommit(run: () => void): void
}

/** What a unit of work does with its announcements just before it commits. */
export interface AnnouncementSink<Announcement> {
  write(transaction: Transaction<Announcement>, events: readonly Announcement[]): Promise<void>
  committed(): void
}

interface OpenUnit<Announcement> {
  transaction: Transaction<Announcement>
}

/**
 * One use case, one transaction. A unit that is asked for while one is open joins it, so that a service can
 * call another and both land in one commit; nothing else in the program opens or commits a transaction.
 */
export class UnitOfWork<Announcement = unknown> {
  readonly #open = new AsyncLocalStorage<OpenUnit<Announcement>>()

  constructor(
    private readonly database: Database,
    private readonly sink: AnnouncementSink<Announcement>,
  ) {}

  /** For queries outside of any transaction. */
  reading(scope: Scope): Reading {
    return { scope, kysely: this.database.kysely() }
  }

  async run<T>(scope: Scope, work: (transaction: Transaction<Announcement>) => Promise<T>): Promise<T> {
    const open = this.#open.getStore()
    if (open) {
      // The joined work reads with its own rights, in the same transaction and with the same announcements.
      return work({ ...open.transaction, scope })
    }
    const events: Announcement[] = []
    const afterCommit: Array<() => void> = []
    const result = await this.database.transactional(async (em, kysely) => {
      const transaction: Transaction<Announcement> = {
        scope,
        em,
        kysely,
        announce: (event) => void events.push(event),
        afterCommit: (run) => void afterCommit.push(run),
      }
      const value = await this.#open.run({ transaction }, () => work(transaction))
      await em.flush()
      if (events.length > 0) await this.sink.write(transaction, events)
      return value
    })
    if (events.length > 0) this.sink.committed()
    for (const run of afterCommit) run()
    return result
  }

  /** Whether the caller runs inside a transaction: a call over the network must then not be made. */
  isOpen(): boolean {
    return this.#open.getStore() !== undefined
  }

  /** Leaves the open unit for work that must not be part of it, such as a wait after the commit. */
  outside<T>(work: () => T): T {
    return this.#open.exit(work)
  }
}
