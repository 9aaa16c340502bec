import { UniqueConstraintViolationException } from '@mikro-orm/core'
import { Refused, type UserError } from '../kernel/result.js'
import type { Transaction } from './unit-of-work.js'

/**
 * Writes what the transaction has changed so far; where a unique key stands in the way, somebody else was
 * first. Asking before would answer wrongly when two come at once.
 * @throws Refused with the error given
 */
export async function flushUnique(transaction: Transaction<never> | Transaction, taken: UserError): Promise<void> {
  try {
    await transaction.em.flush()
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException) throw new Refused([taken])
    throw error
  }
}
