import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { systemOnly } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const stripeEventStates = ['RECEIVED', 'HANDLED', 'PARKED', 'IGNORED'] as const
export type StripeEventState = (typeof stripeEventStates)[number]

/** An event as Stripe sent it, kept before it was answered; its effect and HANDLED are one commit. */
export const StripeEvent = defineEntity({
  name: 'StripeEvent',
  tableName: 'stripe_event',
  ...systemOnly(),
  properties: {
    ...tenantKey,
    billingIntegrationId: p.string(),
    /** Stripe's id. A tenant can sign any id with its own secret: it is unique within a connection only. */
    eventId: p.string(),
    type: p.string(),
    apiVersion: p.string().nullable(),
    livemode: p.boolean(),
    body: p.text(),
    state: p.string().$type<StripeEventState>(),
    /** Why it had no effect, or waits. */
    note: p.text().nullable(),
    /** The object that it tells of, such as in_…, for whoever looks into the table. */
    objectId: p.string().nullable(),
    receivedAt: instant(),
    handledAt: instant().nullable(),
    /** When the sweep looks at it again; null once it is settled. */
    nextTryAt: instant().nullable(),
  },
  uniques: [{ properties: ['providerId', 'billingIntegrationId', 'eventId'] }],
  indexes: [{ properties: ['state', 'nextTryAt'] }],
})
export type StripeEventRow = InferEntity<typeof StripeEvent>
