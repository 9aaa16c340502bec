import type { Mail, Mailer } from '../identity/mailer.js'
import type { Clock } from '../kernel/clock.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import { Notice } from './notice.entity.js'

/** A mail, to whomever it is sent. It has no token: whoever reads it can do no more than before. */
export type Letter = Omit<Mail, 'to' | 'token'>

export interface NoticeSubject {
  providerId: string
  /** The id of what is told of. */
  subjectId: string
  /** Which of several times, where it may happen again. */
  occasion?: string
}

/** Tells people by mail what has become of something, without having been asked: each thing once. */
export class Notices {
  constructor(
    private readonly mailer: Mailer,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * In the transaction that has seen that it is true, which has locked the subject. Nothing if it was told before.
   * @returns whether it is told now
   */
  async post(
    transaction: Transaction<never> | Transaction,
    { providerId, subjectId, occasion = '' }: NoticeSubject,
    to: readonly string[],
    letter: Letter,
  ): Promise<boolean> {
    const written = await rows(transaction, Notice)
      .insertInto('Notice')
      .values({ providerId, subjectId, kind: letter.kind, occasion, postedAt: this.clock.now() })
      .onConflict((conflict) => conflict.columns(['providerId', 'subjectId', 'kind', 'occasion']).doNothing())
      .returning('kind')
      .execute()
    if (written.length === 0) return false
    for (const address of new Set(to.map((each) => each.toLowerCase()))) {
      await this.mailer.post(transaction, { ...letter, to: address, token: null })
    }
    return true
  }
}

/** What time alone brings to be told, looked after with all else that falls due. */
export interface TimedNotices {
  /** Tells all that has come due, or has it told by the worker. */
  tell(): Promise<void>
  /** When there is something to tell next; null where there is nothing. */
  nextDue(reading: Reading, after: Date): Promise<Date | null>
}
