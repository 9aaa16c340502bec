import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByManagers, fencedByOrganization, fencedByOrganizationAndPresented } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

const ownedByOrganization = {
  ...tenantKey,
  marketplaceId: p.string(),
  organizationId: p.string(),
}

/** What the consumer builds: the holder of access. */
export const Application = defineEntity({
  name: 'Application',
  tableName: 'application',
  ...fencedByOrganization(),
  properties: {
    ...ownedByOrganization,
    name: p.string(),
    description: p.text().nullable(),
    createdByUserId: p.string(),
    createdAt: instant(),
  },
  indexes: [{ properties: ['organizationId'] }],
})
export type ApplicationRow = InferEntity<typeof Application>

export const accessRequestStates = ['PENDING_APPROVAL', 'DENIED', 'WAITING', 'GRANTED', 'SUSPENDED', 'REVOKED'] as const
export type AccessRequestState = (typeof accessRequestStates)[number]

/** That an application may call an API resource under a subscription. */
export const AccessRequest = defineEntity({
  name: 'AccessRequest',
  tableName: 'access_request',
  ...fencedByOrganization(),
  properties: {
    ...ownedByOrganization,
    applicationId: p.string(),
    resourceId: p.string(),
    productSubscriptionId: p.string(),
    state: p.string().$type<AccessRequestState>(),
    decision: p.string().$type<'APPROVED' | 'REJECTED'>().nullable(),
    decisionReason: p.text().nullable(),
    decidedAt: instant().nullable(),
    decidedByUserId: p.string().nullable(),
    /** When it was last granted. */
    grantedAt: instant().nullable(),
    createdAt: instant(),
  },
  uniques: [
    {
      name: 'access_request_once',
      properties: ['providerId', 'applicationId', 'resourceId', 'productSubscriptionId'],
      where: "state not in ('DENIED', 'REVOKED')",
    },
  ],
  indexes: [
    { properties: ['applicationId', 'resourceId'] },
    { properties: ['productSubscriptionId'] },
    { properties: ['organizationId'] },
    { properties: ['marketplaceId', 'state'] },
  ],
})
export type AccessRequestRow = InferEntity<typeof AccessRequest>

export const credentialTypes = ['API_KEY', 'OAUTH_CLIENT'] as const
export type CredentialType = (typeof credentialTypes)[number]
/** EXPIRED is not stored: it follows from the time. */
export const credentialStates = ['ACTIVE', 'SUSPENDED', 'EXPIRED', 'REVOKED'] as const
export type CredentialState = (typeof credentialStates)[number]
export type SuspendedBy = 'PROVIDER' | 'CONSUMER'

/** What an application calls with. Of the secret only a digest is kept. */
export const Credential = defineEntity({
  name: 'Credential',
  tableName: 'credential',
  ...fencedByOrganizationAndPresented(),
  properties: {
    ...ownedByOrganization,
    applicationId: p.string(),
    name: p.string(),
    type: p.string().$type<CredentialType>(),
    state: p.string().$type<CredentialState>(),
    /** Whose suspension it is: what the provider suspended, only the provider enables. */
    suspendedBy: p.string().$type<SuspendedBy>().nullable(),
    publicId: p.string(),
    last4: p.string(),
    digest: p.string(),
    /** After a rotation, the former secret works on until then. */
    formerDigest: p.string().nullable(),
    formerSecretEndsAt: instant().nullable(),
    expiresAt: instant().nullable(),
    lastUsedAt: instant().nullable(),
    createdByUserId: p.string(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['publicId', 'providerId'] }],
  indexes: [{ properties: ['applicationId'] }],
})
export type CredentialRow = InferEntity<typeof Credential>

/** What a gateway asks and reports with. */
export const GatewayToken = defineEntity({
  name: 'GatewayToken',
  tableName: 'gateway_token',
  ...fencedByManagers(),
  properties: {
    ...tenantKey,
    marketplaceId: p.string(),
    name: p.string(),
    last4: p.string(),
    digest: p.string(),
    createdAt: instant(),
    lastUsedAt: instant().nullable(),
    revokedAt: instant().nullable(),
  },
  uniques: [{ properties: ['digest', 'providerId'] }],
  indexes: [{ properties: ['marketplaceId'] }],
})
export type GatewayTokenRow = InferEntity<typeof GatewayToken>
