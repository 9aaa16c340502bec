import type { Backend } from '../support/backend.js'
import { givenReporter, givenSubscriber, monthsLater, timeIn, whenAllRests, whenItIs } from '../support/billing.js'
import type { Client } from '../support/client.js'
import {
  AcceptInvitationDocument,
  ApproveProductSubscriptionDocument,
  CancelProductSubscriptionDocument,
  ChangePlanDocument,
  CreateApplicationDocument,
  CreateCredentialDocument,
  CreateGatewayTokenDocument,
  CreateMarketplaceDocument,
  CreateProductDocument,
  CreateUnitDocument,
  DeprecatePlanDocument,
  DeprecateProductDocument,
  InviteMemberDocument,
  InviteProviderMemberDocument,
  MarketplaceBillingDocument,
  PlanChangePreviewDocument,
  ProviderPeopleDocument,
  PublishProductDocument,
  ReleaseAssetDocument,
  RemoveMemberDocument,
  RequestAccessDocument,
  RevokeGatewayTokenDocument,
  RevokeInvitationDocument,
  RotateCredentialDocument,
  SetConsumerOrganizationStateDocument,
  SubscribeDocument,
  UpdateMarketplaceDocument,
  UpdateProductDocument,
  UpdatePublicationDocument,
} from '../support/generated/graphql.js'
import {
  givenColleague,
  givenInvitation,
  givenMember,
  givenRival,
  newAddress,
  peopleOfOrganization,
} from '../support/people.js'
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
  openApiDocument,
  whenSubscribed,
} from '../support/world.js'

/** Somebody who asks. */
export interface Viewer {
  readonly name: string
  readonly client: Client
  /** Its token counts no more: everything is answered UNAUTHENTICATED. */
  readonly ended?: true
  /** Of a gateway: the marketplace that its token is for. */
  readonly gatewayOf?: string
}

/** What the mutations are tried on, by the name of the input's field; all of it belongs to the organization's side. */
export type Targets = Readonly<Record<string, string>>

export interface AuthorizationWorld {
  readonly backend: Backend
  readonly market: Market
  readonly organization: Organization
  readonly viewers: readonly Viewer[]
  /** Who sees all of a provider: what they are shown is what there is. */
  readonly administrators: ReadonlyMap<string, Client>
  readonly targets: Targets
  /** Those beside, each with something that it has not subscribed to yet. */
  readonly neighbours: ReadonlyArray<{ market: Market; organization: Organization; offer: Offer }>
  /** Of an invitation that nobody has accepted. */
  readonly invitationToken: string
  /** The key of a credential, for gateways to ask about. */
  readonly key: string
}

/**
 * A marketplace that has something of everything, and beside it all those who must not see it: another organization
 * there, another marketplace of the same provider, and another provider.
 */
export async function givenAuthorizationWorld(backend: Backend): Promise<AuthorizationWorld> {
  const market = await givenMarketplace(backend, { slug: `quay-${mark()}`, description: 'By the water.' })
  await givenBilling(market)
  const acme = await givenOrganization(market)
  const beta = await givenOrganization(market, 'Beta')
  const catalog = await givenCatalog(market, acme)
  const bought = await givenPurchases(market, acme, catalog)
  const beyond = await givenNeighbours(backend, market, beta)
  const people = await givenPeople(market, acme, beta)
  const tokens = await givenTokens(market)
  // Last, because whoever comes after has to accept them.
  await market.provider.mutate(UpdateMarketplaceDocument, {
    marketplaceId: market.id,
    terms: { title: 'House rules', body: 'Be kind.' },
  })
  return {
    backend,
    market,
    organization: acme,
    viewers: [
      { name: 'nobody', client: backend.client() },
      { name: 'the provider’s ADMINISTRATOR', client: market.provider },
      ...people.colleagues,
      { name: 'the organization’s ADMINISTRATOR', client: acme.consumer },
      ...people.members,
      ...people.gone,
      { name: 'another organization’s ADMINISTRATOR', client: beta.consumer },
      { name: 'another marketplace’s consumer', client: beyond.gamma.consumer },
      { name: 'another provider’s ADMINISTRATOR', client: beyond.rival.provider },
      { name: 'another provider’s consumer', client: beyond.delta.consumer },
      { name: 'a gateway', client: tokens.gateway, gatewayOf: market.id },
      { name: 'another marketplace’s gateway', client: beyond.gateway, gatewayOf: beyond.locked.id },
    ],
    administrators: new Map([
      [market.providerId, market.provider],
      [beyond.rival.providerId, beyond.rival.provider],
    ]),
    targets: {
      ...catalog.targets,
      ...bought.targets,
      ...people.targets,
      ...tokens.targets,
      ...identified(market, acme),
    },
    neighbours: beyond.neighbours,
    invitationToken: people.invitationToken,
    key: bought.key,
  }
}

