import { administrator, type Backend } from './backend.js'
import { givenReporter, subscriptionSeen, whenAllRests, whenPaid } from './billing.js'
import {
  ActivatePlanDocument,
  ApproveAccessRequestDocument,
  ApproveProductSubscriptionDocument,
  ArchivePlanDocument,
  ArchiveProductDocument,
  CancelProductSubscriptionDocument,
  ChangePlanDocument,
  ConfigureBillingDocument,
  CreateCredentialDocument,
  CreateGatewayTokenDocument,
  CreateUnitDocument,
  DenyAccessRequestDocument,
  DeprecatePlanDocument,
  DeprecateProductDocument,
  DisableBillingDocument,
  DuplicatePlanDocument,
  InviteMemberDocument,
  KeepProductSubscriptionDocument,
  MarkInvoicePaidDocument,
  MarkInvoiceUncollectibleDocument,
  PlanChangePreviewDocument,
  PublishProductDocument,
  ReconcileInvoicesDocument,
  RefreshSessionDocument,
  RejectProductSubscriptionDocument,
  RemoveMemberDocument,
  RemoveProviderMemberDocument,
  RequestAccessDocument,
  RequestPasswordResetDocument,
  ResendInvitationDocument,
  ResetPasswordDocument,
  ResumeProductSubscriptionDocument,
  RetryInvoiceDocument,
  RevokeAccessDocument,
  RevokeGatewayTokenDocument,
  RevokeInvitationDocument,
  RotateCredentialDocument,
  SetAssetStateDocument,
  SetConsumerOrganizationStateDocument,
  SetCredentialStateDocument,
  SignOutDocument,
  SuspendProductSubscriptionDocument,
  TestBillingDocument,
  UnpublishProductDocument,
  UpdateConsumerOrganizationDocument,
  UpdateMarketplaceDocument,
  UpdateMemberRolesDocument,
  UpdatePlanDocument,
  UpdateProductDocument,
  UpdateProviderMemberRolesDocument,
  UpdatePublicationDocument,
  VerifyEmailDocument,
  VoidInvoiceDocument,
} from './generated/graphql.js'
import { givenColleague, givenMember, givenSignedUp, newAddress } from './people.js'
import { sandboxOf } from './sandbox.js'
import {
  givenBilling,
  givenFurtherPlan,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  mark,
  type Offer,
  type Organization,
  password,
  whenAccessIsAskedFor,
  whenPressed,
  whenSubscribed,
} from './world.js'

/** Every mutation that there is, each at least once and with success: for those who look at what it leaves behind. */
export async function whenEverythingHappens(backend: Backend) {
  const market = await givenMarketplace(backend, { selfSignupAllowed: true, signupApprovalRequired: true })
  const billing = await givenBilling(market)
  const organization = await givenOrganization(market)
  await whenPeopleComeAndGo(market, organization)
  const offer = await whenTheCatalogChanges(market)
  const secrets = await whenAccessIsGivenAndTaken(market, organization, offer)
  await whenSubscriptionsGoTheirWays(market, organization, offer)
  await whenInvoicesAreSettledByHand(market, organization, offer)
  const { provider, id: marketplaceId } = market
  await provider.mutate(ConfigureBillingDocument, { marketplaceId, customerPortalUrl: null })
  await provider.mutate(TestBillingDocument, { billingIntegrationId: billing.id })
  const other = await givenMarketplace(backend)
  await givenBilling(other)
  await provider.mutate(DisableBillingDocument, { marketplaceId: other.id })
  await whenSessionsEnd(market, organization)
  return { market, organization, offer, billing, ...secrets }
}

