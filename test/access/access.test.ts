import { request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import { newKey } from '../../src/access/api-key.js'
import { gatewayRoutes } from '../../src/http/gateway.route.js'
import { newId } from '../../src/kernel/id.js'
import { Refused } from '../../src/kernel/result.js'
import { type GatewayScope, type Scope, system } from '../../src/persistence/tenant-scope.js'
import { type House, openHouse } from './house.js'

let house: House
let server: Server
let token: string
let gatewayTokenId: string
let organizationId: string
let resourceId: string
let adminResourceId: string
let plan: { productId: string; planId: string; quotaId: string }
let basePath = ''
let serial = 0

beforeAll(async () => {
  house = await openHouse()
  const app = express()
  app.use(gatewayRoutes({ decisions: house.decisions, gatewayScope: (each) => house.tokens.scopeOf(each) }))
  server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await house.close()
})

/** A new consumer with an API and a plan of its own, and a gateway. */
beforeEach(async () => {
  serial += 1
  basePath = `/payments${serial}/v1`
  organizationId = await house.organization()
  resourceId = await house.resource(basePath)
  adminResourceId = await house.resource(`${basePath}/admin`)
  plan = await house.plan([resourceId])
  const made = await house.tokens.create(house.provider('MARKETPLACE_MANAGER'), house.place.marketplaceId, 'Edge')
  token = made.token.reveal()
  gatewayTokenId = made.gatewayToken.id
  house.limiter.failures.clear()
})

const developer = () => house.member(organizationId, 'DEVELOPER')

async function givenApplication(): Promise<string> {
  return (await house.applicationService.create(developer(), { organizationId, name: 'Shop' })).id
}

async function givenKey(applicationId: string, expiresAt: Date | null = null) {
  const made = await house.credentialService.create(developer(), {
    applicationId,
    name: 'Key',
    type: 'API_KEY',
    expiresAt,
  })
  return { key: made.secret.reveal(), id: made.credential.id, publicId: made.credential.publicId }
}

async function givenAccess(about: { standing?: string } = { standing: 'GOOD' }) {
  const applicationId = await givenApplication()
  const subscriptionId = await house.subscription(organizationId, plan, about)
  const wish = { applicationId, resourceId, productSubscriptionId: subscriptionId }
  const request = await house.requestService.request(developer(), wish)
  return { applicationId, subscriptionId, request, wish, ...(await givenKey(applicationId)) }
}

interface Asked {
  key?: string
  path?: string
  headers?: Record<string, string | string[]>
  query?: string
}

/** By hand, because fetch takes a 407 for its own proxy's. */
function authorize({ key, path = `${basePath}/charges`, headers = {}, query = '' }: Asked = {}) {
  const sent = { 'x-gateway-token': token, 'x-original-uri': path, ...(key ? { 'x-api-key': key } : {}), ...headers }
  return new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const { port } = server.address() as AddressInfo
      const request = httpRequest({ port, path: `/gateway/authorize${query}`, headers: sent }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          body += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
      })
      request.on('error', reject)
      request.end()
    },
  )
}

async function reasons(asked: Asked): Promise<[number | undefined, unknown]> {
  const { status, headers } = await authorize(asked)
  return [status, headers['x-access-reason']]
}

async function refusedCodes(work: Promise<unknown>): Promise<Array<[string, string | undefined]>> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Refused)) throw new Error(`It was not refused: ${String(error)}`)
  return error.errors.map(({ code, field }) => [code, field?.at(-1)])
}

