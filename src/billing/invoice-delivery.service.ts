import type { DomainEvent } from '../events/event.js'
import { enqueue } from '../events/jobs.js'
import type { Clocks } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { BroughtInvoice, InvoiceOrder, Outcome, PaymentPort } from './billing.port.js'
import type { BillingConnections } from './billing-connections.js'
import { BillingAccount, type BillingAccountRow } from './billing-integration.entity.js'
import type { InvoiceCause, InvoiceReason, InvoiceRow } from './invoice.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'
import { mayCharge } from './invoice.rules.js'
import { InvoiceMetrics } from './invoice-metrics.js'
import type { InvoiceRecord } from './invoice-record.js'

/** The worker's task that brings an invoice to Stripe; its payload is `{ invoiceId }`. */
export const bringInvoiceTask = 'bring-invoice'
/** The same for an invoice that nobody waits for: apart, so that many of them keep no other work waiting. */
export const bringQuietInvoiceTask = 'bring-quiet-invoice'
/** The worker's task that looks at a connection again; its payload is `{ billingIntegrationId }`. */
export const examineConnectionTask = 'examine-connection'

const shortestPause = 2_000
const longestPause = 60 * 60 * 1_000
/** With the pauses doubling, that is about half a day. */
const mostAttempts = 20

/** Brings invoices to Stripe: what is to be sent is settled and committed first, and what came of it after. */
export class InvoiceDelivery {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly invoices: InvoiceRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly connections: BillingConnections,
    private readonly payments: PaymentPort,
    private readonly record: InvoiceRecord,
    private readonly clocks: Clocks,
    private readonly metrics = new InvoiceMetrics(),
  ) {}

  /**
   * The worker's task; repeats itself until it is done, refused, or has gone on for too long.
   * @returns how it went this time; null where there is nothing to bring (any more)
   */
  async bring(invoiceId: string): Promise<Outcome<BroughtInvoice>['kind'] | null> {
    const order = await this.#prepare(invoiceId)
    if (!order) return null
    const outcome = await this.payments.bring(order)
    await this.#settle(order, outcome)
    this.metrics.tried(order.connection.id, outcome.kind)
    return outcome.kind
  }

  /** Once more, for an invoice whose sync FAILED or that has waited for long. */
  async again(transaction: Transaction, invoiceId: string): Promise<void> {
    await enqueue(transaction, [jobFor(bringInvoiceTask, invoiceId)])
  }

  /** Null where there is nothing to bring (any more). */
  async #prepare(invoiceId: string): Promise<InvoiceOrder | null> {
    return this.unitOfWork.run(system, async (transaction) => {
      const invoice = await this.invoices.lock(transaction, invoiceId)
      if (invoice?.status !== 'DRAFT' || invoice.syncStatus === 'SYNCED') return null
      const organization = await this.organizations.find(transaction, invoice.organizationId)
      const integrationId = invoice.billingIntegrationId ?? (await this.#connectLate(transaction, invoice))
      const connection = integrationId ? await this.connections.byId(transaction, integrationId) : null
      if (!connection) return this.#failed(transaction, invoice, 'The marketplace is not connected to Stripe.')
      if (!organization?.billingEmail)
        return this.#failed(transaction, invoice, 'The organization has no billing email.')
      const account = await this.#accountOf(transaction, invoice, connection.id)
      invoice.syncAttempts += 1
      invoice.lastSyncAttemptAt = this.clocks.billing.now()
      invoice.syncStatus = 'PENDING'
      const [lines] = await this.invoices.linesOf(transaction, [invoiceId])
      return {
        invoiceId,
        providerId: invoice.providerId,
        connection,
        customer: {
          billingAccountId: account.id,
          organizationId: organization.id,
          name: organization.name,
          email: organization.billingEmail,
          stripeCustomerId: account.stripeCustomerId ?? null,
        },
        currency: invoice.currency,
        totalMinor: invoice.totalMinor,
        daysUntilDue: invoice.paymentTermDays,
        description: (lines ?? [])
          .map(({ description }) => description)
          .join('; ')
          .slice(0, 500),
        lines: (lines ?? []).map(({ kind, description, amountMinor, periodStart, periodEnd }) => ({
          kind,
          description,
          amountMinor,
          periodStart,
          periodEnd,
        })),
        stripeInvoiceId: invoice.stripeInvoiceId ?? null,
        mayCharge: mayCharge(invoice.reason),
        background: isQuiet(invoice),
      }
    })
  }

  /** A marketplace that was connected after its invoice was written. */
  async #connectLate(transaction: Transaction, invoice: InvoiceRow): Promise<string | null> {
    const integration = await this.connections.ofMarketplace(transaction, invoice.marketplaceId)
    invoice.billingIntegrationId = integration?.id ?? null
    return integration?.id ?? null
  }

  async #settle(order: InvoiceOrder, outcome: Outcome<BroughtInvoice>): Promise<void> {
    await this.unitOfWork.run(system, async (transaction) => {
      const invoice = await this.invoices.lock(transaction, order.invoiceId)
      if (!invoice) return
      switch (outcome.kind) {
        case 'done':
          await this.#arrived(transaction, invoice, order, outcome.value)
          break
        case 'refused':
          await this.#failed(transaction, invoice, outcome.message)
          // A key that was revoked, or lost a permission, is to be seen at the connection too.
          await enqueue(transaction, [examinationOf(order.connection.id)])
          break
        case 'unknown':
          await this.#later(transaction, invoice, outcome.message, outcome.retryAfterMs)
      }
    })
  }

  async #arrived(
    transaction: Transaction<DomainEvent>,
    invoice: InvoiceRow,
    { customer }: InvoiceOrder,
    brought: BroughtInvoice,
  ): Promise<void> {
    const { stripeCustomerId, paysAutomatically } = brought
    await rows(transaction, BillingAccount)
      .updateTable('BillingAccount')
      .set(paysAutomatically === null ? { stripeCustomerId } : { stripeCustomerId, paysAutomatically })
      .where('id', '=', customer.billingAccountId)
      .execute()
    await this.record.apply(transaction, invoice, brought.invoice, causes[invoice.reason], null)
  }

  async #failed(transaction: Transaction<DomainEvent>, invoice: InvoiceRow, message: string): Promise<null> {
    // A webhook may have told meanwhile that it arrived after all.
    if (invoice.status !== 'DRAFT') return null
    invoice.syncStatus = 'FAILED'
    invoice.syncMessage = message
    await transaction.em.flush()
    this.record.announce(transaction, invoice, 'SYNC_FAILED', invoice.status)
    await this.record.settle(transaction, invoice.productSubscriptionId)
    return null
  }

  async #later(
    transaction: Transaction<DomainEvent>,
    invoice: InvoiceRow,
    message: string,
    retryAfterMs = 0,
  ): Promise<void> {
    if (invoice.status !== 'DRAFT') return
    if (invoice.syncAttempts >= mostAttempts) {
      await this.#failed(transaction, invoice, message)
      return
    }
    invoice.syncMessage = message
    const pause = Math.min(longestPause, shortestPause * 2 ** (invoice.syncAttempts - 1))
    const runAt = new Date(this.clocks.transport.now().getTime() + Math.max(pause, retryAfterMs))
    const task = isQuiet(invoice) ? bringQuietInvoiceTask : bringInvoiceTask
    await enqueue(transaction, [{ ...jobFor(task, invoice.id), runAt }])
  }

  /** One customer for each connection, organization and currency, also when twenty buy at once. */
  async #accountOf(
    transaction: Transaction,
    { providerId, organizationId, currency }: InvoiceRow,
    billingIntegrationId: string,
  ): Promise<BillingAccountRow> {
    await rows(transaction, BillingAccount)
      .insertInto('BillingAccount')
      .values({
        id: newId('bact'),
        providerId,
        billingIntegrationId,
        organizationId,
        currency,
        stripeCustomerId: null,
        paysAutomatically: false,
        createdAt: this.clocks.billing.now(),
      })
      .onConflict((conflict) =>
        conflict.columns(['providerId', 'billingIntegrationId', 'organizationId', 'currency']).doNothing(),
      )
      .execute()
    const account = await rows(transaction, BillingAccount)
      .selectFrom('BillingAccount')
      .selectAll()
      .where('providerId', '=', providerId)
      .where('billingIntegrationId', '=', billingIntegrationId)
      .where('organizationId', '=', organizationId)
      .where('currency', '=', currency)
      .executeTakeFirstOrThrow()
    return account
  }
}

const causes: Record<InvoiceReason, InvoiceCause> = {
  SUBSCRIPTION_START: 'SUBSCRIPTION',
  SUBSCRIPTION_CYCLE: 'SCHEDULE',
  PLAN_CHANGE: 'SUBSCRIPTION',
  SUBSCRIPTION_END: 'SUBSCRIPTION',
}

/** At most one waits for an invoice, and one runs. */
function jobFor(task: string, invoiceId: string) {
  return { task, payload: { invoiceId }, key: bringingKey(invoiceId), queue: `invoice ${invoiceId}` }
}

/** Nobody waits for the invoice of a later cycle. */
function isQuiet({ reason }: { reason: InvoiceReason }): boolean {
  return reason === 'SUBSCRIPTION_CYCLE'
}

/** By which the job that brings an invoice is found in the queue. */
export function bringingKey(invoiceId: string): string {
  return `bring ${invoiceId}`
}

function examinationOf(billingIntegrationId: string) {
  const key = `examine ${billingIntegrationId}`
  return { task: examineConnectionTask, payload: { billingIntegrationId }, key, queue: key }
}
