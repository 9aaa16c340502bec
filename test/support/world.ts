import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import Stripe from 'stripe'
import { administrator, type Backend } from './backend.js'
import type { Client } from './client.js'
import {
  AcceptInvitationDocument,
  ActivatePlanDocument,
  ActivateProductDocument,
  ConfigureBillingDocument,
  CreateApplicationDocument,
  CreateAssetDocument,
  CreateConsumerOrganizationDocument,
  CreateCredentialDocument,
  CreateGatewayTokenDocument,
  CreateMarketplaceDocument,
  type CreateMarketplaceInput,
  CreatePlanDocument,
  type CreatePlanInput,
  CreateProductDocument,
  PublishProductDocument,
  ReleaseAssetDocument,
  RequestAccessDocument,
  SubscribeDocument,
} from './generated/graphql.js'

export const secretKey = 'sk_test_sandbox_secret_0001'
export const restrictedKey = 'rk_test_sandbox_restricted_0001'
export const password = 'a fine long password'

let count = 0
/** Differs on each call, so that stories in one database do not meet. */
export const mark = (): string => `${process.pid.toString(36)}${(++count).toString(36)}`

/** The official SDK, as an administrator's script would use it. */
export function stripeOf(backend: Backend): Stripe {
  const { hostname, port } = new URL(backend.sandbox.url)
  return new Stripe(secretKey, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  })
}

export interface Market {
  readonly backend: Backend
  /** The provider's administrator. */
  readonly provider: Client
  readonly providerId: string
  readonly id: string
  readonly slug: string
}

export async function givenMarketplace(backend: Backend, about: Partial<CreateMarketplaceInput> = {}): Promise<Market> {
  const provider = backend.client()
  const viewer = await provider.signIn(administrator.email, administrator.password)
  const providerId = viewer.providerMemberships[0]?.provider.id as string
  const { marketplace } = await provider.mutate(CreateMarketplaceDocument, {
    providerId,
    name: 'Harbour',
    slug: `harbour-${mark()}`,
    url: 'http://127.0.0.1:3000',
    visibility: 'PUBLIC',
    ...about,
  })
  return { backend, provider, providerId, id: marketplace.id, slug: marketplace.slug }
}

/** Connected to Stripe: a key of its own account, an endpoint at the address shown unless another is given, its secret. */
export async function givenBilling(market: Market, apiVersion = '2026-10-28.endive', address?: string) {
  const { backend, provider } = market
  const { billing } = await provider.mutate(ConfigureBillingDocument, {
    marketplaceId: market.id,
    restrictedKey,
    customerPortalUrl: `${backend.sandbox.url}/p/login/test_sandbox`,
  })
  const endpoint = await stripeOf(backend).webhookEndpoints.create({
    url: address ?? billing.webhookUrl,
    enabled_events: [
      ...billing.webhookEvents,
      ...billing.webhookEventsOptional,
    ] as Stripe.WebhookEndpointCreateParams.EnabledEvent[],
    api_version: apiVersion as Stripe.WebhookEndpointCreateParams.ApiVersion,
  })
  const webhookSecret = endpoint.secret as string
  await provider.mutate(ConfigureBillingDocument, { marketplaceId: market.id, webhookSecret })
  return { ...billing, webhookSecret, endpointId: endpoint.id }
}

export interface Organization {
  readonly id: string
  readonly name: string
  readonly email: string
  /** Its first administrator. */
  readonly consumer: Client
}

export async function givenOrganization(market: Market, name = 'Acme'): Promise<Organization> {
  const { backend, provider } = market
  const email = `ada-${mark()}@acme.example`
  const { organization } = await provider.mutate(CreateConsumerOrganizationDocument, {
    marketplaceId: market.id,
    name,
    billingEmail: email,
    administratorEmail: email,
  })
  const consumer = await joined(backend, email)
  return { id: organization.id, name, email, consumer }
}

/** Whoever was invited at that address, new to the marketplace, with the invitation accepted. */
export async function joined(backend: Backend, email: string): Promise<Client> {
  const { token } = await backend.mails.next(email)
  const client = backend.client()
  const { tokens } = await client.mutate(AcceptInvitationDocument, {
    token: token as string,
    givenName: 'Ada',
    familyName: 'Lovelace',
    password,
  })
  client.take(tokens)
  return client
}

/** A published OpenAPI document, from a package that ships some. */
export function openApiDocument(name = '3.0/json/petstore.json'): string {
  return readFileSync(createRequire(import.meta.url).resolve(`@readme/oas-examples/${name}`), 'utf8')
}

export interface Offer {
  readonly productId: string
  readonly planId: string
  readonly resourceId: string
  readonly basePath: string
}

