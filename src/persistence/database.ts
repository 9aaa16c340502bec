import { UnderscoreNamingStrategy } from '@mikro-orm/core'
import { type EntityManager, type EntitySchema, MikroORM } from '@mikro-orm/postgresql'
import type { Kysely } from 'kysely'
import type pg from 'pg'
import { FencedReading } from './fenced-reading.js'
import { type FencedExecutor, FencedQuestions, FencedTransaction, kyselyOn } from './fenced-transaction.js'
import { PreparingClient } from './prepared-statements.js'
import { addressAtRuntime } from './runtime-role.js'
import type { Scope } from './tenant-scope.js'

// biome-ignore lint/suspicious/noExplicitAny: see Reading.kysely
type AnyKysely = Kysely<any>
// biome-ignore lint/suspicious/noExplicitAny: entities of every shape
export type AnyEntitySchema = EntitySchema<any, any>

/** As rows are named in queries: like the entities and their properties. */
export const propertyNames = {
  tableNamingStrategy: 'entity',
  columnNamingStrategy: 'property',
  convertValues: true,
} as const

export interface DatabaseOptions {
  url: string
  entities: readonly AnyEntitySchema[]
  /** Connections that this process may hold. */
  poolSize?: number
  debug?: boolean
}

/** An open transaction. */
export interface OpenTransaction {
  /** Writes on behalf of whoever the transaction's `writer` says at that moment. */
  readonly em: EntityManager
  kysely(scope: Scope): AnyKysely
}

/**
 * The one pool of a process. Without the three time-outs a held pool or a stuck statement would wait for
 * ever (node-postgres has no limits of its own), so they are always set.
 */
export class Database {
  private constructor(
    readonly orm: MikroORM,
    /** By which every other connection of the process is made too: it works as the role that the policies hold for. */
    readonly url: string,
    private readonly pool: pg.Pool,
  ) {}

  /** @throws CannotStart when the database cannot be used without a way around its policies */
  static async connect(options: DatabaseOptions): Promise<Database> {
    const url = await addressAtRuntime(options.url)
    const orm = await MikroORM.init({
      clientUrl: url,
      entities: options.entities as AnyEntitySchema[],
      namingStrategy: UnderscoreNamingStrategy,
      allowGlobalContext: false,
      forceUtcTimezone: true,
      debug: options.debug ?? false,
      pool: { min: 0, max: options.poolSize ?? 10 },
      discovery: { warnWhenNoEntities: false },
      driverOptions: {
        Client: PreparingClient,
        options: new URL(url).searchParams.get('options') ?? undefined,
        connectionTimeoutMillis: 5_000,
        statement_timeout: 15_000,
        idle_in_transaction_session_timeout: 20_000,
        lock_timeout: 10_000,
      },
    })
    return new Database(orm, url, await orm.driver.getConnection().getNativeClient())
  }

  /** A place to read, that holds a connection only while something is asked. Gives the rows that each scope sees. */
  reading(): (scope: Scope) => AnyKysely {
    const reading = new FencedReading(this.pool)
    return (scope) => this.#view(reading, scope)
  }

  /** A place to ask single questions, each in one round trip. */
  questions(): (scope: Scope) => AnyKysely {
    const questions = new FencedQuestions(this.pool)
    return (scope) => this.#view(questions, scope)
  }

  /**
   * @param writer on whose behalf the entity manager writes at the moment of asking
   */
  async transactional<T>(writer: () => Scope, work: (transaction: OpenTransaction) => Promise<T>): Promise<T> {
    const transaction = await FencedTransaction.open(this.pool, 'read write')
    try {
      const em = this.orm.em.fork()
      em.setTransactionContext(kyselyOn(transaction, writer))
      const result = await work({ em, kysely: (scope) => this.#view(transaction, scope) })
      await em.flush()
      await transaction.commit()
      return result
    } catch (error) {
      // Why it failed is told, not that the connection was lost with it; after a commit there is nothing to take back.
      await transaction.rollback().catch(() => undefined)
      throw error
    }
  }

  /** A connection of its own, for as long as `work` lasts: for locks that a session holds. It sees no tenant's rows. */
  async connection<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = await this.pool.connect()
    try {
      const result = await work(client)
      client.release()
      return result
    } catch (error) {
      client.release(error as Error)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.orm.close(true)
  }

  #view(executor: FencedExecutor, scope: Scope): AnyKysely {
    const em = this.orm.em.fork()
    em.setTransactionContext(kyselyOn(executor, () => scope))
    return em.getKysely(propertyNames) as AnyKysely
  }
}
