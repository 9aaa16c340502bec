import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import type { AssetRow } from '../../src/catalog/asset.entity.js'
import type { ProductRow } from '../../src/catalog/product.entity.js'
import { newId } from '../../src/kernel/id.js'
import { anonymous, type Scope, system } from '../../src/persistence/tenant-scope.js'
import { type CatalogHouse, openCatalogHouse, refusalOf } from './house.js'

let house: CatalogHouse
const manager = () => house.provider('CATALOG_MANAGER')
let count = 0
const freshPath = () => `/api-${++count}`
const openapi = (title: string, path: string) =>
  JSON.stringify({ openapi: '3.0.3', info: { title, version: '1.4.0' }, paths: {}, servers: [{ url: path }] })

beforeAll(async () => {
  house = await openCatalogHouse()
  await house.marketplace('PROTECTED', house.place.marketplaceId)
}, 60_000)
afterAll(() => house.close())

const asset = (...paths: string[]) =>
  house.assetService.createAsset(manager(), {
    providerId: house.place.providerId,
    name: 'Pets',
    resources: paths.map((basePath) => ({ name: `API ${basePath}`, basePath })),
  })
const release = (made: AssetRow, ...paths: string[]) =>
  house.assetService.releaseAsset(manager(), {
    assetId: made.id,
    releaseType: 'MINOR',
    resources: paths.length === 0 ? null : paths.map((basePath) => ({ name: `API ${basePath}`, basePath })),
  })
const product = (
  about: Partial<{ name: string; slug: string; assets: Array<{ assetId: string; versions: string }> }> = {},
) =>
  house.productService.createProduct(manager(), {
    providerId: house.place.providerId,
    name: 'Pets',
    categories: [],
    tags: [],
    assets: [],
    accessApproval: 'AUTOMATIC',
    ...about,
  })
const activate = (made: ProductRow) =>
  house.releaseService.activate(manager(), { productId: made.id, releaseType: 'MAJOR', label: null, description: null })

async function released(...paths: string[]) {
  const made = await asset(...paths)
  return release(made)
}
async function pathsOf(scope: Scope, productId: string) {
  const [resources = []] = await house.parts.resourcesOf(house.reading(scope), [productId])
  return resources.map(({ basePath }) => basePath).sort()
}
async function resourcesOf(made: AssetRow, scope: Scope = manager()) {
  const [resources = []] = await house.resources.ofAssets(house.reading(scope), [made.id])
  return resources
}
async function versionsOf(made: AssetRow, scope: Scope = manager()) {
  const [releases = []] = await house.assetReleases.ofAssets(house.reading(scope), [made.id])
  return releases.map(({ version }) => version)
}

