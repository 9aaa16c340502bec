import { sql } from 'kysely'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { money } from '../kernel/money.js'
import { type BulkValue, bulkInsert } from '../persistence/bulk-rows.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import type { BillingConnections } from './billing-connections.js'
import { BillingCredit } from './billing-credit.entity.js'
import { credited } from './credit.rules.js'
import type { InvoiceDraft } from './first-invoice.rules.js'
import { Invoice, type InvoiceCause, type InvoiceReason, type InvoiceRow } from './invoice.entity.js'
import type { InvoiceRecord } from './invoice-record.js'

/** An invoice that is to be written. */
export interface InvoiceOrdered {
  subscription: Pick<ProductSubscriptionRow, 'id' | 'providerId' | 'marketplaceId' | 'organizationId'>
  planId: string
  paymentTermDays: number
  reason: InvoiceReason
  cause: InvoiceCause
  draft: InvoiceDraft
}

interface Prepared {
  invoice: InvoiceRow
  draft: InvoiceDraft
  cause: InvoiceCause
  credit: bigint
}

/** Lines in one statement, so that its parameter stays small. */
const linesAtOnce = 3_000

/** Writes invoices down, any number in a few statements. Each period and reason of a subscription has one. */
export class InvoiceWriting {
  constructor(
    private readonly connections: BillingConnections,
    private readonly record: InvoiceRecord,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * The subscriptions are locked. Credit is taken off, so that no two invoices use the same.
   * @returns those that were not there before
   */
  async write(transaction: Transaction<DomainEvent>, ordered: readonly InvoiceOrdered[]): Promise<InvoiceRow[]> {
    if (ordered.length === 0) return []
    const prepared = await this.#prepare(transaction, ordered)
    const inserted = await bulkInsert(transaction, 'invoice', invoiceColumns, prepared.map(invoiceValues), once)
    const ids = new Set((inserted as Array<{ id: string }>).map(({ id }) => id))
    const fresh = prepared.filter(({ invoice }) => ids.has(invoice.id))
    const lines = fresh.flatMap(lineValues)
    for (let from = 0; from < lines.length; from += linesAtOnce) {
      await bulkInsert(transaction, 'invoice_line', lineColumns, lines.slice(from, from + linesAtOnce))
    }
    const moved = fresh.filter(({ credit }) => credit !== 0n)
    await bulkInsert(transaction, 'billing_credit', creditColumns, moved.map(creditValues))
    await bulkInsert(transaction, 'invoice_transition', transitionColumns, fresh.map(transitionValues))
    for (const { invoice } of fresh) {
      this.record.announce(transaction, invoice, invoice.status === 'PAID' ? 'PAID' : 'CREATED', null)
    }
    return fresh.map(({ invoice }) => invoice)
  }

  /** What earlier invoices have left to be taken off; in the order asked for. */
  async credits(reading: Reading, asked: ReadonlyArray<{ id: string; currency: string }>): Promise<bigint[]> {
    const ids = [...new Set(asked.map(({ id }) => id))]
    const found = await rows(reading, BillingCredit, Invoice)
      .selectFrom('BillingCredit')
      .innerJoin('Invoice', (join) =>
        join
          .onRef('Invoice.id', '=', 'BillingCredit.invoiceId')
          .onRef('Invoice.providerId', '=', 'BillingCredit.providerId'),
      )
      .select(['BillingCredit.productSubscriptionId', 'BillingCredit.currency'])
      .select(sql<string>`sum(${sql.ref('BillingCredit.amountMinor')})::text`.as('balance'))
      .where('BillingCredit.productSubscriptionId', 'in', ids)
      .where('Invoice.status', '<>', 'VOID')
      .groupBy(['BillingCredit.productSubscriptionId', 'BillingCredit.currency'])
      .execute()
    const balances = new Map(found.map((row) => [`${row.productSubscriptionId} ${row.currency}`, BigInt(row.balance)]))
    return asked.map(({ id, currency }) => balances.get(`${id} ${currency}`) ?? 0n)
  }

  async #prepare(transaction: Transaction, ordered: readonly InvoiceOrdered[]): Promise<Prepared[]> {
    const connectionOf = await this.#connections(transaction, ordered)
    const asked = ordered.map(({ subscription, draft }) => ({ id: subscription.id, currency: draft.total.currency }))
    const balances = await this.credits(transaction, asked)
    const left = new Map(asked.map(({ id, currency }, index) => [`${id} ${currency}`, balances[index] ?? 0n]))
    return ordered.map((order) => {
      const { id } = order.subscription
      const { currency } = order.draft.total
      const balance = left.get(`${id} ${currency}`) ?? 0n
      const { draft, credit } = credited(order.draft, money(balance, currency))
      // Of two invoices of one subscription the second has what the first leaves.
      left.set(`${id} ${currency}`, balance + credit.minor)
      const connection = connectionOf.get(order.subscription.marketplaceId) ?? null
      return { invoice: this.#invoiceOf(order, draft, connection), draft, cause: order.cause, credit: credit.minor }
    })
  }

  async #connections(
    transaction: Transaction,
    ordered: readonly InvoiceOrdered[],
  ): Promise<Map<string, string | null>> {
    const found = new Map<string, string | null>()
    for (const { subscription } of ordered) {
      const { marketplaceId } = subscription
      if (found.has(marketplaceId)) continue
      const connection = await this.connections.ofMarketplace(transaction, marketplaceId)
      found.set(marketplaceId, connection?.id ?? null)
    }
    return found
  }

