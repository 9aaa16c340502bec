import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { BillingIntegration, MarketplaceBilling } from '../../src/billing/billing-integration.entity.js'
import { Invoice } from '../../src/billing/invoice.entity.js'
import { newId } from '../../src/kernel/id.js'
import { Refused } from '../../src/kernel/result.js'
import { Marketplace } from '../../src/marketplaces/marketplace.entity.js'
import { rows } from '../../src/persistence/tenant-repository.js'
import { anonymous, type Scope } from '../../src/persistence/tenant-scope.js'
import { AuditEntry } from '../../src/providers/audit-entry.entity.js'
import { ProductSubscription } from '../../src/subscriptions/product-subscription.entity.js'
import { type BillingHouse, consumer, invoiceIn, type Market, marketplaceOf, openBilling, provider } from './house.js'

const key = 'rk_test_sandbox_restricted_0001'
const secret = 'whsec_0123456789abcdef'

let house: BillingHouse
let market: Market
/** One that nothing is connected to yet, of the same provider. */
let marketplaceId: string

beforeAll(async () => {
  house = await openBilling()
})
afterAll(() => house.close())

beforeEach(async () => {
  market = await marketplaceOf(house)
  marketplaceId = newId('mkt')
  const model = await rows(house.reading(), Marketplace)
    .selectFrom('Marketplace')
    .selectAll()
    .where('id', '=', market.marketplaceId)
    .executeTakeFirstOrThrow()
  await rows(house.reading(), Marketplace)
    .insertInto('Marketplace')
    .values({ ...model, id: marketplaceId, slug: marketplaceId.slice(4) })
    .execute()
})

const administrator = () => provider(market.providerId, 'ADMINISTRATOR')
const configure = (given: object, scope: Scope = administrator()) =>
  house.integrationService.configure(scope, { marketplaceId, ...given })

async function refusal(work: Promise<unknown>): Promise<string[]> {
  try {
    await work
  } catch (error) {
    if (error instanceof Refused)
      return error.errors.map(({ code, field }) => `${code} ${field?.join('.') ?? ''}`.trim())
    throw error
  }
  return []
}

const storedOf = async (id: string) =>
  rows(house.reading(), BillingIntegration)
    .selectFrom('BillingIntegration')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
const enabled = async (id: string) => (await house.integrations.enabledIn(house.reading(), [id]))[0]