describe('an asset', () => {
  it('is made from an OpenAPI document, which only those who ask for it are given', async () => {
    const path = freshPath()
    const made = await house.assetService.createAsset(manager(), {
      providerId: house.place.providerId,
      name: ' Pets ',
      resources: [{ specification: openapi('Pet Store', path) }],
    })
    expect(made).toMatchObject({ name: 'Pets', state: 'DRAFT' })
    const [resource] = await resourcesOf(made)
    expect(resource).toMatchObject({ name: 'Pet Store', apiVersion: '1.4.0', basePath: path, description: null })
    const [document] = await house.resources.specifications(house.reading(manager()), [
      resource?.specificationId as string,
    ])
    expect(document).toMatchObject({ openapi: '3.0.3', info: { title: 'Pet Store' } })
    expect(await versionsOf(made)).toEqual([])
  })

  it('keeps a resource as long as its base path stays, and its releases never change', async () => {
    const [stays, goes, comes] = [freshPath(), freshPath(), freshPath()]
    const made = await released(stays, goes)
    const before = await resourcesOf(made)
    await release(made, stays, comes)
    const after = await resourcesOf(made)
    expect(await versionsOf(made)).toEqual(['1.1.0', '1.0.0'])
    expect(after.map(({ basePath }) => basePath).sort()).toEqual([stays, comes].sort())
    expect(after.find(({ basePath }) => basePath === stays)?.id).toBe(
      before.find(({ basePath }) => basePath === stays)?.id,
    )
    const [releases = []] = await house.assetReleases.ofAssets(house.reading(manager()), [made.id])
    const contents = await house.assetReleases.resourcesOf(
      house.reading(manager()),
      releases.map(({ id }) => id),
    )
    expect(contents.map((list) => list.map(({ basePath }) => basePath).sort())).toEqual([
      [stays, comes].sort(),
      [stays, goes].sort(),
    ])
    // What was left out comes back as what it was.
    await release(made, goes)
    expect((await resourcesOf(made)).map(({ id }) => id)).toEqual([
      before.find(({ basePath }) => basePath === goes)?.id,
    ])
  })

  it('frees the base paths that its draft gives up, and no others', async () => {
    const [mine, given, kept] = [freshPath(), freshPath(), freshPath()]
    const made = await asset(mine, given)
    expect(await refusalOf(asset(freshPath(), given))).toMatchObject([
      { code: 'TAKEN', field: ['input', 'resources', '1', 'basePath'] },
    ])
    await release(made, mine)
    await expect(asset(given)).resolves.toMatchObject({ state: 'DRAFT' })
    await release(made, kept)
    expect(await refusalOf(asset(mine))).toMatchObject([{ code: 'TAKEN' }])
  })

  it('is refused with all that is wrong with it, and nothing is stored', async () => {
    const path = freshPath()
    const resources = [
      { basePath: path },
      { name: 'B', basePath: 'no/slash' },
      { name: 'C' },
      { specification: 'hello' },
    ]
    const make = (given: typeof resources) =>
      house.assetService.createAsset(manager(), { providerId: house.place.providerId, name: 'Bad', resources: given })
    expect(await refusalOf(make(resources.slice(0, 3)))).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'resources', '0', 'name'] },
      { code: 'INVALID', field: ['input', 'resources', '1', 'basePath'] },
      { code: 'REQUIRED', field: ['input', 'resources', '2', 'basePath'] },
    ])
    expect(await refusalOf(make(resources))).toMatchObject([
      { code: 'INVALID', field: ['input', 'resources', '3', 'specification'] },
    ])
    expect(await refusalOf(make([]))).toMatchObject([{ code: 'REQUIRED', field: ['input', 'resources'] }])
    const twice = [
      { name: 'A', basePath: path },
      { name: 'B', basePath: `${path}/` },
    ]
    expect(await refusalOf(make(twice))).toMatchObject([
      { code: 'TAKEN', field: ['input', 'resources', '1', 'basePath'] },
    ])
    const stored = await house.assets.page(
      house.reading(manager()),
      { limit: 100, direction: 'forward', after: null, before: null },
      'newest first',
      (query) => query.where('Asset.name', '=', 'Bad'),
    )
    expect(stored.rows).toEqual([])
  })

  it('lets one of two have a base path that both want at once', async () => {
    const path = freshPath()
    const settled = await Promise.allSettled([asset(path), asset(path)])
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const lost = settled.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    expect(lost.reason.errors).toMatchObject([{ code: 'TAKEN' }])
  })

  it('is written by catalog managers alone, and is not there for strangers', async () => {
    const made = await released(freshPath())
    const state = (scope: Scope) => house.assetService.setAssetState(scope, made.id, 'DEPRECATED')
    expect(await refusalOf(state(house.provider('MARKETPLACE_MANAGER')))).toMatchObject([{ code: 'NOT_ALLOWED' }])
    for (const scope of [house.stranger(), house.member(newId('org'))]) {
      expect(await refusalOf(state(scope))).toMatchObject([{ code: 'NOT_FOUND', field: ['input', 'assetId'] }])
    }
    await expect(state(anonymous)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await house.assets.find(house.reading(manager()), made.id)).toMatchObject({ state: 'ACTIVE' })
  })

  it('is archived when no plan in use needs it', async () => {
    const made = await released(freshPath())
    const [resource] = await resourcesOf(made)
    const of = await product({ assets: [{ assetId: made.id, versions: '*' }] })
    const set = (state: 'ACTIVE' | 'DEPRECATED' | 'ARCHIVED') =>
      house.assetService.setAssetState(manager(), made.id, state)
    expect(await refusalOf(set('ARCHIVED'))).toMatchObject([{ code: 'WRONG_STATE' }])
    await expect(set('DEPRECATED')).resolves.toMatchObject({ state: 'DEPRECATED' })
    await expect(set('ACTIVE')).resolves.toMatchObject({ state: 'ACTIVE' })
    await set('DEPRECATED')
    expect(await refusalOf(release(made))).toMatchObject([{ code: 'WRONG_STATE' }])

    const active = await house.plan(of.id, 'ACTIVE', [resource?.id as string])
    const leaving = await house.plan(of.id, 'DEPRECATED', [resource?.id as string])
    const subscription = await house.subscription(newId('org'), of.id, leaving)
    expect(await refusalOf(set('ARCHIVED'))).toMatchObject([{ code: 'IN_USE' }, { code: 'IN_USE' }])
    await house.write(sql`update plan set state = 'DEPRECATED' where id = ${active}`)
    expect(await refusalOf(set('ARCHIVED'))).toMatchObject([{ code: 'IN_USE', field: ['input', 'state'] }])
    await house.end(subscription)
    await expect(set('ARCHIVED')).resolves.toMatchObject({ state: 'ARCHIVED' })
    await expect(set('ARCHIVED')).resolves.toMatchObject({ state: 'ARCHIVED' })
    expect(await refusalOf(set('ACTIVE'))).toMatchObject([{ code: 'WRONG_STATE' }])
  })
})

