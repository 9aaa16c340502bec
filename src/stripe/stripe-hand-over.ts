import type Stripe from 'stripe'
import type { BroughtInvoice, InvoiceOrder, InvoiceOrderLine, Outcome } from '../billing/billing.port.js'
import { amountProblem, type Currency, currency as knownCurrency, toStripeAmount } from '../kernel/currency.js'
import { invariant } from '../kernel/invariant.js'
import { money } from '../kernel/money.js'
import { idOf, readInvoice } from './invoice-reading.js'
import type { StripeCustomers } from './stripe-customer.js'
import { isMissing } from './stripe-errors.js'
import { type StepOutcome, type StripeIntents, type StripeStep, settled } from './stripe-intent.js'
import type { Window } from './stripe-intent.rules.js'
import { createdWithin, firstListed, pageSize } from './stripe-listing.js'
import type { Lane } from './stripe-pacing.js'

type Step = StepOutcome<Stripe.Invoice>
type Collection = Pick<Stripe.InvoiceCreateParams, 'collection_method' | 'days_until_due'>

/** Those that are about the invoice as a whole. */
const steps = ['draft', 'lines', 'finalize']
/** Stripe's own bound. */
const linesAtMost = 250

/** Brings an invoice of ours to Stripe: customer, draft, lines, totals compared, finalized. */
export class StripeHandOver {
  constructor(
    private readonly intents: StripeIntents,
    private readonly customers: StripeCustomers,
  ) {}

  /** From whichever step is missing. What stands at Stripe is read, never taken for granted. */
  async bring(order: InvoiceOrder): Promise<Outcome<BroughtInvoice>> {
    const problem = this.#problem(order)
    if (problem !== null) return { kind: 'refused', message: problem }
    const draft = await this.#draft(order)
    if (draft.kind !== 'done') return settled(draft)
    const filled = await this.#filled(order, draft.value)
    if (filled.kind !== 'done') return settled(filled)
    const difference = differenceOf(order, filled.value)
    if (difference !== null) return { kind: 'refused', message: difference }
    const finalized = await this.#finalized(order, filled.value)
    if (finalized.kind !== 'done') return settled(finalized)
    const invoice = readInvoice(finalized.value)
    const stripeCustomerId = idOf(finalized.value.customer)
    invariant(invoice && stripeCustomerId, 'Stripe has answered with an invoice that cannot be read.')
    const resumed = draft.value.status !== 'draft' || draft.value.lines.data.length > 0
    if (resumed) await this.intents.conclude(order.connection, order.invoiceId, invoice.stripeInvoiceId, steps)
    const paysAutomatically = order.mayCharge ? charges(finalized.value) : null
    return { kind: 'done', value: { invoice, stripeCustomerId, paysAutomatically } }
  }

