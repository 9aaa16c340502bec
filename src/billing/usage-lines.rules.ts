import type { Currency } from '../kernel/currency.js'
import { type Decimal, decimal, plain } from '../kernel/decimal.js'
import { amountText, multiply, sum } from '../kernel/money.js'
import type { Period } from '../kernel/period.js'
import { type QuotaPricingTerms, type RatedLine, rate } from '../kernel/pricing.js'
import { type DraftLine, dates } from './first-invoice.rules.js'

/** What a quota costs, and what people know it by. */
export interface QuotaPrice {
  quotaId: string
  planName: string
  /** The plan's; null where it has no price. */
  currency: string | null
  terms: QuotaPricingTerms
}

/** What was used of a quota in one of the intervals that it is counted in. */
export interface UsedUnits {
  quotaId: string
  interval: Period
  /** All units of the interval, and how many of them stand on an invoice already; exact decimals. */
  used: string
  invoiced: string
  /** Reported after the invoice of its own time. */
  late: boolean
}

/** Stripe takes 250 lines; some stay free for base price, fee and credit. */
export const mostUsageLines = 240

interface Charge {
  quota: QuotaPrice
  description: string
  unitAmount: Decimal
  quantity: Decimal
  late: boolean
  span: Period
}

/**
 * A line for each quota and tier, in the order in which the usage comes. Intervals are priced one by one, their units
 * then put together and rounded once. What an interval was charged before is taken off: where its price has sunk, as a
 * volume price does, by a credit.
 */
export function usageLinesOf(
  usage: readonly UsedUnits[],
  prices: ReadonlyMap<string, QuotaPrice>,
  period: Period,
  { currency, timeZone }: { currency: Currency; timeZone: string },
): DraftLine[] {
  const charges = new Map<string, Charge>()
  for (const units of usage) {
    const quota = prices.get(units.quotaId)
    // What is reported late of a plan in another currency is on no invoice: sums never cross currencies.
    if (quota?.currency !== currency) continue
    const price = (count: string) => rate(quota.terms, decimal(count), currency)
    for (const rated of price(units.used)) gather(charges, quota, units, period, rated, rated.quantity)
    for (const rated of price(units.invoiced)) gather(charges, quota, units, period, rated, rated.quantity.negated())
  }
  const lines = [...charges.values()]
    .filter(({ quantity }) => !quantity.isZero())
    .map((charge) => lineOf(charge, currency, timeZone))
  return atMost(lines, mostUsageLines, currency)
}

function gather(
  charges: Map<string, Charge>,
  quota: QuotaPrice,
  { late, interval }: UsedUnits,
  period: Period,
  { description, unitAmount }: RatedLine,
  quantity: Decimal,
): void {
  const key = JSON.stringify([quota.quotaId, late, description, plain(unitAmount)])
  const known = charges.get(key)
  const span = late ? spanOf(known?.span, interval) : period
  charges.set(key, {
    quota,
    description,
    unitAmount,
    late,
    span,
    quantity: known ? known.quantity.plus(quantity) : quantity,
  })
}

function spanOf(known: Period | undefined, interval: Period): Period {
  if (!known) return interval
  const start = known.start < interval.start ? known.start : interval.start
  return { start, end: known.end > interval.end ? known.end : interval.end }
}

function lineOf(charge: Charge, currency: Currency, timeZone: string): DraftLine {
  const { quota, description, quantity, unitAmount, late, span } = charge
  const amount = multiply(unitAmount, quantity, currency)
  const what = `${description}${late ? ', reported late' : ''}`
  return {
    kind: amount.minor < 0n ? 'CREDIT' : 'USAGE',
    description: `${quota.planName}, ${dates(span, timeZone)}: ${what}: ${plain(quantity)} × ${plain(unitAmount)} ${currency}`,
    quantity: plain(quantity),
    unitAmount: plain(unitAmount),
    amount,
    period: span,
    quotaId: quota.quotaId,
  }
}

/** Where there are too many, those of one quota are put together; the sum stays what it was. */
function atMost(lines: DraftLine[], most: number, currency: Currency): DraftLine[] {
  if (lines.length <= most) return lines
  const groups = [...Map.groupBy(lines, ({ quotaId }) => quotaId).values()]
  const byQuota = groups.map((group) => (group.length > 1 ? together(group, currency) : (group[0] as DraftLine)))
  if (byQuota.length <= most) return byQuota
  const rest = { ...together(byQuota.slice(most - 1), currency), quotaId: null }
  return [...byQuota.slice(0, most - 1), rest]
}

function together(lines: readonly DraftLine[], currency: Currency): DraftLine {
  const amount = sum(
    lines.map((line) => line.amount),
    currency,
  )
  const [first] = lines as [DraftLine]
  const start = new Date(Math.min(...lines.map(({ period }) => period.start.getTime())))
  const end = new Date(Math.max(...lines.map(({ period }) => period.end.getTime())))
  return {
    ...first,
    kind: amount.minor < 0n ? 'CREDIT' : 'USAGE',
    description: `${first.description.slice(0, 300)} and ${lines.length - 1} further lines`,
    quantity: '1',
    unitAmount: amountText(amount),
    amount,
    period: { start, end },
  }
}
