import Stripe from 'stripe'
import type { Backend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import {
  ActivatePlanDocument,
  ActivateProductDocument,
  ConfigureBillingDocument,
  CreateAssetDocument,
  CreateGatewayTokenDocument,
  CreatePlanDocument,
  type CreatePlanInput,
  CreateProductDocument,
  PublishProductDocument,
  ReleaseAssetDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import { givenMarketplace, givenOrganization, type Market, mark } from '../support/world.js'
import type { ModelPlan } from './deeds.js'
import type { World } from './history.js'
import { type Currency, currencies } from './rating.js'

const apiVersions = ['2026-10-28.endive', '2024-06-20', '2022-11-15']
let places = 0

/** A marketplace of the backend, as a world says it. */
export interface Place {
  readonly market: Market
  readonly consumer: Client
  readonly userId: string
  readonly gateway: Client
  readonly gatewayToken: string
  readonly resourceId: string
  readonly basePath: string
  /** In the order of the world's plans. */
  readonly planIds: readonly string[]
}

/** Opens the marketplace of a world, with its product on sale. */
export async function givenPlace(backend: Backend, world: World): Promise<Place> {
  const market = await givenMarketplace(backend, { timeZone: world.zone })
  await connect(market)
  const { consumer } = await givenOrganization(market, 'First')
  const { viewer } = await consumer.query(ViewerDocument)
  const { token } = await market.provider.mutate(CreateGatewayTokenDocument, {
    marketplaceId: market.id,
    name: 'edge',
  })
  const gateway = backend.client()
  gateway.accessToken = token
  return {
    market,
    consumer,
    userId: viewer?.user?.id as string,
    gateway,
    gatewayToken: token,
    ...(await offer(market, world)),
  }
}

/** With an account of its own at Stripe, which tells in one of the versions that are taken. */
async function connect(market: Market): Promise<void> {
  const account = `acct_model${++places}`
  const made = await newAccount(market.backend, account)
  const { billing } = await market.provider.mutate(ConfigureBillingDocument, {
    marketplaceId: market.id,
    restrictedKey: made.key,
  })
  const { hostname, port } = new URL(market.backend.sandbox.url)
  const stripe = new Stripe(made.secretKey, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    telemetry: false,
  })
  const { secret } = await stripe.webhookEndpoints.create({
    url: billing.webhookUrl,
    enabled_events: [...billing.webhookEvents, 'invoice.payment_failed', 'payment_intent.processing'] as never,
    api_version: apiVersions[places % apiVersions.length] as never,
  })
  await market.provider.mutate(ConfigureBillingDocument, {
    marketplaceId: market.id,
    webhookSecret: secret as string,
  })
}

/** With a key that may do what is needed, and one that may do everything. */
async function newAccount(backend: Backend, account: string): Promise<{ key: string; secretKey: string }> {
  const permissions = ['customers:write', 'invoices:write']
  const response = await fetch(`${backend.sandbox.url}/_sandbox/keys`, {
    method: 'POST',
    body: JSON.stringify({ permissions, account }),
  })
  return (await response.json()) as { key: string; secretKey: string }
}

async function offer({ provider, providerId, id: marketplaceId }: Market, { plans }: World) {
  const own = mark()
  const basePath = `/model-${own}/v1`
  const { asset } = await provider.mutate(CreateAssetDocument, {
    providerId,
    name: `Model ${own}`,
    resources: [{ name: 'Model', basePath }],
  })
  const resourceId = asset.resources[0]?.id as string
  await provider.mutate(ReleaseAssetDocument, { assetId: asset.id, releaseType: 'MAJOR' })
  const { product } = await provider.mutate(CreateProductDocument, {
    providerId,
    name: `Model ${own}`,
    assets: [{ assetId: asset.id }],
    accessApproval: 'AUTOMATIC',
  })
  const planIds: string[] = []
  for (const [index, plan] of plans.entries()) {
    const made = await provider.mutate(CreatePlanDocument, planInput(plan, `Plan ${index}`, product.id, resourceId))
    planIds.push(made.plan.id)
  }
  await provider.mutate(ActivateProductDocument, { productId: product.id, releaseType: 'MAJOR' })
  await provider.mutate(PublishProductDocument, { productId: product.id, marketplaceId, activatePlanIds: planIds })
  for (const planId of planIds) await provider.mutate(ActivatePlanDocument, { planId })
  return { resourceId, basePath, planIds }
}

function planInput(plan: ModelPlan, name: string, productId: string, resourceId: string): CreatePlanInput {
  const { price, pricing, quotaInterval, approval, trialDays, termPeriods, paymentTermDays, graceDays } = plan
  const limited = pricing.kind === 'INCLUDED'
  return {
    productId,
    name,
    type: price ? 'PAID' : 'FREE',
    approval,
    trialDays,
    termPeriods,
    paymentTermDays,
    gracePeriodDays: graceDays,
    cancelWhenPastDue: plan.cancelWhenPastDue,
    ...(price ? { price: priceInput(price) } : {}),
    quotas: [
      {
        resourceIds: [resourceId],
        interval: quotaInterval,
        pricing: pricing.kind,
        limit: limited ? pricing.limit : 'UNLIMITED',
        ...(limited ? { limitUnits: String(pricing.limitUnits) } : {}),
        ...('unitAmount' in pricing ? { unitAmount: pricing.unitAmount } : {}),
        ...(pricing.kind === 'PACKAGE' ? { packageSize: String(pricing.size) } : {}),
        ...('tiers' in pricing
          ? { tiers: pricing.tiers.map(({ to, ...tier }) => ({ ...tier, to: to === null ? null : String(to) })) }
          : {}),
      },
    ],
  }
}

function priceInput({ base, setupFee, currency, interval, count, anchor }: NonNullable<ModelPlan['price']>) {
  const text = (minor: bigint) => major(minor, currency)
  return { base: text(base), setupFee: text(setupFee), currency, interval, intervalCount: count, anchor }
}

function major(minor: bigint, currency: Currency): string {
  const { decimals } = currencies[currency]
  if (decimals === 0) return String(minor)
  const digits = String(minor).padStart(decimals + 1, '0')
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
