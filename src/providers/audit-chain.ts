import { createHash } from 'node:crypto'
import type { AuditEntryRow } from './audit-entry.entity.js'

/** What the first entry of a chain is tied to. */
export const chainStart = { sequence: 0n, digest: '0'.repeat(64) } as const

export interface ChainEnd {
  readonly sequence: bigint
  readonly digest: string
}

export type UnlinkedEntry = Omit<AuditEntryRow, 'sequence' | 'formerDigest' | 'digest'>

/** Everything that an entry says, and the digest of the one before. */
export function link(entry: UnlinkedEntry, former: ChainEnd): AuditEntryRow {
  const linked = { ...entry, sequence: former.sequence + 1n, formerDigest: former.digest }
  return { ...linked, digest: digestOf(linked) }
}

export function digestOf(entry: Omit<AuditEntryRow, 'digest'>): string {
  const { providerId, sequence, formerDigest, id, marketplaceId, organizationId } = entry
  const { actorUserId, requestId, action, subjectId, summary, at } = entry
  // A list, so that the order is that of this line, and no text can run over into the next.
  const said = [providerId, String(sequence), formerDigest, id, marketplaceId, organizationId]
  said.push(actorUserId, requestId, action, subjectId, summary, at.toISOString())
  return createHash('sha256').update(JSON.stringify(said)).digest('hex')
}

export interface BrokenLink {
  readonly providerId: string
  readonly sequence: bigint
  /** The entry that is there; null where one is missing. */
  readonly id: string | null
  readonly why: string
}

/** Walks along one provider's chain. An entry that does not fit the one before is where somebody has been at work. */
export class ChainWalk {
  #end: ChainEnd = chainStart

  constructor(private readonly providerId: string) {}

  get end(): ChainEnd {
    return this.#end
  }

  /** @returns what is wrong with it; null where it continues the chain */
  step(entry: AuditEntryRow): BrokenLink | null {
    const due = this.#end.sequence + 1n
    if (entry.sequence !== due) return this.#broken(due, null, `it is missing: the next that is there is ${entry.id}`)
    if (entry.formerDigest !== this.#end.digest)
      return this.#broken(due, entry.id, 'it does not continue the one before')
    if (digestOf(entry) !== entry.digest) return this.#broken(due, entry.id, 'it was changed')
    this.#end = { sequence: entry.sequence, digest: entry.digest }
    return null
  }

  /** After the last entry. @param end where the chain is known to end */
  stop(end: ChainEnd | null): BrokenLink | null {
    const known = end ?? chainStart
    const { sequence, digest } = this.#end
    if (known.sequence === 0n && sequence === 0n)
      return this.#broken(1n, null, 'it is missing, and a provider begins with it')
    if (known.sequence > sequence) return this.#broken(sequence + 1n, null, 'it and what followed was taken away')
    if (known.sequence < sequence)
      return this.#broken(known.sequence + 1n, null, 'it was added past the end of the chain')
    if (known.digest !== digest) return this.#broken(sequence, null, 'the end of the chain is another')
    return null
  }

  #broken(sequence: bigint, id: string | null, why: string): BrokenLink {
    return { providerId: this.providerId, sequence, id, why }
  }
}