describe('Access that waits for the first payment', () => {
  it('is taken, waits with the unpaid invoice, and opens by itself when it is paid', async () => {
    const { request, subscriptionId, key } = await givenAccess({ standing: 'AWAITING_FIRST_PAYMENT' })
    const invoiceId = await house.invoice(organizationId, subscriptionId)
    expect(request.state).toBe('WAITING')
    expect(await reasons({ key })).toEqual([403, 'FIRST_INVOICE_UNPAID'])
    const factsFor = async (scope: Scope) =>
      (await house.facts.ofSubscriptions(house.unitOfWork.reading(scope), [subscriptionId]))[0]
    const standing = 'AWAITING_FIRST_PAYMENT'
    const payer = house.member(organizationId, 'SUBSCRIBER')
    expect(await factsFor(payer)).toMatchObject({ standing, unpaidInvoiceId: invoiceId })
    // A developer sees no invoices.
    expect(await factsFor(developer())).toMatchObject({ standing, unpaidInvoiceId: null })

    await house.set('product_subscription', subscriptionId, 'standing', 'GOOD')
    await house.standing.reevaluate(subscriptionId)
    expect(await house.stateOf(request.id)).toBe('GRANTED')
    expect((await authorize({ key })).status).toBe(204)
    expect(await house.events(request.id)).toEqual([
      ['access.requested', null, 'WAITING'],
      ['access.granted', 'WAITING', 'GRANTED'],
    ])
  })

  it('closes when a later invoice stays unpaid, opens again when it is paid, and destroys nothing', async () => {
    const { request, subscriptionId, key } = await givenAccess()
    expect(request.state).toBe('GRANTED')
    for (const [standing, state, status] of [
      ['GRACE', 'GRANTED', 204],
      ['PAST_DUE', 'SUSPENDED', 403],
      ['GOOD', 'GRANTED', 204],
    ] as const) {
      await house.set('product_subscription', subscriptionId, 'standing', standing)
      // A reaction may come twice.
      await Promise.all([house.standing.reevaluate(subscriptionId), house.standing.reevaluate(subscriptionId)])
      expect(await house.stateOf(request.id)).toBe(state)
      expect((await authorize({ key })).status).toBe(status)
    }
    expect((await house.events(request.id)).map(([name]) => name)).toEqual([
      'access.requested',
      'access.granted',
      'access.suspended',
      'access.granted',
    ])
  })

  it('closes with its organization and with its product', async () => {
    const { request } = await givenAccess()
    await house.set('consumer_organization', organizationId, 'state', 'DISABLED')
    await house.standing.reevaluateOrganization(organizationId)
    expect(await house.stateOf(request.id)).toBe('SUSPENDED')
    await house.set('consumer_organization', organizationId, 'state', 'ACTIVE')
    await house.standing.reevaluateOrganization(organizationId)
    expect(await house.stateOf(request.id)).toBe('GRANTED')
    await house.set('product', plan.productId, 'state', 'ARCHIVED')
    await house.standing.reevaluateProduct(plan.productId)
    expect(await house.stateOf(request.id)).toBe('SUSPENDED')
  })
})

