import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newKey } from '../../src/access/api-key.js'
import { type Backend, startBackend } from '../support/backend.js'
import { day, later, monthsLater, subscriptionSeen, timeIn, whenItIs, whenPaid } from '../support/billing.js'
import { Client } from '../support/client.js'
import {
  type AccessBlockCode,
  AccessDecisionDocument,
  ActivatePlanDocument,
  ApproveProductSubscriptionDocument,
  ArchiveProductDocument,
  CancelProductSubscriptionDocument,
  ChangePlanDocument,
  CreateApplicationDocument,
  CreateAssetDocument,
  CreateCredentialDocument,
  CreateGatewayTokenDocument,
  CreatePlanDocument,
  type CreatePlanInput,
  CredentialDecisionDocument,
  DenyAccessRequestDocument,
  DeprecateProductDocument,
  GatewayTokensDocument,
  PlanChangePreviewDocument,
  ProviderProductDocument,
  QuotaThresholdReachedDocument,
  RejectProductSubscriptionDocument,
  ReleaseAssetDocument,
  ReportUsageDocument,
  RequestAccessDocument,
  ResumeProductSubscriptionDocument,
  RevokeAccessDocument,
  RevokeGatewayTokenDocument,
  SetConsumerOrganizationStateDocument,
  SetCredentialStateDocument,
  SuspendProductSubscriptionDocument,
  UpdateProductDocument,
} from '../support/generated/graphql.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  mark,
  type Offer,
  type Organization,
  whenAccessIsAskedFor,
  whenSubscribed,
} from '../support/world.js'

interface Verdict {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: { reasons: Array<{ code: string; message: string }>; message?: string } | null
}

