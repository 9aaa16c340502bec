import type { CompiledQuery } from 'kysely'
import pg from 'pg'
import { telling } from './fence-settings.js'
import { nameOf } from './prepared-statements.js'

const beginName = 'fence_begin'
const tellingName = 'fence_telling'

/** What goes before a statement. */
export interface Preface {
  /** Whether it opens a transaction, or is all of one. */
  begins: boolean
  /** Parameters of the telling: who is asking. */
  told: string[]
}

/**
 * Executes a statement, and what goes before it, in one round trip. Nothing of anybody else comes between the telling and
 * the statement that it is for; where the telling fails, the statement is not executed.
 */
export async function executeTold(
  client: pg.PoolClient,
  preface: Preface,
  query: CompiledQuery,
): Promise<pg.QueryResult> {
  const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>()
  client.query(new ToldStatement(preface, query, (error, result) => (error ? reject(error) : resolve(result))))
  return promise
}

const ready = new WeakSet<pg.PoolClient>()

/** A connection of the pool that knows what goes before statements. */
export async function takeConnection(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect()
  if (ready.has(client)) return client
  try {
    await new Promise<void>((resolve, reject) => void client.query(new Preparation(resolve, reject)))
    ready.add(client)
    return client
  } catch (error) {
    client.release(error as Error)
    throw error
  }
}

/** What the driver does with every statement. Its types do not name it. */
interface DriverStatement extends pg.Submittable {
  prepare(connection: pg.Connection): void
  handleDataRow(message: object): void
  handleCommandComplete(message: object, connection: pg.Connection): void
}

type Answered = (error: Error | null, result: pg.QueryResult) => void

const DriverStatement = pg.Query as unknown as new (
  config: pg.QueryConfig & { queryMode: 'extended'; callback: Answered },
) => DriverStatement

/**
 * The messages of a statement with those of its preface before them, up to one and the same Sync: so PostgreSQL takes them
 * for one transaction, as long as none is begun by name.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
class ToldStatement extends DriverStatement {
  readonly #preface: Preface
  /** Answers that are still to come before the statement's own. */
  #before: number

  constructor(preface: Preface, { sql, parameters }: CompiledQuery, callback: Answered) {
    const name = nameOf(sql)
    super({ ...(name ? { name } : {}), text: sql, values: [...parameters], queryMode: 'extended', callback })
    this.#preface = preface
    this.#before = preface.begins ? 2 : 1
  }

  override prepare(connection: pg.Connection): void {
    if (this.#preface.begins) {
      connection.bind({ statement: beginName }, true)
      connection.execute({}, true)
    }
    connection.bind({ statement: tellingName, values: this.#preface.told }, true)
    connection.execute({}, true)
    super.prepare(connection)
  }

  override handleDataRow(message: object): void {
    if (this.#before === 0) super.handleDataRow(message)
  }

  override handleCommandComplete(message: object, connection: pg.Connection): void {
    if (this.#before === 0) super.handleCommandComplete(message, connection)
    else this.#before -= 1
  }
}

/**
 * Makes known to a connection, once, what goes before statements. Never with a statement: the driver takes the first answer
 * to a Parse for that of the statement.
 */
class Preparation implements pg.Submittable {
  constructor(
    readonly handleReadyForQuery: () => void,
    readonly handleError: (error: Error) => void,
  ) {}

  submit(connection: pg.Connection): void {
    connection.parse({ name: beginName, text: 'begin', types: [] }, true)
    connection.parse({ name: tellingName, text: telling, types: [] }, true)
    connection.sync()
  }
}
