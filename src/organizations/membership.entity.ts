import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByOrganizationsAdministrators, fencedByOrganizationsPeople } from '../persistence/policies.js'
import type { ConsumerRole } from '../persistence/tenant-scope.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const Membership = defineEntity({
  name: 'Membership',
  tableName: 'membership',
  ...fencedByOrganizationsPeople(),
  properties: {
    ...tenantKey,
    marketplaceId: p.string(),
    organizationId: p.string(),
    userId: p.string(),
    roles: p.array().$type<ConsumerRole[]>(),
    joinedAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'organizationId', 'userId'] }],
  indexes: [{ properties: ['userId'] }],
})
export type MembershipRow = InferEntity<typeof Membership>

export const Invitation = defineEntity({
  name: 'Invitation',
  tableName: 'invitation',
  ...fencedByOrganizationsAdministrators(),
  properties: {
    ...tenantKey,
    marketplaceId: p.string(),
    organizationId: p.string(),
    email: p.string(),
    roles: p.array().$type<ConsumerRole[]>(),
    tokenDigest: p.string(),
    expiresAt: instant(),
    acceptedAt: instant().nullable(),
    revokedAt: instant().nullable(),
    invitedByUserId: p.string().nullable(),
    createdAt: instant(),
  },
  indexes: [{ properties: ['tokenDigest'] }, { properties: ['organizationId', 'email'] }],
})
export type InvitationRow = InferEntity<typeof Invitation>