describe('a gateway', () => {
  let backend: Backend
  let market: Market
  let token: string
  /** Every reason that a story has seen. */
  const told = new Set<string>()
  beforeAll(async () => {
    // Unknown keys are counted, so that the last story can have too many of them.
    backend = await startBackend({ rateLimits: true })
    market = await givenMarketplace(backend)
    await givenBilling(market)
    token = (await market.provider.mutate(CreateGatewayTokenDocument, { marketplaceId: market.id, name: 'edge' })).token
  })
  afterAll(() => backend.stop())

  /** As a program asks: `fetch` hides an answer of 407 from pages. */
  function call(path: string | null, headers: Record<string, string | string[]>, query = ''): Promise<Verdict> {
    const { hostname, port } = new URL(backend.url)
    const about = path === null ? headers : { 'x-original-uri': path, ...headers }
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path: `/gateway/authorize${query}`, headers: about }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        answer.once('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: text === '' ? null : JSON.parse(text),
          }),
        )
      })
      sent.once('error', reject)
      sent.end()
    })
  }

  const authorize = (key: string | null, path: string, query = '') =>
    call(path, { 'x-gateway-token': token, ...(key === null ? {} : { 'x-api-key': key }) }, query)

  /** The same question in all three ways: over HTTP, over GraphQL, and as the key's own people may ask it. */
  async function expectReasons(
    key: string,
    path: string,
    codes: AccessBlockCode[],
    applicationId?: string,
  ): Promise<void> {
    const { status, headers, body } = await authorize(key, path)
    const sentences = /^[A-Z].*\.$/
    expect({ status, reasons: headers['x-access-reason'] }).toEqual({
      status: codes.length === 0 ? 204 : codes[0] === 'CREDENTIAL_UNKNOWN' ? 401 : 403,
      reasons: codes.length === 0 ? undefined : codes.join(', '),
    })
    for (const { message } of body?.reasons ?? []) expect(message).toMatch(sentences)
    for (const code of codes) told.add(code)

    const gateway = new Client(backend.url)
    gateway.accessToken = token
    const { accessDecision } = await gateway.query(AccessDecisionDocument, { credential: key, path })
    expect(accessDecision).toMatchObject({ allowed: codes.length === 0, reasons: codes.map((code) => ({ code })) })
    expect(accessDecision.reasons.map(({ message }) => message)).toEqual(
      (body?.reasons ?? []).map(({ message }) => message),
    )

    if (applicationId === undefined) return
    const { application } = await market.provider.query(CredentialDecisionDocument, {
      application: applicationId,
      path,
    })
    const own = application?.credentials.find(({ publicId }) => key.startsWith(publicId))
    expect(own?.decision).toMatchObject({ allowed: codes.length === 0, reasons: codes.map((code) => ({ code })) })
  }

  async function givenKey(offer: Offer, organization?: Organization) {
    const buyer = organization ?? (await givenOrganization(market))
    const { productSubscription } = await whenSubscribed(buyer, offer)
    const access = await whenAccessIsAskedFor(buyer, offer, productSubscription.id)
    return { organization: buyer, subscriptionId: productSubscription.id, ...access, key: access.key }
  }

  async function givenPlan(productId: string, about: Partial<CreatePlanInput> & Pick<CreatePlanInput, 'quotas'>) {
    const { plan } = await market.provider.mutate(CreatePlanDocument, {
      productId,
      name: `Plan ${mark()}`,
      type: 'FREE',
      ...about,
    })
    await market.provider.mutate(ActivatePlanDocument, { planId: plan.id })
    return plan
  }

  const free = (about: Partial<CreatePlanInput> = {}, approval: 'AUTOMATIC' | 'MANUAL' = 'AUTOMATIC') =>
    givenOffer(market, { type: 'FREE', ...about }, approval)

  describe('is told each reason why a call may not pass:', () => {
    test('a key that there is not', async () => {
      const offer = await free()
      const { key } = await givenKey(offer)
      const changed = `${key.slice(0, -8)}${key.slice(-8) === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA'}`
      for (const unknown of [
        changed,
        'apk_test_',
        'null',
        `${key}x`,
        key.toUpperCase(),
        'é',
        'x'.repeat(5_000),
        `${key},${key}`,
      ]) {
        const verdict = await authorize(Buffer.from(unknown).toString('latin1'), offer.basePath)
        expect([unknown, verdict.status, verdict.headers['x-access-reason']]).toEqual([
          unknown,
          401,
          'CREDENTIAL_UNKNOWN',
        ])
      }
      expect((await authorize(null, offer.basePath)).status).toBe(401)
      expect((await authorize('', offer.basePath)).status).toBe(401)
      await expectReasons(changed, offer.basePath, ['CREDENTIAL_UNKNOWN'])
      await expectReasons(key, offer.basePath, [])
    })

    test('a key of another marketplace is as unknown as one that never was', async () => {
      const elsewhere = await givenMarketplace(backend)
      const offer = await givenOffer(elsewhere, { type: 'FREE' })
      const organization = await givenOrganization(elsewhere)
      const { productSubscription } = await whenSubscribed(organization, offer)
      const { key } = await whenAccessIsAskedFor(organization, offer, productSubscription.id)
      await expectReasons(key, offer.basePath, ['CREDENTIAL_UNKNOWN'])
    })

    test('what has become of the key', async () => {
      const offer = await free()
      const { key, credential, applicationId, organization } = await givenKey(offer)
      const set = async (state: 'ACTIVE' | 'SUSPENDED' | 'REVOKED') =>
        organization.consumer.mutate(SetCredentialStateDocument, { credentialId: credential.id, state })
      await set('SUSPENDED')
      await expectReasons(key, offer.basePath, ['CREDENTIAL_SUSPENDED'], applicationId)
      await set('ACTIVE')
      await expectReasons(key, offer.basePath, [], applicationId)
      const now = await timeIn(market)
      const { secret } = await organization.consumer.mutate(CreateCredentialDocument, {
        applicationId,
        name: 'short',
        expiresAt: later(now, 60_000).toISOString(),
      })
      await expectReasons(secret, offer.basePath, [], applicationId)
      await whenItIs(market, later(now, 60_000))
      await expectReasons(secret, offer.basePath, ['CREDENTIAL_EXPIRED'], applicationId)
      await set('REVOKED')
      await expectReasons(key, offer.basePath, ['CREDENTIAL_REVOKED'], applicationId)
    })

    test('what is called', async () => {
      const offer = await free()
      const other = await free()
      const { key, applicationId } = await givenKey(offer)
      await expectReasons(key, '/nowhere', ['RESOURCE_UNKNOWN'], applicationId)
      await expectReasons(key, `${offer.basePath}x/pets`, ['RESOURCE_UNKNOWN'], applicationId)
      await expectReasons(key, other.basePath, ['NO_ACCESS_REQUEST'], applicationId)
      await expectReasons(key, `${offer.basePath}/pets/7?verbose=1`, [], applicationId)
    })

    test('what people have decided about the access', async () => {
      const offer = await free({}, 'MANUAL')
      const { key, accessRequest, applicationId, organization, subscriptionId } = await givenKey(offer)
      await expectReasons(key, offer.basePath, ['ACCESS_NOT_APPROVED'], applicationId)
      await market.provider.mutate(DenyAccessRequestDocument, { accessRequestId: accessRequest.id, reason: 'No.' })
      await expectReasons(key, offer.basePath, ['ACCESS_NOT_APPROVED'], applicationId)
      const { accessRequest: again } = await organization.consumer.mutate(RequestAccessDocument, {
        applicationId,
        resourceId: offer.resourceId,
        productSubscriptionId: subscriptionId,
      })
      await market.provider.mutate(RevokeAccessDocument, { accessRequestId: again.id })
      await expectReasons(key, offer.basePath, ['ACCESS_REVOKED'], applicationId)
    })

    test('what people have decided about the subscription, its end and the product’s', async () => {
      const offer = await free({ approval: 'MANUAL' })
      const [first, second] = [await givenKey(offer), await givenKey(offer)]
      await expectReasons(first.key, offer.basePath, ['SUBSCRIPTION_NOT_APPROVED'], first.applicationId)
      await market.provider.mutate(RejectProductSubscriptionDocument, {
        productSubscriptionId: second.subscriptionId,
        reason: 'No.',
      })
      await expectReasons(second.key, offer.basePath, ['SUBSCRIPTION_NOT_APPROVED'], second.applicationId)

      const input = { productSubscriptionId: first.subscriptionId }
      await market.provider.mutate(ApproveProductSubscriptionDocument, input)
      await expectReasons(first.key, offer.basePath, [], first.applicationId)
      await market.provider.mutate(SuspendProductSubscriptionDocument, { ...input, reason: 'Too loud.' })
      await expectReasons(first.key, offer.basePath, ['SUSPENDED_BY_PROVIDER'], first.applicationId)
      await market.provider.mutate(ResumeProductSubscriptionDocument, input)
      await expectReasons(first.key, offer.basePath, [], first.applicationId)

      const product = { productId: offer.productId }
      await market.provider.mutate(DeprecateProductDocument, product)
      await expectReasons(first.key, offer.basePath, [], first.applicationId)
      expect(await market.provider.refused(ArchiveProductDocument, product)).toMatchObject([{ code: 'IN_USE' }])
      await expectReasons(first.key, offer.basePath, [], first.applicationId)
      await first.organization.consumer.mutate(CancelProductSubscriptionDocument, { ...input, when: 'NOW' })
      await expectReasons(first.key, offer.basePath, ['SUBSCRIPTION_ENDED'], first.applicationId)
      await market.provider.mutate(ArchiveProductDocument, product)
      await expectReasons(first.key, offer.basePath, ['PRODUCT_ARCHIVED', 'SUBSCRIPTION_ENDED'], first.applicationId)
    })

    test('an organization that is disabled', async () => {
      const offer = await free()
      const { key, organization, applicationId } = await givenKey(offer)
      const input = { organizationId: organization.id, state: 'DISABLED', reason: 'A check.' } as const
      await market.provider.mutate(SetConsumerOrganizationStateDocument, input)
      await expectReasons(key, offer.basePath, ['ORGANIZATION_DISABLED'], applicationId)
      await market.provider.mutate(SetConsumerOrganizationStateDocument, { ...input, state: 'ACTIVE' })
      await expectReasons(key, offer.basePath, [], applicationId)
    })

    test('a plan that does not cover the API any more', async () => {
      const { provider, providerId } = market
      const offer = await free()
      const own = mark()
      const { asset } = await provider.mutate(CreateAssetDocument, {
        providerId,
        name: `Toys ${own}`,
        resources: [{ name: 'Toys', basePath: `/toys-${own}` }],
      })
      await provider.mutate(ReleaseAssetDocument, { assetId: asset.id, releaseType: 'MAJOR' })
      const toys = asset.resources[0]?.id as string
      const { product } = await provider.query(ProviderProductDocument, { id: offer.productId })
      const assets = [...(product?.assets ?? []).map(({ asset: { id } }) => ({ assetId: id })), { assetId: asset.id }]
      await provider.mutate(UpdateProductDocument, { productId: offer.productId, assets })
      const narrow = await givenPlan(offer.productId, { quotas: [{ resourceIds: [toys], limit: 'UNLIMITED' }] })
      const { key, organization, subscriptionId, applicationId } = await givenKey(offer)
      await expectReasons(key, offer.basePath, [], applicationId)
      const { planChangePreview } = await organization.consumer.query(PlanChangePreviewDocument, {
        input: { productSubscriptionId: subscriptionId, planId: narrow.id, when: 'NOW' },
      })
      expect(planChangePreview.lostResources.map(({ id }) => id)).toEqual([offer.resourceId])
      await organization.consumer.mutate(ChangePlanDocument, { previewToken: planChangePreview.token as string })
      await expectReasons(key, offer.basePath, ['RESOURCE_NOT_IN_PLAN'], applicationId)
      await expectReasons(key, `/toys-${own}`, ['NO_ACCESS_REQUEST'], applicationId)
    })

    test('what has not been paid, first or later; and nothing else changes what was paid for', async () => {
      const offer = await givenOffer(market)
      const { key, organization, subscriptionId, applicationId } = await givenKey(offer)
      await expectReasons(key, offer.basePath, ['FIRST_INVOICE_UNPAID'], applicationId)
      await whenPaid(market, organization.consumer, subscriptionId)
      await expectReasons(key, offer.basePath, [], applicationId)

      const started = (await subscriptionSeen(organization.consumer, subscriptionId)).currentPeriod?.start as string
      await whenItIs(market, later(monthsLater(started, 1), 6 * day))
      await expectReasons(key, offer.basePath, [], applicationId)
      // Seven days to pay, three of grace.
      await whenItIs(market, later(monthsLater(started, 1), 10 * day + 60_000))
      await expectReasons(key, offer.basePath, ['INVOICE_PAST_DUE'], applicationId)
      await whenPaid(market, organization.consumer, subscriptionId)
      await expectReasons(key, offer.basePath, [], applicationId)
    })

    test('a quota that is used up, which is 429 for gateways that want it, and only where it is the one reason', async () => {
      const small = await givenSmallQuota()
      const { key, organization, subscriptionId, applicationId, credential } = await givenKey(small)
      const heard = await organization.consumer.listen(QuotaThresholdReachedDocument, {
        organizationId: organization.id,
      })
      const elsewhere = await (await givenOrganization(market)).consumer.listen(QuotaThresholdReachedDocument, {})
      const gateway = new Client(backend.url)
      gateway.accessToken = token
      const report = async (id: string, quantity: string) =>
        gateway.mutate(ReportUsageDocument, {
          records: [
            {
              id,
              credential: credential.publicId,
              path: small.basePath,
              quantity,
              occurredAt: (await timeIn(market)).toISOString(),
            },
          ],
        })
      const passing = await authorize(key, small.basePath)
      expect(passing).toMatchObject({
        status: 204,
        headers: {
          'x-quota-remaining': '10',
          'x-subscription-id': subscriptionId,
          'cache-control': expect.stringMatching(/^max-age=\d+$/),
        },
      })
      // Asking counts nothing.
      expect((await authorize(key, small.basePath)).headers['x-quota-remaining']).toBe('10')

      await report('a', '6')
      expect(await report('a', '6')).toMatchObject({ accepted: 0, duplicates: 1, rejected: [] })
      expect((await authorize(key, small.basePath)).headers['x-quota-remaining']).toBe('4')
      await report('b', '4')
      await expectReasons(key, small.basePath, ['QUOTA_EXCEEDED'], applicationId)
      expect((await authorize(key, small.basePath, '?quota=429')).status).toBe(429)
      expect((await authorize(key, small.basePath, '?quota=430')).status).toBe(403)
      // What was served was served; the limit closes the next call.
      await report('c', '1')

      await organization.consumer.mutate(SetCredentialStateDocument, {
        credentialId: credential.id,
        state: 'SUSPENDED',
      })
      await expectReasons(key, small.basePath, ['CREDENTIAL_SUSPENDED', 'QUOTA_EXCEEDED'], applicationId)
      expect((await authorize(key, small.basePath, '?quota=429')).status).toBe(403)
      await organization.consumer.mutate(SetCredentialStateDocument, { credentialId: credential.id, state: 'ACTIVE' })

      const thresholds = [await heard.next(), await heard.next(), await heard.next()]
      expect(thresholds.map(({ threshold }) => threshold)).toEqual([50, 80, 100])
      const [end] = thresholds.map(({ usage }) => usage.period.end)
      await whenItIs(market, end as string)
      await expectReasons(key, small.basePath, [], applicationId)
      expect((await authorize(key, small.basePath)).headers['x-quota-remaining']).toBe('10')
      expect(heard.received).toHaveLength(3)
      expect(elsewhere.received).toEqual([])
    })

    test('and that is every reason that there is', () => {
      const all: Record<AccessBlockCode, true> = {
        ACCESS_NOT_APPROVED: true,
        ACCESS_REVOKED: true,
        CREDENTIAL_EXPIRED: true,
        CREDENTIAL_REVOKED: true,
        CREDENTIAL_SUSPENDED: true,
        CREDENTIAL_UNKNOWN: true,
        FIRST_INVOICE_UNPAID: true,
        INVOICE_PAST_DUE: true,
        NO_ACCESS_REQUEST: true,
        ORGANIZATION_DISABLED: true,
        PRODUCT_ARCHIVED: true,
        QUOTA_EXCEEDED: true,
        RESOURCE_NOT_IN_PLAN: true,
        RESOURCE_UNKNOWN: true,
        SUBSCRIPTION_ENDED: true,
        SUBSCRIPTION_NOT_APPROVED: true,
        SUSPENDED_BY_PROVIDER: true,
      }
      expect([...told].sort()).toEqual(Object.keys(all).sort())
    })
  })

  test('goes by the plan that covers the API: what one plan owes never closes what another covers', async () => {
    const offer = await givenOffer(market)
    const cheap = await givenPlan(offer.productId, {
      quotas: [{ resourceIds: [offer.resourceId], limit: 'STRICT', limitUnits: '5' }],
    })
    const { key, organization, subscriptionId, applicationId } = await givenKey(offer)
    await expectReasons(key, offer.basePath, ['FIRST_INVOICE_UNPAID'], applicationId)
    const { productSubscription: second } = await whenSubscribed(organization, { ...offer, planId: cheap.id })
    await organization.consumer.mutate(RequestAccessDocument, {
      applicationId,
      resourceId: offer.resourceId,
      productSubscriptionId: second.id,
    })
    await expectReasons(key, offer.basePath, [], applicationId)
    expect((await authorize(key, offer.basePath)).headers).toMatchObject({
      'x-subscription-id': second.id,
      'x-quota-remaining': '5',
    })
    await market.provider.mutate(SuspendProductSubscriptionDocument, {
      productSubscriptionId: second.id,
      reason: 'A check.',
    })
    const { status } = await authorize(key, offer.basePath)
    expect(status).toBe(403)
    await whenPaid(market, organization.consumer, subscriptionId)
    await expectReasons(key, offer.basePath, [], applicationId)
    expect((await authorize(key, offer.basePath)).headers).toMatchObject({
      'x-subscription-id': subscriptionId,
      'x-quota-remaining': '1000',
    })
  })

  test('reads a path as every server behind it would, or as none', async () => {
    const offer = await free()
    const { key } = await givenKey(offer)
    const { basePath } = offer
    const [, first, version] = basePath.split('/')
    const passes = [
      basePath,
      `${basePath}/`,
      `${basePath}/./pets`,
      `${basePath}/pets/../dogs`,
      `/%70${first?.slice(1)}/${version}`,
      `${basePath}?a=/../x`,
    ]
    const stays = [
      `${basePath}/..`,
      `${basePath}/../../${first}`,
      `${basePath}/%2e%2e/%2e%2e/admin`,
      `${basePath}%2f..%2fadmin`,
      `${basePath}/..\\..\\admin`,
      `${basePath}/%252e%252e`,
      `${basePath}/a%00b`,
      `${basePath}/..;/..;/admin`,
      `/${first}//${version}`,
      `/${first};x=1/${version}`,
      `${basePath.toUpperCase()}`,
      `//${basePath}/..//..`,
      `http://127.0.0.1${basePath}`,
      '*',
      '',
      '/',
      `/${'a/'.repeat(4_200)}`,
    ]
    for (const path of passes) expect([path, (await authorize(key, path)).status]).toEqual([path, 204])
    for (const path of stays) {
      const { status, headers } = await authorize(key, path)
      expect([path, status, headers['x-access-reason']]).toEqual([path, 403, 'RESOURCE_UNKNOWN'])
    }
    const missing = await call(null, { 'x-gateway-token': token, 'x-api-key': key })
    expect([missing.status, missing.headers['x-access-reason']]).toEqual([403, 'RESOURCE_UNKNOWN'])
    // Which of two is meant cannot be known.
    const twice = await call(null, { 'x-gateway-token': token, 'x-api-key': key, 'x-original-uri': [basePath, '/x'] })
    expect(twice.status).toBe(403)
  })

  test('has a token of its own, and blames nobody else where that is missing: 407', async () => {
    const offer = await free()
    const { key, organization } = await givenKey(offer)
    const { gatewayToken, token: another } = await market.provider.mutate(CreateGatewayTokenDocument, {
      marketplaceId: market.id,
      name: 'second edge',
    })
    const ask = (headers: Record<string, string | string[]>) => call(offer.basePath, { 'x-api-key': key, ...headers })
    expect((await ask({ authorization: `Bearer ${another}` })).status).toBe(204)
    expect((await ask({ 'x-gateway-token': another, authorization: 'Bearer of-the-caller' })).status).toBe(204)

    const wrong: Array<Record<string, string | string[]>> = [
      {},
      { 'x-gateway-token': '' },
      { 'x-gateway-token': `${another}x` },
      { 'x-gateway-token': [another, another] },
      { authorization: another },
      { authorization: `Basic ${another}` },
      { authorization: `Bearer ${organization.consumer.accessToken}` },
      { 'x-gateway-token': market.provider.accessToken as string },
      { 'x-gateway-token': key },
    ]
    for (const headers of wrong) {
      const { status, headers: answered } = await ask(headers)
      expect([headers, status, answered['x-access-reason'], answered['cache-control']]).toEqual([
        headers,
        407,
        undefined,
        'no-store',
      ])
    }

    await market.provider.mutate(RevokeGatewayTokenDocument, { gatewayTokenId: gatewayToken.id })
    expect((await ask({ 'x-gateway-token': another })).status).toBe(407)
    expect((await ask({ 'x-gateway-token': token })).status).toBe(204)
    const { marketplace } = await market.provider.query(GatewayTokensDocument, { slug: market.slug })
    expect(marketplace?.gatewayTokens.map(({ name }) => name)).toEqual(['edge'])
    expect(
      await organization.consumer.refused(CreateGatewayTokenDocument, { marketplaceId: market.id, name: 'mine' }),
    ).toMatchObject([{ code: 'NOT_ALLOWED' }])
  })

  test('alone may ask about keys', async () => {
    const { key } = await givenKey(await free())
    for (const [client, code] of [
      [market.provider, 'FORBIDDEN'],
      [backend.client(), 'UNAUTHENTICATED'],
    ] as const) {
      const { errors } = await client.ask(AccessDecisionDocument, { credential: key, path: '/x' })
      expect(errors[0]?.extensions?.code).toBe(code)
    }
    // And with its token it may ask nothing else.
    const gateway = new Client(backend.url)
    gateway.accessToken = token
    const refused = await gateway.ask(CreateApplicationDocument, { input: { organizationId: 'org_x', name: 'x' } })
    expect(refused.errors[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })

  test('waits after too many unknown keys, while known ones pass on', async () => {
    const offer = await free()
    const { key } = await givenKey(offer)
    let limited: Verdict | null = null
    for (let tried = 0; tried < 120 && !limited; tried += 1) {
      const verdict = await authorize(newKey('API_KEY', 'test').secret.reveal(), offer.basePath)
      if (verdict.status !== 401) limited = verdict
    }
    expect(limited).toMatchObject({ status: 429, headers: { 'x-access-reason': 'CREDENTIAL_UNKNOWN' } })
    expect(Number(limited?.headers['retry-after'])).toBeGreaterThan(0)
    expect((await authorize(key, offer.basePath)).status).toBe(204)
  })

  async function givenSmallQuota(): Promise<Offer> {
    const offer = await free()
    const plan = await givenPlan(offer.productId, {
      quotas: [{ resourceIds: [offer.resourceId], limit: 'STRICT', limitUnits: '10' }],
    })
    return { ...offer, planId: plan.id }
  }
})
