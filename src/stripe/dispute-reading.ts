import type { PaymentDispute } from '../billing/billing.port.js'
import { currency as knownCurrency } from '../kernel/currency.js'
import { isRecord, minorUnits, text } from './invoice-reading.js'

/** Any other is open still. What was only asked about, and then not disputed, was won. */
const ended: ReadonlyMap<unknown, PaymentDispute['state']> = new Map([
  ['won', 'WON'],
  ['warning_closed', 'WON'],
  ['prevented', 'WON'],
  ['lost', 'LOST'],
])

/** Reads a dispute of any of Stripe's API versions since 2022-11-15 into our words; null where it is none. */
export function readDispute(raw: unknown): PaymentDispute | null {
  if (!isRecord(raw) || raw.object !== 'dispute') return null
  const stripeDisputeId = text(raw.id)
  const currency = typeof raw.currency === 'string' ? knownCurrency(raw.currency.toUpperCase()) : null
  const amountMinor = currency && minorUnits(raw.amount, currency)
  if (stripeDisputeId === null || !currency || amountMinor === null) return null
  return { stripeDisputeId, state: ended.get(raw.status) ?? 'OPEN', amountMinor, currency, reason: text(raw.reason) }
}
