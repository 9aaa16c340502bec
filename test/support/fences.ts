import type { jest as Jest } from '@jest/globals'
import { type SqlBool, sql } from 'kysely'
import * as facts from '../../src/access/access-facts.fence.js'
import * as offer from '../../src/catalog/offer.fence.js'
import * as onSale from '../../src/catalog/on-sale.fence.js'
import * as fence from '../../src/persistence/fence.js'
import { TenantRepository } from '../../src/persistence/tenant-repository.js'

/** The first fence, which a test can take away and put back. */
export interface FirstFence {
  remove(): void
  restore(): void
}

const whole = (query: unknown): unknown => query
const always = () => sql<SqlBool>`true`

/**
 * Makes the first fence of the whole program removable: every repository's `visible`, and the conditions of every
 * `*.fence.ts`. To be called before anything that is built on them is imported: by a dynamic import, afterwards.
 * @param jest of a test that lies in a folder of `test/`
 */
export function removableFirstFence(jest: typeof Jest): FirstFence {
  let removed = false
  // Conditions are raw SQL; all the others take a query and narrow it.
  const conditions = new Set(['publicationInSight', 'ownSubscription', 'visibleTo'])
  for (const [path, functions] of [
    ['../../src/persistence/fence.js', fence],
    ['../../src/catalog/on-sale.fence.js', onSale],
    ['../../src/catalog/offer.fence.js', offer],
    ['../../src/access/access-facts.fence.js', facts],
  ] as const) {
    const removable = Object.entries(functions).map(([name, real]) => {
      const open = conditions.has(name) ? always : whole
      const act = (...given: unknown[]) => Reflect.apply(removed ? open : (real as () => unknown), undefined, given)
      return [name, act] as const
    })
    jest.unstable_mockModule(path, () => Object.fromEntries(removable))
  }
  const prototype = TenantRepository.prototype as unknown as Narrowing
  const { query } = prototype
  prototype.query = function (reading) {
    return removed ? reading.kysely.selectFrom(this.table) : Reflect.apply(query, this, [reading])
  }
  return {
    remove: () => {
      removed = true
    },
    restore: () => {
      removed = false
    },
  }
}

interface Narrowing {
  table: string
  query(reading: { kysely: { selectFrom(table: string): unknown } }): unknown
}
