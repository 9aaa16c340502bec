import type { DomainEvent } from '../events/event.js'
import { system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import type { InvoiceSnapshot, Outcome, PaymentPort } from './billing.port.js'
import type { BillingConnections } from './billing-connections.js'
import type { InvoiceRow } from './invoice.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'
import type { InvoiceRecord } from './invoice-record.js'

type AtStripe = Pick<InvoiceRow, 'id' | 'billingIntegrationId' | 'stripeInvoiceId'>

/** Asks Stripe how an invoice stands, instead of waiting to be told. */
export class InvoiceInquiry {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly invoices: InvoiceRepository,
    private readonly connections: BillingConnections,
    private readonly payments: PaymentPort,
    private readonly record: InvoiceRecord,
  ) {}

  /** Asks, and takes over what is said; null where nothing was. No transaction may be open. */
  async ask(invoice: AtStripe): Promise<InvoiceRow | null> {
    const outcome = await this.read(invoice)
    return outcome.kind === 'done' && outcome.value ? this.take(invoice.id, outcome.value) : null
  }

  /** No transaction may be open. The snapshot is null where Stripe does not have the invoice (any more). */
  async read({ id, billingIntegrationId, stripeInvoiceId }: AtStripe): Promise<Outcome<InvoiceSnapshot | null>> {
    if (!stripeInvoiceId) return { kind: 'done', value: null }
    const connection = await this.connections.connection(billingIntegrationId ?? '')
    if (!connection) return { kind: 'refused', message: 'The connection that made this invoice is gone.' }
    return this.payments.read({ connection, invoiceId: id, stripeInvoiceId })
  }

  /** @returns the invoice as it is then */
  take(invoiceId: string, snapshot: InvoiceSnapshot): Promise<InvoiceRow | null> {
    return this.unitOfWork.run(system, async (transaction) => {
      const invoice = await this.invoices.lock(transaction, invoiceId)
      if (invoice) await this.record.apply(transaction, invoice, snapshot, 'RECONCILIATION', null)
      return invoice
    })
  }
}
