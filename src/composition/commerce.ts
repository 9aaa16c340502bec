import { AccessNotices } from '../billing/access-notices.service.js'
import { billingReactions, billingTasks, quietBillingTasks } from '../billing/billing.reactions.js'
import type { BillingCharges } from '../billing/billing-charges.js'
import { BillingConnections } from '../billing/billing-connections.js'
import type { BillingIntegrationRepository } from '../billing/billing-integration.repository.js'
import {
  BillingIntegrationResolver,
  MarketplaceBillingResolver,
  OrganizationBillingResolver,
} from '../billing/billing-integration.resolver.js'
import { BillingIntegrationService } from '../billing/billing-integration.service.js'
import {
  billingRunReactions,
  billingRunTask,
  billingRunTasks,
  lateUsageTask,
} from '../billing/billing-run.reactions.js'
import { BillingRun } from '../billing/billing-run.service.js'
import { ChangeInvoices } from '../billing/change-invoices.service.js'
import { CanceledInvoiceResolver, ChangedInvoiceResolver } from '../billing/changed-invoice.resolver.js'
import { ConnectionExamination } from '../billing/connection-examination.service.js'
import { FirstInvoices } from '../billing/first-invoice.service.js'
import { InvoiceChangedLive, InvoicePaidLive } from '../billing/invoice.live.js'
import type { InvoiceRepository } from '../billing/invoice.repository.js'
import { InvoiceLineResolver, InvoiceResolver } from '../billing/invoice.resolver.js'
import { InvoiceCourier } from '../billing/invoice-courier.service.js'
import { InvoiceDelivery } from '../billing/invoice-delivery.service.js'
import { InvoiceInquiry } from '../billing/invoice-inquiry.service.js'
import { InvoiceIssuing } from '../billing/invoice-issuing.service.js'
import { InvoiceLists } from '../billing/invoice-lists.js'
import {
  MarketplaceInvoicesResolver,
  OrganizationInvoicesResolver,
  SubscriptionInvoicesResolver,
} from '../billing/invoice-lists.resolver.js'
import { InvoiceMetrics } from '../billing/invoice-metrics.js'
import { InvoicePages } from '../billing/invoice-pages.service.js'
import { InvoiceReconciliation } from '../billing/invoice-reconciliation.service.js'
import { InvoiceRecord } from '../billing/invoice-record.js'
import { InvoiceReminders } from '../billing/invoice-reminders.service.js'
import { InvoiceScenes } from '../billing/invoice-scenes.js'
import { InvoiceSettlement } from '../billing/invoice-settlement.service.js'
import { InvoiceDriftResolver, InvoiceStepsResolver } from '../billing/invoice-steps.resolver.js'
import { InvoiceSweep, sweepTask } from '../billing/invoice-sweep.js'
import { InvoiceWriting } from '../billing/invoice-writing.js'
import { PaymentDisputes } from '../billing/payment-disputes.service.js'
import { PaymentRecording } from '../billing/payment-recording.service.js'
import { BillingPlanChanges } from '../billing/plan-change-charges.js'
import { QuotaPrices } from '../billing/quota-prices.js'
import { reminderReactions, reminderTasks } from '../billing/reminder.reactions.js'
import { RevenueRepository } from '../billing/revenue.repository.js'
import { MarketplaceRevenueResolver } from '../billing/revenue.resolver.js'
import { SandboxClockResolver } from '../billing/sandbox-clock.resolver.js'
import { SandboxClockService } from '../billing/sandbox-clock.service.js'
import { SavedPayments } from '../billing/saved-payments.service.js'
import { StandingService } from '../billing/standing.service.js'
import {
  ApprovedInvoiceResolver,
  FirstInvoicePreviewResolver,
  SubscribedInvoiceResolver,
} from '../billing/subscribed-invoice.resolver.js'
import { TurnScenes } from '../billing/turn-scenes.js'
import { PlanChangeInvoicePreviewResolver, UpcomingInvoiceResolver } from '../billing/upcoming-invoice.resolver.js'
import { UpcomingInvoices } from '../billing/upcoming-invoice.service.js'
import type { ApiResourceRepository } from '../catalog/asset.repository.js'
import type { PlanRepository, QuotaRepository } from '../catalog/plan.repository.js'
import { RestingWork } from '../events/resting-work.js'
import { OneAtATime } from '../persistence/one-at-a-time.js'
import { StripeBillingAdapter } from '../stripe/stripe-billing.adapter.js'
import { StripeClients } from '../stripe/stripe-client.js'
import { StripeEventProcessor } from '../stripe/stripe-event.processor.js'
import { stripeEventTask } from '../stripe/stripe-inbox.js'
import { StripeSettlement } from '../stripe/stripe-settlement.js'
import { DeprecatedPlans } from '../subscriptions/deprecated-plans.service.js'
import type { ResourcesInUse } from '../subscriptions/plan-change.port.js'
import { PlanChangeResolver } from '../subscriptions/plan-change.resolver.js'
import { PlanChangeService } from '../subscriptions/plan-change.service.js'
import { PlanMove } from '../subscriptions/plan-move.js'
import { PreviewTokens } from '../subscriptions/preview-token.js'
import { ProductSubscriptionLive } from '../subscriptions/product-subscription.live.js'
import { productSubscriptionReactions } from '../subscriptions/product-subscription.reactions.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import {
  ApprovalResolver,
  MarketplaceSubscriptionsResolver,
  OrganizationSubscriptionsResolver,
  ProductSubscriptionResolver,
} from '../subscriptions/product-subscription.resolver.js'
import { ProductSubscriptionService } from '../subscriptions/product-subscription.service.js'
import { SubscribeResolver } from '../subscriptions/subscribe.resolver.js'
import { SubscribeService } from '../subscriptions/subscribe.service.js'
import { SubscriptionApproval } from '../subscriptions/subscription-approval.service.js'
import { SubscriptionNotices } from '../subscriptions/subscription-notices.service.js'
import { SubscriptionRecord } from '../subscriptions/subscription-record.js'
import { SubscriptionStepsResolver } from '../subscriptions/subscription-steps.resolver.js'
import { SubscriptionTurns } from '../subscriptions/subscription-turns.js'
import { ChargeableUsage } from '../usage/chargeable-usage.js'
import { QuotaUsageRepository } from '../usage/quota-usage.repository.js'
import { UsageLive } from '../usage/usage.live.js'
import { UsageRepository } from '../usage/usage.repository.js'
import { ProductSubscriptionUsageResolver, UsageResolver } from '../usage/usage.resolver.js'
import { UsageService, type UsageSubjects } from '../usage/usage.service.js'
import type { CatalogFeature } from './catalog.js'
import type { Foundation } from './foundation.js'
import type { PeopleFeatures } from './people.js'

