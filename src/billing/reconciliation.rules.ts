import type { Currency } from '../kernel/currency.js'
import { amountText, money } from '../kernel/money.js'
import type { InvoiceSnapshot } from './billing.port.js'
import type { InvoiceStatus, InvoiceSyncStatus } from './invoice.entity.js'
import { invoiceLifecycle, stepToStatus } from './invoice.rules.js'

export const invoiceDifferences = ['STATUS', 'TOTAL', 'MISSING_HERE', 'MISSING_IN_STRIPE'] as const
export type InvoiceDifference = (typeof invoiceDifferences)[number]

/** What is compared of an invoice of ours. */
export interface ComparedInvoice {
  id: string
  status: InvoiceStatus
  currency: string
  totalMinor: bigint
  stripeInvoiceId?: string | null
  syncStatus: InvoiceSyncStatus
  syncMessage?: string | null
}

export interface Drift {
  /** Null where Stripe alone has it. */
  invoiceId: string | null
  stripeInvoiceId: string | null
  difference: InvoiceDifference
  detail: string
}

/**
 * Ours with what Stripe has of each, by Stripe's id or, where that never came back to us, by the id in the metadata;
 * and what Stripe has beside them.
 */
export function paired<Ours extends ComparedInvoice>(ours: readonly Ours[], theirs: readonly InvoiceSnapshot[]) {
  const byStripeId = new Map(theirs.map((snapshot) => [snapshot.stripeInvoiceId, snapshot]))
  const byOurId = new Map(theirs.map((snapshot) => [snapshot.invoiceId, snapshot]))
  const pairs = ours.map((invoice) => {
    const { id, stripeInvoiceId } = invoice
    return { invoice, snapshot: (stripeInvoiceId ? byStripeId.get(stripeInvoiceId) : byOurId.get(id)) ?? null }
  })
  const known = new Set(pairs.map(({ snapshot }) => snapshot))
  return { pairs, strays: theirs.filter((snapshot) => !known.has(snapshot)) }
}

/** What differs between an invoice of ours and Stripe's; null where Stripe does not have it. */
export function driftsOf(ours: ComparedInvoice, theirs: InvoiceSnapshot | null): Drift[] {
  if (!theirs) return missingThere(ours)
  const about = { invoiceId: ours.id, stripeInvoiceId: theirs.stripeInvoiceId }
  const drifts: Drift[] = []
  if (theirs.status !== ours.status) {
    const told = `Here it is ${ours.status}, in Stripe it is ${theirs.status}.`
    const detail = canFollow(ours.status, theirs.status)
      ? told
      : `${told} It cannot go that way here: look at it in Stripe.`
    drifts.push({ ...about, difference: 'STATUS', detail })
  }
  // A draft at Stripe has not all of its lines yet.
  const same = theirs.totalMinor === ours.totalMinor && theirs.currency === ours.currency
  if (theirs.status !== 'DRAFT' && !same) {
    const detail = `Here it comes to ${sumOf(ours)}, in Stripe to ${sumOf(theirs)}. What Stripe asks for is what is due.`
    drifts.push({ ...about, difference: 'TOTAL', detail })
  }
  return drifts
}

/** Whether an invoice here may take the step that Stripe has seen. */
export function canFollow(status: InvoiceStatus, theirs: InvoiceStatus): boolean {
  const step = stepToStatus[theirs]
  const taken = step && invoiceLifecycle.take(status, step)
  return !!taken && taken.ok && taken.value.state === theirs
}

/**
 * What Stripe has that we do not, though its metadata says that it is ours: made twice, or lost here.
 * @param invoiceId of ours, where the one that it names is there and stands for another in Stripe
 */
export function strayDrift(stray: InvoiceSnapshot, invoiceId: string | null): Drift {
  const { stripeInvoiceId, status } = stray
  const which = `Stripe has invoice ${stripeInvoiceId} over ${sumOf(stray)}, ${status}.`
  const why = invoiceId
    ? 'The invoice that it was made for has another one in Stripe.'
    : `It was made for ${stray.invoiceId}, which is not here (any more).`
  const detail = `${which} ${why} Void it in Stripe unless it is to be paid.`
  return { invoiceId, stripeInvoiceId, difference: 'MISSING_HERE', detail }
}

function missingThere({ id, status, stripeInvoiceId = null, syncStatus, syncMessage }: ComparedInvoice): Drift[] {
  // Never meant for Stripe, or a draft that was thrown away there.
  if (syncStatus === 'NOT_NEEDED' || status === 'VOID') return []
  if (!stripeInvoiceId && syncStatus === 'PENDING') return []
  const detail = stripeInvoiceId
    ? `Stripe does not have ${stripeInvoiceId} (any more).`
    : `It has not reached Stripe: ${syncMessage ?? 'nobody knows why.'} \`retryInvoice\` tries again.`
  return [{ invoiceId: id, stripeInvoiceId, difference: 'MISSING_IN_STRIPE', detail }]
}

function sumOf({ totalMinor, currency }: { totalMinor: bigint; currency: string }): string {
  return `${amountText(money(totalMinor, currency as Currency))} ${currency}`
}
