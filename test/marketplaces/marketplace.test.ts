import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { newId } from '../../src/kernel/id.js'
import {
  type Answer,
  asking,
  codes,
  givenMarketplace,
  givenProvider,
  givenSignedUp,
  openPeopleHouse,
  type PeopleHouse,
} from '../organizations/people-house.js'

let house: PeopleHouse
beforeAll(async () => {
  house = await openPeopleHouse()
})
afterAll(() => house.close())

const { query, mutate } = asking(() => house)
const fields =
  'marketplace { id slug name description url visibility timeZone version consumerOrganizationsAllowed selfSignupAllowed signupApprovalRequired terms { version title body url } provider { id } }'
const create = (token: string | null, input: object) => mutate(token, 'createMarketplace', input, fields)
const update = (token: string | null, input: object) => mutate(token, 'updateMarketplace', input, fields)
const front = (token: string | null, slug: string) =>
  query(
    token,
    'query ($slug: String!) { marketplace(slug: $slug) { name slug url description selfSignupAllowed terms { title } provider { name members { totalCount } invitations { id } units { name } auditLog { totalCount } } } }',
    { slug },
  ).then(({ marketplace }) => marketplace)

describe('making a marketplace', () => {
  it('takes a name and an address; the rest has careful defaults', async () => {
    const provider = await givenProvider(house)
    const slug = `quay-${newId('mkt').slice(-8)}`
    const answer = await create(provider.token, { providerId: provider.id, name: ' Quay ', slug })
    expect(answer).toMatchObject({
      marketplace: {
        slug,
        name: 'Quay',
        description: null,
        url: null,
        visibility: 'PROTECTED',
        timeZone: 'UTC',
        version: 1,
        consumerOrganizationsAllowed: true,
        selfSignupAllowed: false,
        signupApprovalRequired: false,
        terms: null,
        provider: { id: provider.id },
      },
      userErrors: [],
    })
  })

  it('is refused for all that is wrong at once', async () => {
    const provider = await givenProvider(house)
    const answer = await create(provider.token, {
      providerId: provider.id,
      name: '',
      slug: 'Quay!',
      description: 'a\0b',
    })
    expect(answer).toMatchObject({
      marketplace: null,
      userErrors: [
        { code: 'REQUIRED', field: ['input', 'name'] },
        { code: 'INVALID', field: ['input', 'slug'] },
        { code: 'INVALID', field: ['input', 'description'] },
      ],
    })
  })

  it('is refused for an address that another one has, also at once', async () => {
    const { slug } = await givenMarketplace(house)
    const other = await givenProvider(house)
    expect((await create(other.token, { providerId: other.id, name: 'Mine', slug })).userErrors).toMatchObject([
      { code: 'TAKEN', field: ['input', 'slug'] },
    ])
    const wanted = `quay-${newId('mkt').slice(-8)}`
    const answers = await Promise.all(
      [1, 2, 3].map(() => create(other.token, { providerId: other.id, name: 'Mine', slug: wanted })),
    )
    expect(answers.map(codes).sort()).toEqual([[], ['TAKEN'], ['TAKEN']])
  })

  it('is for the provider’s own people', async () => {
    const { id, provider } = await givenMarketplace(house)
    const { token } = await givenSignedUp(house, id)
    const stranger = await givenProvider(house)
    const input = { providerId: provider.id, name: 'Mine', slug: `mine-${newId('mkt').slice(-8)}` }
    expect(codes(await create(token, input))).toEqual(['NOT_ALLOWED'])
    expect(codes(await create(stranger.token, input))).toEqual(['NOT_FOUND'])
    expect(codes(await create(stranger.token, { ...input, providerId: '\0' }))).toEqual(['NOT_FOUND'])
    await expect(create(null, input)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})

describe('changing a marketplace', () => {
  it('keeps what is left out, and clears what is null', async () => {
    const { id, provider } = await givenMarketplace(house, { description: 'Pet APIs' })
    const named = await update(provider.token, { marketplaceId: id, name: 'Port', visibility: 'PUBLIC' })
    expect(named['marketplace']).toMatchObject({
      name: 'Port',
      description: 'Pet APIs',
      visibility: 'PUBLIC',
      selfSignupAllowed: true,
      version: 2,
    })
    const cleared = await update(provider.token, { marketplaceId: id, description: null, url: null })
    expect(cleared['marketplace']).toMatchObject({ name: 'Port', description: null, url: null, version: 3 })
    expect(
      (await update(provider.token, { marketplaceId: id, name: null, visibility: null, timeZone: null })).userErrors,
    ).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'name'] },
      { code: 'REQUIRED', field: ['input', 'visibility'] },
      { code: 'REQUIRED', field: ['input', 'timeZone'] },
    ])
  })

  it('says in the audit log what was changed, and only that', async () => {
    const { id, provider } = await givenMarketplace(house)
    await update(provider.token, { marketplaceId: id, timeZone: 'Europe/Paris', url: null })
    const log = await query(
      provider.token,
      'query ($id: ID!) { provider(id: $id) { auditLog(first: 1) { nodes { action subjectId summary actor { email } } } } }',
      { id: provider.id },
    )
    expect(log['provider'].auditLog.nodes).toEqual([
      {
        action: 'marketplace.updated',
        subjectId: id,
        summary: 'Settings of Harbour were changed: url, timeZone.',
        actor: { email: provider.email },
      },
    ])
  })

  it('is STALE for whoever read it before somebody else changed it, whatever was changed', async () => {
    const { id, provider } = await givenMarketplace(house)
    expect(codes(await update(provider.token, { marketplaceId: id, version: 1, name: 'Port' }))).toEqual([])
    expect((await update(provider.token, { marketplaceId: id, version: 1, name: 'Quay' })).userErrors).toMatchObject([
      { code: 'STALE', field: ['input', 'version'] },
    ])
    const terms = { title: 'Terms', body: 'Be kind.' }
    expect((await update(provider.token, { marketplaceId: id, version: 2, terms }))['marketplace']).toMatchObject({
      version: 3,
      name: 'Port',
    })
    expect(codes(await update(provider.token, { marketplaceId: id, version: 2, terms: null }))).toEqual(['STALE'])
    expect(codes(await update(provider.token, { marketplaceId: id, name: 'Quay' }))).toEqual([])
  })

  it('with new terms makes a version; with the same ones none; null takes them away', async () => {
    const { id, provider } = await givenMarketplace(house)
    const terms = async (given: object | null) =>
      (await update(provider.token, { marketplaceId: id, terms: given }))['marketplace'].terms
    const first = { title: 'Terms', body: 'Be kind.' }
    expect(await terms(first)).toEqual({ version: 1, url: null, ...first })
    expect(await terms(first)).toMatchObject({ version: 1 })
    expect(await terms({ ...first, body: 'Be kinder.' })).toMatchObject({ version: 2, body: 'Be kinder.' })
    expect(await terms(null)).toBeNull()
    expect(await terms(first)).toMatchObject({ version: 3 })
    expect((await update(provider.token, { marketplaceId: id, terms: { title: 'Terms' } })).userErrors).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'terms', 'body'] },
    ])
    const kept = (await house.rowsOf('terms_version')).filter((row) => row['subject_id'] === id)
    expect(kept.map((row) => row['body']).sort()).toEqual(['Be kind.', 'Be kind.', 'Be kinder.'])
  })

  it('is for the provider’s own people', async () => {
    const { id } = await givenMarketplace(house)
    const { token } = await givenSignedUp(house, id)
    const stranger = await givenMarketplace(house)
    expect(codes(await update(token, { marketplaceId: id, name: 'Mine' }))).toEqual(['NOT_ALLOWED'])
    expect(codes(await update(stranger.provider.token, { marketplaceId: id, name: 'Mine' }))).toEqual(['NOT_FOUND'])
    expect(codes(await update(stranger.provider.token, { marketplaceId: '\0', name: 'Mine' }))).toEqual(['NOT_FOUND'])
    await expect(update(null, { marketplaceId: id, name: 'Mine' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})

describe('a marketplace', () => {
  const hidden = { members: { totalCount: 0 }, invitations: [], units: [], auditLog: { totalCount: 0 } }

  it('that is protected shows strangers its front, and nothing of its provider', async () => {
    const { id, slug, provider } = await givenMarketplace(house, { description: 'Pet APIs' })
    await update(provider.token, { marketplaceId: id, terms: { title: 'Terms', body: 'Be kind.' } })
    const stranger = await givenMarketplace(house)
    const elsewhere = await givenSignedUp(house, stranger.id)
    for (const token of [null, stranger.provider.token, elsewhere.token]) {
      expect(await front(token, slug)).toEqual({
        name: 'Harbour',
        slug,
        url: 'https://harbour.example/shop/',
        description: null,
        selfSignupAllowed: true,
        terms: { title: 'Terms' },
        provider: { name: 'Northwind', ...hidden },
      })
    }
    expect((await front(provider.token, slug)).description).toBe('Pet APIs')
    expect((await front(provider.token, slug)).provider).toMatchObject({
      members: { totalCount: 1 },
      units: [{ name: 'transactions' }],
    })
  })

  it('that is public shows strangers what it is for', async () => {
    const { slug } = await givenMarketplace(house, { description: 'Pet APIs', visibility: 'PUBLIC' })
    expect(await front(null, slug)).toMatchObject({ description: 'Pet APIs', provider: hidden })
  })

  it.each(['', 'no-such-place', 'UPPER', 'a\0bc', '%', 'a'.repeat(10_000)])(
    'is not found by the address %j',
    async (slug) => {
      expect(await front(null, slug)).toBeNull()
    },
  )

  it('is listed where it is public, or where one has a part', async () => {
    const open = await givenMarketplace(house, { visibility: 'PUBLIC' })
    const closed = await givenMarketplace(house)
    const member = await givenSignedUp(house, closed.id)
    const listed = async (token: string | null) => {
      const { marketplaces } = await query(token, '{ marketplaces(last: 100) { totalCount nodes { slug } } }')
      const slugs: string[] = marketplaces.nodes.map(({ slug }: Answer) => slug)
      expect(marketplaces.totalCount).toBe(slugs.length)
      return [slugs.includes(open.slug), slugs.includes(closed.slug)]
    }
    expect(await listed(null)).toEqual([true, false])
    expect(await listed(open.provider.token)).toEqual([true, false])
    expect(await listed(closed.provider.token)).toEqual([true, true])
    expect(await listed(member.token)).toEqual([true, true])
  })
})
