import type { PlanRow } from '../catalog/plan.entity.js'
import type { PlanRepository } from '../catalog/plan.repository.js'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import type { Currency } from '../kernel/currency.js'
import type { Period } from '../kernel/period.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import { hasEnded, scheduleOf } from '../subscriptions/product-subscription.rules.js'
import type { ChargeableUsage } from '../usage/chargeable-usage.js'
import { endInvoiceOf } from './cycle-invoice.rules.js'
import { firstInvoiceOf, type InvoiceDraft } from './first-invoice.rules.js'
import { Invoice, type InvoiceReason, type InvoiceRow } from './invoice.entity.js'
import { endedUnpaid } from './invoice.rules.js'
import type { InvoiceRecord } from './invoice-record.js'
import type { InvoiceWriting } from './invoice-writing.js'
import type { QuotaPrices } from './quota-prices.js'
import { chargesUsage } from './turn-invoices.rules.js'
import { usageLinesOf } from './usage-lines.rules.js'

const lateAtOnce = 200

/** Writes the invoices of a beginning and of an end. Each has one, however often and by however many it is asked for. */
export class InvoiceIssuing {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly plans: PlanRepository,
    private readonly usage: ChargeableUsage,
    private readonly prices: QuotaPrices,
    private readonly writing: InvoiceWriting,
    private readonly record: InvoiceRecord,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** The invoice that a subscription begins with; null where it begins without one, or is over already. */
  async issueFirst(productSubscriptionId: string): Promise<InvoiceRow | null> {
    return this.unitOfWork.run(system, async (transaction) => {
      const subscription = await this.subscriptions.lock(transaction, productSubscriptionId)
      if (!subscription?.startedAt) return null
      const known = await this.#newest(transaction, subscription.id, 'SUBSCRIPTION_START')
      if (known) return known
      // Whoever has cancelled meanwhile was given nothing.
      if (hasEnded(subscription.state)) return null
      const plan = await this.plans.find(transaction, subscription.planId)
      const draft = plan && firstDraftOf(plan, subscription)
      return draft ? this.#write(transaction, subscription, plan, draft, 'SUBSCRIPTION_START') : null
    })
  }

  /** What was used until the end and no invoice has charged; null where that is nothing. */
  async issueLast(productSubscriptionId: string): Promise<InvoiceRow | null> {
    return this.unitOfWork.run(system, async (transaction) => {
      const subscription = await this.subscriptions.lock(transaction, productSubscriptionId)
      if (!subscription?.startedAt || !subscription.endedAt || !hasEnded(subscription.state)) return null
      const { periodStart, endedAt } = subscription
      const known = await this.#newest(transaction, subscription.id, 'SUBSCRIPTION_END')
      if (known && periodStart && known.periodStart >= periodStart) return known
      if (!periodStart || periodStart >= endedAt || !chargesUsage(subscription)) return null
      return this.#writeUsage(transaction, subscription, { start: periodStart, end: endedAt })
    })
  }

  /**
   * What was reported late of subscriptions that have ended, on a further last invoice of each.
   * @returns how many had some
   */
  async issueLate(): Promise<number> {
    const reading = this.unitOfWork.reading(system)
    for (let late = 0; ; ) {
      const ids = await this.usage.endedWithUsageDue(reading, this.clock.now(), lateAtOnce)
      for (const id of ids) await this.#issueLate(id)
      late += ids.length
      if (ids.length < lateAtOnce) return late
    }
  }

  #issueLate(productSubscriptionId: string): Promise<InvoiceRow | null> {
    return this.unitOfWork.run(system, async (transaction) => {
      const subscription = await this.subscriptions.lock(transaction, productSubscriptionId)
      if (!subscription?.endedAt) return null
      const { endedAt } = subscription
      const known = await this.#newest(transaction, subscription.id, 'SUBSCRIPTION_END')
      // Its place among the invoices is its own; what it charges was used before the end.
      const start = known ? known.periodEnd : endedAt
      const period = { start, end: new Date(Math.max(this.clock.now().getTime(), start.getTime() + 1)) }
      return this.#writeUsage(transaction, subscription, period, { start: endedAt, end: endedAt })
    })
  }

  /** @param used where it is another time than the invoice's */
  async #writeUsage(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    period: Period,
    used: Period = period,
  ): Promise<InvoiceRow | null> {
    const plan = await this.plans.find(transaction, subscription.planId)
    // Also where nothing is charged for it: it is not looked for again.
    const settled = await this.usage.settleUsage(transaction, subscription.id, used)
    if (!plan?.currency) return null
    const first = await this.#newest(transaction, subscription.id, 'SUBSCRIPTION_START')
    // Of what was never paid for nothing was delivered, whatever was reported.
    if (first && endedUnpaid(first, subscription)) return null
    const prices = await this.prices.of(
      transaction,
      settled.map(({ quotaId }) => quotaId),
    )
    const currency = plan.currency as Currency
    const lines = usageLinesOf(settled, prices, used, { currency, timeZone: subscription.timeZone })
    const draft = endInvoiceOf(period, lines, currency)
    return draft ? this.#write(transaction, subscription, plan, draft, 'SUBSCRIPTION_END') : null
  }

  async #newest(reading: Reading, productSubscriptionId: string, reason: InvoiceReason): Promise<InvoiceRow | null> {
    const found = await rows(reading, Invoice)
      .selectFrom('Invoice')
      .selectAll()
      .where('productSubscriptionId', '=', productSubscriptionId)
      .where('reason', '=', reason)
      .orderBy('periodStart', 'desc')
      .limit(1)
      .executeTakeFirst()
    return (found as InvoiceRow | undefined) ?? null
  }

  async #write(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    plan: PlanRow,
    draft: InvoiceDraft,
    reason: InvoiceReason,
  ): Promise<InvoiceRow | null> {
    const { id: planId, paymentTermDays } = plan
    const order = { subscription, planId, paymentTermDays, reason, cause: 'SUBSCRIPTION' as const, draft }
    const [invoice] = await this.writing.write(transaction, [order])
    await this.record.settle(transaction, subscription.id)
    return invoice ?? null
  }
}

/** The computation that a preview has shown, for what was written down of the beginning. */
function firstDraftOf(plan: PlanRow, subscription: ProductSubscriptionRow): InvoiceDraft | null {
  const { anchorAt, periodStart, periodEnd, periodNumber, timeZone } = subscription
  if (!anchorAt || !periodStart || !periodEnd) return null
  const schedule = scheduleOf(plan, timeZone, anchorAt)
  return firstInvoiceOf(plan, {
    schedule,
    period: { start: periodStart, end: periodEnd },
    periodNumber: periodNumber ?? null,
  })
}
