import type { EntitySchemaWithMeta, InferEntity } from '@mikro-orm/core'
import { LockMode } from '@mikro-orm/core'
import type { InferKyselyDB } from '@mikro-orm/postgresql'
import type { Kysely, SelectQueryBuilder } from 'kysely'
import { sql } from 'kysely'
import { idPrefix } from '../kernel/id.js'
import type { PageRequest } from '../kernel/page.js'
import type { AnyEntitySchema } from './database.js'
import type { Scope } from './tenant-scope.js'
import type { Reading, Transaction } from './unit-of-work.js'

interface Naming {
  tableNamingStrategy: 'entity'
  columnNamingStrategy: 'property'
  convertValues: true
}

// biome-ignore lint/suspicious/noExplicitAny: entities of every shape
type NamedEntity = EntitySchemaWithMeta<string, any, any, any, any, any>

/** The tables named, as typed rows with the entities' own property names, in the reading's transaction if it has one. */
export function rows<Entities extends readonly NamedEntity[]>(
  reading: Reading,
  ..._entities: Entities
): Kysely<InferKyselyDB<Entities[number], Naming>> {
  return reading.kysely as Kysely<InferKyselyDB<Entities[number], Naming>>
}

// biome-ignore lint/suspicious/noExplicitAny: a query over whichever table the repository has
export type Query = SelectQueryBuilder<any, any, any>

export interface TenantRow {
  id: string
  providerId: string
}

export type Order = 'oldest first' | 'newest first'

/** One page of a list. The total is counted only when somebody asks for it. */
export interface Page<Row> {
  rows: Row[]
  hasNextPage: boolean
  hasPreviousPage: boolean
  countTotal(): Promise<number>
}

/**
 * How rows of one table are found by those who may see them. A subclass says in `visible` whose rows a scope
 * sees; every method goes through it, so a row that is not the viewer's is as absent as one that never was.
 * Ids are ordered by time, so a list is ordered by creation and a cursor is an id.
 */
export abstract class TenantRepository<Entity extends AnyEntitySchema, Row extends TenantRow = InferEntity<Entity>> {
  protected constructor(
    protected readonly entity: Entity,
    /** The entity's name, which is the table's name in queries. */
    protected readonly table: string,
  ) {}

  /** Narrows a query to the rows that the scope may see; `this.table` is the table's name in it. */
  protected abstract visible(query: Query, scope: Scope): Query

  protected query(reading: Reading): Query {
    return this.visible(reading.kysely.selectFrom(this.table), reading.scope)
  }

  async find(reading: Reading, id: string): Promise<Row | null> {
    // What is no id of ours names nothing, and may hold what PostgreSQL does not take.
    if (idPrefix(id) === null) return null
    const [row] = await this.byIds(reading, [id])
    return row ?? null
  }

  /** In the order asked for, null for what is missing or not the viewer's. For loaders. */
  readonly byIds = async (reading: Reading, ids: readonly string[]): Promise<Array<Row | null>> => {
    // PostgreSQL takes no NUL in a text, and answers one with an error.
    const askable = [...new Set(ids)].filter((id) => !id.includes('\0'))
    if (askable.length === 0) return ids.map(() => null)
    const found = (await this.query(reading)
      .selectAll(this.table)
      .where(`${this.table}.id`, 'in', askable)
      .execute()) as Row[]
    const byId = new Map(found.map((row) => [row.id, row]))
    return ids.map((id) => byId.get(id) ?? null)
  }

  /** The rows whose `column` has one of the values, grouped in the order of the values. For loaders. */
  protected async grouped<Key extends string>(
    reading: Reading,
    column: keyof Row & string,
    values: readonly Key[],
    order: Order = 'oldest first',
    narrow: (query: Query) => Query = (query) => query,
  ): Promise<Row[][]> {
    const found = (await narrow(this.query(reading))
      .selectAll(this.table)
      .where(`${this.table}.${column}`, 'in', [...new Set<string>(values)] as never)
      .orderBy(`${this.table}.id`, order === 'oldest first' ? 'asc' : 'desc')
      .execute()) as Row[]
    const groups = new Map<unknown, Row[]>()
    for (const row of found) {
      const group = groups.get(row[column])
      if (group) group.push(row)
      else groups.set(row[column], [row])
    }
    return values.map((value) => groups.get(value) ?? [])
  }

  async page(
    reading: Reading,
    request: PageRequest,
    order: Order,
    narrow: (query: Query) => Query = (query) => query,
  ): Promise<Page<Row>> {
    const id = `${this.table}.id`
    const ascending = (order === 'oldest first') === (request.direction === 'forward')
    let query = narrow(this.query(reading)).selectAll(this.table)
    if (request.after) query = query.where(id, order === 'oldest first' ? '>' : '<', request.after)
    if (request.before) query = query.where(id, order === 'oldest first' ? '<' : '>', request.before)
    const found = (await query
      .orderBy(id, ascending ? 'asc' : 'desc')
      .limit(request.limit + 1)
      .execute()) as Row[]
    const more = found.length > request.limit
    const page = found.slice(0, request.limit)
    if (request.direction === 'backward') page.reverse()
    return {
      rows: page,
      hasNextPage: request.direction === 'forward' ? more : request.before !== null,
      hasPreviousPage: request.direction === 'backward' ? more : request.after !== null,
      countTotal: async () => {
        const counted = (await narrow(this.query(reading))
          .select(sql<string>`count(*)`.as('total'))
          .executeTakeFirstOrThrow()) as { total: string }
        return Number(counted.total)
      },
    }
  }

  /**
   * The row as an entity of the unit of work, locked until the commit, so that what is decided about it still
   * holds when it is written; null when it is not the scope's to see.
   */
  async lock(transaction: Transaction<never> | Transaction, id: string): Promise<Row | null> {
    const where = await this.#keyOf(transaction, id)
    if (!where) return null
    return (await transaction.em.findOne(this.entity, where, {
      lockMode: LockMode.PESSIMISTIC_WRITE,
      refresh: true,
    })) as Row | null
  }

  /** By which a row is found that the scope sees. The backend itself sees every one, and need not look first. */
  async #keyOf(reading: Reading, id: string): Promise<{ id: string; providerId?: string } | null> {
    if (reading.scope.kind === 'system' && idPrefix(id) !== null) return { id }
    const row = await this.find(reading, id)
    return row && { id: row.id, providerId: row.providerId }
  }
}
