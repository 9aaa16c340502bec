import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import { later, timeIn, whenItIs } from '../support/billing.js'
import type { Client } from '../support/client.js'
import {
  AuditLogDocument,
  CancelProductSubscriptionDocument,
  ConfigureBillingDocument,
  CreateMarketplaceDocument,
  DisableBillingDocument,
  InvoicePaidDocument,
  MarketplaceBillingDocument,
  SubscribeDocument,
  TestBillingDocument,
  UpdateConsumerOrganizationDocument,
} from '../support/generated/graphql.js'
import { post, type SandboxControl, sandboxOf, signatureOf, whenStripeSends } from '../support/sandbox.js'
import { everythingStored, rememberJobs } from '../support/stored.js'
import { day, minute, StoryClock, second } from '../support/story-clock.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  mark,
  restrictedKey,
  secretKey,
  whenPressed,
  whenSubscribed,
  whenTimePasses,
} from '../support/world.js'

const someSecret = () => `whsec_${mark()}ofTheStoryItself`

describe("a marketplace's connection to Stripe", () => {
  let backend: Backend
  let sandbox: SandboxControl
  const transport = new StoryClock()
  beforeAll(async () => {
    // Whatever could be logged is logged, so that a secret in it would be seen.
    backend = await startBackend({ logLevel: 'trace' }, transport)
    sandbox = sandboxOf(backend)
    await rememberJobs(backend.config.databaseUrl)
  })
  afterAll(() => backend.stop())

  test('is made of a restricted key, and of the rest one by one; each leaves the others as they are', async () => {
    const market = await givenMarketplace(backend)
    const { provider, id: marketplaceId } = market
    const first = await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey })
    expect(first.billing).toMatchObject({
      mode: 'SANDBOX',
      restrictedKeyLast4: '0001',
      webhookSecretSetAt: null,
      webhookUrl: `${backend.url}/integrations/stripe/${first.billing.id}`,
      customerPortalUrl: null,
      webhookEvents: ['invoice.finalized', 'invoice.paid', 'invoice.voided', 'invoice.marked_uncollectible'],
      health: 'UNKNOWN',
    })
    expect(first.billing.webhookApiVersions).toEqual(expect.arrayContaining(['2022-11-15', '2024-06-20']))
    // Without a way to hear of a payment nothing is sold.
    expect(first.marketplace.billingEnabled).toBe(false)
    const withKey = await billingOf(market)

    await provider.mutate(ConfigureBillingDocument, { marketplaceId, webhookSecret: someSecret() })
    const withSecret = await billingOf(market)
    expect(withSecret).toEqual({ ...withKey, webhookSecretSetAt: expect.any(String), billingEnabled: true })

    const customerPortalUrl = 'https://billing.stripe.com/p/login/test_28o3'
    await provider.mutate(ConfigureBillingDocument, { marketplaceId, customerPortalUrl })
    expect(await billingOf(market)).toEqual({ ...withSecret, customerPortalUrl })

    const other = await sandbox.key(['customers:write', 'invoices:write'])
    await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey: other })
    const withOther = await billingOf(market)
    expect(withOther).toEqual({
      ...withSecret,
      customerPortalUrl,
      restrictedKeyLast4: other.slice(-4),
      restrictedKeySetAt: expect.any(String),
    })
    expect(Date.parse(withOther.restrictedKeySetAt)).toBeGreaterThan(Date.parse(withSecret.restrictedKeySetAt))

    await provider.mutate(ConfigureBillingDocument, { marketplaceId, customerPortalUrl: null })
    expect(await billingOf(market)).toEqual({ ...withOther, customerPortalUrl: null })

    const { node } = await provider.query(AuditLogDocument, { providerId: market.providerId, first: 5 })
    const entries = node && 'auditLog' in node ? node.auditLog.nodes : []
    expect(entries.map(({ action, summary, subjectId }) => [action, summary, subjectId])).toEqual([
      ['billing.changed', 'Changed: portal link.', first.billing.id],
      ['billing.changed', 'Changed: restricted key.', first.billing.id],
      ['billing.changed', 'Changed: portal link.', first.billing.id],
      ['billing.changed', 'Changed: signing secret.', first.billing.id],
      ['billing.configured', 'Added: restricted key.', first.billing.id],
    ])
  })

  test('takes no key and no secret but those that it should have', async () => {
    const market = await givenMarketplace(backend)
    const { provider, id: marketplaceId } = market
    const refused = async (values: Record<string, unknown>) =>
      provider.refused(ConfigureBillingDocument, { marketplaceId, ...values })

    const [none] = await refused({ webhookSecret: someSecret() })
    expect(none).toMatchObject({ code: 'REQUIRED', field: ['input', 'restrictedKey'] })
    const wrong: Array<[key: string, words: RegExp]> = [
      ['pk_test_51Nabcdefghijklmnop', /publishable key/],
      ['pk_live_51Nabcdefghijklmnop', /publishable key/],
      [secretKey, /secret key.*could do anything/],
      ['sk_live_51Nabcdefghijklmnop', /secret key.*could do anything/],
      ['rk_live_51Nabcdefghijklmnop', /sandbox takes test keys only/],
      ['whsec_51Nabcdefghijklmnop', /starts with rk_test_ or rk_live_/],
      ['rk_test_', /starts with rk_test_ or rk_live_/],
      ['rk_test_51N abc defghijk', /starts with rk_test_ or rk_live_/],
      ['rk_test_51Nabc\u0000defghijk', /starts with rk_test_ or rk_live_/],
      ['rk_test_51Nabc\ud800defghijk', /starts with rk_test_ or rk_live_/],
      [`rk_test_${'a'.repeat(100_000)}`, /starts with rk_test_ or rk_live_/],
      ['', /needs a restricted key/],
    ]
    for (const [key, words] of wrong) {
      const [refusal] = await refused({ restrictedKey: key })
      expect(refusal).toMatchObject({ field: ['input', 'restrictedKey'], message: expect.stringMatching(words) })
      if (key.length > 8) expect(JSON.stringify(refusal)).not.toContain(key)
    }
    const { marketplace } = await provider.query(MarketplaceBillingDocument, { slug: market.slug })
    expect(marketplace).toMatchObject({ billingEnabled: false, billing: null })

    // All that is wrong is told at once, and nothing of it is taken.
    const all = await refused({
      restrictedKey: secretKey,
      webhookSecret: restrictedKey,
      customerPortalUrl: 'https://billing.stripe.com.evil.example/p/login',
    })
    expect(all.map(({ field }) => field?.at(-1))).toEqual(['restrictedKey', 'webhookSecret', 'customerPortalUrl'])

    await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey, webhookSecret: someSecret() })
    const before = await billingOf(market)
    await refused({ restrictedKey: secretKey, customerPortalUrl: 'https://billing.stripe.com/p/login/test_1' })
    await refused({ webhookSecret: 'whsec_' })
    await refused({ webhookSecret: `whsec_${'a'.repeat(20)}\u0000` })
    expect(await billingOf(market)).toEqual(before)

    // Copied from a page, with what was around it.
    await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey: ` ${restrictedKey}\n` })
    expect((await billingOf(market)).restrictedKeyLast4).toBe('0001')
  })

  test("leads to Stripe's own portal or to the sandbox's, and nowhere else", async () => {
    const market = await givenMarketplace(backend)
    const { provider, id: marketplaceId } = market
    await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey })
    for (const customerPortalUrl of [
      'https://evil.example/p/login/test_1',
      'https://billing.stripe.com.evil.example/p/login/test_1',
      'https://billing.stripe.com:8443/p/login/test_1',
      'https://evil.example/https://billing.stripe.com/',
      'http://localhost:1/p/login/test_sandbox',
      `${backend.url}/p/login/test_sandbox`,
    ]) {
      const [refusal] = await provider.refused(ConfigureBillingDocument, { marketplaceId, customerPortalUrl })
      expect(refusal).toMatchObject({ code: 'INVALID', field: ['input', 'customerPortalUrl'] })
    }
    for (const customerPortalUrl of [
      'http://billing.stripe.com/p',
      'javascript:alert(1)',
      'https://ada:pw@billing.stripe.com/p',
    ]) {
      const { errors } = await provider.ask(ConfigureBillingDocument, { input: { marketplaceId, customerPortalUrl } })
      expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
    }
    expect((await billingOf(market)).customerPortalUrl).toBeNull()

    const acme = await givenOrganization(market)
    for (const address of [
      'https://billing.stripe.com/p/login/test_1',
      `${backend.sandbox.url}/p/login/test_sandbox`,
    ]) {
      await provider.mutate(ConfigureBillingDocument, { marketplaceId, customerPortalUrl: address })
      const { organization } = await acme.consumer.mutate(UpdateConsumerOrganizationDocument, {
        organizationId: acme.id,
      })
      expect(organization.billingPortalUrl).toBe(address)
    }
  })

  test('is tested without leaving anything behind, and names the permission that its key lacks', async () => {
    const market = await givenMarketplace(backend)
    const { provider, id: marketplaceId } = market
    const { billing } = await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey })
    const left = async () => ({
      customers: (await sandbox.table<{ deleted: boolean }>('customers')).filter(({ deleted }) => !deleted).length,
      invoices: (await sandbox.table('invoices')).length,
      items: (await sandbox.table<{ invoice: string | null }>('invoiceitems')).length,
    })
    const before = await left()
    const tried = async (key: string) => {
      await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey: key })
      const { checks, billing: tested } = await provider.mutate(TestBillingDocument, {
        billingIntegrationId: billing.id,
      })
      expect(await left()).toEqual(before)
      for (const { detail } of checks) {
        expect(detail).toMatch(/^[A-Z].*[.]$/)
        expect(detail).not.toContain(key)
      }
      const failed = checks.filter(({ ok }) => !ok).map(({ name, detail }) => [name, detail])
      return {
        names: checks.map(({ name }) => name),
        failed: Object.fromEntries(failed) as Record<string, string>,
        health: tested.health,
      }
    }

    const whole = await tried(restrictedKey)
    expect(whole.names).toEqual(
      expect.arrayContaining(['key.valid', 'key.mode', 'customers.write', 'invoices.write', 'webhook.received']),
    )
    expect(Object.keys(whole.failed)).toEqual(['webhook.received'])
    expect(whole.health).toBe('UNKNOWN')

    const noCustomers = await tried(await sandbox.key(['customers:read', 'invoices:write']))
    expect(noCustomers.failed['customers.write']).toMatch(/rak_customer_write.*“Customers: Write”/)
    expect(noCustomers.health).toBe('DEGRADED')
    const noInvoices = await tried(await sandbox.key(['customers:write', 'invoices:read']))
    expect(noInvoices.failed['invoices.write']).toMatch(/rak_invoice_write.*“Invoices: Write”/)
    expect(noInvoices.failed).not.toHaveProperty('customers.write')
    const neither = await tried(await sandbox.key(['events:read']))
    expect(neither.failed['customers.read']).toContain('rak_customer_read')
    expect(neither.failed['customers.write']).toContain('rak_customer_write')
    expect(neither.failed['invoices.read']).toContain('rak_invoice_read')
    expect(neither.failed).not.toHaveProperty('key.valid')

    const unknown = await tried('rk_test_51NobodyKnowsThisKey')
    expect(Object.keys(unknown.failed)).toEqual(['key.valid', 'webhook.received'])
    expect(unknown.failed['key.valid']).toMatch(/does not know the restricted key/)
    expect(unknown.health).toBe('FAILING')

    await sandbox.fault({ match: { method: 'POST', path: '/v1/invoices' }, act: 'status', code: 500, times: 1 })
    const trouble = await tried(restrictedKey)
    expect(trouble.failed['invoices.write']).toMatch(/Try again/)
    await sandbox.mend()

    const mended = await tried(restrictedKey)
    expect(Object.keys(mended.failed)).toEqual(['webhook.received'])
    const foreign = await provider.refused(TestBillingDocument, { billingIntegrationId: market.id })
    expect(foreign).toMatchObject([{ code: 'NOT_FOUND', field: ['input', 'billingIntegrationId'] }])
  })

  test('says whether webhooks arrive, and whether their signatures fit', async () => {
    const market = await givenMarketplace(backend)
    const { provider } = market
    const webhookSecret = someSecret()
    // Nobody else is on this account, whose events could arrive meanwhile.
    const key = await sandbox.key(['customers:write', 'invoices:write'], `acct_${mark()}`)
    const { billing } = await provider.mutate(ConfigureBillingDocument, {
      marketplaceId: market.id,
      restrictedKey: key,
      webhookSecret,
    })
    const { id: billingIntegrationId, webhookUrl } = billing
    const checked = async () => {
      const { checks, billing } = await provider.mutate(TestBillingDocument, { billingIntegrationId })
      return { webhook: checks.find(({ name }) => name === 'webhook.received'), billing }
    }
    expect((await checked()).webhook).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/Nothing has arrived yet/),
    })
    const body = JSON.stringify({
      id: `evt_${mark()}`,
      object: 'event',
      type: 'invoice.created',
      livemode: false,
      data: { object: {} },
    })
    expect((await whenStripeSends(webhookUrl, { body, secret: someSecret() })).status).toBe(400)
    const failing = await checked()
    expect(failing.webhook).toMatchObject({ ok: false, detail: expect.stringMatching(/signature that did not fit/) })
    expect(failing.billing.lastSignatureFailureAt).not.toBeNull()

    expect((await whenStripeSends(webhookUrl, { body, secret: webhookSecret })).status).toBe(200)
    const well = await checked()
    expect(well.webhook).toMatchObject({ ok: true })
    expect(well.billing).toMatchObject({ health: 'OK', lastWebhookAt: expect.any(String) })
  })

  test("is shared among one provider's marketplaces, changes for all of them, and is no other provider's to share", async () => {
    const harbour = await givenMarketplace(backend)
    const airport = await givenMarketplace(backend, { slug: `airport-${mark()}` })
    const { id: billingIntegrationId, webhookUrl } = await givenBilling(harbour)
    const { provider } = harbour
    const { billing, marketplace } = await provider.mutate(ConfigureBillingDocument, {
      marketplaceId: airport.id,
      billingIntegrationId,
    })
    expect(billing).toMatchObject({ id: billingIntegrationId, webhookUrl })
    expect(marketplace.billingEnabled).toBe(true)
    expect((await billingOf(airport)).marketplaces.map(({ id }) => id).sort()).toEqual([harbour.id, airport.id].sort())

    const other = await sandbox.key(['customers:write', 'invoices:write'])
    await provider.mutate(ConfigureBillingDocument, { marketplaceId: airport.id, restrictedKey: other })
    expect((await billingOf(harbour)).restrictedKeyLast4).toBe(other.slice(-4))

    const both = { marketplaceId: airport.id, billingIntegrationId, restrictedKey }
    const [mixed] = await provider.refused(ConfigureBillingDocument, both)
    expect(mixed).toMatchObject({ code: 'INVALID', field: ['input', 'billingIntegrationId'] })

    const stranger = { email: `root-${mark()}@stranger.example`, password: 'another long password', name: 'Stranger' }
    await backend.app.features.createProvider(stranger)
    const theirs = await strangersMarket(backend, stranger)
    for (const id of [
      billingIntegrationId,
      harbour.id,
      'bint_00000000000000000000000000',
      'nonsense',
      'bint_\u0000',
      'a'.repeat(5_000),
    ]) {
      const input = { marketplaceId: theirs.id, billingIntegrationId: id }
      expect(await theirs.provider.refused(ConfigureBillingDocument, input)).toEqual([
        { code: 'NOT_FOUND', message: 'There is no such connection.', field: ['input', 'billingIntegrationId'] },
      ])
    }
    // Nor does anybody change, test or see what is not theirs.
    const foreign = { marketplaceId: harbour.id, restrictedKey }
    expect(await theirs.provider.refused(ConfigureBillingDocument, foreign)).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(await theirs.provider.refused(TestBillingDocument, { billingIntegrationId })).toMatchObject([
      { code: 'NOT_FOUND' },
    ])
    expect(await theirs.provider.refused(DisableBillingDocument, { marketplaceId: harbour.id })).toMatchObject([
      { code: 'NOT_FOUND' },
    ])
    const acme = await givenOrganization(harbour)
    for (const client of [theirs.provider, acme.consumer, backend.client()]) {
      const { data } = await client.ask(MarketplaceBillingDocument, { slug: harbour.slug })
      expect(data?.marketplace?.billing ?? null).toBeNull()
    }
    for (const client of [acme.consumer, backend.client()]) {
      const { data, errors } = await client.ask(ConfigureBillingDocument, {
        input: { marketplaceId: harbour.id, restrictedKey },
      })
      const codes = [
        ...errors.map(({ extensions }) => extensions?.code),
        ...(data?.configureBilling.userErrors ?? []).map(({ code }) => code),
      ]
      expect(codes).toHaveLength(1)
      expect(['UNAUTHENTICATED', 'NOT_ALLOWED', 'NOT_FOUND']).toContain(codes[0])
    }
    expect((await billingOf(harbour)).restrictedKeyLast4).toBe(other.slice(-4))
    const { marketplace: unconnected } = await theirs.provider.query(MarketplaceBillingDocument, { slug: theirs.slug })
    expect(unconnected).toMatchObject({ billingEnabled: false, billing: null })
  })

  test('is switched off when nothing runs and nothing is open, and stays for what was invoiced through it', async () => {
    const market = await givenMarketplace(backend)
    const { provider, id: marketplaceId } = market
    await givenBilling(market)
    const acme = await givenOrganization(market)
    const { productSubscription, invoice } = await whenSubscribed(acme, await givenOffer(market))
    const inUse = await provider.refused(DisableBillingDocument, { marketplaceId })
    expect(inUse.map(({ code, field }) => [code, field])).toEqual([
      ['IN_USE', ['input', 'marketplaceId']],
      ['IN_USE', ['input', 'marketplaceId']],
    ])
    const paid = await acme.consumer.listen(InvoicePaidDocument, { organizationId: acme.id })
    await whenPressed(invoice.hostedUrl as string, 'card')
    await paid.next()
    expect(await provider.refused(DisableBillingDocument, { marketplaceId })).toMatchObject([
      { code: 'IN_USE', message: 'Paid subscriptions still run here.' },
    ])
    expect(await billingOf(market)).toMatchObject({ enabled: true, billingEnabled: true })

    const connected = await billingOf(market)
    await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: productSubscription.id,
      when: 'NOW',
    })
    const { marketplace } = await provider.mutate(DisableBillingDocument, { marketplaceId })
    expect(marketplace).toEqual({ id: marketplaceId, billingEnabled: false, billing: null })
    await provider.mutate(DisableBillingDocument, { marketplaceId })

    const offer = await givenOffer(market)
    const [refusal] = await acme.consumer.refused(SubscribeDocument, { organizationId: acme.id, planId: offer.planId })
    expect(refusal).toMatchObject({ code: 'BILLING_NOT_CONFIGURED' })
    // What Stripe still says about invoices of before is heard.
    expect((await post(connected.webhookUrl, '{}', 't=1,v1=0')).status).toBe(400)
    const { checks } = await provider.mutate(TestBillingDocument, { billingIntegrationId: connected.id })
    expect(checks.find(({ name }) => name === 'key.valid')).toMatchObject({ ok: true })
  })

  test('shows its secrets to nobody: not in an answer, a log line, the audit log, a job or the database', async () => {
    const market = await givenMarketplace(backend)
    const { provider, id: marketplaceId } = market
    const key = await sandbox.key(['customers:write', 'invoices:write'], `acct_${mark()}`)
    const secrets = [key, restrictedKey, someSecret(), someSecret()]
    const [, , former, present] = secrets as [string, string, string, string]
    // With keys of idempotency, whose inputs are remembered by what they say.
    await provider.mutate(ConfigureBillingDocument, {
      marketplaceId,
      restrictedKey: key,
      webhookSecret: former,
      idempotencyKey: mark(),
    })
    const { billing } = await provider.mutate(ConfigureBillingDocument, {
      marketplaceId,
      webhookSecret: present,
      idempotencyKey: mark(),
    })
    await provider.mutate(TestBillingDocument, { billingIntegrationId: billing.id })
    await provider.refused(ConfigureBillingDocument, { marketplaceId, restrictedKey: key, webhookSecret: 'whsec_' })
    await provider.ask('mutation($input: ConfigureBillingInput!) { configureBilling(input: $input) { nonsense } }', {
      input: { marketplaceId, restrictedKey: key, webhookSecret: present },
    })
    await provider.ask(
      'mutation($input: ConfigureBillingInput!) { configureBilling(input: $input) { userErrors { code } } }',
      {
        input: { marketplaceId, restrictedKey: [key], webhookSecret: { present } },
      },
    )
    await provider.ask(
      `mutation { configureBilling(input: { marketplaceId: "${marketplaceId}", restrictedKey: ["${key}"] }) { userErrors { code } } }`,
    )
    const acme = await givenOrganization(market)
    await whenSubscribed(acme, await givenOffer(market))
    const body = JSON.stringify({
      id: `evt_${mark()}`,
      object: 'event',
      type: 'invoice.paid',
      livemode: false,
      data: { object: {} },
    })
    await whenStripeSends(billing.webhookUrl, { body, secret: present })
    await whenStripeSends(billing.webhookUrl, { body, secret: someSecret() })
    await whenTimePasses(backend, 'P1D')
    await provider.query(MarketplaceBillingDocument, { slug: market.slug })
    await provider.query(AuditLogDocument, { providerId: market.providerId, first: 100 })

    const stored = await everythingStored(backend.config.databaseUrl)
    expect(stored).toContain('remembered_job')
    expect(stored).toContain(billing.id)
    expect(backend.logged.length).toBeGreaterThan(0)
    const places = {
      answers: [provider, acme.consumer].flatMap(({ answers }) => answers).join('\n'),
      logged: backend.logged.join('\n'),
      mails: JSON.stringify(await backend.mails.all()),
      stored,
    }
    for (const secret of secrets) {
      for (const written of [
        secret,
        Buffer.from(secret).toString('hex'),
        Buffer.from(secret).toString('base64').slice(0, 20),
      ]) {
        for (const [place, text] of Object.entries(places)) {
          expect({ place, found: wordAround(text, written, secret) }).toEqual({ place, found: null })
        }
      }
    }
  })

  // The last one here: what Stripe sends after it is of a day ago.
  test('takes both signing secrets for a day after one was rolled, however far billing has been moved', async () => {
    const market = await givenMarketplace(backend)
    const { provider, id: marketplaceId } = market
    const { webhookUrl, webhookSecret, endpointId } = await givenBilling(market)
    await whenItIs(market, later(await timeIn(market), 40 * day))
    const rolled = await sandbox.roll(endpointId)
    const sent = async (secret: string, offBy = 0) => {
      const body = JSON.stringify({
        id: `evt_${mark()}`,
        object: 'event',
        type: 'charge.failed',
        livemode: false,
        data: { object: {} },
      })
      return (await whenStripeSends(webhookUrl, { body, secret, offBy })).status
    }
    expect([await sent(webhookSecret), await sent(rolled)]).toEqual([200, 400])
    await provider.mutate(ConfigureBillingDocument, { marketplaceId, webhookSecret: rolled })
    expect([await sent(webhookSecret), await sent(rolled)]).toEqual([200, 200])

    // Stripe signs with both meanwhile, in one header.
    const body = JSON.stringify({
      id: `evt_${mark()}`,
      object: 'event',
      type: 'charge.failed',
      livemode: false,
      data: { object: {} },
    })
    const [one, two] = [webhookSecret, someSecret()].map((secret) => signatureOf({ body, secret }).split(',v1=')) as [
      string[],
      string[],
    ]
    expect((await post(webhookUrl, body, `${two[0]},v1=${two[1]},v1=${one[1]}`)).status).toBe(200)

    // The same once more is no change: the former one is not driven out by it.
    await provider.mutate(ConfigureBillingDocument, { marketplaceId, webhookSecret: rolled })
    expect([await sent(webhookSecret), await sent(rolled)]).toEqual([200, 200])

    transport.pass(day - minute)
    const almost = (day - minute) / second
    expect([await sent(webhookSecret, almost), await sent(rolled, almost)]).toEqual([200, 200])
    transport.pass(2 * minute)
    const over = (day + minute) / second
    expect([await sent(webhookSecret, over), await sent(rolled, over)]).toEqual([400, 200])
  })
})

