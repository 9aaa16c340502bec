import { sql } from 'kysely'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import { type InvoiceChange, invoiceEvents } from './billing.events.js'
import type { InvoiceSnapshot } from './billing.port.js'
import { type InvoiceCause, type InvoiceRow, type InvoiceStatus, InvoiceTransition } from './invoice.entity.js'
import { invoiceLifecycle, isOwed, ownDueDate, stepToStatus, tellsDetails } from './invoice.rules.js'
import type { StandingService } from './standing.service.js'

const changeTo: Record<InvoiceStatus, InvoiceChange> = {
  DRAFT: 'CREATED',
  OPEN: 'OPENED',
  PAID: 'PAID',
  VOID: 'VOIDED',
  UNCOLLECTIBLE: 'MARKED_UNCOLLECTIBLE',
}

/** Writes down what has become of an invoice: its status along its lifecycle, its history, and who is told. */
export class InvoiceRecord {
  constructor(
    private readonly standing: StandingService,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * Takes over what Stripe has told, as far as it is not behind what is known already.
   * @param invoice locked
   * @param seenAt when Stripe said it; null for an answer to our own call, which is as new as can be
   * @returns whether anything changed
   */
  async apply(
    transaction: Transaction<DomainEvent>,
    invoice: InvoiceRow,
    snapshot: InvoiceSnapshot,
    cause: InvoiceCause,
    seenAt: Date | null,
  ): Promise<boolean> {
    const before = invoice.status
    invoice.stripeInvoiceId ??= snapshot.stripeInvoiceId
    invoice.stripeAskedAt = this.clock.now()
    // Whoever tells of it has it: the answer to our own call may have been lost.
    if (snapshot.status !== 'DRAFT') Object.assign(invoice, { syncStatus: 'SYNCED', syncMessage: null })
    const detailed = this.#takeDetails(invoice, snapshot, seenAt)
    const step = stepToStatus[snapshot.status]
    const taken = step ? invoiceLifecycle.take(before, step) : null
    if (taken?.ok && taken.value.changed) {
      this.#takeInstants(invoice, snapshot, taken.value.state)
      await this.move(transaction, invoice, taken.value.state, cause)
      return true
    }
    await transaction.em.flush()
    if (!detailed) return false
    this.announce(transaction, invoice, 'UPDATED', invoice.status)
    await this.settle(transaction, invoice.productSubscriptionId)
    return true
  }

  /** Moves an invoice to another status, which its lifecycle has allowed. */
  async move(
    transaction: Transaction<DomainEvent>,
    invoice: InvoiceRow,
    status: InvoiceStatus,
    cause: InvoiceCause,
  ): Promise<void> {
    const from = invoice.status
    invoice.status = status
    if (!isOwed(status) && invoice.paymentProcessing) invoice.paymentProcessing = false
    await transaction.em.flush()
    await this.note(transaction, invoice, from, cause)
    this.announce(transaction, invoice, changeTo[status], from)
    await this.settle(transaction, invoice.productSubscriptionId)
  }

  /** A line of the invoice's history. */
  async note(
    transaction: Transaction,
    invoice: InvoiceRow,
    from: InvoiceStatus | null,
    cause: InvoiceCause,
  ): Promise<void> {
    await rows(transaction, InvoiceTransition)
      .insertInto('InvoiceTransition')
      .values({
        invoiceId: invoice.id,
        providerId: invoice.providerId,
        // The invoice is locked, so nobody else adds one meanwhile.
        position: sql<number>`(select coalesce(max(position), 0) + 1 from invoice_transition where invoice_id = ${invoice.id})`,
        from,
        to: invoice.status,
        at: this.clock.now(),
        cause,
      })
      .execute()
  }

  now(): Date {
    return this.clock.now()
  }

  settle(transaction: Transaction<DomainEvent>, productSubscriptionId: string): Promise<void> {
    return this.standing.settle(transaction, productSubscriptionId)
  }

  announce(
    transaction: Transaction<DomainEvent>,
    invoice: InvoiceRow,
    change: InvoiceChange,
    previousStatus: InvoiceStatus | null,
  ): void {
    const { id, providerId, marketplaceId, organizationId, productSubscriptionId, status, reason } = invoice
    const billingIntegrationId = invoice.billingIntegrationId ?? null
    const fact = { change, status, previousStatus, reason, productSubscriptionId, billingIntegrationId }
    const audience = { providerId, marketplaceId, organizationId }
    transaction.announce(invoiceEvents[change].of(audience, id, fact, this.clock.now()))
  }

  /** Number, amounts and addresses come from the newest that was told, never from behind. */
  #takeDetails(invoice: InvoiceRow, snapshot: InvoiceSnapshot, seenAt: Date | null): boolean {
    const held = { status: invoice.status, at: invoice.stripeSeenAt ?? null }
    if (!tellsDetails({ status: snapshot.status, at: seenAt }, held)) return false
    const before = JSON.stringify(detailsOf(invoice))
    invoice.number = snapshot.number ?? invoice.number
    invoice.amountDueMinor = snapshot.amountDueMinor
    // What was paid never becomes less; older versions of the API leave out what was paid outside of Stripe.
    if (snapshot.amountPaidMinor > invoice.amountPaidMinor) invoice.amountPaidMinor = snapshot.amountPaidMinor
    const issuedAt = snapshot.finalizedAt ?? invoice.issuedAt ?? this.clock.now()
    this.#fallsDue(invoice, snapshot.dueAt ?? invoice.dueAt ?? ownDueDate(issuedAt, invoice.paymentTermDays))
    invoice.pdfUrl = snapshot.pdfUrl ?? invoice.pdfUrl
    if (snapshot.hostedUrl) {
      invoice.hostedUrl = snapshot.hostedUrl
      invoice.hostedUrlReadAt = seenAt ?? this.clock.now()
    }
    if (seenAt) invoice.stripeSeenAt = seenAt
    return JSON.stringify(detailsOf(invoice)) !== before
  }

  /** A date that somebody has moved at Stripe begins anew: what is told when, and whether it is past due. */
  #fallsDue(invoice: InvoiceRow, dueAt: Date): void {
    const before = invoice.dueAt ?? null
    invoice.dueAt = dueAt
    if (before === null || before.getTime() === dueAt.getTime()) return
    const now = this.clock.now()
    invoice.reminderAt = now
    if (dueAt > now) invoice.pastDueAt = null
  }

  #takeInstants(invoice: InvoiceRow, snapshot: InvoiceSnapshot, status: InvoiceStatus): void {
    const now = this.clock.now()
    // A draft that was thrown away was never issued.
    if (snapshot.finalizedAt || status !== 'VOID') invoice.issuedAt ??= snapshot.finalizedAt ?? now
    if (status === 'PAID') invoice.paidAt = snapshot.paidAt ?? now
    if (status === 'VOID') invoice.voidedAt = snapshot.voidedAt ?? now
  }
}

/** What people see of it; an address that was only renewed is no news. */
function detailsOf(invoice: InvoiceRow) {
  const { number, amountDueMinor, amountPaidMinor, dueAt } = invoice
  return [number, String(amountDueMinor), String(amountPaidMinor), dueAt]
}
