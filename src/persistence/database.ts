import { UnderscoreNamingStrategy } from '@mikro-orm/core'
import { type EntityManager, type EntitySchema, MikroORM } from '@mikro-orm/postgresql'
import type { Kysely } from 'kysely'
import { PreparingClient } from './prepared-statements.js'

// biome-ignore lint/suspicious/noExplicitAny: see Reading.kysely
type AnyKysely = Kysely<any>
// biome-ignore lint/suspicious/noExplicitAny: entities of every shape
export type AnyEntitySchema = EntitySchema<any, any>

const propertyNames = {
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

/**
 * The one pool of a process. Without the three time-outs a held pool or a stuck statement would wait for
 * ever (node-postgres has no limits of its own), so they are always set.
 */
export class Database {
  private constructor(readonly orm: MikroORM) {}

  static async connect(options: DatabaseOptions): Promise<Database> {
    const orm = await MikroORM.init({
      clientUrl: options.url,
      entities: options.entities as AnyEntitySchema[],
      namingStrategy: UnderscoreNamingStrategy,
      allowGlobalContext: false,
      forceUtcTimezone: true,
      debug: options.debug ?? false,
      pool: { min: 0, max: options.poolSize ?? 10 },
      discovery: { warnWhenNoEntities: false },
      driverOptions: {
        Client: PreparingClient,
        connectionTimeoutMillis: 5_000,
        statement_timeout: 15_000,
        idle_in_transaction_session_timeout: 20_000,
        lock_timeout: 10_000,
      },
    })
    return new Database(orm)
  }

  kysely(): AnyKysely {
    return this.orm.em.fork().getKysely(propertyNames) as AnyKysely
  }

  transactional<T>(work: (em: EntityManager, kysely: AnyKysely) => Promise<T>): Promise<T> {
    return this.orm.em.fork().transactional((em) => work(em as EntityManager, em.getKysely(propertyNames) as AnyKysely))
  }

  async close(): Promise<void> {
    await this.orm.close(true)
  }
}
