import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import type { CreatePlanInput } from '../../src/catalog/plan.input.js'
import { PlanRepository, QuotaRepository } from '../../src/catalog/plan.repository.js'
import { PlanService } from '../../src/catalog/plan.service.js'
import { PlanLifecycleService } from '../../src/catalog/plan-lifecycle.service.js'
import { PlanOffers } from '../../src/catalog/plan-offer.js'
import { PlanQuotas } from '../../src/catalog/plan-quotas.js'
import { PublicationRepository } from '../../src/catalog/publication.repository.js'
import { PublicationService } from '../../src/catalog/publication.service.js'
import { PublicationAudiences } from '../../src/catalog/publication-audiences.js'
import { Storefront } from '../../src/catalog/storefront.repository.js'
import { newId } from '../../src/kernel/id.js'
import { MarketplaceRepository } from '../../src/marketplaces/marketplace.repository.js'
import { ConsumerOrganizationRepository } from '../../src/organizations/consumer-organization.repository.js'
import { anonymous, type Scope } from '../../src/persistence/tenant-scope.js'
import { UnitRepository } from '../../src/providers/unit.repository.js'
import { type CatalogHouse, openCatalogHouse, refusalOf } from './house.js'

let house: CatalogHouse
let shop: ReturnType<typeof openShop>
beforeAll(async () => {
  house = await openCatalogHouse()
  shop = openShop(house)
  await house.marketplace('PUBLIC', house.place.marketplaceId)
  const { providerId, marketplaceId } = house.place
  await house.write(sql`update marketplace set url = 'https://shop.example/' where id = ${marketplaceId}`)
  await house.write(sql`insert into unit (id, provider_id, name, title, created_at)
    values (${newId('unit')}, ${providerId}, 'transactions', 'Transactions', now()), (${newId('unit')}, ${providerId}, 'x-pages', 'Pages', now())`)
}, 60_000)
afterAll(() => house.close())

/** Plans and publications, beside what the house has. */
function openShop({ unitOfWork, usage, audit, clock, products, parts, terms }: CatalogHouse) {
  const plans = new PlanRepository()
  const quotaRows = new QuotaRepository()
  const publications = new PublicationRepository()
  const organizations = new ConsumerOrganizationRepository()
  const quotas = new PlanQuotas(quotaRows, new UnitRepository(), parts)
  const lifecycle = new PlanLifecycleService(unitOfWork, plans, quotas, products, usage, audit, clock)
  const audiences = new PublicationAudiences(organizations, plans)
  const readiness = { warnings: async () => ['Nothing can be paid here.'] }
  return {
    plans,
    quotaRows,
    publications,
    quotas,
    lifecycle,
    planService: new PlanService(unitOfWork, plans, quotas, products, audit, clock),
    publishing: new PublicationService(
      unitOfWork,
      publications,
      audiences,
      products,
      new MarketplaceRepository(),
      plans,
      lifecycle,
      readiness,
      audit,
      clock,
    ),
    offers: new PlanOffers(plans, products, publications, organizations, terms),
    storefront: new Storefront(),
  }
}

const manager = () => house.provider('CATALOG_MANAGER')

async function givenOrganization(): Promise<string> {
  const id = newId('org')
  const { providerId, marketplaceId } = house.place
  await house.write(sql`insert into consumer_organization (id, provider_id, marketplace_id, name, state, created_at)
    values (${id}, ${providerId}, ${marketplaceId}, 'Acme', 'ACTIVE', now())`)
  return id
}

/** A product of one asset with two APIs, active unless it is said otherwise. */
async function givenProduct({ active = true, released = true } = {}) {
  const scope = manager()
  const { providerId } = house.place
  const paths = [`/a-${newId('res')}`, `/b-${newId('res')}`]
  const resources = paths.map((basePath) => ({ name: 'Pets', basePath }))
  const asset = await house.assetService.createAsset(scope, { providerId, name: 'Pets', resources })
  if (released) await house.assetService.releaseAsset(scope, { assetId: asset.id, releaseType: 'MAJOR' })
  const product = await house.productService.createProduct(scope, {
    providerId,
    name: 'Pet store',
    categories: ['animals'],
    tags: [],
    assets: [{ assetId: asset.id, versions: '*' }],
    accessApproval: 'AUTOMATIC',
  })
  if (active) await house.releaseService.activate(scope, { productId: product.id, releaseType: 'MAJOR' })
  const [found = []] = await house.resources.ofAssets(house.reading(scope), [asset.id])
  return {
    id: product.id,
    slug: product.slug,
    assetId: asset.id,
    resourceIds: found.map(({ id }) => id) as [string, string],
  }
}

