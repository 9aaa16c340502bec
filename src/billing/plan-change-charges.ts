import type { DomainEvent } from '../events/event.js'
import type { Currency } from '../kernel/currency.js'
import { money } from '../kernel/money.js'
import type { UserError } from '../kernel/result.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import { haveSameRhythm } from '../subscriptions/period-turn.rules.js'
import type { PlanChange, PlanChangeCharges } from '../subscriptions/plan-change.port.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import type { FirstCharge } from '../subscriptions/subscription-charge.port.js'
import type { ChargeableUsage } from '../usage/chargeable-usage.js'
import type { BillingCharges } from './billing-charges.js'
import { credited } from './credit.rules.js'
import {
  type ChargedTime,
  changeInvoiceOf,
  endInvoiceOf,
  invoiceAfterTrial,
  periodInvoiceOf,
} from './cycle-invoice.rules.js'
import { firstInvoiceOf, type InvoiceDraft } from './first-invoice.rules.js'
import { Invoice, InvoiceLine } from './invoice.entity.js'
import type { InvoiceRecord } from './invoice-record.js'
import type { InvoiceOrdered, InvoiceWriting } from './invoice-writing.js'
import type { QuotaPrices } from './quota-prices.js'
import { chargesUsage } from './turn-invoices.rules.js'
import { usageLinesOf } from './usage-lines.rules.js'

/** What changing a plan costs, and its invoices: told to subscriptions, which know of none. */
export class BillingPlanChanges implements PlanChangeCharges {
  constructor(
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly charges: BillingCharges,
    private readonly usage: ChargeableUsage,
    private readonly prices: QuotaPrices,
    private readonly writing: InvoiceWriting,
    private readonly record: InvoiceRecord,
  ) {}

  async ofChange(reading: Reading, change: PlanChange): Promise<FirstCharge | null> {
    const asSystem = reading.as(system)
    const draft = await this.#draft(asSystem, change)
    if (!draft) return null
    const { currency } = draft.total
    const [balance = 0n] = await this.writing.credits(asSystem, [{ id: change.subscription.id, currency }])
    return credited(draft, money(balance, currency)).draft
  }

  async obstacles(reading: Reading, change: PlanChange, charge: FirstCharge | null): Promise<UserError[]> {
    const { to, subscription } = change
    const { marketplaceId, organizationId } = subscription
    const organization = await this.organizations.find(reading, organizationId)
    const billingEmail = organization?.billingEmail ?? null
    const errors = await this.charges.obstacles(reading, { plan: to, marketplaceId, billingEmail, charge })
    // The organization is no field of this input.
    return errors.map((error) => ({ ...error, field: error.field?.[1] === 'planId' ? error.field : null }))
  }

  async owes(reading: Reading, productSubscriptionId: string): Promise<boolean> {
    const found = await rows(reading.as(system), Invoice)
      .selectFrom('Invoice')
      .select('id')
      .where('productSubscriptionId', '=', productSubscriptionId)
      .where('status', 'in', ['DRAFT', 'OPEN', 'UNCOLLECTIBLE'])
      .limit(1)
      .executeTakeFirst()
    return found !== undefined
  }

  charge(given: Transaction, change: PlanChange): Promise<void> {
    return given.within(system, (transaction) => this.#charge(transaction as Transaction<DomainEvent>, change))
  }

  async #charge(transaction: Transaction<DomainEvent>, change: PlanChange): Promise<void> {
    const { subscription, to, opening } = change
    const ordered: InvoiceOrdered[] = []
    if (closesPeriod(change)) ordered.push(...(await this.#usageSoFar(transaction, change)))
    const draft = await this.#draft(transaction, change)
    if (draft) {
      const { id: planId, paymentTermDays } = to
      const reason = opening ? 'SUBSCRIPTION_START' : 'PLAN_CHANGE'
      ordered.push({ subscription, planId, paymentTermDays, reason, cause: 'SUBSCRIPTION', draft })
    }
    await this.writing.write(transaction, ordered)
    await this.record.settle(transaction, subscription.id)
  }

  async #draft(reading: Reading, change: PlanChange): Promise<InvoiceDraft | null> {
    const { subscription, from, to, at, course, opening, atPeriodEnd } = change
    if (to.type !== 'PAID') return null
    if (opening) return firstInvoiceOf(to, opening)
    const trial = isTrial(subscription)
    if (atPeriodEnd) return trial ? invoiceAfterTrial(to, course) : periodInvoiceOf(to, course, [])
    if (trial) return null
    const charged = await this.#charged(reading, subscription, to.currency)
    return changeInvoiceOf({ from, to, at, course, samePeriod: haveSameRhythm(from, to), charged })
  }

  /**
   * The price that stands on the newest invoice. What an earlier one charged for the same time was given back when that
   * was written; one that was voided has charged nothing.
   */
  async #charged(
    reading: Reading,
    { id }: ProductSubscriptionRow,
    currency: string | null | undefined,
  ): Promise<ChargedTime | null> {
    const newest = await rows(reading, Invoice)
      .selectFrom('Invoice')
      .select(['id', 'status', 'currency'])
      .where('productSubscriptionId', '=', id)
      .where('reason', '<>', 'SUBSCRIPTION_END')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (!newest || newest.status === 'VOID' || newest.currency !== currency) return null
    const line = await rows(reading, InvoiceLine)
      .selectFrom('InvoiceLine')
      .select(['amountMinor', 'currency', 'periodStart', 'periodEnd'])
      .where('invoiceId', '=', newest.id)
      .where('kind', 'in', ['BASE_PRICE', 'PRORATION'])
      .executeTakeFirst()
    if (!line) return null
    const time = { start: line.periodStart, end: line.periodEnd }
    return { amount: money(BigInt(line.amountMinor), line.currency as Currency), time }
  }

  /** What was used is charged by the old plan now, where no end of its period comes any more. */
  async #usageSoFar(transaction: Transaction, { subscription, from, at }: PlanChange): Promise<InvoiceOrdered[]> {
    const { id, periodStart, timeZone } = subscription
    if (!periodStart || !from.currency || periodStart >= at || !chargesUsage(subscription)) return []
    const period = { start: periodStart, end: at }
    const settled = await this.usage.settleUsage(transaction, id, period)
    const prices = await this.prices.of(
      transaction,
      settled.map(({ quotaId }) => quotaId),
    )
    const currency = from.currency as Currency
    const draft = endInvoiceOf(period, usageLinesOf(settled, prices, period, { currency, timeZone }), currency)
    if (!draft) return []
    const { id: planId, paymentTermDays } = from
    return [{ subscription, planId, paymentTermDays, reason: 'SUBSCRIPTION_END', cause: 'SUBSCRIPTION', draft }]
  }
}

/** Plans of one rhythm share the period: what was used of the old one is charged at its end, with the rest. */
function closesPeriod({ subscription, from, to }: PlanChange): boolean {
  return from.type === 'PAID' && !isTrial(subscription) && !(to.type === 'PAID' && haveSameRhythm(from, to))
}

function isTrial({ periodNumber }: ProductSubscriptionRow): boolean {
  return periodNumber === null || periodNumber === undefined
}
