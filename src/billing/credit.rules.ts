import { chargeStep } from '../kernel/currency.js'
import { type Money, money } from '../kernel/money.js'
import { type Period, shareLeft } from '../kernel/period.js'
import { draftOf, type InvoiceDraft, line } from './first-invoice.rules.js'

/** An invoice as it is written, with what it takes from the subscription's credit, or adds to it. */
export interface Credited {
  draft: InvoiceDraft
  /** Above zero: added. Below: used. */
  credit: Money
}

/**
 * What is left of a price that was charged for a time, from an instant on; rounded down, so that going to and fro
 * between plans can never earn anything.
 */
export function unusedOf(charged: Money, time: Period, at: Date): Money {
  const { part, whole } = shareLeft(time, at)
  const step = chargeStep(charged.currency)
  if (whole === 0n || charged.minor <= 0n) return money(0n, charged.currency)
  return money(((charged.minor * part) / (whole * step)) * step, charged.currency)
}

/**
 * Stripe takes no invoice below zero: what is over is carried forward to the next one, where it is taken off. The
 * lines come to the total before and after.
 * @param balance the credit that earlier invoices of the subscription have left, in the same currency
 */
export function credited(draft: InvoiceDraft, balance: Money): Credited {
  const { period, lines, total } = draft
  if (total.minor < 0n) {
    const over = money(-total.minor, total.currency)
    const carried = line('CREDIT', 'Carried forward: taken off the next invoices', over, period)
    return { draft: draftOf(period, [...lines, carried], total.currency), credit: over }
  }
  const used = balance.minor < total.minor ? balance.minor : total.minor
  if (used <= 0n) return { draft, credit: money(0n, total.currency) }
  const taken = line('CREDIT', 'Credit from an earlier invoice', money(-used, total.currency), period)
  return { draft: draftOf(period, [...lines, taken], total.currency), credit: money(-used, total.currency) }
}
