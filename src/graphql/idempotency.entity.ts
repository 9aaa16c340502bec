import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByUser } from '../persistence/policies.js'
import { instant } from '../persistence/tenant-table.js'

/** What a mutation with an idempotency key answered, so that the same key answers the same for 24 hours. */
export const IdempotencyRecord = defineEntity({
  name: 'IdempotencyRecord',
  tableName: 'idempotency_record',
  ...fencedByUser('viewer_id'),
  properties: {
    viewerId: p.string().primary(),
    operation: p.string().primary(),
    key: p.string().primary(),
    inputDigest: p.string(),
    /** Null while the first still runs. */
    payload: p.json<Record<string, unknown> | null>().nullable(),
    createdAt: instant(),
    expiresAt: instant(),
  },
  indexes: [{ properties: ['expiresAt'] }],
})
export type IdempotencyRecordRow = InferEntity<typeof IdempotencyRecord>
