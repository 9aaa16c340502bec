import type { Audience } from '../../src/persistence/audience.js'
import { administersProvider } from '../../src/persistence/permissions.js'
import type { AuthorizationWorld } from './authorization-world.js'

/** One try of a mutation, on something of the provider's or the organization's. */
export interface Attempt {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  /** The name of the input that says on what, and the id of that object; left out where it is about nothing of anybody's. */
  readonly on?: readonly [field: string, id: string]
  readonly aboutFreePlan?: true
  /** Where another audience than the declared one holds for what it is tried on, as its remark says. */
  readonly audience?: Audience
  /** Where the input is a token that says on what, there is no other to compare with. */
  readonly byToken?: true
}

const tooLong = 'x'.repeat(1_001)

/**
 * Each mutation, in a way that those who may do it are let in and then, as far as there is one, turned back for
 * another reason: a name left empty, a step that was taken already.
 */
export function attempts({ targets: all }: AuthorizationWorld): Attempt[] {
  const targets = all as Record<string, string>
  return [...ofPeople(targets), ...ofMarketplaces(targets), ...ofCatalog(targets), ...ofPurchases(targets)]
}

type Given = Record<string, string>

/** @param input the first of it says on what it is tried */
function on(name: string, input: Record<string, unknown>, more: Partial<Attempt> = {}): Attempt {
  const [first] = Object.entries(input)
  return { name, input, on: first as [string, string], ...more }
}

const open = (name: string, input: Record<string, unknown> = {}): Attempt => ({ name, input })

function ofPeople({ marketplaceId, organizationId, ...is }: Given): Attempt[] {
  const nobody = { email: 'nobody@people.example', password: 'a password that is wrong' }
  const names = { givenName: '', familyName: '' }
  return [
    open('signUp', { marketplaceId, ...nobody, ...names, organizationName: '' }),
    open('verifyEmail', { token: 'none' }),
    open('signIn', { ...nobody, marketplaceId }),
    open('refreshSession', { refreshToken: 'none' }),
    open('requestPasswordReset', { email: nobody.email, marketplaceId }),
    open('resetPassword', { token: 'none', password: nobody.password }),
    open('acceptInvitation', { token: 'none' }),
    on('createConsumerOrganization', { marketplaceId, name: '' }),
    on('updateConsumerOrganization', { organizationId, name: '' }),
    on('setConsumerOrganizationState', { organizationId, state: 'ACTIVE' }),
    on('inviteMember', { organizationId, email: nobody.email, roles: [] }),
    on('resendInvitation', { invitationId: is.invitationId }),
    on('revokeInvitation', { invitationId: is.revokedInvitationId }),
    on('resendInvitation', { invitationId: is.providerInvitationId }, { audience: administersProvider }),
    on('updateMemberRoles', { membershipId: is.membershipId, roles: [] }),
    on('removeMember', { membershipId: is.membershipId }),
    on('inviteProviderMember', { providerId: is.providerId, email: nobody.email, roles: [] }),
    on('updateProviderMemberRoles', { membershipId: is.providerMembershipId, roles: [] }),
    on('removeProviderMember', { membershipId: is.providerMembershipId }),
  ]
}

function ofMarketplaces({ providerId, marketplaceId, ...is }: Given): Attempt[] {
  return [
    on('createMarketplace', { providerId, name: '', slug: '' }),
    on('updateMarketplace', { marketplaceId, version: 0 }),
    on('configureBilling', { marketplaceId, restrictedKey: 'none' }),
    on('disableBilling', { marketplaceId }),
    on('testBilling', { billingIntegrationId: is.billingIntegrationId }),
    on('reconcileInvoices', { marketplaceId, dryRun: true }),
    on('createGatewayToken', { marketplaceId, name: '' }),
    on('revokeGatewayToken', { gatewayTokenId: is.gatewayTokenId }),
    open('advanceSandboxClock', { to: '2000-01-01T00:00:00Z' }),
    open('reportUsage', { records: [] }),
  ]
}

function ofCatalog({ providerId, productId, planId, assetId, marketplaceId, ...is }: Given): Attempt[] {
  const quotas: unknown[] = []
  return [
    on('createAsset', { providerId, name: '', resources: [] }),
    on('releaseAsset', { assetId, releaseType: 'PATCH', resources: [] }),
    on('setAssetState', { assetId, state: 'ACTIVE' }),
    on('createUnit', { providerId, name: 'bad', title: '' }),
    on('createProduct', { providerId, name: '' }),
    on('updateProduct', { productId, version: 0 }),
    on('activateProduct', { productId, releaseType: 'PATCH', label: tooLong }),
    on('deprecateProduct', { productId: is.retiredProductId }),
    on('archiveProduct', { productId }),
    on('createPlan', { productId, name: '', type: 'FREE', quotas }),
    on('updatePlan', { planId, version: 0 }),
    on('activatePlan', { planId }),
    on('duplicatePlan', { planId, name: tooLong }),
    on('deprecatePlan', { planId: is.retiredPlanId }),
    on('archivePlan', { planId }),
    on('publishProduct', { productId: is.draftProductId, marketplaceId }),
    on('updatePublication', { publicationId: is.publicationId }),
    on('unpublishProduct', { productId: is.draftProductId, marketplaceId }),
  ]
}

function ofPurchases({ organizationId, productSubscriptionId, invoiceId, applicationId, ...is }: Given): Attempt[] {
  const free = { aboutFreePlan: true } as const
  const ended = { productSubscriptionId: is.endedProductSubscriptionId, when: 'NOW' }
  const endedFree = { productSubscriptionId: is.endedFreeProductSubscriptionId, when: 'NOW' }
  return [
    on('subscribe', { organizationId, planId: is.planId }),
    on('subscribe', { organizationId, planId: is.freePlanId }, free),
    on('approveProductSubscription', { productSubscriptionId }),
    on('rejectProductSubscription', { productSubscriptionId, reason: '' }),
    on('suspendProductSubscription', { productSubscriptionId, reason: '' }),
    on('resumeProductSubscription', { productSubscriptionId }),
    {
      name: 'changePlan',
      input: { previewToken: is.previewToken },
      on: ['previewToken', productSubscriptionId as string],
      byToken: true,
    },
    on('cancelProductSubscription', ended),
    on('cancelProductSubscription', endedFree, free),
    on('keepProductSubscription', { productSubscriptionId }),
    on('keepProductSubscription', { productSubscriptionId: is.freeProductSubscriptionId }, free),
    on('retryInvoice', { invoiceId }),
    on('voidInvoice', { invoiceId, reason: '' }),
    on('markInvoiceUncollectible', { invoiceId, reason: '' }),
    on('markInvoicePaid', { invoiceId, reason: '' }),
    on('createApplication', { organizationId, name: '' }),
    on('requestAccess', { applicationId, resourceId: is.resourceId, productSubscriptionId }),
    on('approveAccessRequest', { accessRequestId: is.accessRequestId }),
    on('denyAccessRequest', { accessRequestId: is.accessRequestId, reason: '' }),
    on('revokeAccess', { accessRequestId: is.accessRequestId, reason: tooLong }),
    on('createCredential', { applicationId, name: '' }),
    on('rotateCredential', { credentialId: is.credentialId, overlapHours: -1 }),
    on('setCredentialState', { credentialId: is.credentialId, state: 'ACTIVE' }),
  ]
}