async function whenPeopleComeAndGo(market: Market, { consumer, id: organizationId }: Organization): Promise<void> {
  const { backend, provider, id: marketplaceId } = market
  await provider.mutate(UpdateMarketplaceDocument, { marketplaceId, description: 'Ships and goods.' })
  await consumer.mutate(UpdateConsumerOrganizationDocument, { organizationId, billingEmail: newAddress('bills') })
  const member = await givenMember(backend, consumer, organizationId, ['DEVELOPER'])
  await consumer.mutate(UpdateMemberRolesDocument, { membershipId: member.membershipId, roles: ['SUBSCRIBER'] })
  await consumer.mutate(RemoveMemberDocument, { membershipId: member.membershipId })
  const email = newAddress('late')
  const { invitation } = await consumer.mutate(InviteMemberDocument, { organizationId, email, roles: ['DEVELOPER'] })
  await consumer.mutate(ResendInvitationDocument, { invitationId: invitation.id })
  await consumer.mutate(RevokeInvitationDocument, { invitationId: invitation.id })

  const comer = await givenSignedUp(backend, marketplaceId)
  await provider.mutate(SetConsumerOrganizationStateDocument, {
    organizationId: comer.organization.id,
    state: 'ACTIVE',
  })
  const { token } = await backend.mails.next(comer.email, 'verify-email')
  await backend.client().mutate(VerifyEmailDocument, { token: token as string })

  const colleague = await givenColleague(market, ['AUDITOR'])
  const { membershipId } = colleague
  await provider.mutate(UpdateProviderMemberRolesDocument, { membershipId, roles: ['ACCESS_MANAGER'] })
  await provider.mutate(RemoveProviderMemberDocument, { membershipId })
}

async function whenTheCatalogChanges(market: Market): Promise<Offer> {
  const { provider, providerId, id: marketplaceId } = market
  await provider.mutate(CreateUnitDocument, { providerId, name: `x-parcels-${mark()}`, title: 'Parcels' })
  const offer = await givenOffer(market, { type: 'FREE' }, 'MANUAL')
  const { productId, planId } = offer
  await provider.mutate(UpdateProductDocument, { productId, description: 'Everything about pets.' })
  const { plan } = await provider.mutate(DuplicatePlanDocument, { planId, name: `Copy ${mark()}` })
  await provider.mutate(UpdatePlanDocument, { planId: plan.id, description: 'A copy.' })
  await provider.mutate(ActivatePlanDocument, { planId: plan.id })
  await provider.mutate(DeprecatePlanDocument, { planId: plan.id })
  await provider.mutate(ArchivePlanDocument, { planId: plan.id })
  const { publication } = await provider.mutate(PublishProductDocument, { productId, marketplaceId })
  await provider.mutate(UpdatePublicationDocument, {
    publicationId: publication.id,
    visibility: { audience: 'EVERYONE', organizationIds: [] },
    planVisibility: [{ planId, visibility: { audience: 'EVERYONE', organizationIds: [] } }],
  })

  const old = await givenOffer(market, { type: 'FREE' })
  await provider.mutate(UnpublishProductDocument, { productId: old.productId, marketplaceId })
  await provider.mutate(DeprecatePlanDocument, { planId: old.planId })
  await provider.mutate(ArchivePlanDocument, { planId: old.planId })
  await provider.mutate(DeprecateProductDocument, { productId: old.productId })
  await provider.mutate(ArchiveProductDocument, { productId: old.productId })
  await provider.mutate(SetAssetStateDocument, { assetId: old.assetId, state: 'DEPRECATED' })
  return offer
}

async function whenAccessIsGivenAndTaken(market: Market, organization: Organization, offer: Offer) {
  const { provider, id: marketplaceId } = market
  const { consumer } = organization
  const { productSubscription } = await whenSubscribed(organization, offer)
  const { applicationId, accessRequest, credential, key } = await whenAccessIsAskedFor(
    organization,
    offer,
    productSubscription.id,
  )
  await provider.mutate(DenyAccessRequestDocument, { accessRequestId: accessRequest.id, reason: 'Not yet.' })
  const wish = { applicationId, resourceId: offer.resourceId, productSubscriptionId: productSubscription.id }
  const { accessRequest: again } = await consumer.mutate(RequestAccessDocument, wish)
  await provider.mutate(ApproveAccessRequestDocument, { accessRequestId: again.id })
  const report = await givenReporter(market)
  await report([{ credential: credential.publicId, path: offer.basePath }])
  const { secret } = await consumer.mutate(RotateCredentialDocument, { credentialId: credential.id })
  const { credential: spare } = await consumer.mutate(CreateCredentialDocument, { applicationId, name: 'spare' })
  await consumer.mutate(SetCredentialStateDocument, { credentialId: spare.id, state: 'REVOKED', reason: 'Not needed.' })
  await consumer.mutate(RevokeAccessDocument, { accessRequestId: again.id })
  const { gatewayToken, token } = await provider.mutate(CreateGatewayTokenDocument, { marketplaceId, name: 'spare' })
  await provider.mutate(RevokeGatewayTokenDocument, { gatewayTokenId: gatewayToken.id })
  return { keys: [key, secret], gatewayToken: token }
}

