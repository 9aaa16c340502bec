import type { DomainEvent } from '../events/event.js'
import { Refused } from '../kernel/result.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { demand } from '../persistence/audience.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { type Scope, system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { BillingConnection, InvoiceSnapshot, Outcome, PaymentPort } from './billing.port.js'
import type { BillingConnections } from './billing-connections.js'
import { Invoice, type InvoiceRow } from './invoice.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'
import type { InvoiceDelivery } from './invoice-delivery.service.js'
import type { InvoiceInquiry } from './invoice-inquiry.service.js'
import { type ComparedInvoice, type Drift, driftsOf, paired, strayDrift } from './reconciliation.rules.js'

/** Each is a request to Stripe. */
const lookedAtOnce = 10
const idsAtOnce = 1_000
/** By how much Stripe's clock may be behind ours. */
const dayInMs = 24 * 60 * 60 * 1_000

export interface Reconciliation {
  compared: number
  drifts: Array<Drift & { repaired: boolean }>
}

/** Compares invoices with Stripe, which is the record of payment, and follows it where that is allowed. */
export class InvoiceReconciliation {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly marketplaces: MarketplaceRepository,
    private readonly invoices: InvoiceRepository,
    private readonly connections: BillingConnections,
    private readonly payments: PaymentPort,
    private readonly inquiry: InvoiceInquiry,
    private readonly delivery: InvoiceDelivery,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Over all connections through which the marketplace has invoiced. No transaction may be open.
   * @throws Refused NOT_FOUND, NOT_ALLOWED, BILLING_NOT_CONFIGURED, BILLING_REFUSED, BILLING_UNAVAILABLE
   */
  async reconcile(scope: Scope, marketplaceId: string, dryRun: boolean): Promise<Reconciliation> {
    const marketplace = await this.#managed(scope, marketplaceId)
    const used = await this.connections.everOf(this.unitOfWork.reading(system), marketplaceId)
    if (used.length === 0) {
      const message = 'This marketplace was never connected to Stripe: there is nothing to compare with.'
      throw new Refused([{ code: 'BILLING_NOT_CONFIGURED', message, field: ['input', 'marketplaceId'] }])
    }
    const total: Reconciliation = { compared: 0, drifts: [] }
    for (const { connection, since } of used) {
      const { compared, drifts } = await this.#through(connection, since, marketplaceId, dryRun)
      total.compared += compared
      total.drifts.push(...drifts)
    }
    const repaired = total.drifts.filter((drift) => drift.repaired).length
    if (repaired > 0)
      await this.#note(scope, marketplace, `${repaired} of ${total.drifts.length} differences were mended.`)
    return total
  }

  async #through(
    connection: BillingConnection,
    since: Date,
    marketplaceId: string,
    dryRun: boolean,
  ): Promise<Reconciliation> {
    const theirs = answered(await this.payments.list(connection, new Date(since.getTime() - dayInMs)))
    // Read after the list: what Stripe has was committed here before it was sent.
    const ours = await this.#ours(connection, marketplaceId)
    const { pairs, strays } = paired(ours, theirs)
    const suspects = pairs.filter(({ invoice, snapshot }) => driftsOf(invoice, snapshot).length > 0)
    const drifts: Reconciliation['drifts'] = []
    for (let from = 0; from < suspects.length; from += lookedAtOnce) {
      const batch = suspects.slice(from, from + lookedAtOnce)
      const looked = await Promise.all(
        batch.map(({ invoice, snapshot }) => this.#lookAgain(invoice.id, snapshot?.stripeInvoiceId ?? null, dryRun)),
      )
      drifts.push(...looked.flat())
    }
    const lost = await this.#lost(connection, marketplaceId, strays)
    drifts.push(...lost.map((drift) => ({ ...drift, repaired: false })))
    return { compared: ours.length, drifts }
  }

  async #ours(connection: BillingConnection, marketplaceId: string): Promise<ComparedInvoice[]> {
    return rows(this.unitOfWork.reading(system), Invoice)
      .selectFrom('Invoice')
      .select(['id', 'status', 'currency', 'totalMinor', 'stripeInvoiceId', 'syncStatus', 'syncMessage'])
      .where('marketplaceId', '=', marketplaceId)
      .where('billingIntegrationId', '=', connection.id)
      .orderBy('id')
      .execute()
  }

  /** The list is old by now, and the invoice may have moved meanwhile: both are read anew. */
  async #lookAgain(invoiceId: string, listedId: string | null, dryRun: boolean): Promise<Reconciliation['drifts']> {
    const invoice = await this.invoices.find(this.unitOfWork.reading(system), invoiceId)
    if (!invoice) return []
    const stripeInvoiceId = invoice.stripeInvoiceId ?? listedId
    const snapshot = answered(await this.inquiry.read({ ...invoice, stripeInvoiceId }))
    const drifts = driftsOf(invoice, snapshot)
    if (drifts.length === 0 || dryRun) return drifts.map((drift) => ({ ...drift, repaired: false }))
    const mended = snapshot ? await this.inquiry.take(invoiceId, snapshot) : await this.#bringAnew(invoice)
    const left = new Set((mended ? driftsOf(mended, snapshot) : drifts).map(({ difference }) => difference))
    return drifts.map((drift) => ({ ...drift, repaired: !left.has(drift.difference) }))
  }

  /** A draft that is gone in Stripe is made again; what was finalized there and is gone can only be told. */
  async #bringAnew(lost: InvoiceRow): Promise<InvoiceRow | null> {
    return this.unitOfWork.run(system, async (transaction) => {
      const invoice = await this.invoices.lock(transaction, lost.id)
      if (invoice?.status !== 'DRAFT' || invoice.stripeInvoiceId !== lost.stripeInvoiceId) return invoice
      if (!invoice.stripeInvoiceId) return invoice
      Object.assign(invoice, { stripeInvoiceId: null, syncStatus: 'PENDING', syncMessage: null, syncAttempts: 0 })
      await transaction.em.flush()
      await this.delivery.again(transaction, invoice.id)
      return invoice
    })
  }

  /** What carries our mark, and stands for nothing of ours: of this marketplace, or of none that is left. */
  async #lost(
    connection: BillingConnection,
    marketplaceId: string,
    strays: readonly InvoiceSnapshot[],
  ): Promise<Drift[]> {
    const marked = strays.filter(
      ({ connectionId, invoiceId, status }) => connectionId === connection.id && invoiceId && status !== 'VOID',
    )
    const homes = await this.#homesOf(marked.map(({ invoiceId }) => invoiceId as string))
    return marked.flatMap((stray) => {
      const home = homes.get(stray.invoiceId as string)
      if (!home) return [strayDrift(stray, null)]
      return home === marketplaceId ? [strayDrift(stray, stray.invoiceId)] : []
    })
  }

  /** Invoice id → its marketplace. */
  async #homesOf(ids: readonly string[]): Promise<Map<string, string>> {
    const homes = new Map<string, string>()
    for (let from = 0; from < ids.length; from += idsAtOnce) {
      const found = await rows(this.unitOfWork.reading(system), Invoice)
        .selectFrom('Invoice')
        .select(['id', 'marketplaceId'])
        .where('id', 'in', ids.slice(from, from + idsAtOnce))
        .execute()
      for (const { id, marketplaceId } of found) homes.set(id, marketplaceId)
    }
    return homes
  }

  async #managed(scope: Scope, marketplaceId: string): Promise<MarketplaceRow> {
    const marketplace = await this.marketplaces.findManaged(this.unitOfWork.reading(scope), marketplaceId)
    if (!marketplace) {
      const message = 'There is no such marketplace.'
      throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'marketplaceId'] }])
    }
    demand(scope, managesMarketplaces, marketplace)
    return marketplace
  }

  async #note(scope: Scope, { id: marketplaceId, providerId }: MarketplaceRow, summary: string): Promise<void> {
    const entry = { providerId, marketplaceId, action: 'invoices.reconciled', subjectId: marketplaceId, summary }
    await this.unitOfWork.run(scope, (transaction) => this.audit.record(transaction, entry))
  }
}

/** @throws Refused where Stripe has not answered */
function answered<Value>(outcome: Outcome<Value>): Value {
  if (outcome.kind === 'done') return outcome.value
  const code = outcome.kind === 'refused' ? 'BILLING_REFUSED' : 'BILLING_UNAVAILABLE'
  throw new Refused([{ code, message: outcome.message, field: null }])
}
