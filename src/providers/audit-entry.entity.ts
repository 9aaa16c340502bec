import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { instant, tenantKey } from '../persistence/tenant-table.js'

/** Who did what. Only ever inserted; never holds a secret. */
export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entry',
  properties: {
    ...tenantKey,
    marketplaceId: p.string().nullable(),
    organizationId: p.string().nullable(),
    /** Null when the system did it. */
    actorUserId: p.string().nullable(),
    /** Such as billing.configured. */
    action: p.string(),
    subjectId: p.string(),
    summary: p.text(),
    at: instant(),
  },
  indexes: [{ properties: ['providerId', 'organizationId'] }],
})
export type AuditEntryRow = InferEntity<typeof AuditEntry>
