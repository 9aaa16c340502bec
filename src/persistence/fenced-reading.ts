import { setImmediate as moment } from 'node:timers/promises'
import type { CompiledQuery, QueryResult } from 'kysely'
import type pg from 'pg'
import { type FencedExecutor, FencedTransaction } from './fenced-transaction.js'
import type { Scope } from './tenant-scope.js'

interface Asked {
  scope: Scope
  query: CompiledQuery
  // biome-ignore lint/suspicious/noExplicitAny: rows of every shape
  answer(result: QueryResult<any>): void
  fail(error: unknown): void
}

/**
 * What one operation reads. It takes a connection with the first statement, runs one after the other what is asked
 * meanwhile, all in one transaction, and gives the connection back a moment after nothing more is asked: what
 * resolvers and loaders ask for next they ask for before that. So nothing is held while somebody waits for the network
 * or for a unit of work, and nothing has to be closed at the operation's end.
 */
export class FencedReading implements FencedExecutor {
  readonly #asked: Asked[] = []
  #serving = false

  constructor(private readonly pool: pg.Pool) {}

  execute<Row>(scope: Scope, query: CompiledQuery): Promise<QueryResult<Row>> {
    return new Promise((answer, fail) => {
      this.#asked.push({ scope, query, answer, fail })
      if (!this.#serving) void this.#serve()
    })
  }

  async #serve(): Promise<void> {
    this.#serving = true
    try {
      // A statement that fails ends its transaction; the others, which it does not concern, are answered in the next.
      while (this.#asked.length > 0) await this.#transaction()
    } catch (error) {
      // There is no connection to be had.
      for (const asked of this.#asked.splice(0)) asked.fail(error)
    } finally {
      this.#serving = false
    }
  }

  async #transaction(): Promise<void> {
    const transaction = await FencedTransaction.open(this.pool, 'read only')
    for (;;) {
      const asked = await this.#next()
      if (!asked) break
      try {
        asked.answer(await transaction.execute(asked.scope, asked.query))
      } catch (error) {
        asked.fail(error)
        // Whoever asked has been told; a connection that is lost is let go of.
        return transaction.rollback().catch(() => undefined)
      }
    }
    // Everybody has an answer: what becomes of the end of a transaction that has changed nothing concerns nobody.
    await transaction.commit().catch(() => undefined)
  }

  async #next(): Promise<Asked | undefined> {
    if (this.#asked.length === 0) await moment()
    return this.#asked.shift()
  }
}