const identified = (market: Market, acme: Organization) => ({
  providerId: market.providerId,
  marketplaceId: market.id,
  organizationId: acme.id,
})

async function givenCatalog(market: Market, acme: Organization) {
  const { provider, providerId } = market
  const { unit } = await provider.mutate(CreateUnitDocument, { providerId, name: 'x-megabytes', title: 'Megabytes' })
  const main = await givenOffer(market, (resourceId) => ({
    quotas: [{ resourceIds: [resourceId], unit: unit.name, limit: 'LOOSE', limitUnits: '10', unitAmount: '0.5' }],
  }))
  // Described from its next release on, which the product takes.
  await provider.mutate(ReleaseAssetDocument, {
    assetId: main.assetId,
    releaseType: 'MINOR',
    resources: [{ name: 'Pets', basePath: main.basePath, specification: openApiDocument() }],
  })
  const tiered = await givenFurtherPlan(market, main, (resourceId) => ({
    name: 'Tiered',
    price: { base: '50.00', currency: 'USD' },
    quotas: [
      {
        resourceIds: [resourceId],
        limit: 'UNLIMITED',
        pricing: 'GRADUATED',
        tiers: [
          { to: '100', unitAmount: '2' },
          { unitAmount: '1', flatFee: '10' },
        ],
      },
    ],
  }))
  const manual = await givenFurtherPlan(market, main, { name: 'By hand', type: 'CUSTOM', approval: 'MANUAL' })
  const { publication } = await provider.mutate(PublishProductDocument, {
    productId: main.productId,
    marketplaceId: market.id,
    planVisibility: [
      { planId: manual.planId, visibility: { audience: 'SELECTED_ORGANIZATIONS', organizationIds: [acme.id] } },
    ],
  })
  const free = await givenOffer(market, { type: 'FREE' }, 'MANUAL')
  const unpaid = await givenOffer(market)
  const selected = await givenOffer(market, { type: 'FREE' })
  await sellOnlyTo(market, selected.productId, acme.id)
  const retired = await givenOffer(market, { type: 'FREE' })
  await provider.mutate(DeprecateProductDocument, { productId: retired.productId })
  const retiredPlan = await givenFurtherPlan(market, main, { name: 'Old', type: 'FREE' })
  await provider.mutate(DeprecatePlanDocument, { planId: retiredPlan.planId })
  const { product: draft } = await provider.mutate(CreateProductDocument, { providerId, name: 'Not yet' })
  return {
    main,
    tiered,
    manual,
    free,
    unpaid,
    selected,
    targets: {
      unitId: unit.id,
      assetId: main.assetId,
      productId: main.productId,
      planId: main.planId,
      freePlanId: free.planId,
      retiredPlanId: retiredPlan.planId,
      retiredProductId: retired.productId,
      draftProductId: draft.id,
      publicationId: publication.id,
      resourceId: main.resourceId,
    },
  }
}

async function sellOnlyTo(market: Market, productId: string, organizationId: string): Promise<void> {
  const visibility = { audience: 'SELECTED_ORGANIZATIONS' as const, organizationIds: [organizationId] }
  const { publication } = await market.provider.mutate(PublishProductDocument, {
    productId,
    marketplaceId: market.id,
    visibility,
  })
  await market.provider.mutate(UpdatePublicationDocument, { publicationId: publication.id, visibility })
}

