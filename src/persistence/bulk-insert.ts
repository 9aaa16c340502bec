import { type RawBuilder, sql } from 'kysely'
import type { Transaction } from './unit-of-work.js'

/** A value as JSON carries it to PostgreSQL; whole numbers beyond 53 bits and instants as text. */
export type BulkValue = string | number | bigint | boolean | Date | null

/**
 * Inserts any number of rows by one statement with one parameter, which takes a tenth of the time of a statement with a
 * parameter for each value. Columns that are left out have their defaults.
 * @param columns the columns that are written, and their types in PostgreSQL
 * @param ending what follows, such as `on conflict … do nothing returning id`
 */
export async function bulkInsert<Column extends string>(
  transaction: Transaction<never> | Transaction,
  table: string,
  columns: Record<Column, string>,
  rows: ReadonlyArray<Record<Column, BulkValue>>,
  ending: RawBuilder<unknown> = sql``,
): Promise<unknown[]> {
  if (rows.length === 0) return []
  const names = Object.keys(columns) as Column[]
  const types = names.map((name) => sql`${sql.ref(name)} ${sql.raw(columns[name])}`)
  const list = sql.join(names.map((name) => sql.ref(name)))
  const json = JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  const { rows: returned } = await sql`
    insert into ${sql.table(table)} (${list})
    select ${list} from jsonb_to_recordset(${json}::jsonb) as t(${sql.join(types)}) ${ending}`.execute(
    transaction.kysely,
  )
  return returned
}
