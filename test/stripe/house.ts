import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type {
  InvoiceSnapshot,
  PaymentReport,
  PaymentReports,
  WebhookConnection,
} from '../../src/billing/billing.port.js'
import { entities } from '../../src/entities.js'
import type { DomainEvent } from '../../src/events/event.js'
import { EventLog } from '../../src/events/event-log.js'
import { newId } from '../../src/kernel/id.js'
import { Secret } from '../../src/kernel/secret.js'
import { Database } from '../../src/persistence/database.js'
import { rows } from '../../src/persistence/tenant-repository.js'
import { type Transaction, UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { StripeEvent, type StripeEventRow } from '../../src/stripe/stripe-event.entity.js'
import { StripeIntent, type StripeIntentRow } from '../../src/stripe/stripe-intent.entity.js'
import { writing } from '../support/writing.js'

export async function openHouse(url: string) {
  const database = await Database.connect({ url, entities })
  const unitOfWork = new UnitOfWork<DomainEvent>(database, new EventLog(() => undefined))
  const reading = () => writing(database)
  return {
    unitOfWork,
    storedEvents: (): Promise<StripeEventRow[]> =>
      rows(reading(), StripeEvent).selectFrom('StripeEvent').selectAll().orderBy('id').execute(),
    intents: (): Promise<StripeIntentRow[]> =>
      rows(reading(), StripeIntent).selectFrom('StripeIntent').selectAll().orderBy('id').execute(),
    jobs: async (): Promise<string[]> => {
      const { rows: found } = await sql<{ payload: { id: string } }>`
        select payload from graphile_worker._private_jobs order by id`.execute(reading().kysely)
      return found.map((job) => job.payload.id)
    },
    empty: async (): Promise<void> => {
      for (const table of ['stripe_event', 'stripe_intent', 'graphile_worker._private_jobs']) {
        await sql`delete from ${sql.table(table)}`.execute(reading().kysely)
      }
    },
    close: () => database.close(),
  }
}
export type House = Awaited<ReturnType<typeof openHouse>>

export function connectionOf(about: Partial<WebhookConnection> = {}): WebhookConnection {
  return {
    id: newId('bint'),
    providerId: newId('prov'),
    mode: 'SANDBOX',
    secrets: [new Secret(`whsec_${randomBytes(16).toString('hex')}`)],
    ...about,
  }
}

/** Billing as far as it listens: it knows some invoices and writes down what it is told, in the transaction. */
export class ListeningBilling implements PaymentReports {
  readonly known = new Set<string>()
  readonly heard: PaymentReport[] = []
  readonly deletedCustomers: string[] = []
  failing: Error | null = null

  async record(transaction: Transaction, report: PaymentReport): Promise<'applied' | 'without effect' | 'unknown'> {
    void transaction
    if (this.failing) throw this.failing
    const id = report.snapshot.invoiceId
    if (id === null || !this.known.has(id)) return 'unknown'
    const before = this.heard.some((heard) => same(heard.snapshot, report.snapshot) && heard.what === report.what)
    this.heard.push(report)
    return before ? 'without effect' : 'applied'
  }

  async customerDeleted(_transaction: Transaction, _connectionId: string, stripeCustomerId: string): Promise<void> {
    this.deletedCustomers.push(stripeCustomerId)
  }
}

function same(one: InvoiceSnapshot, other: InvoiceSnapshot): boolean {
  return one.stripeInvoiceId === other.stripeInvoiceId && one.status === other.status
}

/** An invoice as Stripe tells of it, as far as all versions agree. */
export function stripeInvoice(about: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: `in_${randomBytes(8).toString('hex')}`,
    object: 'invoice',
    amount_due: 2_500,
    amount_paid: 0,
    currency: 'usd',
    customer: 'cus_1',
    due_date: 1_800_000_000,
    hosted_invoice_url: 'https://invoice.stripe.com/i/acct_1/test_1',
    invoice_pdf: 'https://pay.stripe.com/invoice/acct_1/test_1/pdf',
    livemode: false,
    metadata: { invoice_id: newId('inv') },
    number: 'ACME-0001',
    status: 'open',
    status_transitions: {
      finalized_at: 1_795_000_000,
      paid_at: null,
      voided_at: null,
      marked_uncollectible_at: null,
    },
    total: 2_500,
    ...about,
  }
}

export function stripeEvent(type: string, object: object, about: Record<string, unknown> = {}) {
  return {
    id: `evt_${randomBytes(8).toString('hex')}`,
    object: 'event',
    api_version: '2024-06-20',
    created: 1_795_000_000,
    livemode: false,
    type,
    data: { object },
    ...about,
  }
}
