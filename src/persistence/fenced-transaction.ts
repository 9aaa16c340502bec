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
import pg from 'pg'
import { areToldAlike, tellingOf } from './fence-settings.js'
import type { Scope } from './tenant-scope.js'
import { executeTold, takeConnection } from './told-statement.js'

/**
 * A transaction in which PostgreSQL knows on whose behalf each statement is. It begins with its first statement, is told
 * with that who is asking, and is told anew where the next statement is on behalf of somebody else. A connection's
 * statements run in the order in which they are handed over, and each telling is handed over together with what it is
 * for: so scopes that ask at one moment cannot mix.
 */
export class FencedTransaction {
  #asking: Scope | null = null
  #ended = false

  private constructor(
    private readonly client: pg.PoolClient,
    private readonly mode: 'read only' | 'read write',
  ) {}

  static async open(pool: pg.Pool, mode: 'read only' | 'read write'): Promise<FencedTransaction> {
    return new FencedTransaction(await takeConnection(pool), mode)
  }

  async execute<Row>(scope: Scope, query: CompiledQuery): Promise<QueryResult<Row>> {
    const before = this.#asking
    this.#asking = scope
    if (before && areToldAlike(scope, before)) {
      return resultOf(await this.client.query(query.sql, query.parameters as unknown[]))
    }
    return resultOf(await executeTold(this.client, { begins: !before, told: tellingOf(scope, this.mode) }, query))
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
  async #end(statement: 'commit' | 'rollback'): Promise<{ command: string }> {
    this.#ended = true
    if (!this.#asking) {
      this.client.release()
      return { command: 'NONE' }
    }
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

/** Reads by single statements, each in one round trip and a transaction of its own. */
export class FencedQuestions implements FencedExecutor {
  constructor(private readonly pool: pg.Pool) {}

  async execute<Row>(scope: Scope, query: CompiledQuery): Promise<QueryResult<Row>> {
    const client = await takeConnection(this.pool)
    try {
      const result = await executeTold(client, { begins: false, told: tellingOf(scope, 'read only') }, query)
      client.release()
      return resultOf(result)
    } catch (error) {
      // What PostgreSQL refuses ends with it; anything else leaves the connection as nobody knows.
      client.release(error instanceof pg.DatabaseError ? undefined : (error as Error))
      throw error
    }
  }
}

function resultOf<Row>({ command, rowCount, rows }: pg.QueryResult): QueryResult<Row> {
  const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
  return { rows: rows ?? [], ...(changes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) }
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
