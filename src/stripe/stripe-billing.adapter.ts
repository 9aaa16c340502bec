import type Stripe from 'stripe'
import type {
  BillingConnection,
  BroughtInvoice,
  InvoiceOrder,
  InvoiceReference,
  InvoiceSnapshot,
  Outcome,
  PaymentPort,
} from '../billing/billing.port.js'
import type { StoredBillingCheck } from '../billing/billing-integration.entity.js'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { invariant } from '../kernel/invariant.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import { idOf, readInvoice } from './invoice-reading.js'
import type { StripeClients } from './stripe-client.js'
import { StripeCustomers } from './stripe-customer.js'
import { StripeHandOver, standing } from './stripe-hand-over.js'
import { type StepOutcome, StripeIntents, settled } from './stripe-intent.js'
import { pageSize } from './stripe-listing.js'
import { StripeProbe } from './stripe-probe.js'

type Step = StepOutcome<Stripe.Invoice>

/** Billing's payment provider: Stripe. */
export class StripeBillingAdapter implements PaymentPort {
  readonly #intents: StripeIntents
  readonly #customers: StripeCustomers
  readonly #handOver: StripeHandOver
  readonly #probe: StripeProbe

  /** @param clock billing's */
  constructor(
    clients: StripeClients,
    unitOfWork: UnitOfWork<DomainEvent>,
    private readonly clock: Clock,
  ) {
    this.#intents = new StripeIntents(clients, unitOfWork, clock)
    this.#customers = new StripeCustomers(this.#intents)
    this.#handOver = new StripeHandOver(this.#intents, this.#customers)
    this.#probe = new StripeProbe(this.#intents)
  }

  bring(order: InvoiceOrder): Promise<Outcome<BroughtInvoice>> {
    return this.#handOver.bring(order)
  }

  async void(invoice: InvoiceReference): Promise<Outcome<InvoiceSnapshot>> {
    const send: Send = (sdk, id, options) => sdk.invoices.voidInvoice(id, {}, options)
    const voided = await this.#step(invoice, 'void', ['void'], send)
    if (voided.kind !== 'failed' || voided.failure.kind !== 'terminal') return snapshotOf(voided)
    return (await this.#deletedDraft(invoice)) ?? snapshotOf(voided)
  }

  async markUncollectible(invoice: InvoiceReference): Promise<Outcome<InvoiceSnapshot>> {
    const send: Send = (sdk, id, options) => sdk.invoices.markUncollectible(id, {}, options)
    return snapshotOf(await this.#step(invoice, 'uncollectible', ['uncollectible'], send))
  }

  async markPaidOutside(invoice: InvoiceReference): Promise<Outcome<InvoiceSnapshot>> {
    const send: Send = (sdk, id, options) => sdk.invoices.pay(id, { paid_out_of_band: true }, options)
    return snapshotOf(await this.#step(invoice, 'paid outside', ['paid'], send))
  }

  async read({ connection, stripeInvoiceId }: InvoiceReference): Promise<Outcome<InvoiceSnapshot | null>> {
    const found = await this.#intents.ask(connection, 'interactive', (sdk) => standing(sdk, stripeInvoiceId))
    if (found.kind !== 'done') return settled(found)
    return { kind: 'done', value: found.value && readInvoice(found.value) }
  }

  async readPaidBy(connection: BillingConnection, stripePaymentId: string): Promise<Outcome<InvoiceSnapshot | null>> {
    const payment = { type: 'payment_intent', payment_intent: stripePaymentId } as const
    const found = await this.#intents.ask(connection, 'interactive', (sdk) =>
      sdk.invoicePayments.list({ payment, limit: 1 }),
    )
    if (found.kind !== 'done') return settled(found)
    const stripeInvoiceId = idOf(found.value.data[0]?.invoice)
    if (stripeInvoiceId === null) return { kind: 'done', value: null }
    return this.read({ connection, invoiceId: '', stripeInvoiceId })
  }

  async list(connection: BillingConnection, createdFrom: Date): Promise<Outcome<InvoiceSnapshot[]>> {
    const created = { gte: Math.floor(createdFrom.getTime() / 1_000) }
    const snapshots: InvoiceSnapshot[] = []
    let after: string | undefined
    for (;;) {
      const page = await this.#intents.ask(connection, 'background', (sdk) =>
        sdk.invoices.list({ created, limit: pageSize, starting_after: after }),
      )
      if (page.kind !== 'done') return settled(page)
      const { data, has_more: more } = page.value
      // What cannot be read is none of ours: we never make such an invoice.
      snapshots.push(...data.flatMap((invoice) => readInvoice(invoice) ?? []))
      after = data.at(-1)?.id
      if (!more || after === undefined) return { kind: 'done', value: snapshots }
    }
  }

  async paysAutomatically(connection: BillingConnection, stripeCustomerId: string): Promise<Outcome<boolean>> {
    return settled(await this.#customers.hasSavedMethod(connection, stripeCustomerId, 'background'))
  }

  probe(connection: BillingConnection): Promise<StoredBillingCheck[]> {
    return this.#probe.run(connection)
  }

  /** A step that takes a finalized invoice to a status. One that is there already is not asked for again. */
  #step(invoice: InvoiceReference, name: string, reached: readonly string[], send: Send): Promise<Step> {
    const { connection, invoiceId, stripeInvoiceId } = invoice
    const known = (sdk: Stripe) =>
      standing(sdk, stripeInvoiceId).then((found) => (found && reached.includes(found.status ?? '') ? found : null))
    return this.#intents.perform({
      connection,
      subjectId: invoiceId,
      name,
      content: { invoice: stripeInvoiceId },
      lane: 'interactive',
      actsOn: stripeInvoiceId,
      send: (sdk, options) => send(sdk, stripeInvoiceId, options),
      known,
      lookUp: known,
    })
  }

  /** Stripe voids no drafts; to delete one comes to the same. Null when it is no draft. */
  async #deletedDraft({ connection, stripeInvoiceId }: InvoiceReference): Promise<Outcome<InvoiceSnapshot> | null> {
    const ask = <Answer>(request: (sdk: Stripe) => Promise<Answer>) =>
      this.#intents.ask(connection, 'interactive', request)
    const found = await ask((sdk) => standing(sdk, stripeInvoiceId))
    if (found.kind !== 'done' || found.value?.status !== 'draft') return null
    const snapshot = readInvoice(found.value)
    if (!snapshot) return null
    const deleted = await ask((sdk) => sdk.invoices.del(stripeInvoiceId))
    if (deleted.kind !== 'done') return settled(deleted)
    return { kind: 'done', value: { ...snapshot, status: 'VOID', voidedAt: this.clock.now() } }
  }
}

type Send = (sdk: Stripe, id: string, options: { idempotencyKey: string }) => Promise<Stripe.Response<Stripe.Invoice>>

function snapshotOf(step: Step): Outcome<InvoiceSnapshot> {
  if (step.kind !== 'done') return settled(step)
  const snapshot = readInvoice(step.value)
  invariant(snapshot, 'Stripe has answered with an invoice that cannot be read.')
  return { kind: 'done', value: snapshot }
}
