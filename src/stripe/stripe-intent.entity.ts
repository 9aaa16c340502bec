import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { systemOnly } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const stripeIntentStates = ['NEW', 'SENT', 'UNKNOWN', 'DONE', 'REFUSED'] as const
export type StripeIntentState = (typeof stripeIntentStates)[number]

/**
 * That we want one thing of Stripe: written and committed before the call, so that a crash or a lost answer
 * leaves a row that says what must be looked up.
 */
export const StripeIntent = defineEntity({
  name: 'StripeIntent',
  tableName: 'stripe_intent',
  ...systemOnly(),
  properties: {
    ...tenantKey,
    billingIntegrationId: p.string(),
    /** The row of ours that it is for. */
    subjectId: p.string(),
    step: p.string(),
    /** Made of row, step and a digest of what is sent; good for 20 hours after the first send. */
    idempotencyKey: p.string(),
    state: p.string().$type<StripeIntentState>(),
    attempts: p.integer(),
    firstSentAt: instant().nullable(),
    lastSentAt: instant().nullable(),
    /** What it made, or what it acts on. */
    stripeId: p.string().nullable(),
    requestId: p.string().nullable(),
    failure: p.text().nullable(),
    /** Stripe has stored a failure under the key and would only repeat it: look up, then take a new key. */
    keySpent: p.boolean(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'subjectId', 'step', 'idempotencyKey'] }],
  indexes: [{ properties: ['state', 'lastSentAt'] }],
})
export type StripeIntentRow = InferEntity<typeof StripeIntent>
