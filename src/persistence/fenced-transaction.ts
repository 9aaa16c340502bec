import {
  AbortedTransactionError,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type pg from 'pg'
import { areToldAlike, tellingOf } from './fence-settings.js'
import type { Scope } from './tenant-scope.js'

/**
 * A transaction in which PostgreSQL knows on whose behalf each statement is. It is told with the begin, and anew only
 * where the next statement is on behalf of somebody else. A connection's statements run in the order in which they are
 * handed over, and the telling is handed over together with what it is for: so scopes that ask at one moment cannot mix.
 */
export class FencedTransaction {
  #asking: Scope
  #ended = false

  private constructor(
    private readonly client: pg.PoolClient,
    scope: Scope,
  ) {
    this.#asking = scope
  }

  static async begin(pool: pg.Pool, mode: 'read only' | 'read write', scope: Scope): Promise<FencedTransaction> {
    const client = await pool.connect()
    try {
      // In one round trip.
      await client.query(`begin ${mode}; ${tellingOf(scope)}`)
      return new FencedTransaction(client, scope)
    } catch (error) {
      client.release(error as Error)
      throw error
    }
  }

  async execute<Row>(scope: Scope, query: CompiledQuery): Promise<QueryResult<Row>> {
    const telling = areToldAlike(scope, this.#asking) ? undefined : this.client.query(tellingOf(scope, this.#asking))
    this.#asking = scope
    const asking = this.client.query(query.sql, query.parameters as unknown[])
    // Where telling fails the transaction is over, and asking fails too.
    const [, { command, rowCount, rows }] = await Promise.all([telling, asking])
    const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
    return { rows: rows ?? [], ...(changes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) }
  }

  /** @throws AbortedTransactionError where a statement had failed, so that nothing was kept */
  async commit(): Promise<void> {
    const { command } = await this.#end('commit')
    if (command === 'ROLLBACK') throw new AbortedTransactionError()
  }

  /** Does nothing to one that has ended. */
  async rollback(): Promise<void> {
    if (!this.#ended) await this.#end('rollback')
  }

  /** A connection that cannot even end its transaction serves nobody any more. */
  async #end(statement: 'commit' | 'rollback'): Promise<pg.QueryResult> {
    this.#ended = true
    try {
      const result = await this.client.query(statement)
      this.client.release()
      return result
    } catch (error) {
      this.client.release(error as Error)
      throw error
    }
  }
}

/** Executes statements, each on behalf of somebody. */
export interface FencedExecutor {
  execute<Row>(scope: Scope, query: CompiledQuery): Promise<QueryResult<Row>>
}

/**
 * Kysely over a transaction that somebody else opens and ends.
 * @param scope on whose behalf what is asked through it is asked
 */
export function kyselyOn(executor: FencedExecutor, scope: () => Scope): Kysely<unknown> {
  return new Kysely({ dialect: new FencedDialect(new FencedView(executor, scope)) })
}

class FencedView implements DatabaseConnection {
  constructor(
    private readonly executor: FencedExecutor,
    private readonly scope: () => Scope,
  ) {}

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return await this.executor.execute(this.scope(), query)
    } catch (error) {
      // PostgreSQL's answer comes from the socket: who asked is known only here.
      if (error instanceof Error) error.stack = `${error.stack}\n${new Error().stack?.split('\n').slice(2).join('\n')}`
      throw error
    }
  }

  // biome-ignore lint/correctness/useYield: it only refuses
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('Rows are read whole: a stream would hold its connection for as long as somebody reads.')
  }
}

class FencedDialect implements Dialect {
  constructor(private readonly connection: DatabaseConnection) {}

  createDriver(): Driver {
    const refuse = async () => {
      throw new Error('Transactions are opened by the unit of work alone.')
    }
    return {
      init: async () => undefined,
      acquireConnection: async () => this.connection,
      releaseConnection: async () => undefined,
      beginTransaction: refuse,
      commitTransaction: refuse,
      rollbackTransaction: refuse,
      destroy: async () => undefined,
    }
  }

  createQueryCompiler = () => new PostgresQueryCompiler()
  createAdapter = () => new PostgresAdapter()
  createIntrospector = (db: Kysely<unknown>) => new PostgresIntrospector(db)
}