async function whenSubscriptionsGoTheirWays(market: Market, organization: Organization, offer: Offer): Promise<void> {
  const { provider } = market
  const { consumer } = organization
  const asked = await givenFurtherPlan(market, offer, { type: 'FREE', name: `Asked ${mark()}`, approval: 'MANUAL' })
  const { productSubscription: rejected } = await whenSubscribed(organization, asked)
  const reason = 'As we agreed.'
  await provider.mutate(RejectProductSubscriptionDocument, { productSubscriptionId: rejected.id, reason })
  const { productSubscription } = await whenSubscribed(organization, asked)
  const productSubscriptionId = productSubscription.id
  await provider.mutate(ApproveProductSubscriptionDocument, { productSubscriptionId })
  await provider.mutate(SuspendProductSubscriptionDocument, { productSubscriptionId, reason })
  await provider.mutate(ResumeProductSubscriptionDocument, { productSubscriptionId })
  const other = await givenFurtherPlan(market, offer, { type: 'FREE', name: `Other ${mark()}` })
  const { planChangePreview } = await consumer.query(PlanChangePreviewDocument, {
    input: { productSubscriptionId, planId: other.planId, when: 'NOW' },
  })
  await consumer.mutate(ChangePlanDocument, { previewToken: planChangePreview.token as string })

  const paid = await givenFurtherPlan(market, offer, { name: `Paid ${mark()}` })
  const { productSubscription: kept } = await whenSubscribed(organization, paid)
  await whenPaid(market, consumer, kept.id)
  await consumer.mutate(CancelProductSubscriptionDocument, { productSubscriptionId: kept.id, when: 'PERIOD_END' })
  await consumer.mutate(KeepProductSubscriptionDocument, { productSubscriptionId: kept.id })
}

async function whenInvoicesAreSettledByHand(market: Market, organization: Organization, offer: Offer): Promise<void> {
  const { provider, backend } = market
  const reason = 'As we agreed.'
  const opened = async (name: string) => {
    const plan = await givenFurtherPlan(market, offer, { name: `${name} ${mark()}` })
    const { productSubscription, invoice } = await whenSubscribed(organization, plan)
    await whenAllRests(market)
    return { invoiceId: invoice.id, productSubscriptionId: productSubscription.id }
  }
  await provider.mutate(VoidInvoiceDocument, { invoiceId: (await opened('Void')).invoiceId, reason })
  await provider.mutate(MarkInvoiceUncollectibleDocument, { invoiceId: (await opened('Lost')).invoiceId, reason })
  await provider.mutate(MarkInvoicePaidDocument, { invoiceId: (await opened('Cash')).invoiceId, reason })

  const sandbox = sandboxOf(backend)
  const missed = await opened('Missed')
  await sandbox.fault({ match: { event: '*' }, act: 'drop' })
  const unheard = await subscriptionSeen(organization.consumer, missed.productSubscriptionId)
  await whenPressed(unheard.invoices[0]?.hostedUrl as string, 'card')
  await provider.mutate(ReconcileInvoicesDocument, { marketplaceId: market.id, dryRun: false })
  await sandbox.mend()

  await sandbox.fault({ match: { method: 'POST', path: '/v1/invoices' }, act: 'status', code: 400 })
  const { invoiceId, productSubscriptionId } = await opened('Late')
  await sandbox.mend()
  const { invoices } = await subscriptionSeen(organization.consumer, productSubscriptionId)
  if (invoices[0]?.sync.status !== 'FAILED') throw new Error('There is nothing to try again.')
  await provider.mutate(RetryInvoiceDocument, { invoiceId })
  await whenAllRests(market)
}

async function whenSessionsEnd({ backend, id: marketplaceId }: Market, { email }: Organization): Promise<void> {
  const client = backend.client()
  await client.signIn(email, password, marketplaceId)
  const { tokens } = await client.mutate(RefreshSessionDocument, { refreshToken: client.refreshToken as string })
  client.take(tokens)
  await client.query(SignOutDocument)
  await backend.client().mutate(RequestPasswordResetDocument, { email, marketplaceId })
  const { token } = await backend.mails.next(email, 'reset-password')
  await backend.client().mutate(ResetPasswordDocument, { token: token as string, password: `${password} anew` })
  await backend.client().signIn(administrator.email, administrator.password)
}
