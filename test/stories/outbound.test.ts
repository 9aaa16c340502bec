import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import { whenAllRests } from '../support/billing.js'
import {
  ConfigureBillingDocument,
  CreateAssetDocument,
  CreateProductDocument,
  UpdateMarketplaceDocument,
  UpdateProductDocument,
} from '../support/generated/graphql.js'
import { whenEverythingHappens } from '../support/whole-story.js'
import { givenMarketplace, givenOffer, type Market, mark, type Offer, openApiDocument } from '../support/world.js'

const source = fileURLToPath(new URL('../../src', import.meta.url))

/** Who opens a connection of the program's own accord, and to where: addresses of the environment alone. */
const callers: Readonly<Record<string, string>> = {
  'sandbox-clock.ts': 'the sandbox, at STRIPE_API_BASE',
  'stripe/stripe-client.ts': 'Stripe, at STRIPE_API_BASE, by its SDK; redirects are not followed',
  'identity/mailer.ts': 'the post office, at MAIL_URL',
  'realtime/doorbell.ts': 'PostgreSQL and Redis, at DATABASE_URL and REDIS_URL',
}

describe('addresses that people name', () => {
  let backend: Backend
  let production: Backend
  let market: Market
  let offer: Offer
  let trap: Server
  let trapped: string
  let calls = 0
  /** Wherever this process has connected to: the backend's connections and the tests' own. */
  const connected = new Set<string>()
  const connect = Socket.prototype.connect
  beforeAll(async () => {
    trap = createServer((socket) => {
      calls += 1
      socket.destroy()
    }).listen(0, '127.0.0.1')
    await once(trap, 'listening')
    trapped = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`
    Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
      connected.add(placeIn(args))
      return Reflect.apply(connect, this, args) as Socket
    }
    backend = await startBackend()
    production = await startBackend({ production: true, sandboxPort: null })
    market = await givenMarketplace(backend)
    offer = await givenOffer(market)
  })
  afterAll(async () => {
    Socket.prototype.connect = connect
    await Promise.all([backend.stop(), production.stop()])
    trap.close()
  })

  test('are never fetched, whatever happens to what bears them', async () => {
    const { provider, providerId, id: marketplaceId } = market
    const terms = { title: 'Terms', url: `${trapped}/terms` }
    await provider.mutate(UpdateMarketplaceDocument, { marketplaceId, url: `${trapped}/home`, terms })
    await provider.mutate(UpdateProductDocument, { productId: offer.productId, icon: `${trapped}/icon.png`, terms })
    await provider.mutate(CreateProductDocument, {
      providerId,
      name: `Far ${mark()}`,
      icon: 'https://metadata.example/icon.png',
    })
    // A document's addresses are read, not followed; see also what is said of its references in test/catalog.
    const document = JSON.parse(openApiDocument()) as { servers: unknown; info: Record<string, unknown> }
    document.servers = [{ url: `${trapped}/petstore-${mark()}` }]
    document.info.termsOfService = `${trapped}/terms`
    await provider.mutate(CreateAssetDocument, {
      providerId,
      name: `Pets ${mark()}`,
      resources: [{ specification: JSON.stringify(document) }],
    })
    await whenEverythingHappens(backend)
    await whenAllRests(market)

    expect(calls).toBe(0)
    const { databaseUrl } = backend.config
    const own = [databaseUrl, backend.url, backend.sandbox.url, production.url, production.sandbox.url]
    expect([...connected].filter((place) => !own.map((url) => new URL(url).host).includes(place))).toEqual([])
    // The watch itself works: what is fetched is seen.
    await expect(fetch(`${trapped}/`)).rejects.toThrow()
    expect(calls).toBeGreaterThan(0)
    expect(connected).toContain(new URL(trapped).host)
  })

  test('are taken by nothing that could fetch them: only these files open connections', () => {
    const opening =
      /\bfetch\(|\b(?:http|https|net|tls)\.(?:request|get|connect|createConnection)\(|new (?:Stripe|Redis|WebSocket|Agent)\b|createTransport\(|from 'undici'/
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const found = files
      .filter((file) => !/^(?:sandbox|demo)\//.test(file))
      .filter((file) => opening.test(readFileSync(`${source}/${file}`, 'utf8')))
    expect(found.sort()).toEqual(Object.keys(callers).sort())
  })

  const spoilt: ReadonlyArray<readonly [what: string, address: string]> = [
    ['a script', 'javascript:alert(document.domain)'],
    ['a page of its own', 'data:text/html,<script>alert(1)</script>'],
    ['a password', 'https://billing.stripe.com:443@evil.example/p/login'],
    ['an address inside', 'https://10.0.0.1/p/login'],
    ['a cloud’s own service', 'https://169.254.169.254/latest/meta-data'],
    ['the same in another spelling', 'https://0xa9fea9fe/latest/meta-data'],
    ['http to the world', 'http://harbour.example/'],
  ]
  test.each(spoilt)('are refused with %s in them, wherever one is asked for', async (_what, address) => {
    const { provider, providerId, id: marketplaceId } = market
    const before = backend.complaints.length
    const refused = async (name: string, input: object) => {
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`
      const { data, errors } = await provider.ask(
        `mutation($input: ${type}!) { ${name}(input: $input) { userErrors { code } } }`,
        { input },
      )
      const payload = data as Record<string, { userErrors: Array<{ code: string }> }> | null
      return payload?.[name]?.userErrors[0]?.code ?? errors[0]?.extensions?.code
    }
    const terms = { title: 'Terms', url: address }
    expect([
      await refused('updateMarketplace', { marketplaceId, url: address }),
      await refused('updateMarketplace', { marketplaceId, terms }),
      await refused('createProduct', { providerId, name: 'Far', icon: address }),
      await refused('updateProduct', { productId: offer.productId, icon: address }),
      await refused('updateProduct', { productId: offer.productId, terms }),
      await refused('configureBilling', { marketplaceId, customerPortalUrl: address }),
    ]).toEqual(Array.from({ length: 6 }, () => 'BAD_USER_INPUT'))
    expect(backend.complaints.slice(before)).toEqual([])
  })

  test('of the customer portal are Stripe’s, or the sandbox’s where it serves', async () => {
    const { provider, id: marketplaceId } = market
    for (const customerPortalUrl of [
      'https://evil.example/p/login/test_1',
      'https://billing.stripe.com.evil.example/p/login/test_1',
      'https://evil.example/billing.stripe.com/p/login',
      'https://stripe.com/p/login',
      'https://billing.stripe.com:8443/p/login/test_1',
      'https://billing。stripe。com.evil.example/',
      trapped,
    ]) {
      const [refusal] = await provider.refused(ConfigureBillingDocument, {
        marketplaceId,
        restrictedKey: 'rk_test_sandbox_restricted_0001',
        customerPortalUrl,
      })
      expect(refusal).toMatchObject({ code: 'INVALID', field: ['input', 'customerPortalUrl'] })
    }
  })

  test('are not of this machine where money is real', async () => {
    const provider = await production.administrator()
    const elsewhere = await givenMarketplace(production, { url: 'https://harbour.example' })
    for (const url of ['http://127.0.0.1:3000', 'https://localhost', 'https://[::1]:3000', 'http://2130706433']) {
      const { errors } = await provider.ask(UpdateMarketplaceDocument, { input: { marketplaceId: elsewhere.id, url } })
      expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
      await market.provider.mutate(UpdateMarketplaceDocument, { marketplaceId: market.id, url })
    }
  })
})

function placeIn(args: unknown[]): string {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  if (typeof first === 'object' && first !== null) {
    const { host, hostname, port, path } = first as { host?: string; hostname?: string; port?: number; path?: string }
    return path && !port ? path : `${host ?? hostname ?? 'localhost'}:${port}`
  }
  return `${typeof second === 'string' ? second : 'localhost'}:${String(first)}`
}