function wish(product: { id: string; resourceIds: string[] }, about: Partial<CreatePlanInput> = {}): CreatePlanInput {
  return {
    productId: product.id,
    name: 'Business',
    type: 'PAID',
    approval: 'AUTOMATIC',
    price: { base: '25', setupFee: '0', currency: 'USD', interval: 'MONTH', intervalCount: 1, anchor: 'ANNIVERSARY' },
    quotas: [quotaOver(product.resourceIds)],
    features: ['Mail'],
    trialDays: 0,
    paymentTermDays: 7,
    gracePeriodDays: 3,
    cancelWhenPastDue: false,
    ...about,
  }
}

function quotaOver(resourceIds: string[], about: object = {}): CreatePlanInput['quotas'][number] {
  const thousand = {
    unit: 'transactions',
    limit: 'STRICT',
    limitUnits: 1_000n,
    interval: 'MONTH',
    pricing: 'INCLUDED',
    tiers: [],
  } as const
  return { ...thousand, tiers: [], resourceIds, ...about }
}

const graduated = {
  unit: 'x-pages',
  limit: 'LOOSE',
  pricing: 'GRADUATED',
  tiers: [
    { to: 500n, unitAmount: '2', flatFee: '0' },
    { to: null, unitAmount: '0.0001', flatFee: '1.5' },
  ],
}

const publication = (productId: string, about: object = {}) => ({
  productId,
  marketplaceId: house.place.marketplaceId,
  planVisibility: [],
  activatePlanIds: [],
  ...about,
})

const firstPage = { limit: 100, direction: 'forward', after: null, before: null } as const

async function seen(scope: Scope, productId: string) {
  const reading = house.reading(scope)
  const [plans = []] = await shop.plans.ofProducts(reading, [productId])
  const page = await shop.storefront.products(reading, house.place.marketplaceId, firstPage, {})
  return { onSale: page.rows.some(({ id }) => id === productId), plans: plans.map(({ id }) => id) }
}

