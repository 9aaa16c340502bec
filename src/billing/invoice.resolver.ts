import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import type { QuotaRepository } from '../catalog/plan.repository.js'
import { QuotaType } from '../catalog/plan.type.js'
import type { Context } from '../graphql/context.js'
import { MoneyType, moneyOf, PeriodType } from '../graphql/money.type.js'
import { anyone, byItsOwnRule, For, OnlyFor, withItsObject } from '../graphql/policy.js'
import { UrlScalar } from '../graphql/scalars.js'
import type { Clock } from '../kernel/clock.js'
import { idPrefix } from '../kernel/id.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { ConsumerOrganizationType } from '../organizations/organization.type.js'
import { worksForProvider } from '../persistence/permissions.js'
import { system, worksAt } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import { ProductSubscriptionType } from '../subscriptions/product-subscription.type.js'
import type { InvoiceLineRow, InvoiceRow } from './invoice.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'
import { isPastDue } from './invoice.rules.js'
import { InvoiceLineType, InvoiceSyncType, InvoiceTransitionType, InvoiceType } from './invoice.type.js'
import type { InvoicePages } from './invoice-pages.service.js'

@Resolver(() => InvoiceType)
export class InvoiceResolver {
  constructor(
    private readonly invoices: InvoiceRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly pages: InvoicePages,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  @For(anyone)
  @Query(() => InvoiceType, { nullable: true, description: 'An invoice that the viewer may see.' })
  invoice(@Arg('id', () => ID, { description: "The invoice's id." }) id: string, @Ctx() context: Context) {
    return idPrefix(id) === 'inv' ? context.load(this.invoices.byIds, id) : null
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ConsumerOrganizationType, { description: 'Who is to pay it.' })
  organization(@Root() invoice: InvoiceRow, @Ctx() context: Context) {
    return context.load(this.organizations.byIds, invoice.organizationId)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => MarketplaceType, { description: 'Where it was sold.' })
  marketplace(@Root() invoice: InvoiceRow, @Ctx() context: Context) {
    return context.load(this.marketplaces.byIds, invoice.marketplaceId)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ProductSubscriptionType, { description: 'What it is for.' })
  productSubscription(@Root() invoice: InvoiceRow, @Ctx() context: Context) {
    return context.load(this.subscriptions.byIds, invoice.productSubscriptionId)
  }

  @FieldResolver(() => PeriodType, { description: 'For which time.' })
  period(@Root() { periodStart, periodEnd }: InvoiceRow): PeriodType {
    return { start: periodStart, end: periodEnd }
  }

  @FieldResolver(() => [InvoiceLineType], { description: 'What it charges for, in the order of the page.' })
  async lines(@Root() invoice: InvoiceRow, @Ctx() context: Context): Promise<InvoiceLineType[]> {
    const lines = await context.load(this.invoices.linesOf, invoice.id)
    return lines.map(shownLine)
  }

  @FieldResolver(() => MoneyType, { description: 'What its lines come to.' })
  total(@Root() { totalMinor, currency }: InvoiceRow) {
    return moneyOf(totalMinor, currency)
  }

  @FieldResolver(() => MoneyType, {
    description: 'What Stripe asks for: the total, with taxes, credit and older debt where Stripe adds them.',
  })
  amountDue(@Root() { amountDueMinor, currency }: InvoiceRow) {
    return moneyOf(amountDueMinor, currency)
  }

  @FieldResolver(() => MoneyType, { description: 'What has been paid of it.' })
  amountPaid(@Root() { amountPaidMinor, currency }: InvoiceRow) {
    return moneyOf(amountPaidMinor, currency)
  }

  @FieldResolver(() => UrlScalar, {
    nullable: true,
    description:
      'The page where it is paid; null until it is open. Renewed before it expires: ask again rather than keep it.',
  })
  async hostedUrl(@Root() invoice: InvoiceRow, @Ctx() context: Context) {
    return (await this.#withPages(invoice, context)).hostedUrl
  }

  @FieldResolver(() => UrlScalar, { nullable: true, description: 'The same to print; renewed in the same way.' })
  async pdfUrl(@Root() invoice: InvoiceRow, @Ctx() context: Context) {
    return (await this.#withPages(invoice, context)).pdfUrl
  }

  @FieldResolver(() => Boolean, { description: 'Whether it is due, unpaid, and no payment is under way.' })
  pastDue(@Root() invoice: InvoiceRow) {
    return isPastDue(invoice, this.clock.now())
  }

  @FieldResolver(() => InvoiceSyncType, { description: 'Whether it has reached Stripe.' })
  sync(@Root() invoice: InvoiceRow, @Ctx() { scope }: Context): InvoiceSyncType {
    const { syncStatus: status, syncAttempts: attempts, lastSyncAttemptAt: lastAttemptAt = null } = invoice
    // What Stripe has refused concerns the provider's key and account.
    const message = worksAt(scope, invoice.providerId) ? (invoice.syncMessage ?? null) : consumersWord(invoice)
    return { status, message, attempts, lastAttemptAt }
  }

  @FieldResolver(() => [InvoiceTransitionType], { description: 'Every step it has taken, oldest first.' })
  history(@Root() invoice: InvoiceRow, @Ctx() context: Context) {
    return context.load(this.invoices.historyOf, invoice.id)
  }

  @OnlyFor(worksForProvider)
  @FieldResolver(() => String, { nullable: true, description: "Stripe's id. Provider only." })
  stripeInvoiceId(@Root() { stripeInvoiceId }: InvoiceRow) {
    return stripeInvoiceId
  }

  async #withPages(invoice: InvoiceRow, context: Context): Promise<InvoiceRow> {
    if (this.pages.areFresh(invoice)) return invoice
    return (await context.load(this.pages.renewed, invoice.id)) ?? invoice
  }
}

@Resolver(() => InvoiceLineType)
export class InvoiceLineResolver {
  /** Whoever is shown an invoice is shown what it charges for, on offer or not. */
  readonly #quotas = (reading: Reading, ids: readonly string[]) => this.quotas.byIds(reading.as(system), ids)

  constructor(private readonly quotas: QuotaRepository) {}

  @For(withItsObject)
  @FieldResolver(() => QuotaType, { nullable: true, description: 'What was used, of a line for usage.' })
  quota(@Root() { quotaId }: InvoiceLineType, @Ctx() context: Context) {
    return quotaId ? context.load(this.#quotas, quotaId) : null
  }
}

function shownLine(line: InvoiceLineRow): InvoiceLineType {
  const { id, kind, description, quantity, unitAmount, amountMinor, currency, periodStart, periodEnd, quotaId } = line
  const period = { start: periodStart, end: periodEnd }
  const amount = moneyOf(amountMinor, currency)
  return { id, kind, description, quantity, unitAmount, amount, period, quotaId: quotaId ?? null }
}

function consumersWord({ syncStatus }: InvoiceRow): string | null {
  if (syncStatus !== 'FAILED') return null
  return 'The invoice could not be brought to Stripe yet. The provider sees why, and can try again.'
}