  #problem(order: InvoiceOrder): string | null {
    const currency = knownCurrency(order.currency)
    if (!currency) return `${order.currency} is no currency.`
    if (order.lines.length > linesAtMost) return `Stripe takes at most ${linesAtMost} lines on an invoice.`
    return amountProblem(money(order.totalMinor, currency))
  }

  async #draft(order: InvoiceOrder): Promise<Step> {
    const { stripeInvoiceId } = order
    if (stripeInvoiceId !== null) {
      const found = await this.intents.ask(order.connection, laneOf(order), (sdk) => standing(sdk, stripeInvoiceId))
      if (found.kind !== 'done') return found
      if (found.value) return { kind: 'done', value: found.value }
    }
    const known = order.customer.stripeCustomerId
    const draft: Step | null = known === null ? null : await this.#drafted(order, known)
    if (draft && !isAboutCustomer(draft)) return draft
    const customer = await this.customers.bring(order.connection, order.customer, laneOf(order))
    return customer.kind === 'done' ? this.#drafted(order, customer.value.id) : customer
  }

  async #drafted(order: InvoiceOrder, customer: string): Promise<Step> {
    const collection = await this.#collection(order, customer)
    if (collection.kind !== 'done') return collection
    const content = {
      customer,
      currency: order.currency.toLowerCase(),
      ...collection.value,
      auto_advance: false,
      pending_invoice_items_behavior: 'exclude' as const,
      description: order.description,
      metadata: { invoice_id: order.invoiceId, billing_integration_id: order.connection.id },
    } satisfies Stripe.InvoiceCreateParams
    return this.#perform(order, {
      name: 'draft',
      content,
      send: (sdk, options) => sdk.invoices.create(content, options),
      known: standing,
      lookUp: (sdk, window) => madeThen(sdk, window, customer, order.invoiceId),
    })
  }

  /** Charged to what the customer has saved, where that is wanted and there; else sent. */
  async #collection(order: InvoiceOrder, customer: string): Promise<StepOutcome<Collection>> {
    const sent = { collection_method: 'send_invoice' as const, days_until_due: order.daysUntilDue }
    if (!order.mayCharge) return { kind: 'done', value: sent }
    const saved = await this.customers.hasSavedMethod(order.connection, customer, laneOf(order))
    if (saved.kind !== 'done') return saved
    return { kind: 'done', value: saved.value ? { collection_method: 'charge_automatically' } : sent }
  }

  /** The draft with all lines. Those that a lost answer has left there are not added again. */
  async #filled(order: InvoiceOrder, draft: Stripe.Invoice): Promise<Step> {
    if (draft.status !== 'draft') return { kind: 'done', value: draft }
    if (draft.lines.data.length > 0) return this.#completed(order, draft)
    const content = { lines: order.lines.map((line) => lineOf(line, order.currency)) }
    const filled = (sdk: Stripe) => standing(sdk, draft.id).then((found) => (found?.lines.data.length ? found : null))
    const added = await this.#perform(order, {
      name: 'lines',
      content: { ...content, invoice: draft.id },
      actsOn: draft.id,
      send: (sdk, options) => sdk.invoices.addLines(draft.id, content, options),
      known: filled,
      lookUp: filled,
    })
    if (added.kind !== 'failed' || added.failure.status !== 403) return added
    const items = await this.#completed(order, draft)
    // A key without invoice items is as it should be: it is the other permission that is missing.
    return items.kind === 'failed' && items.failure.status === 403 ? added : items
  }

  /** Adds the missing lines one by one, as invoice items: for keys that may not add lines to invoices. */
  async #completed(order: InvoiceOrder, draft: Stripe.Invoice): Promise<Step> {
    const there = await this.intents.ask(order.connection, laneOf(order), (sdk) => linesOf(sdk, draft))
    if (there.kind !== 'done') return there
    if (there.value.some((line) => line.metadata?.line === undefined)) return { kind: 'done', value: draft }
    const positions = new Set(there.value.map((line) => line.metadata.line))
    for (const [position, line] of order.lines.entries()) {
      if (positions.has(String(position))) continue
      const item = await this.#item(order, draft, line, position)
      if (item.kind !== 'done') return item
    }
    return this.intents.ask(order.connection, laneOf(order), (sdk) => sdk.invoices.retrieve(draft.id))
  }

  #item(order: InvoiceOrder, draft: Stripe.Invoice, line: InvoiceOrderLine, position: number) {
    const content = {
      ...lineOf(line, order.currency),
      customer: idOf(draft.customer) ?? '',
      currency: order.currency.toLowerCase(),
      invoice: draft.id,
      metadata: { line: String(position) },
    } satisfies Stripe.InvoiceItemCreateParams
    // That its position is missing on the draft was read just before.
    const missing = async () => null
    return this.intents.perform<{ id: string }>({
      ...this.#for(order),
      name: `item ${position}`,
      content,
      send: (sdk, options) => sdk.invoiceItems.create(content, options),
      known: missing,
      lookUp: missing,
    })
  }

  async #finalized(order: InvoiceOrder, invoice: Stripe.Invoice): Promise<Step> {
    if (invoice.status !== 'draft') return { kind: 'done', value: invoice }
    const finalized = (sdk: Stripe) =>
      standing(sdk, invoice.id).then((found) => (found && found.status !== 'draft' ? found : null))
    return this.#perform(order, {
      name: 'finalize',
      content: { invoice: invoice.id },
      actsOn: invoice.id,
      // Stripe goes on by itself only where it is to charge.
      send: (sdk, options) => sdk.invoices.finalizeInvoice(invoice.id, { auto_advance: charges(invoice) }, options),
      known: finalized,
      lookUp: finalized,
    })
  }

  #perform(
    order: InvoiceOrder,
    step: Omit<StripeStep<Stripe.Invoice>, 'connection' | 'subjectId' | 'lane'>,
  ): Promise<Step> {
    return this.intents.perform({ ...step, ...this.#for(order) })
  }

  #for(order: InvoiceOrder): Pick<StripeStep<never>, 'connection' | 'subjectId' | 'lane'> {
    return { connection: order.connection, subjectId: order.invoiceId, lane: laneOf(order) }
  }
}