describe('a draft', () => {
  it('is stored with its quotas, and reads as it was given', async () => {
    const product = await givenProduct({ active: false })
    const [first, second] = product.resourceIds
    const form = { type: 'object', title: 'About you' }
    const given = wish(product, { quotas: [quotaOver([first]), quotaOver([second], graduated)], requestForm: form })
    const plan = await shop.planService.createPlan(manager(), given)
    const stored = await shop.plans.find(house.reading(manager()), plan.id)
    expect(stored).toMatchObject({ state: 'DRAFT', baseMinor: 2_500n, currency: 'USD', requestForm: form, version: 1 })
    const quotas = await shop.quotas.given(house.reading(manager()), plan.id)
    expect(quotas).toMatchObject([
      { unit: 'transactions', resourceIds: [first], limitUnits: 1_000n },
      { unit: 'x-pages', resourceIds: [second], tiers: graduated.tiers },
    ])
  })

  it('can be made before its APIs are released, and is activated after', async () => {
    const product = await givenProduct({ active: false, released: false })
    const plan = await shop.planService.createPlan(manager(), wish(product))
    expect(await refusalOf(shop.lifecycle.activatePlan(manager(), plan.id))).toMatchObject([
      { code: 'WRONG_STATE', field: ['input', 'planId'] },
    ])
    await house.assetService.releaseAsset(manager(), { assetId: product.assetId, releaseType: 'MAJOR' })
    expect(await shop.lifecycle.activatePlan(manager(), plan.id)).toMatchObject({ state: 'ACTIVE' })
  })

  it('takes neither APIs of another product nor unknown units, and nothing is stored', async () => {
    const [product, other] = [await givenProduct(), await givenProduct()]
    const quotas = [
      quotaOver([product.resourceIds[0], other.resourceIds[0], 'res_\0', 'nonsense']),
      quotaOver([product.resourceIds[1]], { unit: 'x-none' }),
      quotaOver([newId('res')], { unit: 'x\0' }),
    ]
    const errors = await refusalOf(shop.planService.createPlan(manager(), wish(product, { quotas })))
    expect(errors.map(({ code, field }) => `${code} ${field?.join('.')}`)).toEqual([
      'NOT_FOUND input.quotas.0.resourceIds.1',
      'NOT_FOUND input.quotas.0.resourceIds.2',
      'NOT_FOUND input.quotas.0.resourceIds.3',
      'NOT_FOUND input.quotas.1.unit',
      'NOT_FOUND input.quotas.2.unit',
      'NOT_FOUND input.quotas.2.resourceIds.0',
    ])
    expect((await seen(manager(), product.id)).plans).toEqual([])
  })

  it('is for those who write the catalog', async () => {
    const product = await givenProduct()
    const create = (scope: Scope) => refusalOf(shop.planService.createPlan(scope, wish(product)))
    expect(await create(house.provider('AUDITOR'))).toMatchObject([{ code: 'NOT_ALLOWED' }])
    expect(await create(house.stranger())).toMatchObject([{ code: 'NOT_FOUND', field: ['input', 'productId'] }])
    expect(await create(house.member(newId('org')))).toMatchObject([{ code: 'NOT_FOUND' }])
    await expect(shop.planService.createPlan(anonymous, wish(product))).rejects.toThrow('Sign in first.')
  })

  it('changes as it is told, and its version goes up each time', async () => {
    const product = await givenProduct()
    const { id: planId } = await shop.planService.createPlan(manager(), wish(product))
    const renamed = await shop.planService.updatePlan(manager(), { planId, version: 1, name: 'Gold', termPeriods: 12 })
    expect(renamed).toMatchObject({ name: 'Gold', termPeriods: 12, trialDays: 0, version: 2 })
    const [first] = product.resourceIds
    const covering = await shop.planService.updatePlan(manager(), {
      planId,
      version: 2,
      quotas: [quotaOver([first], graduated)],
    })
    expect(covering.version).toBe(3)
    const both = { planId, version: 3, quotas: [quotaOver([first])], termPeriods: null }
    expect(await shop.planService.updatePlan(manager(), both)).toMatchObject({ version: 4, termPeriods: null })
    expect(await shop.quotas.given(house.reading(manager()), planId)).toMatchObject([
      { resourceIds: [first], tiers: [] },
    ])
    expect(await refusalOf(shop.planService.updatePlan(manager(), both))).toMatchObject([{ code: 'STALE' }])
  })

  it('keeps its quotas where they are named as they stand', async () => {
    const product = await givenProduct()
    const given = wish(product)
    const { id: planId } = await shop.planService.createPlan(manager(), given)
    const [before] = await shop.quotaRows.ofPlans(house.reading(manager()), [planId])
    await shop.planService.updatePlan(manager(), { planId, quotas: given.quotas, description: 'Good' })
    const [after] = await shop.quotaRows.ofPlans(house.reading(manager()), [planId])
    expect(after).toEqual(before)
  })
})

