import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import {
  ActivatePlanDocument,
  ActivateProductDocument,
  ApproveProductSubscriptionDocument,
  ArchivePlanDocument,
  ArchiveProductDocument,
  AssetDocument,
  CancelProductSubscriptionDocument,
  CreateAssetDocument,
  CreatePlanDocument,
  type CreatePlanInput,
  CreateProductDocument,
  DeprecatePlanDocument,
  DeprecateProductDocument,
  DuplicatePlanDocument,
  MarketplaceProductsDocument,
  type MarketplaceProductsQueryVariables,
  NodeDocument,
  PlanEstimateDocument,
  ProductDocument,
  ProductSubscriptionDocument,
  ProviderProductDocument,
  PublishProductDocument,
  type QuotaInput,
  ReleaseAssetDocument,
  SetAssetStateDocument,
  SubscribeDocument,
  UnpublishProductDocument,
  UpdateMarketplaceDocument,
  UpdatePlanDocument,
  type UpdatePlanInput,
  UpdateProductDocument,
  UpdatePublicationDocument,
} from '../support/generated/graphql.js'
import { givenColleague, givenRival } from '../support/people.js'
import { statementsDuring } from '../support/statements.js'
import {
  givenBilling,
  givenFurtherPlan,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  mark,
  type Organization,
  openApiDocument,
  whenSubscribed,
} from '../support/world.js'

let backend: Backend
let market: Market
let acme: Organization
beforeAll(async () => {
  backend = await startBackend()
  market = await givenMarketplace(backend)
  await givenBilling(market)
  acme = await givenOrganization(market)
})
afterAll(async () => {
  await backend.stop()
  expect(backend.failures()).toEqual([])
})

/** An asset with one API, released. */
async function givenAsset(basePath = `/api-${mark()}`) {
  const { provider, providerId } = market
  const input = { providerId, name: 'Pets', resources: [{ name: 'Pets', basePath }] }
  const { asset } = await provider.mutate(CreateAssetDocument, input)
  await provider.mutate(ReleaseAssetDocument, { assetId: asset.id, releaseType: 'MAJOR' })
  return { id: asset.id, resourceId: asset.resources[0]?.id as string, basePath }
}

async function givenProduct(name = `Pet store ${mark()}`) {
  const asset = await givenAsset()
  const { providerId } = market
  const { product } = await market.provider.mutate(CreateProductDocument, {
    providerId,
    name,
    assets: [{ assetId: asset.id }],
  })
  return { ...product, asset }
}

const productSeen = async (client: Client, id: string) => (await client.query(ProviderProductDocument, { id })).product