async function givenPurchases(
  market: Market,
  acme: Organization,
  { main, tiered, manual, free, unpaid, selected }: Awaited<ReturnType<typeof givenCatalog>>,
) {
  const { provider } = market
  const { consumer, id: organizationId } = acme
  const paid = await givenSubscriber(market, acme, main)
  const report = await givenReporter(market)
  const used = { productSubscriptionId: paid.id, resourceId: main.resourceId }
  await report([{ ...used, quantity: '25' }])
  await whenItIs(market, monthsLater(await timeIn(market), 1))
  await report([{ ...used, quantity: '6' }])
  const { productSubscription: open, invoice } = await whenSubscribed(acme, unpaid)
  const { applicationId } = paid
  const { accessRequest: closed } = await consumer.mutate(RequestAccessDocument, {
    applicationId,
    resourceId: unpaid.resourceId,
    productSubscriptionId: open.id,
  })
  const { productSubscription: atNoCost } = await whenSubscribed(acme, free)
  await whenSubscribed(acme, selected)
  const { accessRequest: pendingAccess } = await consumer.mutate(RequestAccessDocument, {
    applicationId,
    resourceId: free.resourceId,
    productSubscriptionId: atNoCost.id,
  })
  const ended = { paid: await endedUnder(market, acme, {}), free: await endedUnder(market, acme, { type: 'FREE' }) }
  const { credential } = await consumer.mutate(CreateCredentialDocument, { applicationId, name: 'rotated' })
  await consumer.mutate(RotateCredentialDocument, { credentialId: credential.id })
  await whenAllRests(market)
  const previewToken = await stalePreview(consumer, paid.id, tiered.planId)
  await provider.mutate(UpdateProductDocument, {
    productId: main.productId,
    terms: { title: 'Fair use', body: 'Share.' },
  })
  const { productSubscription: approved } = await consumer.mutate(SubscribeDocument, {
    organizationId,
    planId: manual.planId,
    acceptedTermsVersion: 1,
    answers: { why: 'To find pets.' },
  })
  await provider.mutate(ApproveProductSubscriptionDocument, { productSubscriptionId: approved.id, reason: 'Known.' })
  return {
    key: paid.key,
    targets: {
      productSubscriptionId: paid.id,
      freeProductSubscriptionId: atNoCost.id,
      approvedProductSubscriptionId: approved.id,
      endedProductSubscriptionId: ended.paid,
      endedFreeProductSubscriptionId: ended.free,
      applicationId,
      accessRequestId: paid.accessRequest.id,
      pendingAccessRequestId: pendingAccess.id,
      closedAccessRequestId: closed.id,
      credentialId: paid.credential.id,
      invoiceId: invoice.id,
      previewToken,
    },
  }
}

/** Of a plan of the kind, over already. */
async function endedUnder(
  market: Market,
  acme: Organization,
  about: Parameters<typeof givenOffer>[1],
): Promise<string> {
  const offer = await givenOffer(market, about)
  const { id } = (await whenSubscribed(acme, offer)).productSubscription
  await acme.consumer.mutate(CancelProductSubscriptionDocument, { productSubscriptionId: id, when: 'NOW' })
  return id
}

/** What was shown of a change of plan that waits by now, so that it is no longer what would happen. */
async function stalePreview(consumer: Client, productSubscriptionId: string, planId: string): Promise<string> {
  const input = { productSubscriptionId, planId, when: 'PERIOD_END' as const }
  const { planChangePreview } = await consumer.query(PlanChangePreviewDocument, { input })
  const previewToken = planChangePreview.token
  if (!previewToken) throw new Error(`The plan cannot be changed: ${JSON.stringify(planChangePreview.obstacles)}`)
  await consumer.mutate(ChangePlanDocument, { previewToken })
  return previewToken
}

async function givenPeople(market: Market, acme: Organization, beta: Organization) {
  const { backend, provider, providerId } = market
  const roles = [
    'MARKETPLACE_MANAGER',
    'CATALOG_MANAGER',
    'SUBSCRIPTION_APPROVER',
    'ACCESS_MANAGER',
    'AUDITOR',
  ] as const
  const colleagues: Viewer[] = []
  for (const role of roles) {
    const { client } = await givenColleague(market, [role])
    colleagues.push({ name: `the provider’s ${role}`, client })
  }
  const members: Viewer[] = []
  for (const role of ['SUBSCRIBER', 'DEVELOPER'] as const) {
    const { client } = await givenMember(backend, acme.consumer, acme.id, [role])
    members.push({ name: `the organization’s ${role}`, client })
  }
  const [founder] = (await peopleOfOrganization(acme.consumer, acme.id)).members.nodes
  const [first] = (await provider.query(ProviderPeopleDocument, { id: providerId })).provider?.members.nodes ?? []
  const { invitation, token: invitationToken } = await givenInvitation(backend, acme.consumer, acme.id)
  const { invitation: toProvider } = await provider.mutate(InviteProviderMemberDocument, {
    providerId,
    email: newAddress(),
    roles: ['AUDITOR'],
  })
  const { invitation: taken } = await givenInvitation(backend, acme.consumer, acme.id)
  await acme.consumer.mutate(RevokeInvitationDocument, { invitationId: taken.id })
  return {
    invitationToken,
    colleagues,
    members,
    gone: await givenThoseWhoWere(market, acme, beta),
    targets: {
      membershipId: founder?.id as string,
      providerMembershipId: first?.id as string,
      invitationId: invitation.id,
      revokedInvitationId: taken.id,
      providerInvitationId: toProvider.id,
    },
  }
}