describe('a plan that was activated', () => {
  it('changes in what it says alone, and is duplicated for the rest', async () => {
    const product = await givenProduct()
    const given = wish(product, { quotas: [quotaOver([product.resourceIds[0]], graduated)] })
    const { id: planId } = await shop.planService.createPlan(manager(), given)
    await shop.lifecycle.activatePlan(manager(), planId)
    expect(await shop.lifecycle.activatePlan(manager(), planId)).toMatchObject({ state: 'ACTIVE', version: 2 })
    const { price, quotas } = given
    const same = await shop.planService.updatePlan(manager(), { planId, price, quotas, description: 'Better' })
    expect(same).toMatchObject({ description: 'Better', version: 3 })
    const other = { planId, description: 'Worse', trialDays: 30, quotas: [] }
    const errors = await refusalOf(shop.planService.updatePlan(manager(), other))
    expect(errors).toMatchObject([
      { code: 'WRONG_STATE', field: ['input', 'trialDays'] },
      { code: 'WRONG_STATE', field: ['input', 'quotas'] },
    ])
    expect(await shop.plans.find(house.reading(manager()), planId)).toMatchObject({
      description: 'Better',
      trialDays: 0,
    })

    const copy = await shop.planService.duplicatePlan(manager(), planId, null)
    expect(copy).toMatchObject({ state: 'DRAFT', name: 'Business (copy)', description: 'Better', baseMinor: 2_500n })
    const [of, ofCopy] = await Promise.all(
      [planId, copy.id].map((id) => shop.quotas.given(house.reading(manager()), id)),
    )
    expect(ofCopy).toEqual(of)
  })

  it('is taken off sale, with what becomes of those who have it', async () => {
    const product = await givenProduct()
    const [plan, target] = await Promise.all([1, 2].map(() => shop.planService.createPlan(manager(), wish(product))))
    const planId = plan?.id as string
    const targetPlanId = target?.id as string
    const deprecate = (about: object) =>
      shop.lifecycle.deprecatePlan(manager(), planId, { strategy: 'KEEP', when: 'PERIOD_END', ...about })
    expect(await refusalOf(deprecate({}))).toMatchObject([{ code: 'WRONG_STATE' }])
    await shop.lifecycle.activatePlan(manager(), planId)
    expect(await refusalOf(shop.lifecycle.archivePlan(manager(), planId))).toMatchObject([{ code: 'WRONG_STATE' }])
    const refused = async (about: object) => (await refusalOf(deprecate(about))).map(({ code }) => code)
    expect(await refused({ strategy: 'MIGRATE' })).toEqual(['REQUIRED'])
    expect(await refused({ strategy: 'MIGRATE', targetPlanId: planId })).toEqual(['INVALID'])
    expect(await refused({ strategy: 'MIGRATE', targetPlanId: 'plan_\0' })).toEqual(['NOT_FOUND'])
    expect(await refused({ strategy: 'MIGRATE', targetPlanId })).toEqual(['WRONG_STATE'])
    expect(await refused({ strategy: 'CANCEL', targetPlanId })).toEqual(['INVALID'])
    await shop.lifecycle.activatePlan(manager(), targetPlanId)

    const subscription = await house.subscription(newId('org'), product.id, planId)
    house.announced.length = 0
    const { plan: after, affected } = await deprecate({ strategy: 'MIGRATE', targetPlanId, when: 'NOW' })
    expect({ state: after.state, affected }).toEqual({ state: 'DEPRECATED', affected: 1 })
    const told = { strategy: 'MIGRATE', targetPlanId, when: 'NOW' }
    expect(house.announced).toMatchObject([
      { name: 'plan.deprecated', subjectId: planId, data: told, marketplaceId: null },
    ])
    await deprecate({})
    expect(house.announced).toHaveLength(1)
    await deprecate({ strategy: 'CANCEL' })
    expect(house.announced).toHaveLength(2)

    expect(await refusalOf(shop.lifecycle.archivePlan(manager(), planId))).toMatchObject([{ code: 'IN_USE' }])
    await house.write(
      sql`update product_subscription set plan_id = ${targetPlanId}, scheduled_plan_id = ${planId} where id = ${subscription}`,
    )
    expect(await refusalOf(shop.lifecycle.archivePlan(manager(), planId))).toMatchObject([{ code: 'IN_USE' }])
    await house.end(subscription)
    expect(await shop.lifecycle.archivePlan(manager(), planId)).toMatchObject({ state: 'ARCHIVED' })
    expect(await shop.lifecycle.archivePlan(manager(), planId)).toMatchObject({ state: 'ARCHIVED' })
    expect(await refusalOf(shop.planService.updatePlan(manager(), { planId, description: 'x' }))).toMatchObject([
      { code: 'WRONG_STATE' },
    ])
  })
})