describe('assets', () => {
  test('say how they are called to whoever was let in, and not to those who have only asked', async () => {
    const { provider, providerId, id: marketplaceId } = market
    const basePath = `/documented-${mark()}`
    const specification = openApiDocument()
    const { asset } = await provider.mutate(CreateAssetDocument, {
      providerId,
      name: 'Documented',
      resources: [{ specification, basePath }],
    })
    await provider.mutate(ReleaseAssetDocument, { assetId: asset.id, releaseType: 'MAJOR' })
    const { product } = await provider.mutate(CreateProductDocument, {
      providerId,
      name: `Documented ${mark()}`,
      assets: [{ assetId: asset.id }],
    })
    const resourceId = asset.resources[0]?.id as string
    const { plan } = await provider.mutate(CreatePlanDocument, {
      productId: product.id,
      name: 'By hand',
      type: 'FREE',
      approval: 'MANUAL',
      quotas: [{ resourceIds: [resourceId], limit: 'STRICT', limitUnits: '10' }],
    })
    await provider.mutate(ActivateProductDocument, { productId: product.id, releaseType: 'MAJOR' })
    await provider.mutate(PublishProductDocument, { productId: product.id, marketplaceId, activatePlanIds: [plan.id] })
    const { consumer, id: organizationId } = await givenOrganization(market)
    const specificationSeen = async () => {
      const { data } = await consumer.ask<{ node: { specification: object | null } }, object>(
        'query($id: ID!) { node(id: $id) { ... on ApiResource { specification } } }',
        { id: resourceId },
      )
      return data?.node.specification ?? null
    }
    const { productSubscription } = await consumer.mutate(SubscribeDocument, { organizationId, planId: plan.id })
    expect([productSubscription.state, await specificationSeen()]).toEqual(['PENDING_APPROVAL', null])
    await provider.mutate(ApproveProductSubscriptionDocument, { productSubscriptionId: productSubscription.id })
    expect(await specificationSeen()).toMatchObject({ openapi: expect.stringMatching(/^3/) })
  })

  test('are made by hand or from an OpenAPI document, which tells the rest', async () => {
    const { provider, providerId } = market
    const basePath = `/by-hand-${mark()}`
    const { asset } = await provider.mutate(CreateAssetDocument, {
      providerId,
      name: 'Both',
      resources: [
        { name: 'By hand', description: 'Made.', basePath },
        { specification: openApiDocument('3.1/json/train-travel.json'), basePath: `${basePath}/trains` },
        { specification: openApiDocument('3.0/json/petstore.json') },
      ],
    })
    expect(asset.state).toBe('DRAFT')
    const [made, trains, pets] = asset.resources
    expect(made).toMatchObject({ name: 'By hand', description: 'Made.', basePath, apiVersion: null })
    // What is given goes before what the document says.
    expect(trains).toMatchObject({ name: 'Train Travel API', basePath: `${basePath}/trains` })
    expect(trains?.apiVersion).toMatch(/^\d+\.\d+\.\d+$/)
    expect(trains?.description).toMatch(/train/i)
    expect(pets).toMatchObject({ name: expect.stringMatching(/petstore/i), basePath: '/v2' })
    const { node } = await provider.query(AssetDocument, { id: asset.id })
    expect(node).toMatchObject({
      resources: [{ specification: null }, { specification: { openapi: expect.stringMatching(/^3\.1/) } }, {}],
    })
  })

  test('are refused with all that is wrong, each at its place', async () => {
    const { provider, providerId } = market
    const taken = await givenAsset()
    const refused = async (resources: object[], name = 'Wrong') =>
      (await provider.refused(CreateAssetDocument, { providerId, name, resources: resources as never })).map(
        ({ code, field, message }) => {
          expect(message).toMatch(/^[A-Z].*\.$/s)
          return `${code} ${field?.slice(1).join('.')}`
        },
      )
    expect(await refused([{ name: 'One', basePath: taken.basePath }])).toEqual(['TAKEN resources.0.basePath'])
    expect(await refused([])).toEqual(['REQUIRED resources'])
    expect(await refused([{ basePath: '/x' }, { name: 'Two' }])).toEqual([
      'REQUIRED resources.0.name',
      'REQUIRED resources.1.basePath',
    ])
    for (const basePath of ['x', '/a//b', '/a/../b', '/a?b', '/{id}', '/%61', `/${'a'.repeat(600)}`]) {
      expect([basePath, await refused([{ name: 'One', basePath }])]).toEqual([
        basePath,
        ['INVALID resources.0.basePath'],
      ])
    }
    for (const specification of ['{', 'swagger: "2.0"', '[]', 'null', '{"openapi": "3.1.0"}', '\0']) {
      const said = await refused([{ name: 'One', basePath: `/x-${mark()}`, specification }])
      expect([specification, said]).toEqual([specification, ['INVALID resources.0.specification']])
    }
    const rival = await givenRival(backend)
    const own = { providerId, name: 'Theirs', resources: [{ name: 'One', basePath: '/theirs' }] }
    expect(await rival.provider.refused(CreateAssetDocument, own)).toMatchObject([{ code: 'NOT_FOUND' }])
    const auditor = await givenColleague(market, ['AUDITOR'])
    expect(await auditor.client.refused(CreateAssetDocument, own)).toMatchObject([{ code: 'NOT_ALLOWED' }])
  })

  test('are released again and again, and an API keeps its id as long as its base path', async () => {
    const { provider } = market
    const first = await givenAsset()
    const second = `${first.basePath}-two`
    const { asset } = await provider.mutate(ReleaseAssetDocument, {
      assetId: first.id,
      releaseType: 'MINOR',
      resources: [
        { name: 'Pets, renamed', basePath: first.basePath },
        { name: 'Toys', basePath: second },
      ],
    })
    expect(asset.releases.map(({ version }) => version).sort()).toEqual(['1.0.0', '1.1.0'])
    expect(asset.resources.map(({ id, name }) => [id === first.resourceId, name])).toEqual([
      [true, 'Pets, renamed'],
      [false, 'Toys'],
    ])
    // Left out, and back again: the same API.
    const only = { assetId: first.id, resources: [{ name: 'Toys', basePath: second }] }
    await provider.mutate(ReleaseAssetDocument, { ...only, releaseType: 'MAJOR' })
    const { asset: last } = await provider.mutate(ReleaseAssetDocument, {
      assetId: first.id,
      releaseType: 'PATCH',
      resources: [{ name: 'Pets', basePath: first.basePath }],
    })
    expect(last.resources.map(({ id }) => id)).toEqual([first.resourceId])
    const { node } = await provider.query(AssetDocument, { id: first.id })
    const releases = node && 'releases' in node ? node.releases : []
    const contents = Object.fromEntries(
      releases.map(({ version, resources }) => [version, resources.map(({ name }) => name)]),
    )
    expect(contents).toEqual({
      '1.0.0': ['Pets'],
      '1.1.0': ['Pets, renamed', 'Toys'],
      '2.0.0': ['Toys'],
      '2.0.1': ['Pets'],
    })
  })

  test('go out of use, unless a plan in use covers what they hold', async () => {
    const { provider } = market
    const offer = await givenOffer(market, { type: 'FREE' })
    const set = (state: 'DRAFT' | 'ACTIVE' | 'DEPRECATED' | 'ARCHIVED') => ({ assetId: offer.assetId, state })
    for (const state of ['DRAFT', 'ARCHIVED'] as const) {
      expect(await provider.refused(SetAssetStateDocument, set(state))).toMatchObject([{ code: 'WRONG_STATE' }])
    }
    await provider.mutate(SetAssetStateDocument, set('DEPRECATED'))
    expect(
      await provider.refused(ReleaseAssetDocument, { assetId: offer.assetId, releaseType: 'PATCH' }),
    ).toMatchObject([{ code: 'WRONG_STATE' }])
    expect(await provider.refused(SetAssetStateDocument, set('ARCHIVED'))).toMatchObject([
      { code: 'IN_USE', field: ['input', 'state'] },
    ])
    await provider.mutate(DeprecatePlanDocument, { planId: offer.planId })
    const { asset } = await provider.mutate(SetAssetStateDocument, set('ARCHIVED'))
    expect(asset.state).toBe('ARCHIVED')
  })
})

