import { tmpdir } from 'node:os'
import { pino } from 'pino'
import { BillingConnections, placeOf } from '../../src/billing/billing-connections.js'
import { BillingIntegration, MarketplaceBilling } from '../../src/billing/billing-integration.entity.js'
import { BillingIntegrationRepository } from '../../src/billing/billing-integration.repository.js'
import { BillingIntegrationService } from '../../src/billing/billing-integration.service.js'
import { ConnectionExamination } from '../../src/billing/connection-examination.service.js'
import { Invoice, type InvoiceRow } from '../../src/billing/invoice.entity.js'
import { InvoiceRepository } from '../../src/billing/invoice.repository.js'
import { InvoiceCourier } from '../../src/billing/invoice-courier.service.js'
import { InvoiceDelivery } from '../../src/billing/invoice-delivery.service.js'
import { InvoiceInquiry } from '../../src/billing/invoice-inquiry.service.js'
import { InvoicePages } from '../../src/billing/invoice-pages.service.js'
import { InvoiceReconciliation } from '../../src/billing/invoice-reconciliation.service.js'
import { InvoiceRecord } from '../../src/billing/invoice-record.js'
import { InvoiceSettlement } from '../../src/billing/invoice-settlement.service.js'
import { InvoiceSweep } from '../../src/billing/invoice-sweep.js'
import { PaymentDisputes } from '../../src/billing/payment-disputes.service.js'
import { PaymentRecording } from '../../src/billing/payment-recording.service.js'
import { SavedPayments } from '../../src/billing/saved-payments.service.js'
import { StandingService } from '../../src/billing/standing.service.js'
import { Plan } from '../../src/catalog/plan.entity.js'
import { PlanRepository } from '../../src/catalog/plan.repository.js'
import { entities } from '../../src/entities.js'
import type { DomainEvent } from '../../src/events/event.js'
import { EventLog } from '../../src/events/event-log.js'
import { Mailer } from '../../src/identity/mailer.js'
import { MovableClock } from '../../src/kernel/clock.js'
import { newId } from '../../src/kernel/id.js'
import { Secret } from '../../src/kernel/secret.js'
import { Marketplace } from '../../src/marketplaces/marketplace.entity.js'
import { MarketplaceRepository } from '../../src/marketplaces/marketplace.repository.js'
import { AddresseeRepository } from '../../src/organizations/addressee.repository.js'
import { ConsumerOrganization } from '../../src/organizations/consumer-organization.entity.js'
import { ConsumerOrganizationRepository } from '../../src/organizations/consumer-organization.repository.js'
import { Notices } from '../../src/organizations/notices.js'
import { Database } from '../../src/persistence/database.js'
import { SecretBox } from '../../src/persistence/secret-box.js'
import { rows } from '../../src/persistence/tenant-repository.js'
import type { ConsumerRole, ConsumerScope, ProviderRole, ProviderScope } from '../../src/persistence/tenant-scope.js'
import { UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { AuditLog } from '../../src/providers/audit-log.js'
import { startSandbox } from '../../src/sandbox/sandbox.js'
import { StripeBillingAdapter } from '../../src/stripe/stripe-billing.adapter.js'
import { StripeClients } from '../../src/stripe/stripe-client.js'
import { ProductSubscription } from '../../src/subscriptions/product-subscription.entity.js'
import { ProductSubscriptionRepository } from '../../src/subscriptions/product-subscription.repository.js'
import { ProductSubscriptionService } from '../../src/subscriptions/product-subscription.service.js'
import { SubscriptionRecord } from '../../src/subscriptions/subscription-record.js'
import { createTestDatabase } from '../support/database.js'
import { writing } from '../support/writing.js'

const restrictedKey = 'rk_test_sandbox_restricted_0001'

/** Billing on a real database, with the sandbox for Stripe, and a clock that only the test moves. */
export async function openBilling() {
  const test = await createTestDatabase()
  const database = await Database.connect({ url: test.url, entities })
  const unitOfWork = new UnitOfWork<DomainEvent>(database, new EventLog(() => undefined))
  const sandbox = await startSandbox({ port: 0, journalPath: null })
  const base = `http://127.0.0.1:${sandbox.port}`
  const log = pino({ level: 'silent' })
  const clock = new MovableClock(new Date())
  const clients = new StripeClients({ apiBase: base, log, timeoutInMs: 500, requestsPerSecond: 1_000 })
  const payments = new StripeBillingAdapter(clients, unitOfWork, clock)
  const box = new SecretBox([Buffer.alloc(32, 7)])
  const audit = new AuditLog(clock)
  const plans = new PlanRepository()
  const subscriptions = new ProductSubscriptionRepository()
  const organizations = new ConsumerOrganizationRepository()
  const marketplaces = new MarketplaceRepository()
  const invoices = new InvoiceRepository()
  const integrations = new BillingIntegrationRepository()
  const connections = new BillingConnections(unitOfWork, box, clock, log)
  const told = new ProductSubscriptionService(
    unitOfWork,
    subscriptions,
    plans,
    new SubscriptionRecord(subscriptions, audit, clock),
  )
  const standing = new StandingService(subscriptions, plans, told, clock)
  const record = new InvoiceRecord(standing, clock)
  const clocks = { billing: clock, transport: clock }
  const delivery = new InvoiceDelivery(unitOfWork, invoices, organizations, connections, payments, record, clocks)
  const courier = new InvoiceCourier(unitOfWork, delivery, clocks.transport, log)
  const settlement = new InvoiceSettlement(
    unitOfWork,
    invoices,
    subscriptions,
    connections,
    payments,
    record,
    delivery,
    audit,
  )
  const inquiry = new InvoiceInquiry(unitOfWork, invoices, connections, payments, record)
  const notices = new Notices(
    new Mailer({ url: null, folder: tmpdir(), from: 'house@test.example', box, clock, log }),
    clock,
  )
  const reconciliation = new InvoiceReconciliation(
    unitOfWork,
    marketplaces,
    invoices,
    connections,
    payments,
    inquiry,
    delivery,
    audit,
  )
  const control = async (method: string, path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' }
    await fetch(`${base}/_sandbox/${path}`, { method, headers, body: body && JSON.stringify(body) })
  }
  return {
    base,
    box,
    /** Time passes for billing and in the sandbox alike. */
    pass: async (days: number) => {
      clock.advance(days * 86_400_000)
      await control('POST', 'clock', { advance: `P${days}D` })
    },
    unitOfWork,
    clock,
    invoices,
    connections,
    delivery,
    settlement,
    reconciliation,
    control,
    pages: new InvoicePages(invoices, inquiry, clock),
    saved: new SavedPayments(unitOfWork, invoices, connections, payments),
    integrations,
    integrationService: new BillingIntegrationService(
      unitOfWork,
      marketplaces,
      integrations,
      connections,
      box,
      audit,
      { sandbox: base },
      { billing: clock, transport: clock },
    ),
    examination: new ConnectionExamination(unitOfWork, integrations, connections, payments, audit),
    reports: new PaymentRecording(
      invoices,
      record,
      new PaymentDisputes(new AddresseeRepository(), notices, audit),
      audit,
    ),
    sweep: new InvoiceSweep(unitOfWork, invoices, delivery, inquiry, record, standing, clock, [], courier),
    reading: () => writing(database),
    close: async () => {
      clients.close()
      await sandbox.close()
      await database.close()
      await test.drop()
    },
  }
}
export type BillingHouse = Awaited<ReturnType<typeof openBilling>>

/** A marketplace that sells through the sandbox, an organization, and its subscription to a plan of 25.00 a month. */
export async function marketplaceOf(house: BillingHouse, about: { timeZone?: string } = {}) {
  const reading = house.reading()
  const createdAt = house.clock.now()
  const [providerId, marketplaceId, planId, billingIntegrationId] = [
    newId('prov'),
    newId('mkt'),
    newId('plan'),
    newId('bint'),
  ]
  const place = placeOf({ id: billingIntegrationId, providerId }, 'sealed_restricted_key')
  await rows(reading, BillingIntegration)
    .insertInto('BillingIntegration')
    .values({
      id: billingIntegrationId,
      providerId,
      mode: 'SANDBOX',
      enabled: true,
      sealedRestrictedKey: house.box.seal(new Secret(restrictedKey), place),
      restrictedKeyLast4: '0001',
      restrictedKeySetAt: createdAt,
      health: 'UNKNOWN',
      checks: '[]' as never,
      createdAt,
    })
    .execute()
  await rows(reading, MarketplaceBilling)
    .insertInto('MarketplaceBilling')
    .values({ marketplaceId, providerId, billingIntegrationId, enabled: true, configuredAt: createdAt })
    .execute()
  const settings = { visibility: 'PUBLIC' as const, consumerOrganizationsAllowed: true, selfSignupAllowed: false }
  const { timeZone = 'UTC' } = about
  await rows(reading, Marketplace)
    .insertInto('Marketplace')
    .values({
      ...settings,
      id: marketplaceId,
      providerId,
      slug: marketplaceId.slice(4).toLowerCase(),
      name: 'Market',
      timeZone,
      signupApprovalRequired: false,
      version: 1,
      createdAt,
    })
    .execute()
  await rows(reading, Plan)
    .insertInto('Plan')
    .values({
      id: planId,
      providerId,
      productId: newId('prod'),
      name: 'Gold',
      type: 'PAID',
      state: 'ACTIVE',
      approval: 'AUTOMATIC',
      currency: 'USD',
      baseMinor: 2_500n,
      setupFeeMinor: 0n,
      interval: 'MONTH',
      intervalCount: 1,
      anchor: 'ANNIVERSARY',
      features: '{}' as never,
      trialDays: 0,
      paymentTermDays: 14,
      gracePeriodDays: 7,
      cancelWhenPastDue: false,
      version: 1,
      createdAt,
    })
    .execute()
  const organizationId = await organizationIn(house, { providerId, marketplaceId })
  return { providerId, marketplaceId, planId, billingIntegrationId, organizationId }
}
export type Market = Awaited<ReturnType<typeof marketplaceOf>>

export async function organizationIn(house: BillingHouse, of: { providerId: string; marketplaceId: string }) {
  const id = newId('org')
  const { providerId, marketplaceId } = of
  await rows(house.reading(), ConsumerOrganization)
    .insertInto('ConsumerOrganization')
    .values({
      id,
      providerId,
      marketplaceId,
      name: 'Acme',
      state: 'ACTIVE',
      billingEmail: 'billing@acme.example',
      createdAt: house.clock.now(),
    })
    .execute()
  return id
}

/** An invoice over 25.00 for a subscription of its own, not at Stripe yet. */
export async function invoiceIn(
  house: BillingHouse,
  market: Market,
  about: Partial<InvoiceRow> = {},
): Promise<{ id: string; productSubscriptionId: string }> {
  const { providerId, marketplaceId, planId, billingIntegrationId } = market
  const organizationId = about.organizationId ?? market.organizationId
  const now = house.clock.now()
  const productSubscriptionId = newId('psub')
  const periodEnd = new Date(now.getTime() + 30 * 86_400_000)
  await rows(house.reading(), ProductSubscription)
    .insertInto('ProductSubscription')
    .values({
      id: productSubscriptionId,
      providerId,
      marketplaceId,
      organizationId,
      productId: newId('prod'),
      // One running subscription for an organization and plan.
      planId: newId('plan'),
      name: 'Weather',
      state: 'ACTIVE',
      standing: 'AWAITING_FIRST_PAYMENT',
      timeZone: 'UTC',
      cancelAtPeriodEnd: false,
      subscribedByUserId: newId('usr'),
      anchorAt: now,
      periodNumber: 0,
      periodStart: now,
      periodEnd,
      createdAt: now,
      startedAt: now,
      version: 1,
    })
    .execute()
  const id = newId('inv')
  await rows(house.reading(), Invoice)
    .insertInto('Invoice')
    .values({
      id,
      providerId,
      marketplaceId,
      organizationId,
      productSubscriptionId,
      planId,
      billingIntegrationId,
      status: 'DRAFT',
      reason: 'SUBSCRIPTION_START',
      periodStart: now,
      periodEnd,
      currency: 'USD',
      totalMinor: 2_500n,
      amountDueMinor: 2_500n,
      amountPaidMinor: 0n,
      paymentTermDays: 14,
      syncStatus: 'PENDING',
      syncAttempts: 0,
      createdAt: now,
      version: 1,
      ...about,
    })
    .execute()
  await house
    .reading()
    .kysely.insertInto('InvoiceLine')
    .values({
      id: newId('ili'),
      providerId,
      invoiceId: id,
      position: 1,
      kind: 'BASE_PRICE',
      description: 'Gold',
      quantity: '1',
      unitAmount: '25.00',
      amountMinor: 2_500n,
      currency: 'USD',
      periodStart: now,
      periodEnd,
      quotaId: null,
    })
    .execute()
  return { id, productSubscriptionId }
}

export function provider(providerId: string, ...roles: ProviderRole[]): ProviderScope {
  return { kind: 'provider', userId: newId('usr'), sessionId: newId('ses'), providers: new Map([[providerId, roles]]) }
}

export function consumer(market: Market, organizationId: string, ...roles: ConsumerRole[]): ConsumerScope {
  const { providerId, marketplaceId } = market
  const person = { kind: 'consumer' as const, userId: newId('usr'), sessionId: newId('ses') }
  return { ...person, providerId, marketplaceId, organizations: new Map([[organizationId, roles]]) }
}
