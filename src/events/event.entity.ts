import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { systemOnly } from '../persistence/policies.js'
import { instant } from '../persistence/tenant-table.js'

/**
 * The event log. Sequence numbers become visible out of the order in which they were given, so a reader goes
 * by (transactionId, sequence) and stops before the oldest transaction that is still open: nothing that
 * commits later can then appear before what was already read.
 */
export const Event = defineEntity({
  name: 'Event',
  tableName: 'event',
  ...systemOnly(),
  properties: {
    sequence: p.bigint('string').primary().autoincrement(),
    providerId: p.string().primary(),
    id: p.string(),
    transactionId: p.string().columnType('xid8').defaultRaw('pg_current_xact_id()'),
    name: p.string(),
    marketplaceId: p.string().nullable(),
    organizationId: p.string().nullable(),
    subjectId: p.string(),
    data: p.json<object>(),
    occurredAt: instant(),
    writtenAt: instant().defaultRaw('now()'),
  },
  indexes: [
    { properties: ['transactionId', 'sequence'] },
    { properties: ['organizationId', 'transactionId'] },
    { properties: ['writtenAt'] },
  ],
})
export type EventRow = InferEntity<typeof Event>
