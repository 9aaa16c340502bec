import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { systemOnly, writtenDown } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

/** Said by the database itself, to whoever it is that asks. */
const refusal = `raise exception 'The audit log is only ever added to.' using errcode = 'insufficient_privilege'`

/**
 * Who did what. Only ever inserted, which the database sees to; never holds a secret. The entries of a provider are a
 * chain: each has the digest of the one before.
 */
export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entry',
  ...writtenDown(),
  properties: {
    ...tenantKey,
    /** Its place in the provider's chain, from 1 on without a gap. */
    sequence: p.bigint(),
    marketplaceId: p.string().nullable(),
    organizationId: p.string().nullable(),
    /** Null when the system did it. */
    actorUserId: p.string().nullable(),
    /** The request that it was done for; null when nobody asked for it. */
    requestId: p.string().nullable(),
    /** Such as billing.configured. */
    action: p.string(),
    subjectId: p.string(),
    summary: p.text(),
    at: instant(),
    formerDigest: p.string(),
    digest: p.string(),
  },
  uniques: [{ properties: ['providerId', 'sequence'] }],
  indexes: [{ properties: ['providerId', 'organizationId'] }],
  triggers: [
    {
      name: 'audit_entry_stays',
      timing: 'before',
      events: ['update', 'delete'],
      forEach: 'row',
      body: refusal,
    },
    {
      name: 'audit_entry_is_not_emptied',
      timing: 'before',
      events: ['truncate'],
      forEach: 'statement',
      body: refusal,
    },
  ],
})
export type AuditEntryRow = InferEntity<typeof AuditEntry>

/**
 * Where a provider's chain ends: what the next entry is tied to, and what shows that the last ones were not taken away.
 * Its row is the lock under which entries are added.
 */
export const AuditChain = defineEntity({
  name: 'AuditChain',
  tableName: 'audit_chain',
  ...systemOnly(),
  properties: {
    providerId: p.string().primary(),
    sequence: p.bigint(),
    digest: p.string(),
  },
})