describe('A marketplace', () => {
  it('sells once key and signing secret are given, in one step or two', async () => {
    expect(await enabled(marketplaceId)).toBe(false)
    const { billing } = await configure({ restrictedKey: ` ${key}\n` })
    expect(billing).toMatchObject({ mode: 'SANDBOX', enabled: true, restrictedKeyLast4: '0001', health: 'UNKNOWN' })
    expect(await enabled(marketplaceId)).toBe(false)
    await configure({ webhookSecret: secret, customerPortalUrl: `${house.base}/p/login/test_sandbox` })
    expect(await enabled(marketplaceId)).toBe(true)
    expect(await house.integrations.portalsOf(house.reading(), [marketplaceId, newId('mkt')])).toEqual([
      `${house.base}/p/login/test_sandbox`,
      null,
    ])
    await configure({ customerPortalUrl: null })
    expect(await house.integrations.portalsOf(house.reading(), [marketplaceId])).toEqual([null])
  })

  it('is told all that is wrong at once, and keeps what it has', async () => {
    const wrong = {
      restrictedKey: 'sk_test_everything',
      webhookSecret: 'nonsense',
      customerPortalUrl: 'https://evil.example/',
    }
    expect(await refusal(configure(wrong))).toEqual([
      'INVALID input.restrictedKey',
      'INVALID input.webhookSecret',
      'INVALID input.customerPortalUrl',
    ])
    expect(await refusal(configure({}))).toEqual(['REQUIRED input.restrictedKey'])
    const links = await rows(house.reading(), MarketplaceBilling)
      .selectFrom('MarketplaceBilling')
      .selectAll()
      .where('marketplaceId', '=', marketplaceId)
      .execute()
    expect(links).toEqual([])
  })

  it('keeps its secrets: sealed in the table, and in no word that is written about them', async () => {
    const { billing } = await configure({ restrictedKey: key, webhookSecret: secret })
    await configure({ webhookSecret: `${secret}2` })
    const audit = await rows(house.reading(), AuditEntry)
      .selectFrom('AuditEntry')
      .select(['action', 'summary'])
      .where('subjectId', '=', billing.id)
      .orderBy('id')
      .execute()
    expect(audit.map(({ action }) => action)).toEqual(['billing.configured', 'billing.changed'])
    const written = JSON.stringify([await storedOf(billing.id), audit])
    expect(written).not.toContain('sandbox_restricted')
    expect(written).not.toContain('0123456789abcdef')
  })

  it('takes webhooks signed with the former secret for a day after it was changed', async () => {
    const { billing } = await configure({ restrictedKey: key, webhookSecret: secret })
    await configure({ webhookSecret: `${secret}2` })
    const secrets = async () => (await house.connections.find(billing.id))?.secrets.map((one) => one.reveal())
    expect(await secrets()).toEqual([`${secret}2`, secret])
    await house.pass(1)
    expect(await secrets()).toEqual([`${secret}2`])
  })

  it('may share the connection of another, and never one of somebody else', async () => {
    const { billing } = await configure({ billingIntegrationId: market.billingIntegrationId })
    expect(billing.id).toBe(market.billingIntegrationId)
    const [sharing] = await house.integrations.marketplacesOf(house.reading(), [billing.id])
    expect(sharing?.toSorted()).toEqual([market.marketplaceId, marketplaceId].toSorted())
    expect(await refusal(configure({ billingIntegrationId: billing.id, restrictedKey: key }))).toEqual([
      'INVALID input.billingIntegrationId',
    ])
    const foreign = await marketplaceOf(house)
    expect(await refusal(configure({ billingIntegrationId: foreign.billingIntegrationId }))).toEqual([
      'NOT_FOUND input.billingIntegrationId',
    ])
  })

  it('is connected by its administrators and managers alone', async () => {
    const { providerId, organizationId } = market
    const as = (scope: Scope) => refusal(configure({ restrictedKey: key }, scope))
    expect(await as(provider(providerId, 'AUDITOR', 'CATALOG_MANAGER'))).toEqual(['NOT_ALLOWED'])
    expect(await as(provider(newId('prov'), 'ADMINISTRATOR'))).toEqual(['NOT_FOUND input.marketplaceId'])
    expect(await as(consumer(market, organizationId, 'ADMINISTRATOR'))).toEqual(['NOT_FOUND input.marketplaceId'])
    await expect(as(anonymous)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await as(provider(providerId, 'MARKETPLACE_MANAGER'))).toEqual([])
  })

  it('shows its connection to the same people alone', async () => {
    const { providerId, organizationId, marketplaceId: id } = market
    const seen = async (scope: Scope) =>
      (await house.integrations.ofMarketplaces(house.unitOfWork.reading(scope), [id]))[0]?.id
    expect(await seen(administrator())).toBe(market.billingIntegrationId)
    expect(await seen(provider(providerId, 'MARKETPLACE_MANAGER'))).toBe(market.billingIntegrationId)
    const others: Scope[] = [
      provider(providerId, 'AUDITOR', 'CATALOG_MANAGER', 'ACCESS_MANAGER', 'SUBSCRIPTION_APPROVER'),
      provider(newId('prov'), 'ADMINISTRATOR'),
      consumer(market, organizationId, 'ADMINISTRATOR'),
      { kind: 'gateway', tokenId: newId('gwt'), providerId, marketplaceId: id },
      anonymous,
    ]
    for (const scope of others) expect(await seen(scope)).toBeUndefined()
  })
})