describe('a product', () => {
  it('has an address of its own, made from its name', async () => {
    const name = `Café ${newId('prod')}`
    const [first, second] = [await product({ name }), await product({ name })]
    expect(first.slug).toMatch(/^cafe-prod-/)
    expect(second.slug).toBe(`${first.slug}-2`)
    expect(await refusalOf(product({ slug: first.slug }))).toMatchObject([{ code: 'TAKEN', field: ['input', 'slug'] }])
  })

  it('takes of each asset the newest release that its range takes', async () => {
    const [one, two, three] = [freshPath(), freshPath(), freshPath()]
    const made = await released(one)
    await release(made, one, two)
    await house.assetService.releaseAsset(manager(), {
      assetId: made.id,
      releaseType: 'MAJOR',
      resources: [{ name: 'Three', basePath: three }],
    })
    const ranges: Array<[string, string[]]> = [
      ['*', [three]],
      ['1.*', [one, two]],
      ['1.0.*', [one]],
      ['1.0.0', [one]],
      ['2.*', [three]],
      ['3.*', []],
    ]
    for (const [versions, paths] of ranges) {
      const of = await product({ assets: [{ assetId: made.id, versions }] })
      expect([versions, await pathsOf(manager(), of.id)]).toEqual([versions, paths])
    }
  })

  it('is released again and again, then deprecated, then archived once its subscriptions have ended', async () => {
    const made = await released(freshPath())
    const of = await product({ assets: [{ assetId: made.id, versions: '*' }] })
    const { id } = of
    expect(await refusalOf(house.releaseService.deprecate(manager(), id))).toMatchObject([{ code: 'WRONG_STATE' }])
    house.announced.length = 0
    await expect(activate(of)).resolves.toMatchObject({ state: 'ACTIVE' })
    await expect(activate(of)).resolves.toMatchObject({ state: 'ACTIVE' })
    const [releases = []] = await house.productReleases.ofProducts(house.reading(manager()), [id])
    expect(releases.map(({ version }) => version)).toEqual(['2.0.0', '1.0.0'])
    expect(await refusalOf(house.releaseService.archive(manager(), id))).toMatchObject([{ code: 'WRONG_STATE' }])
    await house.releaseService.deprecate(manager(), id)
    await house.releaseService.deprecate(manager(), id)
    const subscription = await house.subscription(newId('org'), id, newId('plan'))
    expect(await refusalOf(house.releaseService.archive(manager(), id))).toMatchObject([{ code: 'IN_USE' }])
    await house.end(subscription)
    await house.releaseService.archive(manager(), id)
    await house.releaseService.archive(manager(), id)
    expect(await refusalOf(activate(of))).toMatchObject([{ code: 'WRONG_STATE' }])
    expect(house.announced.map(({ name, subjectId, data }) => ({ name, subjectId, data }))).toEqual([
      { name: 'product.state-changed', subjectId: id, data: { state: 'ACTIVE', previousState: 'DRAFT' } },
      { name: 'product.state-changed', subjectId: id, data: { state: 'DEPRECATED', previousState: 'ACTIVE' } },
      { name: 'product.state-changed', subjectId: id, data: { state: 'ARCHIVED', previousState: 'DEPRECATED' } },
    ])
  })

  it('is not activated with an asset that gives it nothing', async () => {
    const of = await product({ assets: [{ assetId: (await asset(freshPath())).id, versions: '*' }] })
    expect(await refusalOf(activate(of))).toMatchObject([{ code: 'WRONG_STATE', field: ['input', 'productId'] }])
    const range = await product({ assets: [{ assetId: (await released(freshPath())).id, versions: '2.*' }] })
    expect(await refusalOf(activate(range))).toMatchObject([{ code: 'WRONG_STATE' }])
    expect(await house.products.find(house.reading(manager()), of.id)).toMatchObject({ state: 'DRAFT' })
  })

  it('keeps what is left out, loses what is null, and counts every change', async () => {
    const made = await released(freshPath())
    const of = await product({ assets: [{ assetId: made.id, versions: '1.*' }] })
    const update = (changes: object) => house.productService.updateProduct(manager(), { productId: of.id, ...changes })
    const terms = { title: 'Terms', body: 'Be kind.' }
    const one = await update({
      description: 'All about pets',
      icon: 'https://example.com/i.png',
      tags: ['a', 'a', 'b'],
      terms,
    })
    expect(one).toMatchObject({
      name: 'Pets',
      description: 'All about pets',
      tags: ['a', 'b'],
      version: of.version + 1,
    })
    const two = await update({ version: one.version, terms: { ...terms, body: 'Be kinder.' } })
    expect(two).toMatchObject({ description: 'All about pets', version: one.version + 1 })
    const read = house.reading(manager())
    expect(await house.terms.current(read, of.id)).toMatchObject({ version: 2, body: 'Be kinder.' })
    const three = await update({ description: null, icon: null, tags: null, terms: null })
    expect(three).toMatchObject({ description: null, icon: null, tags: [], name: 'Pets' })
    expect(await house.terms.current(read, of.id)).toBeNull()
    expect(await house.products.find(read, of.id)).toMatchObject({ version: three.version, description: null })
    expect(await house.parts.ofProducts(read, [of.id])).toMatchObject([[{ assetId: made.id, versions: '1.*' }]])

    expect(await refusalOf(update({ version: one.version, name: 'Late' }))).toMatchObject([{ code: 'STALE' }])
    expect(await refusalOf(update({ name: null, accessApproval: null }))).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'name'] },
      { code: 'REQUIRED', field: ['input', 'accessApproval'] },
    ])
    expect(await house.products.find(read, of.id)).toMatchObject({ version: three.version, name: 'Pets' })
  })

  it('is made of assets that are there, in use, and each named once', async () => {
    const [good, old] = [await released(freshPath()), await released(freshPath())]
    await house.assetService.setAssetState(manager(), old.id, 'DEPRECATED')
    const refused = (...ids: string[]) =>
      refusalOf(product({ assets: ids.map((assetId) => ({ assetId, versions: '*' })) }))
    expect(await refused(newId('ast'))).toMatchObject([
      { code: 'NOT_FOUND', field: ['input', 'assets', '0', 'assetId'] },
    ])
    expect(await refused('\0')).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(await refused(good.id, old.id)).toMatchObject([
      { code: 'WRONG_STATE', field: ['input', 'assets', '1', 'assetId'] },
    ])
    expect(await refused(good.id, good.id)).toMatchObject([
      { code: 'INVALID', field: ['input', 'assets', '1', 'assetId'] },
    ])
    expect(await refusalOf(product({ assets: [{ assetId: good.id, versions: 'latest' }] }))).toMatchObject([
      { code: 'INVALID', field: ['input', 'assets', '0', 'versions'] },
    ])
  })

  it('keeps the assets that one of its plans covers', async () => {
    const [covered, free] = [await released(freshPath()), await released(freshPath())]
    const of = await product({ assets: [covered, free].map(({ id }) => ({ assetId: id, versions: '*' })) })
    const [resource] = await resourcesOf(covered)
    const plan = await house.plan(of.id, 'DRAFT', [resource?.id as string])
    const make = (...made: AssetRow[]) =>
      house.productService.updateProduct(manager(), {
        productId: of.id,
        assets: made.map(({ id }) => ({ assetId: id, versions: '*' })),
      })
    expect(await refusalOf(make(free))).toMatchObject([{ code: 'IN_USE', field: ['input', 'assets'] }])
    expect(await house.parts.ofProducts(house.reading(manager()), [of.id])).toMatchObject([[{}, {}]])
    await make(covered)
    await house.write(sql`update plan set state = 'ARCHIVED' where id = ${plan}`)
    await make()
    expect(await house.parts.ofProducts(house.reading(manager()), [of.id])).toEqual([[]])
  })

  it('is changed by catalog managers alone, and is not there for strangers, on sale or not', async () => {
    const of = await product()
    await activate(of)
    await house.publish(of.id, 'EVERYONE')
    const update = (scope: Scope) => house.productService.updateProduct(scope, { productId: of.id, name: 'Mine' })
    expect(await refusalOf(update(house.provider('AUDITOR')))).toMatchObject([{ code: 'NOT_ALLOWED' }])
    expect(await refusalOf(update(house.member(newId('org'))))).toMatchObject([{ code: 'NOT_ALLOWED' }])
    expect(await refusalOf(update(house.stranger()))).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(await house.products.find(house.reading(manager()), of.id)).toMatchObject({ name: 'Pets' })
  })
})