describe('products', () => {
  test('go from a draft to their end, with a release for each change', async () => {
    const { provider } = market
    const product = await givenProduct('Café & Co. «Pets»')
    expect(product).toMatchObject({ state: 'DRAFT', slug: expect.stringMatching(/^cafe-co-pets(-\d+)?$/) })
    const { id: productId } = product
    const publish = { productId, marketplaceId: market.id }
    expect(await provider.refused(PublishProductDocument, publish)).toMatchObject([
      { code: 'WRONG_STATE', field: ['input', 'productId'] },
    ])
    expect(await provider.refused(ArchiveProductDocument, { productId })).toMatchObject([{ code: 'WRONG_STATE' }])

    await provider.mutate(ActivateProductDocument, { productId, releaseType: 'MAJOR', label: 'First' })
    await provider.mutate(ActivateProductDocument, { productId, releaseType: 'MINOR' })
    await provider.mutate(ActivateProductDocument, { productId, releaseType: 'PATCH' })
    const { product: latest } = await provider.mutate(ActivateProductDocument, { productId, releaseType: 'MAJOR' })
    expect(latest).toMatchObject({ state: 'ACTIVE', latestRelease: { version: '2.0.0' } })
    const seen = await productSeen(provider, productId)
    expect(seen?.releases.map(({ version }) => version).sort()).toEqual(['1.0.0', '1.1.0', '1.1.1', '2.0.0'])
    expect(seen?.releases.find(({ version }) => version === '1.0.0')?.label).toBe('First')

    const { plan } = await provider.mutate(CreatePlanDocument, {
      productId,
      name: 'Free',
      type: 'FREE',
      quotas: [{ resourceIds: [product.asset.resourceId], limit: 'UNLIMITED' }],
    })
    await provider.mutate(PublishProductDocument, { ...publish, activatePlanIds: [plan.id] })
    const offer = { productId, planId: plan.id, resourceId: product.asset.resourceId, basePath: product.asset.basePath }
    const { productSubscription } = await whenSubscribed(acme, offer)

    await provider.mutate(DeprecateProductDocument, { productId })
    const rival = await givenOrganization(market, 'Rival')
    const wish = { organizationId: rival.id, planId: plan.id }
    expect(await rival.consumer.refused(SubscribeDocument, wish)).toMatchObject([
      { code: 'WRONG_STATE', field: ['input', 'planId'] },
    ])
    expect(await provider.refused(ActivateProductDocument, { productId, releaseType: 'PATCH' })).toMatchObject([
      { code: 'WRONG_STATE' },
    ])
    expect(await provider.refused(ArchiveProductDocument, { productId })).toMatchObject([{ code: 'IN_USE' }])
    await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: productSubscription.id,
      when: 'NOW',
    })
    const { product: archived } = await provider.mutate(ArchiveProductDocument, { productId })
    expect(archived.state).toBe('ARCHIVED')
    // Gone from the shelf; whoever had it sees it on.
    const shelf = await rival.consumer.query(ProductDocument, { marketplace: market.slug, slug: product.slug })
    expect(shelf.marketplace?.product).toBeNull()
    expect((await rival.consumer.query(NodeDocument, { id: productId })).node).toBeNull()
    expect((await acme.consumer.query(NodeDocument, { id: productId })).node).not.toBeNull()
  })

  test('are edited by one at a time, and have terms whose versions count', async () => {
    const { provider } = market
    const product = await givenProduct()
    const { id: productId } = product
    const { product: first } = await provider.mutate(UpdateProductDocument, {
      productId,
      version: product.version,
      terms: { title: 'Terms', body: 'Be kind.' },
    })
    expect(first.terms).toMatchObject({ version: 1, title: 'Terms' })
    expect(first.version).toBe(product.version + 1)
    const late = { productId, version: product.version, name: 'Too late' }
    expect(await provider.refused(UpdateProductDocument, late)).toMatchObject([{ code: 'STALE' }])
    expect((await productSeen(provider, productId))?.name).toBe(product.name)
    const { product: second } = await provider.mutate(UpdateProductDocument, {
      productId,
      terms: { title: 'Terms', body: 'Be very kind.' },
    })
    expect(second.terms?.version).toBe(2)
    const { product: none } = await provider.mutate(UpdateProductDocument, { productId, terms: null })
    expect(none.terms).toBeNull()
    const { product: third } = await provider.mutate(UpdateProductDocument, {
      productId,
      terms: { title: 'Terms', body: 'Be kind.' },
    })
    expect(third.terms?.version).toBe(3)
  })
})