/** What is said of a plan; where it needs to name the API, by its id. */
export type PlanWish = Partial<CreatePlanInput> | ((resourceId: string) => Partial<CreatePlanInput>)

function planInput(productId: string, resourceId: string, about: PlanWish): CreatePlanInput {
  const said = typeof about === 'function' ? about(resourceId) : about
  return {
    productId,
    name: 'Business',
    type: 'PAID',
    ...(said.type && said.type !== 'PAID' ? {} : { price: { base: '25.00', currency: 'USD' } }),
    quotas: [{ resourceIds: [resourceId], limit: 'STRICT', limitUnits: '1000' }],
    ...said,
  }
}

/** A further plan of an offer's product, on sale wherever that is. */
export async function givenFurtherPlan({ provider }: Market, offer: Offer, about: PlanWish): Promise<Offer> {
  const { productId, resourceId } = offer
  const { plan } = await provider.mutate(CreatePlanDocument, planInput(productId, resourceId, about))
  await provider.mutate(ActivatePlanDocument, { planId: plan.id })
  return { ...offer, planId: plan.id }
}

/** A product with one API and one plan, on sale; 25 US dollars a month for 1,000 calls unless it is said otherwise. */
export async function givenOffer(
  market: Market,
  about: PlanWish = {},
  accessApproval: 'AUTOMATIC' | 'MANUAL' = 'AUTOMATIC',
): Promise<Offer & { readonly assetId: string }> {
  const { provider, providerId } = market
  const own = mark()
  const basePath = `/pets-${own}/v1`
  const { asset } = await provider.mutate(CreateAssetDocument, {
    providerId,
    name: `Pets ${own}`,
    resources: [{ name: 'Pets', basePath }],
  })
  const resourceId = asset.resources[0]?.id as string
  await provider.mutate(ReleaseAssetDocument, { assetId: asset.id, releaseType: 'MAJOR' })
  const { product } = await provider.mutate(CreateProductDocument, {
    providerId,
    name: `Pet store ${own}`,
    assets: [{ assetId: asset.id }],
    accessApproval,
  })
  const { plan } = await provider.mutate(CreatePlanDocument, planInput(product.id, resourceId, about))
  await provider.mutate(ActivateProductDocument, { productId: product.id, releaseType: 'MAJOR' })
  await provider.mutate(PublishProductDocument, {
    productId: product.id,
    marketplaceId: market.id,
    activatePlanIds: [plan.id],
  })
  return { assetId: asset.id, productId: product.id, planId: plan.id, resourceId, basePath }
}

export async function whenSubscribed(organization: Organization, offer: Offer) {
  return organization.consumer.mutate(SubscribeDocument, { organizationId: organization.id, planId: offer.planId })
}

export async function whenAccessIsAskedFor(organization: Organization, offer: Offer, productSubscriptionId: string) {
  const { consumer } = organization
  const { application } = await consumer.mutate(CreateApplicationDocument, {
    organizationId: organization.id,
    name: 'Pet finder',
  })
  const { accessRequest } = await consumer.mutate(RequestAccessDocument, {
    applicationId: application.id,
    resourceId: offer.resourceId,
    productSubscriptionId,
  })
  const { credential, secret } = await consumer.mutate(CreateCredentialDocument, {
    applicationId: application.id,
    name: 'production',
  })
  return { applicationId: application.id, accessRequest, credential, key: secret }
}

export type PaymentButton = 'card' | 'card_declined' | 'bank_debit' | 'bank_debit_fails'

/**
 * Does what a button of Stripe's page does.
 * @param keep whether it is used for later invoices too
 */
export async function whenPressed(hostedUrl: string, method: PaymentButton, keep = false): Promise<void> {
  const body = new URLSearchParams({ method, ...(keep ? { keep: 'yes' } : {}) })
  const response = await fetch(hostedUrl, { method: 'POST', body, redirect: 'manual' })
  if (response.status >= 400) throw new Error(`The page answered ${response.status}: ${await response.text()}`)
}

export async function givenGateway(
  market: Market,
): Promise<(key: string | null, path: string, query?: string) => Promise<Response>> {
  const { token } = await market.provider.mutate(CreateGatewayTokenDocument, { marketplaceId: market.id, name: 'edge' })
  return (key, path, query = '') =>
    fetch(`${market.backend.url}/gateway/authorize${query}`, {
      headers: { 'x-gateway-token': token, ...(key === null ? {} : { 'x-api-key': key }), 'x-original-uri': path },
    })
}

/** Moves billing's time, as the sandbox has it, and the backend's with it. */
export async function whenTimePasses(backend: Backend, advance: string): Promise<void> {
  const response = await fetch(`${backend.sandbox.url}/_sandbox/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ advance }),
  })
  if (!response.ok) throw new Error(`The sandbox's clock answered ${response.status}: ${await response.text()}`)
}