describe('who sees a product, and what it is made of', () => {
  interface Sight {
    product: boolean
    paths: string[]
    versions: string[]
    resources: number
  }
  const blind: Sight = { product: false, paths: [], versions: [], resources: 0 }
  const [acme, globex] = [newId('org'), newId('org')]
  let made: AssetRow
  let of: ProductRow
  let taken: string
  let beyond: string

  const sight = async (scope: Scope): Promise<Sight> => {
    const read = house.reading(scope)
    const all = await house.resources.byIds(read, allResources)
    return {
      product: (await house.products.find(read, of.id)) !== null,
      paths: await pathsOf(scope, of.id),
      versions: await versionsOf(made, scope),
      resources: all.filter(Boolean).length,
    }
  }
  let allResources: string[]

  beforeAll(async () => {
    ;[taken, beyond] = [freshPath(), freshPath()]
    made = await released(taken)
    await house.assetService.releaseAsset(manager(), {
      assetId: made.id,
      releaseType: 'MAJOR',
      resources: [taken, beyond].map((basePath) => ({ name: 'API', basePath })),
    })
    of = await product({ assets: [{ assetId: made.id, versions: '1.*' }] })
    allResources = (await resourcesOf(made)).map(({ id }) => id)
  })

  const whole = () => ({ product: true, paths: [taken], versions: ['2.0.0', '1.0.0'], resources: 2 })
  const onSale = () => ({ product: true, paths: [taken], versions: ['1.0.0'], resources: 1 })
  const expectSights = async (expected: Array<[string, Scope, Sight]>) => {
    for (const [who, scope, seen] of expected) expect([who, await sight(scope)]).toEqual([who, seen])
  }
  const audience = (): Array<[string, Scope]> => [
    ['Acme', house.member(acme)],
    ['Globex', house.member(globex)],
    ['nobody’s member', house.member()],
    ['a stranger', anonymous],
    ['another provider', house.stranger()],
  ]
  const seenBy = (...who: string[]) =>
    expectSights(audience().map(([name, scope]) => [name, scope, who.includes(name) ? onSale() : blind]))

  it('before it is published: its provider’s people', async () => {
    await activate(of)
    await expectSights([
      ['its people', house.provider('AUDITOR'), whole()],
      ['the system', system, whole()],
    ])
    await seenBy()
  })

  it('published to everyone in a protected marketplace: its members', async () => {
    await house.publish(of.id, 'EVERYONE')
    await seenBy('Acme', 'Globex')
    await house.unpublish(of.id)
  })

  it('published to selected organizations: theirs', async () => {
    await house.publish(of.id, 'SELECTED_ORGANIZATIONS', [acme])
    await seenBy('Acme')
    await house.unpublish(of.id)
  })

  it('published in a public marketplace: strangers too, unless they must sign in', async () => {
    await house.write(sql`update marketplace set visibility = 'PUBLIC' where id = ${house.place.marketplaceId}`)
    await house.publish(of.id, 'EVERYONE')
    await seenBy('Acme', 'Globex', 'nobody’s member', 'a stranger')
    await house.unpublish(of.id)
    await house.publish(of.id, 'SIGNED_IN')
    await seenBy('Acme', 'Globex', 'nobody’s member')
    await house.unpublish(of.id)
    await house.publish(of.id, 'SELECTED_ORGANIZATIONS', [])
    await seenBy()
    await house.unpublish(of.id)
    await house.write(sql`update marketplace set visibility = 'PROTECTED' where id = ${house.place.marketplaceId}`)
  })

  it('published in another marketplace: nobody of this one', async () => {
    await house.publish(of.id, 'EVERYONE', [], await house.marketplace('PROTECTED'))
    await seenBy()
    await house.unpublish(of.id)
  })

  it('bought, and no longer published: who has bought it, and an API as long as a plan covers it', async () => {
    const [first] = allResources
    const plan = await house.plan(of.id, 'ACTIVE', [allResources[1] as string])
    const subscription = await house.subscription(acme, of.id, plan)
    await expectSights([
      ['Acme', house.member(acme), { ...onSale(), resources: 2 }],
      ['Globex', house.member(globex), blind],
    ])
    await house.write(sql`update product_subscription set state = 'REJECTED' where id = ${subscription}`)
    await seenBy()
    expect(first).toBeDefined()
  })

  it('deprecated: as before; archived: nobody but its people', async () => {
    await house.publish(of.id, 'EVERYONE')
    await house.releaseService.deprecate(manager(), of.id)
    await seenBy('Acme', 'Globex')
    await house.releaseService.archive(manager(), of.id)
    await seenBy()
    await expectSights([['its people', house.provider('AUDITOR'), whole()]])
  })
})