describe('A wish for access', () => {
  it('asked twice, at once too, is one request', async () => {
    const { wish, request } = await givenAccess()
    const again = await Promise.all(Array.from({ length: 5 }, () => house.requestService.request(developer(), wish)))
    expect(new Set(again.map(({ id }) => id))).toEqual(new Set([request.id]))
    const other = { ...wish, applicationId: await givenApplication() }
    const both = await Promise.all([
      house.requestService.request(developer(), other),
      house.requestService.request(developer(), other),
    ])
    expect(new Set(both.map(({ id }) => id)).size).toBe(1)
  })

  it('is refused for what the plan does not cover, what has ended, and what belongs to somebody else', async () => {
    const { wish, subscriptionId } = await givenAccess()
    const ask = (about: Partial<typeof wish>, as = developer()) =>
      refusedCodes(house.requestService.request(as, { ...wish, ...about }))
    const stranger = house.member(await house.organization(), 'ADMINISTRATOR')
    expect(await ask({}, stranger)).toEqual([['NOT_FOUND', 'applicationId']])
    expect(await ask({}, house.member(organizationId, 'SUBSCRIBER'))).toEqual([['NOT_ALLOWED', undefined]])
    expect(await ask({ resourceId: newId('res') })).toEqual([['NOT_FOUND', 'resourceId']])
    expect(await ask({ resourceId: adminResourceId })).toEqual([['NOT_FOUND', 'resourceId']])
    for (const bad of ['', 'res_\0', organizationId, '\ud800', 'x'.repeat(10_000)]) {
      expect(await ask({ resourceId: bad })).toEqual([['NOT_FOUND', 'resourceId']])
      expect(await ask({ applicationId: bad })).toEqual([['NOT_FOUND', 'applicationId']])
      expect(await ask({ productSubscriptionId: bad })).toEqual([['NOT_FOUND', 'productSubscriptionId']])
    }
    const ended = await house.subscription(organizationId, plan, { state: 'CANCELED' })
    expect(await ask({ productSubscriptionId: ended })).toEqual([['SUBSCRIPTION_NOT_ACTIVE', 'productSubscriptionId']])
    const other = await house.plan([adminResourceId])
    const narrow = await house.subscription(organizationId, other)
    expect(await ask({ productSubscriptionId: narrow })).toEqual([['RESOURCE_NOT_IN_PLAN', 'resourceId']])
    expect(subscriptionId).not.toBe(narrow)
  })

  it('waits for a person where the product says so; denied it may be made again', async () => {
    plan = await house.plan([resourceId], { accessApproval: 'MANUAL' })
    const { request, wish, key } = await givenAccess()
    expect(request.state).toBe('PENDING_APPROVAL')
    await house.standing.reevaluateRequest(request.id)
    expect(await house.stateOf(request.id)).toBe('PENDING_APPROVAL')
    expect(await reasons({ key })).toEqual([403, 'ACCESS_NOT_APPROVED'])

    expect(await refusedCodes(house.requestService.approve(developer(), request.id))).toEqual([
      ['NOT_ALLOWED', undefined],
    ])
    expect(await refusedCodes(house.requestService.approve(house.provider('AUDITOR'), request.id))).toEqual([
      ['NOT_ALLOWED', undefined],
    ])
    const manager = house.provider('ACCESS_MANAGER')
    expect(await refusedCodes(house.requestService.deny(manager, request.id, '  '))).toEqual([['REQUIRED', 'reason']])
    expect(await house.requestService.deny(manager, request.id, 'Not yet.')).toMatchObject({
      state: 'DENIED',
      decisionReason: 'Not yet.',
    })
    expect(await refusedCodes(house.requestService.approve(manager, request.id))).toEqual([['WRONG_STATE', undefined]])

    const second = await house.requestService.request(developer(), wish)
    expect(second.id).not.toBe(request.id)
    expect(await house.requestService.approve(manager, second.id)).toMatchObject({
      state: 'GRANTED',
      decision: 'APPROVED',
    })
    expect((await authorize({ key })).status).toBe(204)
    expect(await house.events(second.id)).toEqual([
      ['access.requested', null, 'PENDING_APPROVAL'],
      ['access.waiting', 'PENDING_APPROVAL', 'WAITING'],
      ['access.granted', 'WAITING', 'GRANTED'],
    ])
  })

  it('can be taken back by both sides, for good', async () => {
    const { request, wish, key } = await givenAccess()
    expect(await refusedCodes(house.requestService.revoke(house.provider('AUDITOR'), request.id, null))).toEqual([
      ['NOT_ALLOWED', undefined],
    ])
    expect(await house.requestService.revoke(developer(), request.id, null)).toMatchObject({ state: 'REVOKED' })
    expect(await reasons({ key })).toEqual([403, 'ACCESS_REVOKED'])
    expect(await house.requestService.revoke(house.provider('ACCESS_MANAGER'), request.id, 'Again.')).toMatchObject({
      state: 'REVOKED',
    })
    await house.requestService.request(developer(), wish)
    expect((await authorize({ key })).status).toBe(204)
  })
})