describe('publishing', () => {
  it('puts product and plans on sale together, or neither', async () => {
    const product = await givenProduct()
    const plan = await shop.planService.createPlan(manager(), wish(product))
    const missing = publication(product.id, { activatePlanIds: [plan.id, newId('plan')] })
    expect(await refusalOf(shop.publishing.publishProduct(manager(), missing))).toMatchObject([
      { code: 'NOT_FOUND', field: ['input', 'activatePlanIds', '1'] },
    ])
    expect(await seen(anonymous, product.id)).toEqual({ onSale: false, plans: [] })
    expect(await shop.plans.find(house.reading(manager()), plan.id)).toMatchObject({ state: 'DRAFT' })

    const right = publication(product.id, { activatePlanIds: [plan.id] })
    const first = await shop.publishing.publishProduct(manager(), right)
    expect(first.warnings).toEqual(['Nothing can be paid here.'])
    expect(await seen(anonymous, product.id)).toEqual({ onSale: true, plans: [plan.id] })
    const again = await shop.publishing.publishProduct(manager(), right)
    expect(again.publication.id).toBe(first.publication.id)

    await shop.publishing.unpublishProduct(manager(), product.id, house.place.marketplaceId)
    await shop.publishing.unpublishProduct(manager(), product.id, house.place.marketplaceId)
    expect(await seen(anonymous, product.id)).toEqual({ onSale: false, plans: [] })
    expect(await seen(manager(), product.id)).toEqual({ onSale: false, plans: [plan.id] })
  })

  it('happens once, whoever asks at the same moment', async () => {
    const product = await givenProduct()
    const made = await Promise.all(
      [1, 2, 3].map(() => shop.publishing.publishProduct(manager(), publication(product.id))),
    )
    expect(new Set(made.map(({ publication: { id } }) => id)).size).toBe(1)
  })

  it('needs an active product, and a marketplace of the same provider with an address', async () => {
    const draft = await givenProduct({ active: false })
    const product = await givenProduct()
    const bare = await house.marketplace('PUBLIC')
    const publish = async (about: object, scope: Scope = manager()) =>
      (await refusalOf(shop.publishing.publishProduct(scope, publication(product.id, about)))).map(({ code }) => code)
    expect(await publish({ productId: draft.id })).toEqual(['WRONG_STATE'])
    expect(await publish({ marketplaceId: bare })).toEqual(['REQUIRED'])
    expect(await publish({ marketplaceId: newId('mkt') })).toEqual(['NOT_FOUND'])
    expect(await publish({}, house.provider('MARKETPLACE_MANAGER'))).toEqual(['NOT_ALLOWED'])
    expect(await publish({}, house.stranger())).toEqual(['NOT_FOUND'])
  })

  it('shows products and plans to whom they are for, and what was bought to who has it', async () => {
    const product = await givenProduct()
    const open = await shop.planService.createPlan(manager(), wish(product))
    const secret = await shop.planService.createPlan(manager(), wish(product))
    const [acme, umbra] = [await givenOrganization(), await givenOrganization()]
    const forAcme = { audience: 'SELECTED_ORGANIZATIONS' as const, organizationIds: [acme] }
    const { publication: made } = await shop.publishing.publishProduct(
      manager(),
      publication(product.id, {
        visibility: { audience: 'SIGNED_IN', organizationIds: [] },
        planVisibility: [{ planId: secret.id, visibility: forAcme }],
        activatePlanIds: [open.id, secret.id],
      }),
    )
    const [ofAcme, ofUmbra, ofBoth] = [house.member(acme), house.member(umbra), house.member(acme, umbra)]
    expect(await seen(anonymous, product.id)).toEqual({ onSale: false, plans: [] })
    expect(await seen(ofUmbra, product.id)).toEqual({ onSale: true, plans: [open.id] })
    expect(await seen(ofAcme, product.id)).toEqual({ onSale: true, plans: [open.id, secret.id] })
    const [quota] = (await shop.quotaRows.ofPlans(house.reading(manager()), [secret.id])).flat()
    const quotaSeenBy = (scope: Scope) => shop.quotaRows.find(house.reading(scope), quota?.id as string)
    expect(await quotaSeenBy(ofAcme)).toMatchObject({ planId: secret.id })
    expect(await quotaSeenBy(ofUmbra)).toBeNull()
    expect(await quotaSeenBy(anonymous)).toBeNull()

    const offer = (scope: Scope, organizationId: string, planId: string) =>
      shop.offers.offer(house.reading(scope), { organizationId, planId })
    expect(await offer(ofUmbra, umbra, secret.id)).toBeNull()
    expect(await offer(ofUmbra, acme, open.id)).toBeNull()
    expect(await offer(ofAcme, acme, 'plan_\0')).toBeNull()
    expect(await offer(ofAcme, acme, secret.id)).toMatchObject({
      onSale: true,
      why: null,
      terms: null,
      product: { id: product.id },
    })
    // Whoever is in both sees the plan, and cannot take it for the other one.
    expect(await offer(ofBoth, umbra, secret.id)).toMatchObject({
      onSale: false,
      why: expect.stringMatching(/organization/),
    })

    const id = made.id
    await shop.publishing.updatePublication(manager(), { publicationId: id, planVisibility: null, visibility: forAcme })
    expect(await seen(ofUmbra, product.id)).toEqual({ onSale: false, plans: [] })
    await house.subscription(umbra, product.id, open.id)
    expect(await seen(ofUmbra, product.id)).toEqual({ onSale: false, plans: [] })
    expect(await offer(ofUmbra, umbra, open.id)).toMatchObject({ onSale: false })
    expect(await offer(ofUmbra, umbra, secret.id)).toBeNull()
    const elsewhere = { audience: 'SELECTED_ORGANIZATIONS' as const, organizationIds: [acme, newId('org')] }
    const update = shop.publishing.updatePublication(manager(), { publicationId: id, visibility: elsewhere })
    expect(await refusalOf(update)).toMatchObject([
      { code: 'NOT_FOUND', field: ['input', 'visibility', 'organizationIds', '1'] },
    ])
    expect(await shop.publications.find(house.reading(manager()), id)).toMatchObject(forAcme)
    expect(await shop.publications.find(house.reading(ofAcme), id)).toBeNull()
  })

  it('tells why what was seen is not on sale any more', async () => {
    const product = await givenProduct()
    const plan = await shop.planService.createPlan(manager(), wish(product))
    const acme = await givenOrganization()
    await shop.publishing.publishProduct(manager(), publication(product.id, { activatePlanIds: [plan.id] }))
    const offered = () =>
      shop.offers.offer(house.reading(house.member(acme)), { organizationId: acme, planId: plan.id })
    expect(await offered()).toMatchObject({ onSale: true })
    await shop.lifecycle.deprecatePlan(manager(), plan.id, { strategy: 'KEEP', when: 'PERIOD_END' })
    expect(await offered()).toMatchObject({ onSale: false, why: 'This plan takes no new subscriptions.' })
    expect((await seen(house.member(acme), product.id)).plans).toEqual([])
  })

  it('is looked through by words, category, type of plan and address', async () => {
    const product = await givenProduct()
    const plan = await shop.planService.createPlan(manager(), wish(product, { type: 'FREE', price: null }))
    await shop.publishing.publishProduct(manager(), publication(product.id, { activatePlanIds: [plan.id] }))
    const found = async (interest: object, scope: Scope = anonymous) => {
      const page = await shop.storefront.products(house.reading(scope), house.place.marketplaceId, firstPage, interest)
      return page.rows.some(({ id }) => id === product.id)
    }
    for (const scope of [anonymous, manager(), house.member(await givenOrganization())]) {
      expect(await found({ search: 'PET', category: 'animals', planType: 'FREE' }, scope)).toBe(true)
      expect(await found({ planType: 'CUSTOM' }, scope)).toBe(false)
      expect(await found({}, scope)).toBe(true)
    }
    expect(await found({ search: 'p%t' })).toBe(false)
    expect(await found({ category: 'anim' })).toBe(false)
    expect(await found({ category: '\0' })).toBe(false)
    expect(await found({}, house.stranger())).toBe(false)
    const by = async (slug: string) =>
      shop.storefront.product(house.reading(anonymous), house.place.marketplaceId, slug)
    expect(await by(product.slug)).toMatchObject({ id: product.id })
    expect(await by('\0')).toBeNull()
    expect(await by('none-such')).toBeNull()
    const other = await house.marketplace('PUBLIC')
    expect(await shop.storefront.product(house.reading(anonymous), other, product.slug)).toBeNull()
  })

  it('shows strangers nothing of a protected marketplace', async () => {
    const product = await givenProduct()
    const protectedId = await house.marketplace('PROTECTED')
    await house.write(sql`update marketplace set url = 'https://inside.example/' where id = ${protectedId}`)
    const plan = await shop.planService.createPlan(manager(), wish(product))
    const inside = publication(product.id, { marketplaceId: protectedId, activatePlanIds: [plan.id] })
    await shop.publishing.publishProduct(manager(), inside)
    const page = await shop.storefront.products(house.reading(anonymous), protectedId, firstPage, {})
    expect(page.rows).toEqual([])
    expect(await shop.plans.find(house.reading(anonymous), plan.id)).toBeNull()
    expect(await shop.plans.find(house.reading(house.stranger()), plan.id)).toBeNull()
    const ofProvider = await shop.storefront.products(house.reading(manager()), protectedId, firstPage, {})
    expect(ofProvider.rows.map(({ id }) => id)).toEqual([product.id])
  })
})
