import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { ofNobody } from '../persistence/policies.js'

/** Counters of failed attempts, in the shape that the rate limiter's library reads and writes. */
export const FailedAttempts = defineEntity({
  name: 'FailedAttempts',
  tableName: 'attempt',
  ...ofNobody(),
  properties: {
    key: p.string().primary(),
    points: p.integer(),
    expire: p.bigint('bigint').nullable(),
  },
  indexes: [{ properties: ['expire'] }],
})
export type FailedAttemptsRow = InferEntity<typeof FailedAttempts>