describe('A gateway', () => {
  it('is told that a call may pass, on which subscription it counts, and what is left', async () => {
    const { key, subscriptionId } = await givenAccess()
    await house.used(subscriptionId, plan.quotaId, 999)
    expect(await authorize({ key })).toMatchObject({
      status: 204,
      body: '',
      headers: { 'x-subscription-id': subscriptionId, 'x-quota-remaining': '1', 'cache-control': 'max-age=10' },
    })
  })

  it('is told of a used-up quota as 403, or as 429 where it passes that on and nothing else is wrong', async () => {
    const { key, subscriptionId } = await givenAccess()
    await house.used(subscriptionId, plan.quotaId, 1_000)
    expect(await reasons({ key })).toEqual([403, 'QUOTA_EXCEEDED'])
    expect(await reasons({ key, query: '?quota=429' })).toEqual([429, 'QUOTA_EXCEEDED'])
    await house.set('product_subscription', subscriptionId, 'state', 'SUSPENDED')
    expect(await reasons({ key, query: '?quota=429' })).toEqual([403, 'SUSPENDED_BY_PROVIDER, QUOTA_EXCEEDED'])
  })

  it('is told no number where the quota is unlimited', async () => {
    plan = await house.plan([resourceId], { limit: 'UNLIMITED', limitUnits: null })
    const { key } = await givenAccess()
    const { status, headers } = await authorize({ key })
    expect([status, headers['x-quota-remaining']]).toEqual([204, undefined])
  })

  it('is told 401 of a key that nobody has here, whatever it looks like', async () => {
    const stranger = newKey('API_KEY', 'live').secret.reveal()
    const { key } = await givenAccess()
    for (const each of [undefined, stranger, 'nonsense', key.slice(0, -1), `${key}x`, token]) {
      expect(await reasons(each === undefined ? {} : { key: each })).toEqual([401, 'CREDENTIAL_UNKNOWN'])
    }
    expect(await reasons({ headers: { 'x-api-key': [key, key] } })).toEqual([401, 'CREDENTIAL_UNKNOWN'])
  })

  it('of another marketplace does not know the key', async () => {
    const { key } = await givenAccess()
    const elsewhere: GatewayScope = {
      kind: 'gateway',
      tokenId: 'gwt',
      providerId: house.place.providerId,
      marketplaceId: newId('mkt'),
    }
    const decision = await house.decisions.decide(elsewhere, { key, path: basePath, address: '192.0.2.1' })
    expect(decision).toMatchObject({ allowed: false, resourceId: null, reasons: [{ code: 'CREDENTIAL_UNKNOWN' }] })
    expect((await authorize({ key })).status).toBe(204)
  })

  it('without its own token, or with one that was revoked, is told 407', async () => {
    const { key } = await givenAccess()
    expect((await authorize({ key, headers: { 'x-gateway-token': '' } })).status).toBe(407)
    for (const wrong of ['nonsense', `mgt_${'x'.repeat(43)}`, key]) {
      expect(
        (await authorize({ key, headers: { 'x-gateway-token': wrong, authorization: `Bearer ${token}` } })).status,
      ).toBe(407)
    }
    expect((await authorize({ key })).status).toBe(204)
    await house.tokens.revoke(house.provider('ADMINISTRATOR'), gatewayTokenId)
    const { status, headers } = await authorize({ key })
    expect([status, headers['cache-control'], headers['x-access-reason']]).toEqual([407, 'no-store', undefined])
  })

  it('may send its token as a bearer token', async () => {
    const { key } = await givenAccess()
    const { port } = server.address() as AddressInfo
    const send = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}/gateway/authorize`, { headers })
    const asked = { 'x-api-key': key, 'x-original-uri': basePath }
    expect((await send({ ...asked, authorization: `Bearer ${token}` })).status).toBe(204)
  })

  it('goes by the longest base path, and by none where a path can be read in two ways', async () => {
    const { key } = await givenAccess()
    for (const path of [
      basePath,
      `${basePath}/`,
      `${basePath}/x/../charges`,
      `${basePath}/%63harges?a=/admin`,
      `${basePath}/administer`,
    ]) {
      expect([path, (await authorize({ key, path })).status]).toEqual([path, 204])
    }
    expect(await reasons({ key, path: `${basePath}/admin/users` })).toEqual([403, 'NO_ACCESS_REQUEST'])
    expect(await reasons({ key, path: `${basePath}/x/../admin/users` })).toEqual([403, 'NO_ACCESS_REQUEST'])
    for (const path of ['//admin', ';x/admin', '/%2e%2e/x', '/..%2fadmin', '/\\admin', '/%00', '/%252e']) {
      expect([path, ...(await reasons({ key, path: basePath + path }))]).toEqual([path, 403, 'RESOURCE_UNKNOWN'])
    }
    expect(await reasons({ key, headers: { 'x-original-uri': [basePath, basePath] } })).toEqual([
      403,
      'RESOURCE_UNKNOWN',
    ])
  })

  it('that names path and API has to mean one and the same', async () => {
    const { key } = await givenAccess()
    const scope = (await house.tokens.scopeOf(token)) as GatewayScope
    const ask = async (called: object) =>
      (await house.decisions.decide(scope, { key, address: '192.0.2.1', ...called })).allowed
    expect(await ask({ resourceId })).toBe(true)
    expect(await ask({ resourceId, path: basePath })).toBe(true)
    expect(await ask({ resourceId, path: `${basePath}/admin` })).toBe(false)
    for (const bad of ['', 'res_\0', organizationId]) expect(await ask({ resourceId: bad })).toBe(false)
    expect(await ask({})).toBe(false)
  })

  it('waits after too many unknown keys of one caller; keys that are known are never held up', async () => {
    const { key } = await givenAccess()
    const guess = () => ({
      key: newKey('API_KEY', 'live').secret.reveal(),
      headers: { 'x-forwarded-for': '10.0.0.1, 192.0.2.7' },
    })
    const same = guess()
    for (let each = 0; each < 5; each += 1) expect((await authorize(same)).status).toBe(401)
    expect([await reasons(guess()), await reasons(guess())]).toEqual(Array(2).fill([401, 'CREDENTIAL_UNKNOWN']))
    const { status, headers } = await authorize(guess())
    expect([status, headers['retry-after'], headers['x-access-reason']]).toEqual([429, '60', 'CREDENTIAL_UNKNOWN'])
    expect((await authorize({ ...guess(), key })).status).toBe(204)
    expect((await authorize({ ...guess(), headers: { 'x-forwarded-for': '192.0.2.8' } })).status).toBe(401)
    expect([...house.limiter.failures]).toEqual([
      ['192.0.2.7', 3],
      ['192.0.2.8', 1],
    ])
  })
})

describe('A credential', () => {
  it('works with both secrets while a rotation overlaps, and then with the new one', async () => {
    const { key, id } = await givenAccess()
    const rotated = await house.credentialService.rotate(developer(), id, 24)
    const renewed = rotated.secret.reveal()
    expect([(await authorize({ key })).status, (await authorize({ key: renewed })).status]).toEqual([204, 204])
    house.clock.advance(24 * 3_600_000 - 3_000)
    // Nobody keeps an answer to the former one for longer than it lasts.
    expect((await authorize({ key })).headers['cache-control']).toBe('max-age=3')
    expect((await authorize({ key: renewed })).headers['cache-control']).toBe('max-age=10')
    house.clock.advance(2_999)
    expect((await authorize({ key })).status).toBe(204)
    house.clock.advance(1)
    expect([await reasons({ key }), (await authorize({ key: renewed })).status]).toEqual([
      [401, 'CREDENTIAL_UNKNOWN'],
      204,
    ])
    const again = await house.credentialService.rotate(developer(), id, 0)
    expect(await reasons({ key: renewed })).toEqual([401, 'CREDENTIAL_UNKNOWN'])
    expect((await authorize({ key: again.secret.reveal() })).status).toBe(204)
  })

  it('stops while it is suspended, when it expires, and when it is revoked', async () => {
    const { key, id, applicationId } = await givenAccess()
    await house.credentialService.setState(house.provider('ACCESS_MANAGER'), id, 'SUSPENDED', 'Abuse.')
    expect(await reasons({ key })).toEqual([403, 'CREDENTIAL_SUSPENDED'])
    expect(await refusedCodes(house.credentialService.setState(developer(), id, 'ACTIVE', null))).toEqual([
      ['NOT_ALLOWED', 'state'],
    ])
    await house.credentialService.setState(house.provider('ACCESS_MANAGER'), id, 'ACTIVE', null)
    expect((await authorize({ key })).status).toBe(204)
    await house.credentialService.setState(developer(), id, 'REVOKED', null)
    expect(await reasons({ key })).toEqual([403, 'CREDENTIAL_REVOKED'])
    const brief = await givenKey(applicationId, new Date(house.clock.now().getTime() + 3_000))
    const { headers } = await authorize({ key: brief.key })
    expect(headers['cache-control']).toBe('max-age=3')
    house.clock.advance(3_000)
    expect(await reasons({ key: brief.key })).toEqual([403, 'CREDENTIAL_EXPIRED'])
  })

  it('and a gateway token remember their last use, at most once a minute', async () => {
    const { key, id } = await givenAccess()
    const used = async () => {
      await house.lastUse.settled()
      const [credential, gateway] = await Promise.all([
        house.one('credential', id),
        house.one('gateway_token', gatewayTokenId),
      ])
      return [credential.last_used_at, gateway.last_used_at].map((at) => at && new Date(at as string).toISOString())
    }
    expect(await used()).toEqual([null, null])
    const first = house.clock.now().toISOString()
    await authorize({ key })
    expect(await used()).toEqual([first, first])
    house.clock.advance(59_999)
    await authorize({ key })
    expect(await used()).toEqual([first, first])
    // The gateway's own token is looked up again after five seconds.
    house.clock.advance(5_000)
    const second = house.clock.now().toISOString()
    await Promise.all(Array.from({ length: 5 }, () => authorize({ key })))
    expect(await used()).toEqual([second, second])
    expect(house.warnings).toEqual([])
  })

  it('keeps no secret, and is seen by its own people alone', async () => {
    const { key, id } = await givenAccess()
    expect(JSON.stringify(await house.one('credential', id))).not.toContain(key.slice(-49))
    const ask = (as: Parameters<House['unitOfWork']['reading']>[0]) =>
      house.decisions.wouldPass(house.unitOfWork.reading(as), id, { path: basePath })
    expect(await ask(developer())).toMatchObject({ allowed: true })
    expect(await ask(house.provider('AUDITOR'))).toMatchObject({ allowed: true })
    expect(await ask(house.member(await house.organization(), 'ADMINISTRATOR'))).toBeNull()
    expect(await ask({ kind: 'anonymous' })).toBeNull()
  })
})

describe('Reported usage', () => {
  it('counts on the subscription that the call would have counted on', async () => {
    const { publicId, subscriptionId } = await givenAccess()
    const scope = (await house.tokens.scopeOf(token)) as GatewayScope
    const nobody = { credential: null, productSubscriptionId: null, resourceId: null, path: null }
    const resolved = await house.subjects.resolve(
      house.unitOfWork.reading(system),
      scope,
      [
        { ...nobody, credential: publicId, path: `${basePath}/charges` },
        { ...nobody, credential: publicId, resourceId },
        { ...nobody, credential: publicId, resourceId: basePath },
        { ...nobody, credential: publicId, resourceId, path: `${basePath}/admin` },
        { ...nobody, credential: publicId, path: `${basePath}/admin` },
        { ...nobody, credential: publicId, path: `${basePath}//admin` },
        { ...nobody, credential: publicId, resourceId: 'res_\0' },
        { ...nobody, credential: 'apk_\0', resourceId },
        { ...nobody, productSubscriptionId: subscriptionId, path: basePath },
      ],
      house.clock.now(),
    )
    const counted = { productSubscriptionId: subscriptionId, resourceId }
    expect(resolved).toEqual([
      counted,
      counted,
      { refused: 'RESOURCE_UNKNOWN' },
      { refused: 'RESOURCE_UNKNOWN' },
      { refused: 'NOT_COVERED' },
      { refused: 'RESOURCE_UNKNOWN' },
      { refused: 'RESOURCE_UNKNOWN' },
      { refused: 'CREDENTIAL_UNKNOWN' },
      counted,
    ])
  })
})
