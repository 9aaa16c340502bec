import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import type { UserError } from '../kernel/result.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import { isSameText, type TermsText } from './marketplace.rules.js'
import { TermsAcceptance, TermsVersion, type TermsVersionRow } from './terms.entity.js'

/** Whose terms: those of a marketplace or of a product. */
export interface TermsSubject {
  providerId: string
  subjectId: string
}

/**
 * The terms of marketplaces and products: versions that never change, and who accepted which, when. Terms are
 * reached through their subject and seen by whoever sees it, so nothing here asks for rights of its own.
 */
export class TermsService {
  constructor(
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** The terms to accept now; null when the subject has none. */
  async current(reading: Reading, subjectId: string): Promise<TermsVersionRow | null> {
    const [terms] = await this.currentOf(reading, [subjectId])
    return terms ?? null
  }

  /** The same for many subjects. For loaders. */
  readonly currentOf = async (
    reading: Reading,
    subjectIds: readonly string[],
  ): Promise<Array<TermsVersionRow | null>> => {
    const newest = (await rows(reading, TermsVersion)
      .selectFrom('TermsVersion')
      .distinctOn('subjectId')
      .selectAll()
      .where('subjectId', 'in', [...new Set(subjectIds)])
      .orderBy('subjectId')
      .orderBy('version', 'desc')
      .execute()) as TermsVersionRow[]
    const bySubject = new Map(newest.filter((terms) => !terms.withdrawnAt).map((terms) => [terms.subjectId, terms]))
    return subjectIds.map((id) => bySubject.get(id) ?? null)
  }

  /**
   * Makes the text the subject's terms, as the version after the last, unless it is what they say already. The
   * caller holds the subject's lock.
   */
  async publish(transaction: Transaction, subject: TermsSubject, text: TermsText): Promise<TermsVersionRow> {
    const last = (await rows(transaction, TermsVersion)
      .selectFrom('TermsVersion')
      .selectAll()
      .where('providerId', '=', subject.providerId)
      .where('subjectId', '=', subject.subjectId)
      .orderBy('version', 'desc')
      .executeTakeFirst()) as TermsVersionRow | undefined
    if (last && !last.withdrawnAt && isSameText(last, text)) return last
    const terms: TermsVersionRow = {
      id: newId('trm'),
      ...subject,
      ...text,
      version: (last?.version ?? 0) + 1,
      publishedAt: this.clock.now(),
      withdrawnAt: null,
    }
    await rows(transaction, TermsVersion).insertInto('TermsVersion').values(terms).execute()
    return terms
  }

  /** The subject has no terms any more. What was accepted stays on record. */
  async withdraw(transaction: Transaction, subject: TermsSubject): Promise<void> {
    await rows(transaction, TermsVersion)
      .updateTable('TermsVersion')
      .set({ withdrawnAt: this.clock.now() })
      .where('providerId', '=', subject.providerId)
      .where('subjectId', '=', subject.subjectId)
      .where('withdrawnAt', 'is', null)
      .execute()
  }

  /** Records that a person accepted these terms, for an organization where there is one. */
  async accept(
    transaction: Transaction,
    acceptance: { terms: TermsVersionRow; userId: string; organizationId: string | null },
  ): Promise<void> {
    const { terms, userId, organizationId } = acceptance
    const { providerId, subjectId, version } = terms
    await rows(transaction, TermsAcceptance)
      .insertInto('TermsAcceptance')
      .values({
        id: newId('tac'),
        providerId,
        subjectId,
        version,
        userId,
        organizationId,
        acceptedAt: this.clock.now(),
      })
      .execute()
  }
}

/** TERMS_NOT_ACCEPTED unless the version that stands now was accepted, or there is none. */
export function termsProblem(
  terms: TermsVersionRow | null,
  acceptedVersion: number | null | undefined,
): UserError | null {
  if (!terms || acceptedVersion === terms.version) return null
  const message = `Accept version ${terms.version} of «${terms.title}» first.`
  return { code: 'TERMS_NOT_ACCEPTED', message, field: ['input', 'acceptedTermsVersion'] }
}