/** Among the advisory locks of the database. */
const sandboxClockLock = 7_261_126

/** Rows that features to the left read as well, and what access provides. */
export interface CommerceSurroundings {
  plans: PlanRepository
  quotas: QuotaRepository
  apiResources: ApiResourceRepository
  subscriptions: ProductSubscriptionRepository
  integrations: BillingIntegrationRepository
  invoices: InvoiceRepository
  charges: BillingCharges
  usageSubjects: UsageSubjects
  resourcesInUse: ResourcesInUse
}

export type CommerceFeatures = ReturnType<typeof buildCommerce>

/** subscriptions, usage, billing, and Stripe behind billing's port. */
export function buildCommerce(
  foundation: Foundation,
  people: PeopleFeatures,
  { products, offers }: CatalogFeature,
  around: CommerceSurroundings,
) {
  const { config, log, metrics, unitOfWork, clocks, box, sandboxClock, mutations, nodes } = foundation
  const { users, marketplaces, organizations, addressees, notices, audit, terms } = people
  const { plans, quotas, apiResources, subscriptions, integrations, invoices, charges } = around
  const clock = clocks.billing
  const sandbox = config.sandboxPort === null ? null : config.stripeApiBase

  // What decides about a subscription, and what its invoices say of it.
  const record = new SubscriptionRecord(subscriptions, audit, clock)
  const service = new ProductSubscriptionService(unitOfWork, subscriptions, plans, record)
  const standing = new StandingService(subscriptions, plans, service, clock)
  const invoiceRecord = new InvoiceRecord(standing, clock)

  // Connections, and Stripe.
  const connections = new BillingConnections(unitOfWork, box, clocks.transport, log)
  const clients = new StripeClients({ apiBase: config.stripeApiBase, log })
  const payments = new StripeBillingAdapter(clients, unitOfWork, clock)
  const disputes = new PaymentDisputes(addressees, notices, audit)
  const reports = new PaymentRecording(invoices, invoiceRecord, disputes, audit)
  const processor = new StripeEventProcessor(unitOfWork, reports, connections, payments, clocks.transport, log)
  const stripeSettlement = new StripeSettlement(unitOfWork, connections, payments, reports, clock, log)

  // Invoices: written, brought to Stripe, settled, looked after.
  const usage = new ChargeableUsage()
  const prices = new QuotaPrices()
  const writing = new InvoiceWriting(connections, invoiceRecord, clock)
  const issuing = new InvoiceIssuing(unitOfWork, subscriptions, plans, usage, prices, writing, invoiceRecord, clock)
  const invoiceMetrics = new InvoiceMetrics()
  const delivery = new InvoiceDelivery(
    unitOfWork,
    invoices,
    organizations,
    connections,
    payments,
    invoiceRecord,
    clocks,
    invoiceMetrics,
  )
  const courier = new InvoiceCourier(unitOfWork, delivery, clocks.transport, log)
  invoiceMetrics.register(metrics, () => courier.unsent())
  const settlement = new InvoiceSettlement(
    unitOfWork,
    invoices,
    subscriptions,
    connections,
    payments,
    invoiceRecord,
    delivery,
    audit,
  )
  const inquiry = new InvoiceInquiry(unitOfWork, invoices, connections, payments, invoiceRecord)
  const pages = new InvoicePages(invoices, inquiry, clock)
  const invoiceScenes = new InvoiceScenes(unitOfWork, invoices, subscriptions, pages, clock)
  const reminders = new InvoiceReminders(unitOfWork, invoices, invoiceScenes, addressees, notices, clock)
  const accessNotices = new AccessNotices(unitOfWork, subscriptions, invoiceScenes, addressees, notices, clock)
  const subscriptionNotices = new SubscriptionNotices(unitOfWork, subscriptions, addressees, notices, clock, log)
  const timed = [reminders, subscriptionNotices]
  const sweep = new InvoiceSweep(
    unitOfWork,
    invoices,
    delivery,
    inquiry,
    invoiceRecord,
    standing,
    clock,
    timed,
    courier,
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
  const integrationService = new BillingIntegrationService(
    unitOfWork,
    marketplaces,
    integrations,
    connections,
    box,
    audit,
    { sandbox },
    clocks,
  )
  const savedPayments = new SavedPayments(unitOfWork, invoices, connections, payments)
  const examination = new ConnectionExamination(unitOfWork, integrations, connections, payments, audit)

  // What time does to subscriptions.
  const scenes = new TurnScenes(subscriptions, plans, marketplaces, prices)
  const turns = new SubscriptionTurns(record, clock)
  const run = new BillingRun(unitOfWork, turns, scenes, usage, writing, standing, sweep, clock, log)
  const upcoming = new UpcomingInvoices(subscriptions, scenes, usage, writing, clock)
  const firstInvoices = new FirstInvoices(issuing, delivery)
  const changeInvoices = new ChangeInvoices(unitOfWork, issuing, delivery)
  const work = new RestingWork(unitOfWork, async () => sandboxClock?.rest())
  const clockService = new SandboxClockService(
    sandboxClock,
    unitOfWork,
    run,
    sweep,
    issuing,
    work,
    new OneAtATime(unitOfWork, sandboxClockLock),
  )

  // Subscribing, and moving to another plan.
  const [newestKey, ...formerKeys] = config.encryptionKeys
  const previews = new PreviewTokens(newestKey as Buffer, formerKeys)
  const subscribing = new SubscribeService(
    unitOfWork,
    subscriptions,
    organizations,
    marketplaces,
    offers,
    terms,
    charges,
    previews,
    audit,
    clock,
  )
  const approval = new SubscriptionApproval(
    unitOfWork,
    subscriptions,
    plans,
    marketplaces,
    organizations,
    charges,
    record,
  )
  const planCharges = new BillingPlanChanges(organizations, charges, usage, prices, writing, invoiceRecord)
  const move = new PlanMove(subscriptions, plans, marketplaces, planCharges, record)
  const planChanges = new PlanChangeService(
    unitOfWork,
    subscriptions,
    organizations,
    plans,
    offers,
    terms,
    planCharges,
    move,
    previews,
    record,
    clock,
  )
  const deprecated = new DeprecatedPlans(unitOfWork, subscriptions, plans, service, move, record)

  const usageRows = new QuotaUsageRepository(clock)
  const usageService = new UsageService(unitOfWork, new UsageRepository(), around.usageSubjects, clock)
  const lists = new InvoiceLists(invoices, clock)

  nodes.register('psub', 'ProductSubscription', (context, id) => context.load(subscriptions.byIds, id))
  nodes.register('bint', 'BillingIntegration', (context, id) => context.load(integrations.byIds, id))
  nodes.register('inv', 'Invoice', (context, id) => context.load(invoices.byIds, id))

  return {
    connections,
    usageRows,
    resolvers: [
      new ProductSubscriptionResolver(subscriptions, organizations, marketplaces, products, plans),
      new ApprovalResolver(users),
      new MarketplaceSubscriptionsResolver(subscriptions),
      new OrganizationSubscriptionsResolver(subscriptions),
      new SubscribeResolver(subscribing, mutations),
      new SubscriptionStepsResolver(service, approval, mutations),
      new PlanChangeResolver(planChanges, around.resourcesInUse, apiResources, mutations),
      new ProductSubscriptionLive(subscriptions),
      new UsageResolver(usageService, quotas, mutations),
      new ProductSubscriptionUsageResolver(usageRows),
      new UsageLive(subscriptions, usageRows),
      new BillingIntegrationResolver(
        integrationService,
        examination,
        integrations,
        marketplaces,
        mutations,
        config.publicUrl,
      ),
      new MarketplaceBillingResolver(integrations),
      new OrganizationBillingResolver(integrations),
      new InvoiceResolver(invoices, organizations, marketplaces, subscriptions, pages, clock),
      new InvoiceLineResolver(quotas),
      new SubscriptionInvoicesResolver(lists),
      new OrganizationInvoicesResolver(lists),
      new MarketplaceInvoicesResolver(lists),
      new InvoiceStepsResolver(settlement, reconciliation, mutations),
      new InvoiceDriftResolver(invoices),
      new InvoicePaidLive(invoices),
      new InvoiceChangedLive(invoices),
      new MarketplaceRevenueResolver(new RevenueRepository(), clock),
      new FirstInvoicePreviewResolver(),
      new SubscribedInvoiceResolver(firstInvoices, invoices),
      new ApprovedInvoiceResolver(firstInvoices, invoices),
      new ChangedInvoiceResolver(changeInvoices, invoices),
      new CanceledInvoiceResolver(changeInvoices, invoices),
      new UpcomingInvoiceResolver(upcoming),
      new PlanChangeInvoicePreviewResolver(),
      new SandboxClockResolver(clockService, mutations),
    ],
    reactions: {
      ...productSubscriptionReactions(deprecated, subscriptionNotices),
      ...billingReactions(issuing, delivery, courier, settlement, savedPayments),
      ...billingRunReactions(issuing),
      ...reminderReactions(reminders, accessNotices),
    },
    tasks: {
      ...billingTasks(examination, delivery, settlement, sweep),
      ...billingRunTasks(run, issuing),
      ...reminderTasks(reminders),
      [stripeEventTask]: (payload: unknown) => processor.process((payload as { id: string }).id),
      'stripe-sweep': async () => {
        await stripeSettlement.sweep()
        await processor.sweep()
      },
    },
    quietTasks: quietBillingTasks(delivery, courier),
    schedule: [
      `* * * * * ${billingRunTask}`,
      `* * * * * ${sweepTask}`,
      '* * * * * stripe-sweep',
      `23 * * * * ${lateUsageTask}`,
    ],
    close: () => clients.close(),
  }
}