describe('a connection to Stripe itself', () => {
  let backend: Backend
  beforeAll(async () => {
    // The sandbox stands in for it, and the backend is not told.
    backend = await startBackend({ sandboxPort: null })
  })
  afterAll(() => backend.stop())

  test('is for real money or for tests, and never for both', async () => {
    const sandbox = sandboxOf(backend)
    const market = await givenMarketplace(backend)
    const { provider, id: marketplaceId } = market
    const both = ['customers:write', 'invoices:write']
    const [live, second, trial] = [
      await sandbox.key(both, undefined, 'live'),
      await sandbox.key(both, undefined, 'live'),
      await sandbox.key(both),
    ]
    const { billing } = await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey: live })
    expect(billing.mode).toBe('LIVE')
    const { checks } = await provider.mutate(TestBillingDocument, { billingIntegrationId: billing.id })
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['webhook.received'])
    const [mixed] = await provider.refused(ConfigureBillingDocument, { marketplaceId, restrictedKey: trial })
    expect(mixed).toMatchObject({
      code: 'INVALID',
      field: ['input', 'restrictedKey'],
      message: expect.stringMatching(/never mix/),
    })
    expect(
      (await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey: second })).billing.mode,
    ).toBe('LIVE')

    const other = await givenMarketplace(backend)
    const tests = await other.provider.mutate(ConfigureBillingDocument, {
      marketplaceId: other.id,
      restrictedKey: trial,
    })
    expect(tests.billing.mode).toBe('TEST')
    const shared = { marketplaceId: other.id, billingIntegrationId: billing.id }
    const [unshared] = await provider.refused(ConfigureBillingDocument, shared)
    expect(unshared).toMatchObject({ code: 'INVALID', field: ['input', 'billingIntegrationId'] })
    expect((await billingOf(other)).id).toBe(tests.billing.id)

    // What is of the other mode is answered, recorded, and nothing more.
    const webhookSecret = someSecret()
    await provider.mutate(ConfigureBillingDocument, { marketplaceId, webhookSecret })
    const event = { id: `evt_${mark()}`, object: 'event', type: 'invoice.paid', livemode: false, data: { object: {} } }
    const sent = await whenStripeSends(billing.webhookUrl, { body: JSON.stringify(event), secret: webhookSecret })
    expect(sent.status).toBe(200)

    // Switched off, it may be connected anew.
    await provider.mutate(DisableBillingDocument, { marketplaceId })
    const anew = await provider.mutate(ConfigureBillingDocument, { marketplaceId, restrictedKey: trial })
    expect(anew.billing.mode).toBe('TEST')
    expect(anew.billing.id).not.toBe(billing.id)
  })

  test('leads to no portal of a sandbox that does not serve', async () => {
    const market = await givenMarketplace(backend)
    const { provider, id: marketplaceId } = market
    const customerPortalUrl = `${backend.sandbox.url}/p/login/test_sandbox`
    const [refusal] = await provider.refused(ConfigureBillingDocument, {
      marketplaceId,
      restrictedKey,
      customerPortalUrl,
    })
    expect(refusal).toMatchObject({ code: 'INVALID', field: ['input', 'customerPortalUrl'] })
  })
})

async function billingOf({ provider, slug }: Market) {
  const { marketplace } = await provider.query(MarketplaceBillingDocument, { slug })
  if (!marketplace?.billing) throw new Error('The marketplace has no connection.')
  return { ...marketplace.billing, billingEnabled: marketplace.billingEnabled }
}

async function strangersMarket(backend: Backend, { email, password }: { email: string; password: string }) {
  const provider: Client = backend.client()
  const viewer = await provider.signIn(email, password)
  const providerId = viewer.providerMemberships[0]?.provider.id as string
  const slug = `stranger-${mark()}`
  const { marketplace } = await provider.mutate(CreateMarketplaceDocument, { providerId, name: 'Elsewhere', slug })
  return { provider, id: marketplace.id, slug }
}

/** A few letters around it, with the secret itself taken out; null where it is not. */
function wordAround(text: string, written: string, secret: string): string | null {
  const place = text.indexOf(written)
  return place < 0 ? null : text.slice(Math.max(0, place - 60), place + 120).replaceAll(secret, '…')
}
