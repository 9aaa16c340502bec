import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { type Backend, startBackend } from '../support/backend.js'
import { day, hearing, hour, later, timeIn, whenAllRests, whenItIs, whenPaid } from '../support/billing.js'
import type { Client } from '../support/client.js'
import {
  AccessChangedDocument,
  AccessGrantedDocument,
  ApplicationDocument,
  ApproveAccessRequestDocument,
  CancelProductSubscriptionDocument,
  CreateApplicationDocument,
  CreateCredentialDocument,
  CredentialDecisionDocument,
  DenyAccessRequestDocument,
  MarketplaceAccessRequestsDocument,
  NodeDocument,
  RequestAccessDocument,
  RevokeAccessDocument,
  RotateCredentialDocument,
  SetCredentialStateDocument,
} from '../support/generated/graphql.js'
import { givenColleague, givenMember, neverWas } from '../support/people.js'
import {
  givenBilling,
  givenGateway,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  type Offer,
  type Organization,
  whenAccessIsAskedFor,
  whenSubscribed,
} from '../support/world.js'

describe('access', () => {
  let backend: Backend
  let market: Market
  let acme: Organization
  let rival: Organization
  /** Free, so that nothing but people stands in the way. */
  let open: Offer
  let guarded: Offer
  let authorize: Awaited<ReturnType<typeof givenGateway>>
  beforeAll(async () => {
    backend = await startBackend()
    market = await givenMarketplace(backend)
    await givenBilling(market)
    ;[acme, rival] = [await givenOrganization(market), await givenOrganization(market, 'Rival')]
    open = await givenOffer(market, { type: 'FREE' })
    guarded = await givenOffer(market, { type: 'FREE' }, 'MANUAL')
    authorize = await givenGateway(market)
  })
  afterAll(() => backend.stop())

  const applicationOf = async ({ consumer, id: organizationId }: Organization, name = 'Pet finder') =>
    (await consumer.mutate(CreateApplicationDocument, { organizationId, name })).application.id
  const seen = async (client: Client, id: string) => (await client.query(ApplicationDocument, { id })).application
  const requestOf = async (client: Client, id: string, at = 0) => (await seen(client, id))?.accessRequests[at]

  describe('is asked for', () => {
    test('before the subscription is paid, and opens by itself for every application that asked', async () => {
      const paid = await givenOffer(market)
      const heard = await hearing(acme.consumer, { organizationId: acme.id })
      const { productSubscription } = await whenSubscribed(acme, paid)
      const asked = []
      for (const name of ['Finder', 'Keeper']) {
        const applicationId = await applicationOf(acme, name)
        const wish = { applicationId, resourceId: paid.resourceId, productSubscriptionId: productSubscription.id }
        const { accessRequest } = await acme.consumer.mutate(RequestAccessDocument, wish)
        expect(accessRequest).toMatchObject({ state: 'WAITING', blocks: [{ code: 'FIRST_INVOICE_UNPAID' }] })
        // Asked again, it is the request that there is.
        expect((await acme.consumer.mutate(RequestAccessDocument, wish)).accessRequest.id).toBe(accessRequest.id)
        asked.push({ applicationId, id: accessRequest.id })
      }
      expect(heard.access.received).toEqual([])

      await whenPaid(market, acme.consumer, productSubscription.id)
      const granted = [await heard.access.next(), await heard.access.next()]
      expect(granted.map(({ previousState, state }) => [previousState, state])).toEqual([
        ['WAITING', 'GRANTED'],
        ['WAITING', 'GRANTED'],
      ])
      expect(new Set(granted.map(({ accessRequest }) => accessRequest.id))).toEqual(new Set(asked.map(({ id }) => id)))
      for (const { applicationId } of asked) {
        expect(await requestOf(acme.consumer, applicationId)).toMatchObject({
          state: 'GRANTED',
          grantedAt: expect.any(String),
          approval: { decision: 'APPROVED', reason: null },
          blocks: [],
        })
      }
    })

    test('only for what the plan covers, by an application of the same organization, under what still runs', async () => {
      const { productSubscription } = await whenSubscribed(acme, open)
      const applicationId = await applicationOf(acme)
      const wish = { applicationId, resourceId: open.resourceId, productSubscriptionId: productSubscription.id }
      const foreign = await applicationOf(rival)
      const other = await givenOffer(market, { type: 'FREE' })

      const refusals: Array<[Partial<typeof wish>, string, string]> = [
        [{ applicationId: foreign }, 'NOT_FOUND', 'applicationId'],
        [{ applicationId: neverWas(applicationId) }, 'NOT_FOUND', 'applicationId'],
        [{ applicationId: productSubscription.id }, 'NOT_FOUND', 'applicationId'],
        [{ applicationId: 'app_\0' }, 'NOT_FOUND', 'applicationId'],
        [{ productSubscriptionId: neverWas(productSubscription.id) }, 'NOT_FOUND', 'productSubscriptionId'],
        [{ resourceId: neverWas(open.resourceId) }, 'NOT_FOUND', 'resourceId'],
        [{ resourceId: 'what' }, 'NOT_FOUND', 'resourceId'],
        [{ resourceId: other.resourceId }, 'RESOURCE_NOT_IN_PLAN', 'resourceId'],
      ]
      for (const [change, code, field] of refusals) {
        const [refusal] = await acme.consumer.refused(RequestAccessDocument, { ...wish, ...change })
        expect([change, refusal?.code, refusal?.field]).toEqual([change, code, ['input', field]])
        expect(refusal?.message).toMatch(/^[A-Z].*\.$/)
      }
      expect((await seen(acme.consumer, applicationId))?.accessRequests).toEqual([])

      await acme.consumer.mutate(CancelProductSubscriptionDocument, {
        productSubscriptionId: productSubscription.id,
        when: 'NOW',
      })
      expect(await acme.consumer.refused(RequestAccessDocument, wish)).toMatchObject([
        { code: 'SUBSCRIPTION_NOT_ACTIVE', field: ['input', 'productSubscriptionId'] },
      ])
      expect((await seen(acme.consumer, applicationId))?.accessRequests).toEqual([])
    })

    test('by developers and administrators; nobody else sees that there is an application', async () => {
      const applicationId = await applicationOf(acme)
      const { productSubscription } = await whenSubscribed(acme, open)
      const wish = { applicationId, resourceId: open.resourceId, productSubscriptionId: productSubscription.id }
      const subscriber = await givenMember(backend, acme.consumer, acme.id, ['SUBSCRIBER'])
      const developer = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])

      const refused = async (client: Client, code: string) =>
        expect(await client.refused(RequestAccessDocument, wish)).toMatchObject([{ code }])
      await refused(subscriber.client, 'NOT_ALLOWED')
      await refused(rival.consumer, 'NOT_FOUND')
      await refused(market.provider, 'NOT_ALLOWED')
      expect(await requestOf(acme.consumer, applicationId)).toBeUndefined()

      const { accessRequest } = await developer.client.mutate(RequestAccessDocument, wish)
      expect(accessRequest.state).toBe('GRANTED')
      for (const id of [applicationId, accessRequest.id]) {
        expect((await rival.consumer.query(NodeDocument, { id })).node).toBeNull()
        expect((await backend.client().query(NodeDocument, { id })).node).toBeNull()
        expect((await subscriber.client.query(NodeDocument, { id })).node).not.toBeNull()
      }
      expect(await seen(rival.consumer, applicationId)).toBeNull()
      const cancel = { productSubscriptionId: productSubscription.id, when: 'NOW' } as const
      await acme.consumer.mutate(CancelProductSubscriptionDocument, cancel)
    })
  })

  describe('is for a person to give, where the product says so', () => {
    async function asked(offer = guarded) {
      const organization = await givenOrganization(market)
      const { productSubscription } = await whenSubscribed(organization, offer)
      const { applicationId, accessRequest, key } = await whenAccessIsAskedFor(
        organization,
        offer,
        productSubscription.id,
      )
      const heard = await organization.consumer.listen(AccessChangedDocument, { organizationId: organization.id })
      return { organization, applicationId, accessRequest, key: key, productSubscription, heard }
    }

    test('approved, it opens', async () => {
      const { organization, applicationId, accessRequest, key, heard } = await asked()
      const granted = await organization.consumer.listen(AccessGrantedDocument, {})
      expect(accessRequest).toMatchObject({ state: 'PENDING_APPROVAL', blocks: [{ code: 'ACCESS_NOT_APPROVED' }] })
      const list = await market.provider.query(MarketplaceAccessRequestsDocument, {
        slug: market.slug,
        state: 'PENDING_APPROVAL',
        first: 100,
      })
      expect(list.marketplace?.accessRequests.nodes.map(({ id }) => id)).toContain(accessRequest.id)

      const input = { accessRequestId: accessRequest.id }
      const catalogManager = await givenColleague(market, ['CATALOG_MANAGER'])
      for (const [client, code] of [
        [organization.consumer, 'NOT_ALLOWED'],
        [catalogManager.client, 'NOT_ALLOWED'],
        [rival.consumer, 'NOT_FOUND'],
      ] as const) {
        expect(await client.refused(ApproveAccessRequestDocument, input)).toMatchObject([{ code }])
      }
      expect((await requestOf(organization.consumer, applicationId))?.state).toBe('PENDING_APPROVAL')
      expect((await authorize(key, guarded.basePath)).headers.get('x-access-reason')).toBe('ACCESS_NOT_APPROVED')

      const manager = await givenColleague(market, ['ACCESS_MANAGER'])
      const { accessRequest: approved } = await manager.client.mutate(ApproveAccessRequestDocument, input)
      expect(approved).toMatchObject({
        state: 'GRANTED',
        approval: { decision: 'APPROVED', decidedBy: { email: manager.email } },
        blocks: [],
      })
      await granted.next()
      expect((await authorize(key, guarded.basePath)).status).toBe(204)
      // Once more changes nothing, and denying it then is too late.
      await manager.client.mutate(ApproveAccessRequestDocument, input)
      expect(await manager.client.refused(DenyAccessRequestDocument, { ...input, reason: 'No.' })).toMatchObject([
        { code: 'WRONG_STATE' },
      ])
      await whenAllRests(market)
      await heard.next(({ state }) => state === 'GRANTED')
      expect(heard.received.map(({ previousState, state }) => [previousState, state])).toEqual([['WAITING', 'GRANTED']])
      expect(granted.received).toHaveLength(1)
    })

    test('denied, it stays so, with the reason; asked again is another request', async () => {
      const { organization, applicationId, accessRequest, key, heard, productSubscription } = await asked()
      const input = { accessRequestId: accessRequest.id }
      for (const reason of ['', '   ']) {
        expect(await market.provider.refused(DenyAccessRequestDocument, { ...input, reason })).toMatchObject([
          { code: 'REQUIRED', field: ['input', 'reason'] },
        ])
      }
      expect((await requestOf(organization.consumer, applicationId))?.state).toBe('PENDING_APPROVAL')
      await market.provider.mutate(DenyAccessRequestDocument, { ...input, reason: 'Not for pets.' })
      expect(await heard.next()).toMatchObject({ previousState: 'PENDING_APPROVAL', state: 'DENIED' })
      expect(await requestOf(organization.consumer, applicationId)).toMatchObject({
        state: 'DENIED',
        approval: { decision: 'REJECTED', reason: 'Not for pets.' },
      })
      expect((await authorize(key, guarded.basePath)).headers.get('x-access-reason')).toBe('ACCESS_NOT_APPROVED')
      expect(await market.provider.refused(ApproveAccessRequestDocument, input)).toMatchObject([
        { code: 'WRONG_STATE' },
      ])

      const { accessRequest: again } = await organization.consumer.mutate(RequestAccessDocument, {
        applicationId,
        resourceId: guarded.resourceId,
        productSubscriptionId: productSubscription.id,
      })
      expect(again).toMatchObject({ state: 'PENDING_APPROVAL' })
      expect(again.id).not.toBe(accessRequest.id)
      await market.provider.mutate(ApproveAccessRequestDocument, { accessRequestId: again.id })
      expect((await authorize(key, guarded.basePath)).status).toBe(204)
      expect((await seen(organization.consumer, applicationId))?.accessRequests.map(({ state }) => state)).toEqual([
        'DENIED',
        'GRANTED',
      ])
    })

    test('revoked, by either side, it is closed for good', async () => {
      for (const side of ['provider', 'consumer'] as const) {
        const { organization, accessRequest, key, heard } = await asked()
        await market.provider.mutate(ApproveAccessRequestDocument, { accessRequestId: accessRequest.id })
        await heard.next(({ state }) => state === 'GRANTED')
        const input = { accessRequestId: accessRequest.id, reason: 'Too many pets.' }
        expect(await rival.consumer.refused(RevokeAccessDocument, input)).toMatchObject([{ code: 'NOT_FOUND' }])
        const client = side === 'provider' ? market.provider : organization.consumer
        await client.mutate(RevokeAccessDocument, input)
        expect(await heard.next()).toMatchObject({ previousState: 'GRANTED', state: 'REVOKED' })
        expect((await authorize(key, guarded.basePath)).headers.get('x-access-reason')).toBe('ACCESS_REVOKED')
        expect(
          await market.provider.refused(ApproveAccessRequestDocument, { accessRequestId: accessRequest.id }),
        ).toMatchObject([{ code: 'WRONG_STATE' }])
      }
    })

    test('approved before it is paid, it waits on and opens with the payment', async () => {
      const dear = await givenOffer(market, {}, 'MANUAL')
      const { organization, accessRequest, productSubscription, heard } = await asked(dear)
      expect(accessRequest.blocks.map(({ code }) => code)).toEqual(['ACCESS_NOT_APPROVED', 'FIRST_INVOICE_UNPAID'])
      const { accessRequest: approved } = await market.provider.mutate(ApproveAccessRequestDocument, {
        accessRequestId: accessRequest.id,
      })
      expect(approved).toMatchObject({ state: 'WAITING', blocks: [{ code: 'FIRST_INVOICE_UNPAID' }] })
      await whenPaid(market, organization.consumer, productSubscription.id)
      await heard.next(({ state }) => state === 'GRANTED')
    })
  })

  describe('goes by keys', () => {
    test('that are shown once, and of which only a digest is stored', async () => {
      const applicationId = await applicationOf(acme)
      const input = { applicationId, name: 'production', idempotencyKey: `key-${applicationId}` }
      const { credential, secret } = await acme.consumer.mutate(CreateCredentialDocument, input)
      expect(secret).toMatch(/^apk_test_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
      expect(secret.startsWith(credential.publicId)).toBe(true)
      expect(secret.endsWith(credential.last4)).toBe(true)

      const again = await acme.consumer.query(CreateCredentialDocument, { input })
      expect(again.createCredential).toMatchObject({ credential: { id: credential.id }, secret: null, userErrors: [] })
      const { secret: renewed } = await acme.consumer.mutate(RotateCredentialDocument, { credentialId: credential.id })
      expect(renewed.startsWith(credential.publicId)).toBe(true)
      expect(renewed).not.toBe(secret)
      expect(JSON.stringify(await seen(acme.consumer, applicationId))).not.toContain(renewed.slice(-20))

      for (const shown of [secret, renewed]) {
        const hidden = shown.slice(credential.publicId.length + 1)
        expect(await placesWith(backend, hidden)).toEqual([])
        expect(backend.logged.filter((line) => line.includes(hidden))).toEqual([])
      }
      // Whoever looks so finds what there is.
      expect(await placesWith(backend, credential.publicId)).toContain('public.credential')
    })

    test('that overlap when they are rotated: both work, then only the new one', async () => {
      const organization = await givenOrganization(market)
      const { productSubscription } = await whenSubscribed(organization, open)
      const { credential, key } = await whenAccessIsAskedFor(organization, open, productSubscription.id)
      const { consumer } = organization
      const input = { credentialId: credential.id, overlapHours: 24 }
      for (const overlapHours of [-1, 721]) {
        expect(await consumer.refused(RotateCredentialDocument, { ...input, overlapHours })).toMatchObject([
          { code: 'INVALID', field: ['input', 'overlapHours'] },
        ])
      }
      // Whoever rotates sees the secret: the provider's people never do.
      expect(await market.provider.refused(RotateCredentialDocument, input)).toMatchObject([{ code: 'NOT_ALLOWED' }])

      const now = await timeIn(market)
      const { credential: rotated, secret } = await consumer.mutate(RotateCredentialDocument, input)
      const ends = new Date(rotated.previousSecretExpiresAt as string).getTime()
      expect(ends - now.getTime()).toBeGreaterThanOrEqual(24 * hour)
      expect(ends - now.getTime()).toBeLessThan(24 * hour + 10_000)
      const statuses = async () => [
        (await authorize(key, open.basePath)).status,
        (await authorize(secret, open.basePath)).status,
      ]
      expect(await statuses()).toEqual([204, 204])

      await whenItIs(market, later(now, 24 * hour + 10_000))
      expect(await statuses()).toEqual([401, 204])

      // Without an overlap the former one ends at once.
      const { secret: third } = await consumer.mutate(RotateCredentialDocument, { ...input, overlapHours: 0 })
      expect((await authorize(secret, open.basePath)).status).toBe(401)
      expect((await authorize(third, open.basePath)).status).toBe(204)
    })

    test('that either side suspends, and only the provider enables again what the provider suspended', async () => {
      const organization = await givenOrganization(market)
      const { productSubscription } = await whenSubscribed(organization, open)
      const { credential, key } = await whenAccessIsAskedFor(organization, open, productSubscription.id)
      const { consumer } = organization
      const set = (state: 'ACTIVE' | 'SUSPENDED' | 'REVOKED' | 'EXPIRED') => ({ credentialId: credential.id, state })
      const reason = async () => (await authorize(key, open.basePath)).headers.get('x-access-reason')

      await consumer.mutate(SetCredentialStateDocument, set('SUSPENDED'))
      expect(await reason()).toBe('CREDENTIAL_SUSPENDED')
      await consumer.mutate(SetCredentialStateDocument, set('ACTIVE'))
      expect(await reason()).toBeNull()

      await market.provider.mutate(SetCredentialStateDocument, { ...set('SUSPENDED'), reason: 'It calls too much.' })
      expect(await consumer.refused(SetCredentialStateDocument, set('ACTIVE'))).toMatchObject([
        { code: 'NOT_ALLOWED', field: ['input', 'state'] },
      ])
      expect(await reason()).toBe('CREDENTIAL_SUSPENDED')
      await market.provider.mutate(SetCredentialStateDocument, set('ACTIVE'))
      expect(await reason()).toBeNull()

      expect(await consumer.refused(SetCredentialStateDocument, set('EXPIRED'))).toMatchObject([{ code: 'INVALID' }])
      expect(await rival.consumer.refused(SetCredentialStateDocument, set('REVOKED'))).toMatchObject([
        { code: 'NOT_FOUND' },
      ])
      await consumer.mutate(SetCredentialStateDocument, set('REVOKED'))
      expect(await reason()).toBe('CREDENTIAL_REVOKED')
      for (const client of [consumer, market.provider]) {
        expect(await client.refused(SetCredentialStateDocument, set('ACTIVE'))).toMatchObject([{ code: 'WRONG_STATE' }])
      }
      expect(await consumer.refused(RotateCredentialDocument, { credentialId: credential.id })).toMatchObject([
        { code: 'WRONG_STATE' },
      ])
      expect(await reason()).toBe('CREDENTIAL_REVOKED')
    })

    test('that expire', async () => {
      const organization = await givenOrganization(market)
      const { productSubscription } = await whenSubscribed(organization, open)
      const { applicationId } = await whenAccessIsAskedFor(organization, open, productSubscription.id)
      const now = await timeIn(market)
      const input = { applicationId, name: 'for a day' }
      const past = { ...input, expiresAt: later(now, -1_000).toISOString() }
      expect(await organization.consumer.refused(CreateCredentialDocument, past)).toMatchObject([
        { code: 'INVALID', field: ['input', 'expiresAt'] },
      ])
      const expiresAt = later(now, day).toISOString()
      const { credential, secret } = await organization.consumer.mutate(CreateCredentialDocument, {
        ...input,
        expiresAt,
      })
      expect((await authorize(secret, open.basePath)).status).toBe(204)
      await whenItIs(market, expiresAt)
      expect((await authorize(secret, open.basePath)).headers.get('x-access-reason')).toBe('CREDENTIAL_EXPIRED')
      const { credentials = [] } = (await seen(organization.consumer, applicationId)) ?? {}
      expect(credentials.map(({ id, state }) => [id, state])).toContainEqual([credential.id, 'EXPIRED'])
    })

    test('whose own people may ask why they do not pass', async () => {
      const organization = await givenOrganization(market)
      const { productSubscription } = await whenSubscribed(organization, open)
      const { applicationId, credential } = await whenAccessIsAskedFor(organization, open, productSubscription.id)
      const ask = async (client: Client, path: string) =>
        (await client.query(CredentialDecisionDocument, { application: applicationId, path })).application?.credentials
      expect(await ask(organization.consumer, `${open.basePath}/dogs`)).toMatchObject([
        { id: credential.id, decision: { allowed: true, reasons: [] } },
      ])
      expect(await ask(organization.consumer, '/elsewhere')).toMatchObject([
        { decision: { allowed: false, reasons: [{ code: 'RESOURCE_UNKNOWN' }] } },
      ])
      expect(await ask(rival.consumer, open.basePath)).toBeUndefined()
    })
  })
})

/** The tables, with a row of which somewhere the text stands. */
async function placesWith(backend: Backend, text: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: backend.config.databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    )
    expect(rows.length).toBeGreaterThan(40)
    const found: string[] = []
    for (const { name } of rows) {
      const { rowCount } = await client.query(`select from ${name} as t where strpos(t::text, $1) > 0 limit 1`, [text])
      if (rowCount) found.push(name)
    }
    return found
  } finally {
    await client.end()
  }
}
