import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import Stripe from 'stripe'
import { parse } from 'yaml'
import { type Backend, startBackend } from '../support/backend.js'
import { day, later, timeIn, whenItIs } from '../support/billing.js'
import {
  AccessGrantedDocument,
  ActivateProductDocument,
  BrowseMarketplaceDocument,
  ConfigureBillingDocument,
  CreateAssetDocument,
  CreatePlanDocument,
  CreateProductDocument,
  InvoiceChangedDocument,
  InvoiceDocument,
  InvoicePaidDocument,
  ProductDocument,
  PublishProductDocument,
  ReleaseAssetDocument,
  SubscribeDocument,
  SubscribePreviewDocument,
} from '../support/generated/graphql.js'
import { standingAtStripe } from '../support/sandbox.js'
import {
  givenGateway,
  givenMarketplace,
  givenOrganization,
  type Market,
  mark,
  openApiDocument,
  restrictedKey,
  stripeOf,
  whenAccessIsAskedFor,
  whenPressed,
} from '../support/world.js'

/** As Stripe's guide for this purpose lists them, misspelling included. */
const eventsOfTheGuide = ['invoice.finalized', 'invoicemarked_uncollectable', 'invoice.paid', 'invoice.voided']
const events = eventsOfTheGuide.map((type) =>
  type === 'invoicemarked_uncollectable' ? 'invoice.marked_uncollectible' : type,
)

interface Described {
  info: { title: string; version: string; description?: string }
}

