import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { nothing, ofProvider } from '../persistence/fence.js'
import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import { type Scope, userIdOf } from '../persistence/tenant-scope.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import { AuditEntry } from './audit-entry.entity.js'

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

/** Who changed what, written in the transaction of the change. */
export class AuditLog {
  constructor(private readonly clock: Clock) {}

  async record(transaction: Transaction<never>, entry: Audited): Promise<void> {
    await rows(transaction, AuditEntry)
      .insertInto('AuditEntry')
      .values({
        id: newId('aud'),
        providerId: entry.providerId,
        marketplaceId: entry.marketplaceId ?? null,
        organizationId: entry.organizationId ?? null,
        actorUserId: entry.actorUserId ?? userIdOf(transaction.scope),
        action: entry.action,
        subjectId: entry.subjectId,
        summary: entry.summary,
        at: this.clock.now(),
      })
      .execute()
  }
}

/** A provider's people read all of its log, an organization's administrators their own part. */
export class AuditEntryRepository extends TenantRepository<typeof AuditEntry> {
  constructor() {
    super(AuditEntry, 'AuditEntry')
  }

  protected visible(query: Query, scope: Scope): Query {
    if (scope.kind !== 'consumer') return ofProvider(query, scope, 'AuditEntry.providerId')
    const administered = [...scope.organizations].filter(([, roles]) => roles.includes('ADMINISTRATOR'))
    if (administered.length === 0) return nothing(query)
    return query.where('AuditEntry.marketplaceId', '=', scope.marketplaceId).where(
      'AuditEntry.organizationId',
      'in',
      administered.map(([id]) => id),
    )
  }
}
