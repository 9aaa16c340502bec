import { pino } from 'pino'
import { BillingCharges } from '../../src/billing/billing-charges.js'
import { BillingConnections } from '../../src/billing/billing-connections.js'
import { BillingIntegrationRepository } from '../../src/billing/billing-integration.repository.js'
import { BillingRun } from '../../src/billing/billing-run.service.js'
import { Invoice, InvoiceLine, type InvoiceReason, type InvoiceRow } from '../../src/billing/invoice.entity.js'
import { InvoiceRepository } from '../../src/billing/invoice.repository.js'
import { InvoiceCourier } from '../../src/billing/invoice-courier.service.js'
import { InvoiceIssuing } from '../../src/billing/invoice-issuing.service.js'
import { InvoiceRecord } from '../../src/billing/invoice-record.js'
import { InvoiceSweep } from '../../src/billing/invoice-sweep.js'
import { InvoiceWriting } from '../../src/billing/invoice-writing.js'
import { BillingPlanChanges } from '../../src/billing/plan-change-charges.js'
import { QuotaPrices } from '../../src/billing/quota-prices.js'
import { StandingService } from '../../src/billing/standing.service.js'
import { TurnScenes } from '../../src/billing/turn-scenes.js'
import { UpcomingInvoices } from '../../src/billing/upcoming-invoice.service.js'
import { Plan, type PlanRow, Quota, type QuotaRow } from '../../src/catalog/plan.entity.js'
import { PlanRepository } from '../../src/catalog/plan.repository.js'
import type { PlanOffers } from '../../src/catalog/plan-offer.js'
import { entities } from '../../src/entities.js'
import type { DomainEvent } from '../../src/events/event.js'
import { MovableClock } from '../../src/kernel/clock.js'
import { newId } from '../../src/kernel/id.js'
import { Marketplace } from '../../src/marketplaces/marketplace.entity.js'
import { MarketplaceRepository } from '../../src/marketplaces/marketplace.repository.js'
import { TermsService } from '../../src/marketplaces/terms.service.js'
import { ConsumerOrganization } from '../../src/organizations/consumer-organization.entity.js'
import { ConsumerOrganizationRepository } from '../../src/organizations/consumer-organization.repository.js'
import { Database } from '../../src/persistence/database.js'
import { SecretBox } from '../../src/persistence/secret-box.js'
import { rows } from '../../src/persistence/tenant-repository.js'
import { type ConsumerRole, type ConsumerScope, system } from '../../src/persistence/tenant-scope.js'
import { type Reading, UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { AuditLog } from '../../src/providers/audit-log.js'
import { Unit } from '../../src/providers/unit.entity.js'
import { DeprecatedPlans } from '../../src/subscriptions/deprecated-plans.service.js'
import { PlanChangeService } from '../../src/subscriptions/plan-change.service.js'
import { PlanMove } from '../../src/subscriptions/plan-move.js'
import { PreviewTokens } from '../../src/subscriptions/preview-token.js'
import {
  ProductSubscription,
  type ProductSubscriptionRow,
} from '../../src/subscriptions/product-subscription.entity.js'
import { ProductSubscriptionRepository } from '../../src/subscriptions/product-subscription.repository.js'
import { openingOf } from '../../src/subscriptions/product-subscription.rules.js'
import { ProductSubscriptionService } from '../../src/subscriptions/product-subscription.service.js'
import { begun } from '../../src/subscriptions/subscribe.service.js'
import { SubscriptionRecord } from '../../src/subscriptions/subscription-record.js'
import { SubscriptionTurns } from '../../src/subscriptions/subscription-turns.js'
import { ChargeableUsage } from '../../src/usage/chargeable-usage.js'
import { QuotaCounter } from '../../src/usage/usage.entity.js'
import { planOf } from '../subscriptions/given.js'
import { createTestDatabase } from '../support/database.js'
import { writing as writingTo } from '../support/writing.js'

const day = 86_400_000

/** Billing on a real database and a clock that only the test moves; nothing is brought to Stripe. */
export async function openRun(beginning = '2026-01-31T10:00:00Z') {
  const test = await createTestDatabase()
  const database = await Database.connect({ url: test.url, entities })
  const events: DomainEvent[] = []
  const unitOfWork = new UnitOfWork<DomainEvent>(database, {
    write: async (_, announced) => void events.push(...announced),
    committed: () => undefined,
  })
  const clock = new MovableClock(new Date(beginning))
  const audit = new AuditLog(clock)
  const log = pino({ level: 'silent' })
  const subscriptions = new ProductSubscriptionRepository()
  const plans = new PlanRepository()
  const marketplaces = new MarketplaceRepository()
  const organizations = new ConsumerOrganizationRepository()
  const invoices = new InvoiceRepository()
  const subscriptionRecord = new SubscriptionRecord(subscriptions, audit, clock)
  const service = new ProductSubscriptionService(unitOfWork, subscriptions, plans, subscriptionRecord)
  const standing = new StandingService(subscriptions, plans, service, clock)
  const record = new InvoiceRecord(standing, clock)
  const connections = new BillingConnections(unitOfWork, new SecretBox([Buffer.alloc(32, 7)]), clock, log)
  const writing = new InvoiceWriting(connections, record, clock)
  const usage = new ChargeableUsage()
  const prices = new QuotaPrices()
  const issuing = new InvoiceIssuing(unitOfWork, subscriptions, plans, usage, prices, writing, record, clock)
  const scenes = new TurnScenes(subscriptions, plans, marketplaces, prices)
  const turns = new SubscriptionTurns(subscriptionRecord, clock)
  const courier = new InvoiceCourier(unitOfWork, {} as never, clock, log)
  const sweep = new InvoiceSweep(unitOfWork, invoices, {} as never, {} as never, record, standing, clock, [], courier)
  const newRun = () => new BillingRun(unitOfWork, turns, scenes, usage, writing, standing, sweep, clock, log)
  const charges = new BillingCharges(new BillingIntegrationRepository())
  // Selling needs a connection to Stripe, which these stories do without.
  charges.obstacles = async () => []
  const changes = new BillingPlanChanges(organizations, charges, usage, prices, writing, record)
  const move = new PlanMove(subscriptions, plans, marketplaces, changes, subscriptionRecord)
  const offers = {
    offer: async (reading: Reading, { planId }: { planId: string }) => {
      const plan = await plans.find(reading.as(system), planId)
      return plan && { plan, terms: null, onSale: plan.state === 'ACTIVE', why: null }
    },
  } as unknown as PlanOffers
  const previews = new PreviewTokens(Buffer.alloc(32, 1))
  const terms = new TermsService(clock)
  const planChanges = new PlanChangeService(
    unitOfWork,
    subscriptions,
    organizations,
    plans,
    offers,
    terms,
    changes,
    move,
    previews,
    subscriptionRecord,
    clock,
  )
  const reading = () => writingTo(database)
  const [providerId, marketplaceId, productId, unitId] = [newId('prov'), newId('mkt'), newId('prod'), newId('unit')]
  await rows(reading(), Marketplace)
    .insertInto('Marketplace')
    .values({
      id: marketplaceId,
      providerId,
      slug: 'harbour',
      name: 'Harbour',
      visibility: 'PUBLIC',
      timeZone: 'UTC',
      consumerOrganizationsAllowed: true,
      selfSignupAllowed: false,
      signupApprovalRequired: false,
      version: 1,
      createdAt: clock.now(),
    })
    .execute()
  await rows(reading(), Unit)
    .insertInto('Unit')
    .values({ id: unitId, providerId, name: 'transactions', title: 'calls', createdAt: clock.now() })
    .execute()

  return {
    database,
    unitOfWork,
    clock,
    events,
    service,
    issuing,
    planChanges,
    newRun,
    run: newRun(),
    sweep,
    deprecated: new DeprecatedPlans(unitOfWork, subscriptions, plans, service, move, subscriptionRecord),
    upcoming: new UpcomingInvoices(subscriptions, scenes, usage, writing, clock),
    reading,
    providerId,
    marketplaceId,

    async plan(about: Partial<PlanRow> = {}): Promise<PlanRow> {
      const plan = planOf({ ...about, id: newId('plan'), providerId, productId })
      await rows(reading(), Plan)
        .insertInto('Plan')
        .values({ ...plan, features: '{}' as never, requestForm: null })
        .execute()
      return plan
    },

    async quota(planId: string, about: Partial<QuotaRow> = {}): Promise<string> {
      const id = newId('quo')
      await rows(reading(), Quota)
        .insertInto('Quota')
        .values({
          id,
          providerId,
          planId,
          unitId,
          limit: 'UNLIMITED',
          limitUnits: null,
          interval: 'MONTH',
          pricing: 'PER_UNIT',
          unitAmount: '0.01',
          packageSize: null,
          position: 1,
          ...about,
          tiers: [],
        })
        .execute()
      return id
    },

    /** Of an organization of its own, begun now; its first invoice is paid, unless it is told otherwise. */
    async subscription(
      plan: PlanRow,
      about: Partial<ProductSubscriptionRow> & { unpaid?: boolean } = {},
    ): Promise<string> {
      const { unpaid, ...changes } = about
      const now = clock.now()
      const opening = openingOf(plan, 'UTC', now, false)
      const organizationId = changes.organizationId ?? newId('org')
      if (!changes.organizationId) {
        await rows(reading(), ConsumerOrganization)
          .insertInto('ConsumerOrganization')
          .values({
            id: organizationId,
            providerId,
            marketplaceId,
            name: 'Acme',
            state: 'ACTIVE',
            billingEmail: 'bills@acme.example',
            createdAt: now,
          })
          .execute()
      }
      const id = newId('psub')
      const standingNow = opening.standing === 'AWAITING_FIRST_PAYMENT' && !unpaid ? 'GOOD' : opening.standing
      await rows(reading(), ProductSubscription)
        .insertInto('ProductSubscription')
        .values({
          id,
          providerId,
          marketplaceId,
          organizationId,
          productId,
          planId: plan.id,
          name: 'Weather',
          state: 'ACTIVE',
          standing: standingNow,
          ...begun(opening, now),
          cancelAtPeriodEnd: false,
          subscribedByUserId: newId('usr'),
          createdAt: now,
          version: 1,
          ...changes,
        } as never)
        .execute()
      if (!unpaid) {
        const first = await issuing.issueFirst(id)
        if (first) await this.pay(first.id)
      }
      return id
    },

    /** As if Stripe had told so. */
    async pay(invoiceId: string): Promise<void> {
      await this.invoiceIs(invoiceId, { status: 'PAID', paidAt: clock.now() })
    },

    /** As if Stripe had opened it, to be paid in so many days. */
    async open(invoiceId: string, days: number): Promise<void> {
      await this.invoiceIs(invoiceId, { status: 'OPEN', dueAt: new Date(clock.now().getTime() + days * day) })
    },

    async invoiceIs(invoiceId: string, changes: Partial<InvoiceRow>): Promise<void> {
      await unitOfWork.run(system, async (transaction) => {
        const invoice = (await invoices.lock(transaction, invoiceId)) as InvoiceRow
        Object.assign(invoice, changes)
        await transaction.em.flush()
        await standing.settle(transaction, invoice.productSubscriptionId)
      })
    },

    async use(
      productSubscriptionId: string,
      quotaId: string,
      units: string,
      interval: { start: Date; end: Date },
    ): Promise<void> {
      await rows(reading(), QuotaCounter)
        .insertInto('QuotaCounter')
        .values({
          productSubscriptionId,
          quotaId,
          providerId,
          periodStart: interval.start,
          periodEnd: interval.end,
          used: units,
          invoiced: '0',
          chargeable: true,
          thresholdReached: 0,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['productSubscriptionId', 'quotaId', 'periodStart', 'providerId'])
            .doUpdateSet({ used: units }),
        )
        .execute()
    },

    async look(id: string): Promise<ProductSubscriptionRow> {
      const found = await subscriptions.find(reading(), id)
      if (!found) throw new Error(`There is no ${id}.`)
      return found
    },

    async invoicesOf(productSubscriptionId: string): Promise<InvoiceRow[]> {
      const [found] = await invoices.ofSubscriptions(reading(), [productSubscriptionId])
      return (found ?? []).toSorted((one, other) => one.periodStart.getTime() - other.periodStart.getTime())
    },

    /** Reason, first day and total of each. */
    async told(productSubscriptionId: string): Promise<Array<[InvoiceReason, string, bigint]>> {
      const found = await this.invoicesOf(productSubscriptionId)
      return found.map(({ reason, periodStart, totalMinor }) => [
        reason,
        periodStart.toISOString().slice(0, 10),
        BigInt(totalMinor),
      ])
    },

    async linesOf(invoiceId: string) {
      const found = await rows(reading(), InvoiceLine)
        .selectFrom('InvoiceLine')
        .selectAll()
        .where('invoiceId', '=', invoiceId)
        .orderBy('position')
        .execute()
      return found.map(({ kind, amountMinor, description }) => ({ kind, minor: BigInt(amountMinor), description }))
    },

    countInvoices: async () => {
      const { count } = await rows(reading(), Invoice)
        .selectFrom('Invoice')
        .select((eb) => eb.fn.countAll<string>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    consumer(organizationId: string, ...roles: ConsumerRole[]): ConsumerScope {
      const person = { kind: 'consumer' as const, userId: newId('usr'), sessionId: newId('ses') }
      return { ...person, providerId, marketplaceId, organizations: new Map([[organizationId, roles]]) }
    },

    passDays(count: number): void {
      clock.advance(count * day)
    },

    close: async () => {
      await database.close()
      await test.drop()
    },
  }
}
export type RunHouse = Awaited<ReturnType<typeof openRun>>
