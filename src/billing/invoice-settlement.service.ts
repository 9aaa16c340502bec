import type { DomainEvent } from '../events/event.js'
import type { Currency } from '../kernel/currency.js'
import { amountText, money } from '../kernel/money.js'
import { Refused, unwrap } from '../kernel/result.js'
import { demand } from '../persistence/audience.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { person, type Scope, system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import { demandReason } from '../subscriptions/subscription-record.js'
import type { InvoiceReference, InvoiceSnapshot, Outcome, PaymentPort } from './billing.port.js'
import type { BillingConnections } from './billing-connections.js'
import type { InvoiceCause, InvoiceRow, InvoiceStatus } from './invoice.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'
import { type InvoiceStep, invoiceLifecycle, isForNothing, isUnderWay } from './invoice.rules.js'
import type { InvoiceDelivery } from './invoice-delivery.service.js'
import type { InvoiceRecord } from './invoice-record.js'

const target: Record<Settling, InvoiceStatus> = {
  pay: 'PAID',
  void: 'VOID',
  'write off': 'UNCOLLECTIBLE',
}

type Settling = Exclude<InvoiceStep, 'open'>

/** What is done to an invoice other than paying it: at Stripe first, which is the record of payment. */
export class InvoiceSettlement {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly invoices: InvoiceRepository,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly connections: BillingConnections,
    private readonly payments: PaymentPort,
    private readonly record: InvoiceRecord,
    private readonly delivery: InvoiceDelivery,
    private readonly audit: AuditLog,
  ) {}

  /**
   * By the provider's people. No transaction may be open.
   * @throws Refused WRONG_STATE, BILLING_REFUSED, BILLING_UNAVAILABLE, NOT_ALLOWED, NOT_FOUND, REQUIRED, INVALID
   */
  async settle(scope: Scope, invoiceId: string, step: Settling, reason: string): Promise<InvoiceRow> {
    const invoice = await this.#managed(scope, invoiceId)
    demandReason(reason)
    const { changed } = unwrap(invoiceLifecycle.take(invoice.status, step))
    if (!changed) return invoice
    const settled = await this.#take(scope, invoice, step, 'MUTATION', reason)
    // Somebody else was faster, such as the consumer who paid: that stands, and is told.
    if (settled.status !== target[step]) unwrap(invoiceLifecycle.take(settled.status, step))
    return settled
  }

  /** Tries again to bring an invoice to Stripe. @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND */
  async retry(scope: Scope, invoiceId: string): Promise<InvoiceRow> {
    await this.#managed(scope, invoiceId)
    return this.unitOfWork.run(scope, async (transaction) => {
      const invoice = await this.invoices.lock(transaction, invoiceId)
      if (invoice?.syncStatus !== 'FAILED' || invoice.status !== 'DRAFT') {
        const message = 'Only an invoice whose sync has failed can be tried again.'
        throw new Refused([{ code: 'WRONG_STATE', message, field: ['input', 'invoiceId'] }])
      }
      Object.assign(invoice, { syncStatus: 'PENDING', syncAttempts: 0 })
      await transaction.em.flush()
      await this.delivery.again(transaction, invoiceId)
      const { providerId, marketplaceId, organizationId } = invoice
      const summary = `The invoice over ${amountText(money(invoice.totalMinor, invoice.currency as Currency))} is tried again.`
      const entry = {
        providerId,
        marketplaceId,
        organizationId,
        action: 'invoice.retried',
        subjectId: invoiceId,
        summary,
      }
      await this.audit.record(transaction, entry)
      return invoice
    })
  }

  /**
   * Voids what a subscription was invoiced that ended before its first payment. What is paid in the same moment stays
   * paid; what is on its way to Stripe is voided when it has arrived. May be called any number of times.
   */
  async voidUnpaidStart(productSubscriptionId: string): Promise<void> {
    const reading = this.unitOfWork.reading(system)
    const subscription = await this.subscriptions.find(reading, productSubscriptionId)
    if (!subscription) return
    const [invoices = []] = await this.invoices.ofSubscriptions(reading, [productSubscriptionId])
    for (const invoice of invoices) {
      if (!isForNothing(invoice, subscription) || isUnderWay(invoice)) continue
      await this.#take(system, invoice, 'void', 'SUBSCRIPTION', 'The subscription ended before its first payment.')
    }
  }

  /** At Stripe, with no transaction open, then here; what Stripe says has become of it is what counts. */
  async #take(
    scope: Scope,
    invoice: InvoiceRow,
    step: Settling,
    cause: InvoiceCause,
    reason: string,
  ): Promise<InvoiceRow> {
    const snapshot = invoice.stripeInvoiceId ? await this.#atStripe(invoice, invoice.stripeInvoiceId, step) : null
    return this.unitOfWork.run(system, async (transaction) => {
      const locked = (await this.invoices.lock(transaction, invoice.id)) as InvoiceRow
      if (snapshot) await this.record.apply(transaction, locked, snapshot, cause, null)
      else await this.#here(transaction, locked, step, cause)
      await transaction.within(scope, (own) => this.#note(own, locked, step, reason))
      return locked
    })
  }

  /** One that never reached Stripe is settled here alone. */
  async #here(
    transaction: Transaction<DomainEvent>,
    invoice: InvoiceRow,
    step: Settling,
    cause: InvoiceCause,
  ): Promise<void> {
    if (invoice.stripeInvoiceId || isUnderWay(invoice)) {
      throw unavailable('The invoice is being brought to Stripe at this moment: try again in a minute.')
    }
    const { state, changed } = unwrap(invoiceLifecycle.take(invoice.status, step))
    if (!changed) return
    if (state === 'UNCOLLECTIBLE') {
      const message = 'Nobody could pay this invoice yet, because it has not reached Stripe: void it instead.'
      throw new Refused([{ code: 'WRONG_STATE', message, field: ['input', 'invoiceId'] }])
    }
    const now = this.record.now()
    if (state === 'VOID') invoice.voidedAt = now
    if (state === 'PAID') Object.assign(invoice, { issuedAt: now, paidAt: now, amountPaidMinor: invoice.totalMinor })
    Object.assign(invoice, { syncStatus: 'NOT_NEEDED', syncMessage: null })
    await this.record.move(transaction, invoice, state, cause)
  }

  async #atStripe(invoice: InvoiceRow, stripeInvoiceId: string, step: Settling): Promise<InvoiceSnapshot> {
    const reading = this.unitOfWork.reading(system)
    const connection = await this.connections.byId(reading, invoice.billingIntegrationId ?? '')
    if (!connection) throw unavailable('The connection that made this invoice is gone.')
    const reference: InvoiceReference = { connection, invoiceId: invoice.id, stripeInvoiceId }
    const outcome = await this.#call(reference, step)
    if (outcome.kind === 'done') return outcome.value
    // Paid, or settled otherwise, in the same moment: what it is now is taken over, and told.
    const read = await this.payments.read(reference)
    if (read.kind === 'done' && read.value && read.value.status !== 'DRAFT' && read.value.status !== 'OPEN')
      return read.value
    if (outcome.kind === 'unknown') throw unavailable('Stripe cannot be reached now: try again in a minute.')
    throw new Refused([{ code: 'BILLING_REFUSED', message: outcome.message, field: null }])
  }

  #call(reference: InvoiceReference, step: Settling): Promise<Outcome<InvoiceSnapshot>> {
    if (step === 'void') return this.payments.void(reference)
    if (step === 'write off') return this.payments.markUncollectible(reference)
    return this.payments.markPaidOutside(reference)
  }

  async #managed(scope: Scope, invoiceId: string): Promise<InvoiceRow> {
    person(scope)
    const invoice = await this.invoices.find(this.unitOfWork.reading(scope), invoiceId)
    if (!invoice) {
      const message = 'There is no such invoice.'
      throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'invoiceId'] }])
    }
    demand(scope, managesMarketplaces, invoice)
    return invoice
  }

  #note(transaction: Transaction, invoice: InvoiceRow, step: Settling, reason: string): Promise<void> {
    const { providerId, marketplaceId, organizationId, id, status } = invoice
    const reached = status === target[step]
    const action = reached ? actions[step] : 'invoice.settled-otherwise'
    const summary = reached ? reason : `It is ${status} now. Was to be done: ${actions[step]}. ${reason}`
    return this.audit.record(transaction, { providerId, marketplaceId, organizationId, action, subjectId: id, summary })
  }
}

const actions: Record<Settling, string> = {
  pay: 'invoice.paid-outside',
  void: 'invoice.voided',
  'write off': 'invoice.written-off',
}

function unavailable(message: string): Refused {
  return new Refused([{ code: 'BILLING_UNAVAILABLE', message, field: null }])
}
