import { sql } from 'kysely'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { type BrokenLink, type ChainEnd, ChainWalk } from './audit-chain.js'
import { AuditEntry } from './audit-entry.entity.js'

const batch = 1_000

export interface VerifiedChain {
  readonly providerId: string
  /** As far as it is whole. */
  readonly end: ChainEnd
  /** The first link that is not as it was made; null where all are. */
  readonly broken: BrokenLink | null
}

/** Looks whether the audit log is what was written, entry by entry, while others go on writing. For operators. */
export class AuditVerification {
  constructor(private readonly reading: Reading) {}

  async verify(): Promise<VerifiedChain[]> {
    const { rows: providers } = await sql<{ id: string }>`
      select id from provider union select provider_id from audit_chain union select provider_id from audit_entry
      order by id`.execute(this.reading.kysely)
    const chains: VerifiedChain[] = []
    for (const { id } of providers) chains.push(await this.#chain(id))
    return chains
  }

  /** Whether an entry has that digest: one that was noted elsewhere is there for good, or the log was written anew. */
  async holds(digest: string): Promise<boolean> {
    const found = await rows(this.reading, AuditEntry)
      .selectFrom('AuditEntry')
      .select('id')
      .where('digest', '=', digest)
      .executeTakeFirst()
    return found !== undefined
  }

  async #chain(providerId: string): Promise<VerifiedChain> {
    const { end, last } = await this.#standing(providerId)
    const walk = new ChainWalk(providerId)
    for (;;) {
      const entries = await rows(this.reading, AuditEntry)
        .selectFrom('AuditEntry')
        .selectAll()
        .where('providerId', '=', providerId)
        .where('sequence', '>', walk.end.sequence)
        .where('sequence', '<=', last)
        .orderBy('sequence')
        .limit(batch)
        .execute()
      for (const entry of entries) {
        const broken = walk.step({ ...entry, sequence: BigInt(entry.sequence) })
        if (broken) return { providerId, end: walk.end, broken }
      }
      if (entries.length < batch) return { providerId, end: walk.end, broken: walk.stop(end) }
    }
  }

  /** Both by one statement, so that what is written meanwhile belongs to neither. */
  async #standing(providerId: string): Promise<{ end: ChainEnd | null; last: bigint }> {
    const { rows: found } = await sql<{ sequence: string | null; digest: string | null; last: string }>`
      select c.sequence::text, c.digest, e.last::text
      from (select coalesce(max(sequence), 0) as last from audit_entry where provider_id = ${providerId}) e
      left join audit_chain c on c.provider_id = ${providerId}`.execute(this.reading.kysely)
    const { sequence = null, digest = null, last = '0' } = found[0] ?? {}
    const end = sequence !== null && digest !== null ? { sequence: BigInt(sequence), digest } : null
    return { end, last: BigInt(last) }
  }
}