describe('plans', () => {
  const quota = (resourceId: string): QuotaInput => ({ resourceIds: [resourceId], limit: 'STRICT', limitUnits: '1000' })

  test('are refused with all that is wrong, each at its place', async () => {
    const { provider } = market
    const product = await givenProduct()
    const own = product.asset.resourceId
    const other = (await givenAsset()).resourceId
    const wrong: Array<[Partial<CreatePlanInput>, string[]]> = [
      [{ price: null }, ['REQUIRED price']],
      [{ type: 'FREE' }, ['INVALID price']],
      [{ price: { base: '25.001', currency: 'USD' } }, ['INVALID price.base']],
      [{ price: { base: '25.5', currency: 'JPY' } }, ['INVALID price.base']],
      [{ price: { base: '-1', currency: 'USD' } }, ['INVALID price.base']],
      [{ price: { base: '99999999999', currency: 'USD' } }, ['INVALID price.base']],
      [{ price: { base: '1', currency: 'USD', intervalCount: 0 } }, ['INVALID price.intervalCount']],
      [{ name: ' ' }, ['REQUIRED name']],
      [{ quotas: [quota(own), quota(own)] }, ['INVALID quotas.1.resourceIds.0']],
      [{ quotas: [quota(other)] }, ['NOT_FOUND quotas.0.resourceIds.0']],
      [{ quotas: [{ resourceIds: [own], limit: 'STRICT' }] }, ['REQUIRED quotas.0.limitUnits']],
      [{ quotas: [{ ...quota(own), unit: 'parsecs' }] }, ['NOT_FOUND quotas.0.unit']],
      [
        { trialDays: -1, gracePeriodDays: -1, paymentTermDays: 4_000 },
        ['INVALID trialDays', 'INVALID gracePeriodDays', 'INVALID paymentTermDays'],
      ],
    ]
    for (const [about, expected] of wrong) {
      const input: CreatePlanInput = {
        productId: product.id,
        name: 'Wrong',
        type: 'PAID',
        price: { base: '25', currency: 'USD' },
        quotas: [quota(own)],
        ...about,
      }
      const refusals = await provider.refused(CreatePlanDocument, input)
      expect([about, refusals.map(({ code, field }) => `${code} ${field?.slice(1).join('.')}`).sort()]).toEqual([
        about,
        expected.sort(),
      ])
      for (const { message } of refusals) expect(message).toMatch(/^[A-Z].*\.$/)
    }
    expect((await productSeen(provider, product.id))?.plans).toEqual([])
  })

  test('may cost less for more, which is said each time until they are on offer', async () => {
    const { provider } = market
    const product = await givenProduct()
    const tiers = [{ to: '500', unitAmount: '2' }, { unitAmount: '1' }]
    const byVolume = { ...quota(product.asset.resourceId), limit: 'UNLIMITED', limitUnits: null, pricing: 'VOLUME' }
    const input = {
      productId: product.id,
      name: 'Volume',
      type: 'PAID',
      price: { base: '25', currency: 'USD' },
      quotas: [{ ...byVolume, tiers }],
    } as CreatePlanInput
    const said = ['More can cost less: 500 Transactions cost 1000, and the price of more begins at 500.']
    const keyed = { ...input, idempotencyKey: `volume-${product.id}` }
    const made = await provider.mutate(CreatePlanDocument, keyed)
    expect(made.warnings).toEqual(said)
    expect((await provider.mutate(CreatePlanDocument, keyed)).warnings).toEqual(said)
    const { id: planId } = made.plan
    const dearer = [{ ...byVolume, tiers: [tiers[0], { unitAmount: '3' }] }] as CreatePlanInput['quotas']
    expect((await provider.mutate(UpdatePlanDocument, { planId, quotas: dearer })).warnings).toEqual([])
    expect((await provider.mutate(UpdatePlanDocument, { planId, quotas: input.quotas })).warnings).toEqual(said)
    expect((await provider.mutate(ActivatePlanDocument, { planId })).warnings).toEqual(said)
    expect((await provider.mutate(DuplicatePlanDocument, { planId })).warnings).toEqual(said)
    const refused = await provider.query(UpdatePlanDocument, { input: { planId, quotas: dearer } })
    expect(refused.updatePlan).toMatchObject({ plan: null, warnings: [], userErrors: [{ code: 'WRONG_STATE' }] })
  })

  test('keep what they cost once they are on offer; whoever wants another price duplicates them', async () => {
    const { provider } = market
    const offer = await givenOffer(market)
    const { planId } = offer
    const changes: Array<Partial<UpdatePlanInput>> = [
      { price: { base: '30', currency: 'USD' } },
      { gracePeriodDays: 9 },
      { approval: 'MANUAL' },
    ]
    for (const change of changes) {
      const [refusal] = await provider.refused(UpdatePlanDocument, { planId, ...change })
      expect([change, refusal?.code]).toEqual([change, 'WRONG_STATE'])
    }
    const { plan: described } = await provider.mutate(UpdatePlanDocument, {
      planId,
      description: 'For shops.',
      features: ['A call a second'],
    })
    expect(described).toMatchObject({ description: 'For shops.', price: { base: { amount: '25.00' } } })

    const { plan: copy } = await provider.mutate(DuplicatePlanDocument, { planId, name: 'Business 2' })
    expect(copy).toMatchObject({
      state: 'DRAFT',
      name: 'Business 2',
      price: { base: { amount: '25.00', currency: 'USD' } },
    })
    const { plan: dearer } = await provider.mutate(UpdatePlanDocument, {
      planId: copy.id,
      price: { base: '30', currency: 'USD' },
    })
    expect(dearer.price?.base.amount).toBe('30.00')
    const { plan: active } = await provider.mutate(ActivatePlanDocument, { planId: copy.id })
    expect(active.state).toBe('ACTIVE')
  })

  test('go off offer, and end when nobody has them any more', async () => {
    const { provider } = market
    const offer = await givenOffer(market, { type: 'FREE' })
    const { planId } = offer
    const { productSubscription } = await whenSubscribed(acme, offer)
    expect(await provider.refused(ArchivePlanDocument, { planId })).toMatchObject([{ code: 'WRONG_STATE' }])
    const { plan } = await provider.mutate(DeprecatePlanDocument, { planId, strategy: 'KEEP' })
    expect(plan.state).toBe('DEPRECATED')
    const rival = await givenOrganization(market, 'Rival')
    expect(await rival.consumer.refused(SubscribeDocument, { organizationId: rival.id, planId })).toMatchObject([
      { code: 'WRONG_STATE' },
    ])
    expect(await provider.refused(ArchivePlanDocument, { planId })).toMatchObject([{ code: 'IN_USE' }])
    const { productSubscription: kept } = await acme.consumer.query(ProductSubscriptionDocument, {
      id: productSubscription.id,
    })
    expect(kept?.state).toBe('ACTIVE')
    await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: productSubscription.id,
      when: 'NOW',
    })
    const { plan: archived } = await provider.mutate(ArchivePlanDocument, { planId })
    expect(archived.state).toBe('ARCHIVED')
    expect(await provider.refused(ActivatePlanDocument, { planId })).toMatchObject([{ code: 'WRONG_STATE' }])
  })

  test.each([
    ['GRADUATED', '5530.50'],
    ['VOLUME', '2520.50'],
  ] as const)('tell beforehand what so much use costs: 5,001 units %s are %s', async (pricing, amount) => {
    const offer = await givenOffer(market, (resourceId) => ({
      price: { base: '0', currency: 'USD' },
      quotas: [
        {
          resourceIds: [resourceId],
          limit: 'UNLIMITED',
          pricing,
          tiers: [
            { to: '500', unitAmount: '2' },
            { to: '5000', unitAmount: '1', flatFee: '10' },
            { unitAmount: '0.5', flatFee: '20' },
          ],
        },
      ],
    }))
    const slug = (await productSeen(market.provider, offer.productId))?.slug as string
    const { marketplace } = await acme.consumer.query(ProductDocument, { marketplace: market.slug, slug })
    const quotaId = marketplace?.product?.plans[0]?.quotas[0]?.id as string
    const estimate = async (units: string) => {
      const { node } = await acme.consumer.query(PlanEstimateDocument, {
        plan: offer.planId,
        usage: [{ quotaId, units }],
      })
      return node && 'estimate' in node ? node.estimate : null
    }
    expect((await estimate('5001'))?.total).toEqual({ amount, currency: 'USD' })
    expect((await estimate('0'))?.total).toEqual({ amount: '0.00', currency: 'USD' })
  })
})

