import { join } from 'node:path'
import { type Data, DemoClient } from './client.js'
import { tokenMailedTo } from './mail-folder.js'

/** Known to everybody: they open nothing but the demo, which never runs in production unasked. */
export const demoAdministrator = {
  who: "the provider's administrator",
  name: 'Tidewater APIs',
  email: 'admin@tidewater.example',
  password: 'demo-administrator',
}
const marketplaceName = 'tidewater'
const demoConsumer = {
  who: "a consumer, Acme's administrator",
  email: 'ada@acme.example',
  password: 'demo-consumer-ada',
}

interface DemoSignIn {
  who: string
  email: string
  password: string
  marketplace?: string
}

/** @param ownProvider whether the demo made the provider too, rather than filling that of the configuration */
export function demoSignIns(ownProvider: boolean): DemoSignIn[] {
  return [...(ownProvider ? [demoAdministrator] : []), { ...demoConsumer, marketplace: marketplaceName }]
}

/** Whether the demo is there to be signed in to: not where somebody else has filled the database. */
export async function demoIsOpen(api: string): Promise<boolean> {
  const { marketplace } = await new DemoClient(api).query(
    'query ($slug: String!) { marketplace(slug: $slug) { id } }',
    {
      slug: marketplaceName,
    },
  )
  return marketplace !== null
}

const secretKey = 'sk_test_sandbox_secret_0001'
const restrictedKey = 'rk_test_sandbox_restricted_0001'

export interface DemoPlace {
  /** Where the backend answers. */
  api: string
  /** Where the sandbox does. */
  stripe: string
  dataDir: string
  administrator: { email: string; password: string }
}

/** Fills an empty backend as its users would: through the API, with mails, keys and webhooks. */
export async function loadDemoMarketplace({ api, stripe, dataDir, administrator }: DemoPlace): Promise<void> {
  const provider = new DemoClient(api)
  const { viewer } = await provider.signIn(administrator.email, administrator.password)
  const providerId: string = viewer.providerMemberships[0].provider.id
  const { marketplace } = await provider.mutate('create-marketplace', {
    providerId,
    name: 'Tidewater',
    slug: marketplaceName,
    description: 'Weather, tides and harbours, as APIs.',
    url: 'http://127.0.0.1:3000',
    visibility: 'PUBLIC',
    selfSignupAllowed: true,
  })
  await connectStripe(provider, marketplace.id, stripe)
  await publishForecasts(provider, providerId, marketplace.id)
  await publishTides(provider, providerId, marketplace.id)
  await welcomeAcme(provider, new DemoClient(api), marketplace.id, join(dataDir, 'mail'))
}

async function connectStripe(provider: DemoClient, marketplaceId: string, stripe: string): Promise<void> {
  const { billing } = await provider.mutate('configure-billing', {
    marketplaceId,
    restrictedKey,
    customerPortalUrl: `${stripe}/p/login/test_sandbox`,
  })
  const events: string[] = [...billing.webhookEvents, ...billing.webhookEventsOptional]
  const form = new URLSearchParams({ url: billing.webhookUrl, api_version: billing.webhookApiVersions[0] })
  for (const event of events) form.append('enabled_events[]', event)
  const response = await fetch(`${stripe}/v1/webhook_endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: form,
  })
  if (!response.ok) throw new Error(`The sandbox refused a webhook endpoint: ${await response.text()}`)
  const { secret } = (await response.json()) as { secret: string }
  await provider.mutate('configure-billing', { marketplaceId, webhookSecret: secret })
}

async function publishForecasts(provider: DemoClient, providerId: string, marketplaceId: string): Promise<void> {
  const resource = await releasedResource(
    provider,
    providerId,
    'Forecasts',
    'Weather at sea, by the hour',
    '/forecasts/v2',
  )
  const { product } = await provider.mutate('create-product', {
    providerId,
    name: 'Sea forecasts',
    description: 'Wind, waves and visibility for every harbour, ten days ahead.',
    categories: ['weather'],
    assets: [{ assetId: resource.assetId }],
    terms: { title: 'Terms of use', body: 'Forecasts may be wrong. Look out of the window before you sail.' },
  })
  const free = await provider.mutate('create-plan', {
    productId: product.id,
    name: 'Trial berth',
    type: 'FREE',
    features: ['100 calls a month'],
    quotas: [{ resourceIds: [resource.id], limit: 'STRICT', limitUnits: '100' }],
  })
  const business = await provider.mutate('create-plan', {
    productId: product.id,
    name: 'Business',
    type: 'PAID',
    price: { base: '25.00', currency: 'USD' },
    features: ['1,000 calls a month', 'Support by mail'],
    quotas: [{ resourceIds: [resource.id], limit: 'STRICT', limitUnits: '1000' }],
  })
  await putOnSale(provider, product.id, marketplaceId, [free.plan.id, business.plan.id])
}

async function publishTides(provider: DemoClient, providerId: string, marketplaceId: string): Promise<void> {
  const resource = await releasedResource(provider, providerId, 'Tides', 'High and low water', '/tides/v1')
  const { product } = await provider.mutate('create-product', {
    providerId,
    name: 'Tide tables',
    description: 'High and low water for 9,000 places, a year ahead.',
    categories: ['tides'],
    assets: [{ assetId: resource.assetId }],
  })
  const { plan } = await provider.mutate('create-plan', {
    productId: product.id,
    name: 'Pay as you go',
    type: 'PAID',
    price: { base: '9.00', setupFee: '5.00', currency: 'EUR' },
    features: ['The more calls, the cheaper each'],
    quotas: [
      {
        resourceIds: [resource.id],
        limit: 'UNLIMITED',
        pricing: 'GRADUATED',
        tiers: [
          { to: '500', unitAmount: '0.02' },
          { to: '5000', unitAmount: '0.01', flatFee: '1' },
          { unitAmount: '0.005', flatFee: '2' },
        ],
      },
    ],
  })
  await putOnSale(provider, product.id, marketplaceId, [plan.id])
}

async function releasedResource(
  provider: DemoClient,
  providerId: string,
  name: string,
  description: string,
  basePath: string,
): Promise<Data> {
  const { asset } = await provider.mutate('create-asset', {
    providerId,
    name,
    resources: [{ name, description, basePath }],
  })
  await provider.mutate('release-asset', { assetId: asset.id, releaseType: 'MAJOR' })
  return { ...asset.resources[0], assetId: asset.id }
}

async function putOnSale(
  provider: DemoClient,
  productId: string,
  marketplaceId: string,
  planIds: string[],
): Promise<void> {
  await provider.mutate('activate-product', { productId, releaseType: 'MAJOR' })
  await provider.mutate('publish-product', { productId, marketplaceId, activatePlanIds: planIds })
}

async function welcomeAcme(
  provider: DemoClient,
  consumer: DemoClient,
  marketplaceId: string,
  mailFolder: string,
): Promise<void> {
  const { email, password } = demoConsumer
  const token = tokenMailedTo(email, mailFolder)
  await provider.mutate('create-consumer-organization', {
    marketplaceId,
    name: 'Acme',
    billingEmail: 'billing@acme.example',
    administratorEmail: email,
  })
  await consumer.mutate('accept-invitation', { token: await token, givenName: 'Ada', familyName: 'Acme', password })
}
