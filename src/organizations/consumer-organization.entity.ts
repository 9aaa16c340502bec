import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByOrganization } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const consumerOrganizationStates = ['PENDING_APPROVAL', 'ACTIVE', 'DISABLED', 'DENIED', 'CLOSED'] as const
export type ConsumerOrganizationState = (typeof consumerOrganizationStates)[number]

/** The company that subscribes. It belongs to one marketplace and owns all that its members make. */
export const ConsumerOrganization = defineEntity({
  name: 'ConsumerOrganization',
  tableName: 'consumer_organization',
  ...fencedByOrganization('id'),
  properties: {
    ...tenantKey,
    marketplaceId: p.string(),
    name: p.string(),
    state: p.string().$type<ConsumerOrganizationState>(),
    billingEmail: p.string().nullable(),
    createdAt: instant(),
  },
  indexes: [{ properties: ['marketplaceId', 'state'] }],
})
export type ConsumerOrganizationRow = InferEntity<typeof ConsumerOrganization>