describe('what is on sale', () => {
  const shelf = async (client: Client, slug: string, about: Partial<MarketplaceProductsQueryVariables> = {}) => {
    const { marketplace } = await client.query(MarketplaceProductsDocument, { slug, first: 100, ...about })
    return marketplace?.products.edges.map(({ node }) => node) ?? []
  }

  test('is shown to everyone, to whoever is signed in, or to those who were selected, and so are its plans', async () => {
    const own = await givenMarketplace(backend)
    const [chosen, other] = [await givenOrganization(own, 'Chosen'), await givenOrganization(own, 'Other')]
    const offer = await givenOffer(own, { type: 'FREE' })
    const dear = await givenFurtherPlan(own, offer, { type: 'FREE', name: 'Special' })
    const { provider } = own
    const publicationId = (await productSeen(provider, offer.productId))?.publications[0]?.id as string
    const stranger = backend.client()
    const seenBy = async () => {
      const seen = []
      for (const client of [stranger, other.consumer, chosen.consumer, provider]) {
        const [product] = await shelf(client, own.slug)
        seen.push(product?.plans.length ?? null)
      }
      return seen
    }
    const show = (about: object) => provider.mutate(UpdatePublicationDocument, { publicationId, ...about })
    const selected = { audience: 'SELECTED_ORGANIZATIONS', organizationIds: [chosen.id] }
    expect(await seenBy()).toEqual([2, 2, 2, 2])
    await show({ planVisibility: [{ planId: dear.planId, visibility: selected }] })
    expect(await seenBy()).toEqual([1, 1, 2, 2])
    await show({ visibility: { audience: 'SIGNED_IN' } })
    expect(await seenBy()).toEqual([null, 1, 2, 2])
    await show({ visibility: selected })
    expect(await seenBy()).toEqual([null, null, 2, 2])
    // What one does not see, one cannot find, nor buy.
    for (const id of [offer.productId, offer.planId, offer.resourceId, publicationId]) {
      expect((await other.consumer.query(NodeDocument, { id })).node).toBeNull()
      expect((await stranger.query(NodeDocument, { id })).node).toBeNull()
    }
    const wish = { organizationId: other.id, planId: offer.planId }
    expect(await other.consumer.refused(SubscribeDocument, wish)).toMatchObject([{ code: 'NOT_FOUND' }])

    const foreign = await givenOrganization(market, 'Foreign')
    for (const organizationIds of [[foreign.id], ['org_x'], []]) {
      const visibility = { audience: 'SELECTED_ORGANIZATIONS' as const, organizationIds }
      const [refusal] = await provider.refused(UpdatePublicationDocument, { publicationId, visibility })
      expect(refusal?.code).toBe(organizationIds.length === 0 ? 'REQUIRED' : 'NOT_FOUND')
    }
    expect(await seenBy()).toEqual([null, null, 2, 2])

    const { productSubscription } = await whenSubscribed(chosen, offer)
    await provider.mutate(UnpublishProductDocument, { productId: offer.productId, marketplaceId: own.id })
    expect(await shelf(chosen.consumer, own.slug)).toEqual([])
    const { productSubscription: kept } = await chosen.consumer.query(ProductSubscriptionDocument, {
      id: productSubscription.id,
    })
    expect(kept?.state).toBe('ACTIVE')
    expect((await chosen.consumer.query(NodeDocument, { id: offer.productId })).node).not.toBeNull()
  })

  test('in a protected marketplace is for its own organizations: strangers see nothing', async () => {
    const own = await givenMarketplace(backend)
    const member = await givenOrganization(own)
    const offer = await givenOffer(own, { type: 'FREE' })
    const ids = [offer.productId, offer.planId, offer.resourceId]
    const seen = async (client: Client) => {
      const found = await Promise.all(ids.map((id) => client.query(NodeDocument, { id })))
      return [(await shelf(client, own.slug)).length, ...found.map(({ node }) => (node ? 1 : 0))]
    }
    expect(await seen(backend.client())).toEqual([1, 1, 1, 1])
    await own.provider.mutate(UpdateMarketplaceDocument, { marketplaceId: own.id, visibility: 'PROTECTED' })
    expect(await seen(backend.client())).toEqual([0, 0, 0, 0])
    expect(await seen(acme.consumer)).toEqual([0, 0, 0, 0])
    expect(await seen(member.consumer)).toEqual([1, 1, 1, 1])
  })

  test('without billing is published with a warning', async () => {
    const own = await givenMarketplace(backend)
    const { provider } = own
    const offer = await givenOffer(own)
    const again = await provider.mutate(PublishProductDocument, { productId: offer.productId, marketplaceId: own.id })
    expect(again.warnings).toEqual([expect.stringMatching(/billing/i)])
  })

  describe('is browsed through', () => {
    let busy: Market
    const count = 120
    beforeAll(async () => {
      busy = await givenMarketplace(backend)
      const asset = await givenAsset()
      const { provider, providerId } = busy
      const make = async (at: number) => {
        const name = `Product ${String(at).padStart(3, '0')}${at === 7 ? ' 100%_sure' : ''}`
        const { product } = await provider.mutate(CreateProductDocument, {
          providerId,
          name,
          categories: at % 10 === 0 ? ['tens'] : ['others'],
          assets: [{ assetId: asset.id }],
        })
        const { plan } = await provider.mutate(CreatePlanDocument, {
          productId: product.id,
          name: 'Plan',
          ...(at % 3 === 0 ? { type: 'PAID', price: { base: '1', currency: 'USD' } } : { type: 'FREE' }),
          quotas: [{ resourceIds: [asset.resourceId], limit: 'UNLIMITED' }],
        })
        await provider.mutate(ActivateProductDocument, { productId: product.id, releaseType: 'MAJOR' })
        const input = { productId: product.id, marketplaceId: busy.id, activatePlanIds: [plan.id] }
        await provider.mutate(PublishProductDocument, input)
      }
      for (let at = 0; at < count; at += 8) {
        await Promise.all(Array.from({ length: 8 }, (_, next) => make(at + next)))
      }
    })

    const page = async (about: Partial<MarketplaceProductsQueryVariables>) => {
      const { marketplace } = await backend.client().query(MarketplaceProductsDocument, { slug: busy.slug, ...about })
      return marketplace?.products as NonNullable<typeof marketplace>['products']
    }

    test('page by page, forwards and backwards, each once, counted exactly', async () => {
      const forwards: string[] = []
      let after: string | null | undefined = null
      const sizes: number[] = []
      do {
        const { edges, pageInfo, totalCount } = await page({ first: 50, after })
        expect(totalCount).toBe(count)
        expect(pageInfo.hasPreviousPage).toBe(after !== null)
        expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0]?.cursor, edges.at(-1)?.cursor])
        forwards.push(...edges.map(({ node }) => node.id))
        sizes.push(edges.length)
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null
      } while (after)
      expect(sizes).toEqual([50, 50, 20])
      expect(new Set(forwards).size).toBe(count)

      const backwards: string[] = []
      let before: string | null | undefined = null
      do {
        const { edges, pageInfo } = await page({ last: 50, before })
        expect(pageInfo.hasNextPage).toBe(before !== null)
        backwards.unshift(...edges.map(({ node }) => node.id))
        before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null
      } while (before)
      expect(backwards).toEqual(forwards)

      expect((await page({})).edges).toHaveLength(20)
      expect((await page({ first: 100 })).edges).toHaveLength(100)
    })

    test.each([
      { first: 0 },
      { first: 101 },
      { first: -1 },
      { last: 101 },
      { first: 10, last: 10 },
      { after: 'nonsense' },
      { first: 5, before: '' },
      { after: Buffer.from("x' or 1=1").toString('base64url') },
    ])('but not by %p', async (about) => {
      const { data, errors } = await backend.client().ask(MarketplaceProductsDocument, { slug: busy.slug, ...about })
      expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
      expect(data?.marketplace ?? null).toBeNull()
    })

    test('with as many statements for a hundred as for two', async () => {
      const client = backend.client()
      const costOf = (first: number) =>
        statementsDuring(() => client.query(MarketplaceProductsDocument, { slug: busy.slug, first }))
      await costOf(2)
      const [few, many] = [await costOf(2), await costOf(100)]
      expect(many).toHaveLength(few.length)
      // The marketplace, the products and their number, and one for each kind of what hangs on them.
      expect(many.length).toBeLessThanOrEqual(12)
    })

    test('by words, by category, and by the kind of plan', async () => {
      const found = async (about: Partial<MarketplaceProductsQueryVariables>) => (await page(about)).totalCount
      expect(await found({ search: 'product' })).toBe(count)
      expect(await found({ search: '  PRODUCT 01 ' })).toBe(10)
      expect(await found({ search: '100%_sure' })).toBe(1)
      expect(await found({ search: '%' })).toBe(1)
      expect(await found({ search: 'nothing of the kind' })).toBe(0)
      expect(await found({ search: '\0' })).toBe(0)
      expect(await found({ search: "'; drop table product; --" })).toBe(0)
      expect(await found({ category: 'tens' })).toBe(12)
      expect(await found({ category: 'Tens\0' })).toBe(0)
      expect(await found({ planType: 'PAID' })).toBe(40)
      expect(await found({ planType: 'PAID', category: 'tens', search: 'Product 0' })).toBe(4)
      expect(await found({ planType: 'CUSTOM' })).toBe(0)
    })
  })
})
