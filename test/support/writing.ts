import { type Database, propertyNames } from '../../src/persistence/database.js'
import { FencedTransaction, kyselyOn } from '../../src/persistence/fenced-transaction.js'
import { type Scope, system } from '../../src/persistence/tenant-scope.js'
import type { Reading } from '../../src/persistence/unit-of-work.js'

/**
 * Where a test writes what it takes as given, and looks at what has become of it: with the eyes of the backend itself,
 * each statement in a transaction of its own.
 */
export function writing(database: Database, scope: Scope = system): Reading {
  const em = database.orm.em.fork()
  const execute = async (...asked: Parameters<FencedTransaction['execute']>) => {
    const pool = await database.orm.driver.getConnection().getNativeClient()
    const transaction = await FencedTransaction.open(pool, 'read write')
    try {
      const result = await transaction.execute(...asked)
      await transaction.commit()
      return result
    } catch (error) {
      await transaction.rollback()
      throw error
    }
  }
  em.setTransactionContext(kyselyOn({ execute } as Parameters<typeof kyselyOn>[0], () => scope))
  const kysely: Reading['kysely'] = em.getKysely(propertyNames)
  return { scope, kysely, as: (other) => writing(database, other) }
}
