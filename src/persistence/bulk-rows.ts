import { type RawBuilder, sql } from 'kysely'
import type { Transaction } from './unit-of-work.js'

/** A value on its way to PostgreSQL; JSON as text. */
export type BulkValue = string | number | bigint | boolean | Date | null

/**
 * Any number of rows as a table of a statement, by one parameter for each column: PostgreSQL reads them in a fifth of
 * the time that it takes for the same as JSON, and in a tenth of that for a parameter for each value.
 * @param columns the columns, and their types in PostgreSQL
 */
export function bulkRows<Column extends string>(
  alias: string,
  columns: Record<Column, string>,
  rows: ReadonlyArray<Record<Column, BulkValue>>,
): RawBuilder<unknown> {
  const names = Object.keys(columns) as Column[]
  const arrays = names.map((name) => sql`${arrayOf(rows.map((row) => row[name]))}::${sql.raw(columns[name])}[]`)
  return sql`unnest(${sql.join(arrays)}) as ${sql.ref(alias)} (${sql.join(names.map((name) => sql.ref(name)))})`
}

/**
 * Inserts any number of rows by one statement. Columns that are left out have their defaults.
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
  const list = sql.join(Object.keys(columns).map((name) => sql.ref(name)))
  const { rows: returned } = await sql`
    insert into ${sql.table(table)} (${list}) select ${list} from ${bulkRows('t', columns, rows)} ${ending}`.execute(
    transaction.kysely,
  )
  return returned
}

/** As PostgreSQL writes an array: the driver's own way takes a third longer. */
function arrayOf(values: readonly BulkValue[]): string {
  return `{${values.map(elementOf).join(',')}}`
}

function elementOf(value: BulkValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  return value instanceof Date ? value.toISOString() : String(value)
}
