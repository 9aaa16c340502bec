import type { DomainEvent } from '../events/event.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { PaymentReport, PaymentReports } from './billing.port.js'
import { BillingAccount, BillingIntegration } from './billing-integration.entity.js'
import { Invoice, type InvoiceRow } from './invoice.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'
import type { InvoiceRecord } from './invoice-record.js'
import type { PaymentDisputes } from './payment-disputes.service.js'

/** Takes in what Stripe tells of invoices, in the transaction that marks it as handled. */
export class PaymentRecording implements PaymentReports {
  constructor(
    private readonly invoices: InvoiceRepository,
    private readonly invoiceRecord: InvoiceRecord,
    private readonly disputes: PaymentDisputes,
    private readonly audit: AuditLog,
  ) {}

  record(given: Transaction, report: PaymentReport): Promise<'applied' | 'without effect' | 'unknown'> {
    return given.within(system, (transaction) => this.#record(transaction as Transaction<DomainEvent>, report))
  }

  /** The customer is made anew with the next invoice. */
  customerDeleted(given: Transaction, connectionId: string, stripeCustomerId: string): Promise<void> {
    return given.within(system, (transaction) => this.#customerDeleted(transaction, connectionId, stripeCustomerId))
  }

  async #record(
    transaction: Transaction<DomainEvent>,
    report: PaymentReport,
  ): Promise<'applied' | 'without effect' | 'unknown'> {
    const id = await this.#meant(transaction, report)
    const invoice = id ? await this.invoices.lock(transaction, id) : null
    if (!invoice) return 'unknown'
    if (!(await this.#fits(transaction, invoice, report))) return 'without effect'
    const changed = await this.#take(transaction, invoice, report)
    return changed ? 'applied' : 'without effect'
  }

  async #customerDeleted(transaction: Transaction, connectionId: string, stripeCustomerId: string): Promise<void> {
    const accounts = await rows(transaction, BillingAccount)
      .updateTable('BillingAccount')
      .set({ stripeCustomerId: null, paysAutomatically: false })
      .where('billingIntegrationId', '=', connectionId)
      .where('stripeCustomerId', '=', stripeCustomerId)
      .returning(['providerId', 'organizationId', 'currency'])
      .execute()
    for (const { providerId, organizationId, currency } of accounts) {
      const summary = `Its customer for ${currency} was deleted in Stripe; the next invoice makes a new one.`
      const entry = {
        providerId,
        organizationId,
        action: 'billing.customer-deleted',
        subjectId: organizationId,
        summary,
      }
      await this.audit.record(transaction, entry)
    }
  }

  /** By Stripe's id, else by the id in its metadata, and only among this connection's own. */
  async #meant(transaction: Transaction, { snapshot, connectionId }: PaymentReport): Promise<string | null> {
    const found = await rows(transaction, Invoice)
      .selectFrom('Invoice')
      .select('id')
      .where('billingIntegrationId', '=', connectionId)
      .where((eb) =>
        eb.or([
          eb('stripeInvoiceId', '=', snapshot.stripeInvoiceId),
          eb.and([eb('id', '=', snapshot.invoiceId ?? ''), eb('stripeInvoiceId', 'is', null)]),
        ]),
      )
      .executeTakeFirst()
    return found?.id ?? null
  }

  /** Test never pays for live, and what is told must be about the sum that we have asked for. */
  async #fits(
    transaction: Transaction,
    invoice: InvoiceRow,
    { snapshot, connectionId }: PaymentReport,
  ): Promise<boolean> {
    const connection = await rows(transaction, BillingIntegration)
      .selectFrom('BillingIntegration')
      .select('mode')
      .where('id', '=', connectionId)
      .executeTakeFirst()
    const sameMode = connection !== undefined && (connection.mode === 'LIVE') === snapshot.livemode
    return sameMode && snapshot.currency.toUpperCase() === invoice.currency
  }

  async #take(transaction: Transaction<DomainEvent>, invoice: InvoiceRow, report: PaymentReport): Promise<boolean> {
    const { what, snapshot, reportedAt } = report
    if (what === 'deleted') return this.#deleted(transaction, invoice)
    const moved = await this.invoiceRecord.apply(transaction, invoice, snapshot, 'WEBHOOK', reportedAt)
    if (what === 'snapshot') return moved
    if (what === 'payment disputed') return (await this.disputes.tell(transaction, invoice, report.dispute)) || moved
    return (await this.#payment(transaction, invoice, what === 'payment processing', reportedAt)) || moved
  }

  /** A draft that somebody threw away in Stripe; nothing else can be. */
  async #deleted(transaction: Transaction<DomainEvent>, invoice: InvoiceRow): Promise<boolean> {
    if (invoice.status !== 'DRAFT') return false
    const syncMessage = 'The draft was deleted in Stripe: try again, or void the invoice.'
    Object.assign(invoice, { stripeInvoiceId: null, syncStatus: 'FAILED', syncMessage })
    await transaction.em.flush()
    this.invoiceRecord.announce(transaction, invoice, 'SYNC_FAILED', 'DRAFT')
    await this.invoiceRecord.settle(transaction, invoice.productSubscriptionId)
    return true
  }

  /** @param processing under way; else it has failed */
  async #payment(
    transaction: Transaction<DomainEvent>,
    invoice: InvoiceRow,
    processing: boolean,
    reportedAt: Date,
  ): Promise<boolean> {
    if (invoice.status !== 'OPEN' && invoice.status !== 'UNCOLLECTIBLE') return false
    const newest = invoice.paymentReportedAt
    // Of two in one second the failure is the later: nothing begins again as fast.
    if (newest && (reportedAt < newest || (processing && reportedAt.getTime() === newest.getTime()))) return false
    Object.assign(invoice, { paymentProcessing: processing, paymentReportedAt: reportedAt })
    await transaction.em.flush()
    const change = processing ? 'PAYMENT_PROCESSING' : 'PAYMENT_FAILED'
    this.invoiceRecord.announce(transaction, invoice, change, invoice.status)
    await this.invoiceRecord.settle(transaction, invoice.productSubscriptionId)
    return true
  }
}