  #invoiceOf(order: InvoiceOrdered, { period, total }: InvoiceDraft, connectionId: string | null): InvoiceRow {
    const now = this.clock.now()
    const { id: productSubscriptionId, providerId, marketplaceId, organizationId } = order.subscription
    // A zero total never needs Stripe: it is paid at once.
    const free = total.minor === 0n
    return {
      id: newId('inv'),
      providerId,
      marketplaceId,
      organizationId,
      productSubscriptionId,
      planId: order.planId,
      billingIntegrationId: free ? null : connectionId,
      number: null,
      status: free ? 'PAID' : 'DRAFT',
      reason: order.reason,
      periodStart: period.start,
      periodEnd: period.end,
      currency: total.currency,
      totalMinor: total.minor,
      amountDueMinor: total.minor,
      amountPaidMinor: 0n,
      paymentTermDays: order.paymentTermDays,
      hostedUrl: null,
      hostedUrlReadAt: null,
      pdfUrl: null,
      issuedAt: free ? now : null,
      dueAt: null,
      paidAt: free ? now : null,
      voidedAt: null,
      pastDueAt: null,
      reminderAt: null,
      paymentProcessing: null,
      paymentReportedAt: null,
      syncStatus: free ? 'NOT_NEEDED' : 'PENDING',
      syncMessage: null,
      syncAttempts: 0,
      lastSyncAttemptAt: null,
      stripeInvoiceId: null,
      stripeSeenAt: null,
      stripeAskedAt: null,
      createdAt: now,
      version: 1,
    }
  }
}

const once = sql`on conflict (provider_id, product_subscription_id, reason, period_start) do nothing returning id`

const instant = 'timestamptz'
const invoiceColumns = {
  id: 'text',
  provider_id: 'text',
  marketplace_id: 'text',
  organization_id: 'text',
  product_subscription_id: 'text',
  plan_id: 'text',
  billing_integration_id: 'text',
  status: 'text',
  reason: 'text',
  period_start: instant,
  period_end: instant,
  currency: 'text',
  total_minor: 'bigint',
  amount_due_minor: 'bigint',
  amount_paid_minor: 'bigint',
  payment_term_days: 'int',
  issued_at: instant,
  paid_at: instant,
  sync_status: 'text',
  sync_attempts: 'int',
  created_at: instant,
}

function invoiceValues({ invoice }: Prepared): Record<keyof typeof invoiceColumns, BulkValue> {
  return {
    id: invoice.id,
    provider_id: invoice.providerId,
    marketplace_id: invoice.marketplaceId,
    organization_id: invoice.organizationId,
    product_subscription_id: invoice.productSubscriptionId,
    plan_id: invoice.planId,
    billing_integration_id: invoice.billingIntegrationId ?? null,
    status: invoice.status,
    reason: invoice.reason,
    period_start: invoice.periodStart,
    period_end: invoice.periodEnd,
    currency: invoice.currency,
    total_minor: invoice.totalMinor,
    amount_due_minor: invoice.amountDueMinor,
    amount_paid_minor: invoice.amountPaidMinor,
    payment_term_days: invoice.paymentTermDays,
    issued_at: invoice.issuedAt ?? null,
    paid_at: invoice.paidAt ?? null,
    sync_status: invoice.syncStatus,
    sync_attempts: invoice.syncAttempts,
    created_at: invoice.createdAt,
  }
}

const lineColumns = {
  id: 'text',
  provider_id: 'text',
  invoice_id: 'text',
  position: 'int',
  kind: 'text',
  description: 'text',
  quantity: 'numeric',
  unit_amount: 'numeric',
  amount_minor: 'bigint',
  currency: 'text',
  period_start: instant,
  period_end: instant,
  quota_id: 'text',
}

function lineValues({ invoice, draft }: Prepared): Array<Record<keyof typeof lineColumns, BulkValue>> {
  return draft.lines.map((line, index) => ({
    id: newId('ili'),
    provider_id: invoice.providerId,
    invoice_id: invoice.id,
    position: index + 1,
    kind: line.kind,
    description: line.description,
    quantity: line.quantity,
    unit_amount: line.unitAmount,
    amount_minor: line.amount.minor,
    currency: line.amount.currency,
    period_start: line.period.start,
    period_end: line.period.end,
    quota_id: line.quotaId,
  }))
}

const creditColumns = {
  invoice_id: 'text',
  provider_id: 'text',
  product_subscription_id: 'text',
  currency: 'text',
  amount_minor: 'bigint',
  created_at: instant,
}

function creditValues({ invoice, credit }: Prepared): Record<keyof typeof creditColumns, BulkValue> {
  return {
    invoice_id: invoice.id,
    provider_id: invoice.providerId,
    product_subscription_id: invoice.productSubscriptionId,
    currency: invoice.currency,
    amount_minor: credit,
    created_at: invoice.createdAt,
  }
}

const transitionColumns = {
  invoice_id: 'text',
  provider_id: 'text',
  position: 'int',
  to_status: 'text',
  at: instant,
  cause: 'text',
}

function transitionValues({ invoice, cause }: Prepared): Record<keyof typeof transitionColumns, BulkValue> {
  const { id: invoice_id, providerId: provider_id, status: to_status, createdAt: at } = invoice
  return { invoice_id, provider_id, position: 1, to_status, at, cause }
}