/** The invoice as it is; null when it is not there (any more). */
export async function standing(sdk: Stripe, id: string): Promise<Stripe.Invoice | null> {
  try {
    const invoice = await sdk.invoices.retrieve(id)
    return 'deleted' in invoice && invoice.deleted ? null : invoice
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function charges({ collection_method }: Stripe.Invoice): boolean {
  return collection_method === 'charge_automatically'
}

function laneOf(order: InvoiceOrder): Lane {
  return order.background ? 'background' : 'interactive'
}

function isAboutCustomer(step: Step): boolean {
  return step.kind === 'failed' && step.failure.code === 'resource_missing' && step.failure.param === 'customer'
}

/** By listing: Stripe's search lags, a list does not. */
function madeThen(sdk: Stripe, window: Window, customer: string, invoiceId: string): Promise<Stripe.Invoice | null> {
  const created = createdWithin(window)
  return firstListed(
    (bounds) => sdk.invoices.list({ ...bounds, customer, created }),
    ({ metadata }) => metadata?.invoice_id === invoiceId,
  )
}

async function linesOf(sdk: Stripe, invoice: Stripe.Invoice): Promise<Stripe.InvoiceLineItem[]> {
  if (!invoice.lines.has_more) return invoice.lines.data
  return sdk.invoices.listLineItems(invoice.id, { limit: pageSize }).autoPagingToArray({ limit: linesAtMost })
}

function lineOf(line: InvoiceOrderLine, currency: string) {
  return {
    description: line.description,
    amount: wireAmount(line.amountMinor, currency),
    period: { start: secondsOf(line.periodStart), end: secondsOf(line.periodEnd) },
  }
}

/** The SDK takes amounts as numbers only; whole ones of this size are exact. */
function wireAmount(minor: bigint, currency: string): number {
  const amount = Number(toStripeAmount(money(minor, currency as Currency)))
  invariant(Number.isSafeInteger(amount), 'An amount is beyond what Stripe can be told.')
  return amount
}

function secondsOf(instant: Date): number {
  return Math.floor(instant.getTime() / 1_000)
}

/** What keeps an invoice from being finalized, as a sentence: Stripe would charge something else than we told. */
function differenceOf(order: InvoiceOrder, invoice: Stripe.Invoice): string | null {
  const ours = wireAmount(order.totalMinor, order.currency)
  const currency = order.currency.toLowerCase()
  if (invoice.total === ours && invoice.currency === currency) return null
  const state =
    invoice.status === 'draft' ? 'The draft was not finalized: mend or delete it in Stripe, then try again.' : ''
  return (
    `Stripe comes to ${invoice.total} ${invoice.currency} where we have ${ours} ${currency} ` +
    `(in Stripe’s smallest units) for invoice ${invoice.id}. ${state}`
  ).trim()
}