describe('on real material', () => {
  let backend: Backend
  let market: Market
  beforeAll(async () => {
    backend = await startBackend()
    market = await givenMarketplace(backend)
  })
  afterAll(() => backend.stop())

  /** The administrator's script, word for word but for the events. */
  function whenEndpointIsMade(enabled: string[], version: string) {
    return stripeOf(backend).webhookEndpoints.create({
      enabled_events: enabled as Stripe.WebhookEndpointCreateParams.EnabledEvent[],
      url: `${backend.url}/integrations/stripe`,
      api_version: version as Stripe.WebhookEndpointCreateParams.ApiVersion,
      description: 'Webhook for the API marketplace',
    })
  }

  test.each(['2022-11-15', '2024-06-20'])(
    "the guide's event list, in version %s, is refused for its misspelling, as Stripe does",
    async (version) => {
      const refusal: unknown = await whenEndpointIsMade(eventsOfTheGuide, version).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError)
      expect(refusal).toMatchObject({ statusCode: 400, param: 'enabled_events[1]' })
      expect((refusal as Error).message).toContain('invoice.marked_uncollectible')
      const { data } = await stripeOf(backend).webhookEndpoints.list()
      expect(data).toEqual([])
    },
  )

  const documents: Array<[file: string, basePath: string]> = [
    ['3.0/yaml/petstore-expanded.yaml', '/api'],
    ['3.0/json/server-variables.json', '/v2'],
    ['3.0/json/readme-legacy.json', '/api/v1'],
    ['3.1/json/readme.json', '/v2'],
    ['3.1/yaml/petstore.yaml', '/v2'],
  ]
  test.each(documents)('%s says what its API is', async (file, basePath) => {
    const text = openApiDocument(file)
    const { info } = parse(text) as Described
    // A provider of its own, since several of them are served below the same path.
    const email = `own-${mark()}@provider.example`
    const { id: providerId } = await backend.app.features.createProvider({
      email,
      password: 'a password of its own',
      name: 'Own',
    })
    const provider = backend.client()
    await provider.signIn(email, 'a password of its own')
    const { asset } = await provider.mutate(CreateAssetDocument, {
      providerId,
      name: info.title,
      resources: [{ specification: text }],
    })
    expect(asset.resources).toEqual([
      {
        id: expect.any(String),
        name: info.title,
        description: info.description?.trim() || null,
        apiVersion: info.version,
        basePath,
      },
    ])
  })

  test('what is no OpenAPI 3 document is refused with what is wrong with it', async () => {
    const refused = (specification: string) =>
      market.provider.refused(CreateAssetDocument, {
        providerId: market.providerId,
        name: 'Old',
        resources: [{ basePath: `/old-${mark()}`, specification }],
      })
    for (const specification of [
      openApiDocument('2.0/json/petstore.json'),
      openApiDocument('3.0/json/petstore.json').slice(0, 5_000),
      '%PDF-1.7',
    ]) {
      const [refusal] = await refused(specification)
      expect(refusal).toMatchObject({
        code: 'INVALID',
        field: ['input', 'resources', '0', 'specification'],
        message: expect.stringMatching(/^[A-Z].*[.!…]$/s),
      })
    }
    // One that names no path must be helped.
    const [pathless] = await market.provider.refused(CreateAssetDocument, {
      providerId: market.providerId,
      name: 'Trains',
      resources: [{ specification: openApiDocument('3.1/json/train-travel.json') }],
    })
    expect(pathless).toMatchObject({ code: 'REQUIRED', field: ['input', 'resources', '0', 'basePath'] })
  })

  const sales: Array<[version: string, files: Array<{ file: string; at?: string; path: string }>]> = [
    [
      '2022-11-15',
      [
        { file: '3.0/json/petstore.json', path: '/v2/pet/findByStatus' },
        { file: '3.1/json/train-travel.json', at: '/trains', path: '/trains/bookings' },
      ],
    ],
    [
      '2024-06-20',
      [
        { file: '3.0/json/star-trek.json', path: '/api/v1/rest/animal/search' },
        { file: '3.0/yaml/uspto.yaml', path: '/ds-api/oa_citations/v1/records' },
      ],
    ],
  ]
  test.each(sales)('the whole sale, told in version %s by the four events of the guide', async (version, files) => {
    const { provider, providerId, id: marketplaceId, slug } = await givenMarketplace(backend)
    const own: Market = { ...market, provider, id: marketplaceId, slug }
    await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey })
    const endpoint = await whenEndpointIsMade(events, version)
    expect(endpoint).toMatchObject({ api_version: version, status: 'enabled', enabled_events: events })
    await provider.mutate(ConfigureBillingDocument, { marketplaceId, webhookSecret: endpoint.secret })

    const { asset } = await provider.mutate(CreateAssetDocument, {
      providerId,
      name: `Published APIs ${version}`,
      resources: files.map(({ file, at }) => ({
        specification: openApiDocument(file),
        ...(at ? { basePath: at } : {}),
      })),
    })
    await provider.mutate(ReleaseAssetDocument, { assetId: asset.id, releaseType: 'MAJOR' })
    const terms = { title: 'Terms', url: 'https://provider.example/terms' }
    const { product } = await provider.mutate(CreateProductDocument, {
      providerId,
      name: `Published ${version}`,
      assets: [{ assetId: asset.id }],
      terms,
    })
    const { plan } = await provider.mutate(CreatePlanDocument, {
      productId: product.id,
      name: 'Business',
      type: 'PAID',
      price: { base: '25', currency: 'USD' },
      quotas: [{ resourceIds: asset.resources.map(({ id }) => id), limit: 'STRICT', limitUnits: '1000' }],
    })
    await provider.mutate(ActivateProductDocument, { productId: product.id, releaseType: 'MAJOR' })
    await provider.mutate(PublishProductDocument, { productId: product.id, marketplaceId, activatePlanIds: [plan.id] })

    const { consumer, id: organizationId } = await givenOrganization(own)
    const { marketplace } = await consumer.query(BrowseMarketplaceDocument, { slug, search: version })
    expect(marketplace?.products.nodes.map(({ id }) => id)).toEqual([product.id])
    const { marketplace: shop } = await consumer.query(ProductDocument, { marketplace: slug, slug: product.slug })
    expect(shop?.product?.resources.map(({ name }) => name).sort()).toEqual(
      asset.resources.map(({ name }) => name).sort(),
    )
    const { subscribePreview } = await consumer.query(SubscribePreviewDocument, {
      input: { organizationId, planId: plan.id },
    })
    const heard = await consumer.listen(InvoiceChangedDocument, { organizationId })
    const paid = await consumer.listen(InvoicePaidDocument, { organizationId })
    const granted = await consumer.listen(AccessGrantedDocument, { organizationId })
    const { productSubscription, invoice } = await consumer.mutate(SubscribeDocument, {
      organizationId,
      planId: plan.id,
      previewToken: subscribePreview.token,
      acceptedTermsVersion: subscribePreview.terms?.version,
    })
    const opened = await heard.next(({ change }) => change === 'OPENED')
    expect(await standingAtStripe(backend, invoice.id)).toMatchObject({ status: 'open', total: 2500 })

    const resourceId = asset.resources[0]?.id as string
    const offer = {
      productId: product.id,
      planId: plan.id,
      resourceId,
      basePath: asset.resources[0]?.basePath as string,
    }
    const { key } = await whenAccessIsAskedFor(
      { id: organizationId, name: 'Acme', email: '', consumer },
      offer,
      productSubscription.id,
    )
    const authorize = await givenGateway(own)
    expect((await authorize(key, files[0]?.path as string)).headers.get('x-access-reason')).toBe('FIRST_INVOICE_UNPAID')

    // From a bank account, as the guide does it: that takes days.
    await whenPressed(opened.invoice.hostedUrl as string, 'bank_debit')
    await whenItIs(own, later(await timeIn(own), 7 * day))
    expect((await paid.next()).invoice).toMatchObject({ id: invoice.id, status: 'PAID' })
    await granted.next()
    expect((await authorize(key, files[0]?.path as string)).status).toBe(204)
    // Access is asked for API by API.
    expect((await authorize(key, files[1]?.path as string)).headers.get('x-access-reason')).toBe('NO_ACCESS_REQUEST')
    const { invoice: now } = await consumer.query(InvoiceDocument, { id: invoice.id })
    expect(now).toMatchObject({ status: 'PAID', amountPaid: { amount: '25.00' }, pdfUrl: expect.any(String) })
    await stripeOf(backend).webhookEndpoints.del(endpoint.id)
  })
})
