import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByProvider, fencedProvider } from '../persistence/policies.js'
import type { ProviderRole } from '../persistence/tenant-scope.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

/** Who runs marketplaces and publishes products: the tenant. Its id is its own providerId. */
export const Provider = defineEntity({
  name: 'Provider',
  tableName: 'provider',
  ...fencedProvider(),
  properties: {
    id: p.string().primary(),
    name: p.string(),
    createdAt: instant(),
  },
})
export type ProviderRow = InferEntity<typeof Provider>

export const ProviderMembership = defineEntity({
  name: 'ProviderMembership',
  tableName: 'provider_membership',
  ...fencedByProvider(),
  properties: {
    ...tenantKey,
    userId: p.string(),
    roles: p.array().$type<ProviderRole[]>(),
    joinedAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'userId'] }],
  indexes: [{ properties: ['userId'] }],
})
export type ProviderMembershipRow = InferEntity<typeof ProviderMembership>

export const ProviderInvitation = defineEntity({
  name: 'ProviderInvitation',
  tableName: 'provider_invitation',
  ...fencedByProvider(),
  properties: {
    ...tenantKey,
    email: p.string(),
    roles: p.array().$type<ProviderRole[]>(),
    tokenDigest: p.string(),
    expiresAt: instant(),
    acceptedAt: instant().nullable(),
    revokedAt: instant().nullable(),
    invitedByUserId: p.string().nullable(),
    createdAt: instant(),
  },
  indexes: [{ properties: ['tokenDigest'] }, { properties: ['providerId', 'email'] }],
})
export type ProviderInvitationRow = InferEntity<typeof ProviderInvitation>
