import type { EntityManager } from '@mikro-orm/postgresql'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { withoutSecrets } from '../kernel/secret.js'
import { placesOf } from '../persistence/audience.js'
import { nothing, ofProvider } from '../persistence/fence.js'
import { seesAdministration } from '../persistence/permissions.js'
import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import { type Scope, userIdOf } from '../persistence/tenant-scope.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import { type ChainEnd, chainStart, link, type UnlinkedEntry } from './audit-chain.js'
import { AuditChain, AuditEntry } from './audit-entry.entity.js'

export interface Audited {
  providerId: string
  marketplaceId?: string | null
  organizationId?: string | null
  /** Where it is not whoever the transaction is for, as when somebody has only just signed up. */
  actorUserId?: string
  /** Past participle after what it was done to: billing.configured. */
  action: string
  subjectId: string
  /** A sentence for people, without any secret. */
  summary: string
}

/** Who changed what, written in the transaction of the change, at its very end. */
export class AuditLog {
  readonly #pending = new WeakMap<EntityManager, UnlinkedEntry[]>()

  constructor(private readonly clock: Clock) {}

  /** Whoever records waits for nothing but the commit. */
  async record(transaction: Transaction<never>, entry: Audited): Promise<void> {
    this.#pendingIn(transaction).push({
      id: newId('aud'),
      providerId: entry.providerId,
      marketplaceId: entry.marketplaceId ?? null,
      organizationId: entry.organizationId ?? null,
      actorUserId: entry.actorUserId ?? userIdOf(transaction.scope),
      requestId: transaction.requestId,
      action: entry.action,
      subjectId: entry.subjectId,
      summary: withoutSecrets(entry.summary),
      at: this.clock.now(),
    })
  }

  #pendingIn(transaction: Transaction<never>): UnlinkedEntry[] {
    const known = this.#pending.get(transaction.em)
    if (known) return known
    const pending: UnlinkedEntry[] = []
    this.#pending.set(transaction.em, pending)
    transaction.beforeCommit((asSystem) => appendToChains(asSystem, pending))
    return pending
  }
}

/** One provider after another, always in the same order, so that two that want several do not wait for each other. */
async function appendToChains(transaction: Transaction<never>, pending: readonly UnlinkedEntry[]): Promise<void> {
  const byProvider = Map.groupBy(pending, ({ providerId }) => providerId)
  for (const providerId of [...byProvider.keys()].sort()) {
    let end = await lockedEnd(transaction, providerId)
    const linked = (byProvider.get(providerId) ?? []).map((entry) => {
      const next = link(entry, end)
      end = next
      return next
    })
    await rows(transaction, AuditEntry).insertInto('AuditEntry').values(linked).execute()
    await rows(transaction, AuditChain)
      .updateTable('AuditChain')
      .set({ sequence: end.sequence, digest: end.digest })
      .where('providerId', '=', providerId)
      .execute()
  }
}

/** Where the chain ends, and stays until the commit. */
async function lockedEnd(transaction: Transaction<never>, providerId: string): Promise<ChainEnd> {
  await rows(transaction, AuditChain)
    .insertInto('AuditChain')
    .values({ providerId, ...chainStart })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { sequence, digest } = await rows(transaction, AuditChain)
    .selectFrom('AuditChain')
    .select(['sequence', 'digest'])
    .where('providerId', '=', providerId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return { sequence: BigInt(sequence), digest }
}

/** A provider's people read all of its log, an organization's administrators their own part. */
export class AuditEntryRepository extends TenantRepository<typeof AuditEntry> {
  constructor() {
    super(AuditEntry, 'AuditEntry')
  }

  protected visible(query: Query, scope: Scope): Query {
    if (scope.kind !== 'consumer') return ofProvider(query, scope, 'AuditEntry.providerId')
    const { organizations } = placesOf(scope, seesAdministration)
    if (organizations.size === 0) return nothing(query)
    return query
      .where('AuditEntry.marketplaceId', '=', scope.marketplaceId)
      .where('AuditEntry.organizationId', 'in', [...organizations.keys()])
  }
}