describe('Switching billing off', () => {
  const disable = (scope: Scope = administrator()) => house.integrationService.disable(scope, market.marketplaceId)

  it('is refused while paid subscriptions run, or invoices are open', async () => {
    const invoice = await invoiceIn(house, market, { status: 'OPEN' })
    await rows(house.reading(), ProductSubscription)
      .updateTable('ProductSubscription')
      .set({ planId: market.planId })
      .where('id', '=', invoice.productSubscriptionId)
      .execute()
    expect(await refusal(disable())).toEqual(['IN_USE input.marketplaceId', 'IN_USE input.marketplaceId'])
    await rows(house.reading(), Invoice)
      .updateTable('Invoice')
      .set({ status: 'PAID' })
      .where('id', '=', invoice.id)
      .execute()
    expect(await refusal(disable())).toEqual(['IN_USE input.marketplaceId'])
    expect((await storedOf(market.billingIntegrationId))?.enabled).toBe(true)
    await rows(house.reading(), ProductSubscription)
      .updateTable('ProductSubscription')
      .set({ state: 'CANCELED' })
      .where('id', '=', invoice.productSubscriptionId)
      .execute()
    expect(await refusal(disable())).toEqual([])
    expect((await storedOf(market.billingIntegrationId))?.enabled).toBe(false)
    expect(await enabled(market.marketplaceId)).toBe(false)
  })

  it('leaves the connection to the others that share it, and may be taken back', async () => {
    await configure({ billingIntegrationId: market.billingIntegrationId })
    await disable()
    expect((await storedOf(market.billingIntegrationId))?.enabled).toBe(true)
    await house.integrationService.configure(administrator(), {
      marketplaceId: market.marketplaceId,
      billingIntegrationId: market.billingIntegrationId,
    })
    const [sharing] = await house.integrations.marketplacesOf(house.reading(), [market.billingIntegrationId])
    expect(sharing).toContain(market.marketplaceId)
  })

  it('is for those who may switch it on', async () => {
    expect(await refusal(disable(provider(market.providerId, 'AUDITOR')))).toEqual(['NOT_ALLOWED'])
    expect(await refusal(disable(provider(newId('prov'), 'ADMINISTRATOR')))).toEqual(['NOT_FOUND input.marketplaceId'])
  })
})

describe('Testing a connection', () => {
  it('tries each thing, leaves nothing behind, and keeps what was seen as its health', async () => {
    await house.control('POST', 'reset')
    const { billing, checks } = await house.examination.test(administrator(), market.billingIntegrationId)
    expect(Object.fromEntries(checks.map(({ name, ok }) => [name, ok]))).toEqual({
      'key.valid': true,
      'key.mode': true,
      'customers.read': true,
      'customers.write': true,
      'invoices.read': true,
      'invoices.write': true,
      'invoices.add_lines': true,
      'webhook.received': false,
    })
    expect(billing.health).toBe('UNKNOWN')
    await house.connections.received(market.billingIntegrationId, house.clock.now())
    await rows(house.reading(), BillingIntegration)
      .updateTable('BillingIntegration')
      .set({ sealedWebhookSecret: 'sealed' })
      .where('id', '=', market.billingIntegrationId)
      .execute()
    expect((await house.examination.test(administrator(), market.billingIntegrationId)).billing.health).toBe('OK')
    await house.connections.signatureFailed(market.billingIntegrationId, new Date(house.clock.now().getTime() + 1_000))
    expect((await house.examination.test(administrator(), market.billingIntegrationId)).billing.health).toBe('UNKNOWN')
  })

  it('is not for those who do not see it', async () => {
    for (const scope of [provider(market.providerId, 'AUDITOR'), provider(newId('prov'), 'ADMINISTRATOR')]) {
      expect(await refusal(house.examination.test(scope, market.billingIntegrationId))).toEqual([
        'NOT_FOUND input.billingIntegrationId',
      ])
    }
  })
})
