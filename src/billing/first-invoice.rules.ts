import type { PlanRow } from '../catalog/plan.entity.js'
import type { Currency } from '../kernel/currency.js'
import { decimal, plain } from '../kernel/decimal.js'
import { invariant } from '../kernel/invariant.js'
import { amountText, type Money, money, prorate, sum } from '../kernel/money.js'
import { fullPeriod, type Period, type PeriodSchedule, shareLeft } from '../kernel/period.js'
import type { Opening } from '../subscriptions/product-subscription.rules.js'
import type { InvoiceLineKind } from './invoice.entity.js'

/** A line before it is written down. */
export interface DraftLine {
  kind: InvoiceLineKind
  description: string
  quantity: string
  unitAmount: string
  amount: Money
  period: Period
  quotaId: string | null
}

export interface InvoiceDraft {
  period: Period
  lines: DraftLine[]
  total: Money
}

/**
 * The first invoice: the set-up fee, and the base price of the first period in advance. A first CALENDAR period
 * is charged by the share of time that is left. Null where nothing is charged at the beginning.
 */
export function firstInvoiceOf(
  plan: PlanRow,
  { schedule, period, periodNumber }: Pick<Opening, 'schedule' | 'period' | 'periodNumber'>,
): InvoiceDraft | null {
  if (plan.type !== 'PAID' || !schedule || !period || periodNumber !== 0) return null
  const { currency } = basePriceOf(plan)
  const fee = money(plan.setupFeeMinor ?? 0n, currency)
  const lines: DraftLine[] = []
  if (fee.minor > 0n) lines.push(line('SETUP_FEE', `Set-up fee of ${plan.name}: ${priced(fee)} once`, fee, period))
  lines.push(...basePriceLines(plan, period, schedule, fullPeriod(0, schedule)))
  return draftOf(period, lines, currency)
}

export function draftOf(period: Period, lines: DraftLine[], currency: Currency): InvoiceDraft {
  return {
    period,
    lines,
    total: sum(
      lines.map(({ amount }) => amount),
      currency,
    ),
  }
}

export function basePriceOf({ currency, baseMinor }: PlanRow): Money {
  invariant(currency && baseMinor !== null && baseMinor !== undefined, 'A paid plan has a price.')
  return money(baseMinor, currency as Currency)
}

/**
 * Says at which price and for which time, so that a person can check it. No line where it costs nothing.
 * @param whole the time that the whole price is for: of a period that is cut short its share is charged
 */
export function basePriceLines(plan: PlanRow, period: Period, schedule: PeriodSchedule, whole: Period): DraftLine[] {
  const base = basePriceOf(plan)
  if (base.minor === 0n) return []
  const { amount, share } = shareOf(base, period.start, whole)
  const price = `${share}${priced(base)} ${rhythm(schedule)}`
  return [line('BASE_PRICE', `${plan.name}, ${dates(period, schedule.timeZone)}: ${price}`, amount, period)]
}

/** The part of a price that is for the rest of its time, and how it reads before the price. */
export function shareOf(price: Money, from: Date, whole: Period): { amount: Money; share: string } {
  const { part, whole: length } = shareLeft(whole, from)
  if (part === length) return { amount: price, share: '' }
  const percent = decimal(part).times(100).div(decimal(length)).toDecimalPlaces(2)
  return { amount: prorate(price, part, length), share: `${plain(percent)} % of ` }
}

export function line(kind: InvoiceLineKind, description: string, amount: Money, period: Period): DraftLine {
  return { kind, description, quantity: '1', unitAmount: amountText(amount), amount, period, quotaId: null }
}

export function priced(sum: Money): string {
  return `${amountText(sum)} ${sum.currency}`
}

/** As it reads after a price: a month, every 3 months. */
export function rhythm({ interval, intervalCount }: PeriodSchedule): string {
  const unit = interval.toLowerCase()
  return intervalCount === 1 ? `a ${unit}` : `every ${intervalCount} ${unit}s`
}

/** From the first day to the one after the last: 2026-01-01 to 2026-02-01. */
export function dates({ start, end }: Period, timeZone: string): string {
  return `${dayFormat(timeZone).format(start)} to ${dayFormat(timeZone).format(end)}`
}

// Making a format takes a hundred times as long as using it, and there are only so many zones.
const dayFormats = new Map<string, Intl.DateTimeFormat>()

function dayFormat(timeZone: string): Intl.DateTimeFormat {
  const known = dayFormats.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  dayFormats.set(timeZone, format)
  return format
}