/** Whoever has lost a place: with another one left, and with none. */
async function givenThoseWhoWere(market: Market, acme: Organization, beta: Organization): Promise<Viewer[]> {
  const { backend, provider } = market
  const moved = await givenMember(backend, acme.consumer, acme.id, ['ADMINISTRATOR'])
  await beta.consumer.mutate(InviteMemberDocument, {
    organizationId: beta.id,
    email: moved.email,
    roles: ['DEVELOPER'],
  })
  const { token } = await backend.mails.next(moved.email)
  await moved.client.mutate(AcceptInvitationDocument, { token: token as string })
  const lost = await givenMember(backend, acme.consumer, acme.id, ['ADMINISTRATOR'])
  for (const { membershipId } of [moved, lost]) await acme.consumer.mutate(RemoveMemberDocument, { membershipId })
  const off = await givenOrganization(market, 'Switched off')
  await provider.mutate(SetConsumerOrganizationStateDocument, { organizationId: off.id, state: 'DISABLED' })
  return [
    { name: 'a removed member who belongs to another organization', client: moved.client },
    { name: 'a removed member', client: lost.client, ended: true },
    { name: 'a disabled organization’s ADMINISTRATOR', client: off.consumer, ended: true },
  ]
}

async function givenTokens(market: Market) {
  const { provider, id: marketplaceId, backend } = market
  const { token } = await provider.mutate(CreateGatewayTokenDocument, { marketplaceId, name: 'edge' })
  const gateway = backend.client()
  gateway.accessToken = token
  const { gatewayToken: revoked } = await provider.mutate(CreateGatewayTokenDocument, { marketplaceId, name: 'old' })
  await provider.mutate(RevokeGatewayTokenDocument, { gatewayTokenId: revoked.id })
  const { marketplace } = await provider.query(MarketplaceBillingDocument, { slug: market.slug })
  return {
    gateway,
    targets: { gatewayTokenId: revoked.id, billingIntegrationId: marketplace?.billing?.id as string },
  }
}

/** Those beside: an organization there, a marketplace of the same provider that strangers do not look into, a rival. */
async function givenNeighbours(backend: Backend, market: Market, beta: Organization) {
  const { provider, providerId } = market
  const here = await givenOffer(market, { type: 'FREE' })
  await givenUse(beta, await givenOffer(market, { type: 'FREE' }))
  const { marketplace } = await provider.mutate(CreateMarketplaceDocument, {
    providerId,
    name: 'Locked',
    slug: `locked-${mark()}`,
    description: 'Behind the gate.',
    url: 'http://127.0.0.1:3000',
    visibility: 'PROTECTED',
  })
  const locked = { ...market, id: marketplace.id, slug: marketplace.slug }
  const gamma = await givenOrganization(locked, 'Gamma')
  await givenUse(gamma, await givenOffer(locked, { type: 'FREE' }))
  const rival = await givenRival(backend)
  const { marketplace: theirs } = await rival.provider.mutate(CreateMarketplaceDocument, {
    providerId: rival.providerId,
    name: 'Rival’s',
    slug: `rival-${mark()}`,
    url: 'http://127.0.0.1:3000',
    visibility: 'PUBLIC',
  })
  const rivals = { backend, ...rival, id: theirs.id, slug: theirs.slug }
  const delta = await givenOrganization(rivals, 'Delta')
  await givenUse(delta, await givenOffer(rivals, { type: 'FREE' }))
  const { token } = await provider.mutate(CreateGatewayTokenDocument, { marketplaceId: locked.id, name: 'other' })
  const gateway = backend.client()
  gateway.accessToken = token
  return {
    gamma,
    delta,
    rival,
    locked,
    gateway,
    neighbours: [
      { market, organization: beta, offer: here },
      { market: locked, organization: gamma, offer: await givenOffer(locked, { type: 'FREE' }) },
      { market: rivals, organization: delta, offer: await givenOffer(rivals, { type: 'FREE' }) },
    ],
  }
}

/** Something of an organization's own. */
async function givenUse(organization: Organization, offer: Offer): Promise<void> {
  const { productSubscription } = await whenSubscribed(organization, offer)
  const { consumer, id: organizationId } = organization
  const { application } = await consumer.mutate(CreateApplicationDocument, { organizationId, name: 'Own' })
  await consumer.mutate(RequestAccessDocument, {
    applicationId: application.id,
    resourceId: offer.resourceId,
    productSubscriptionId: productSubscription.id,
  })
  await consumer.mutate(CreateCredentialDocument, { applicationId: application.id, name: 'own' })
}
