import type { DomainEvent } from '../events/event.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import type { PaymentPort } from './billing.port.js'
import type { BillingConnections } from './billing-connections.js'
import { BillingAccount } from './billing-integration.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'

/** Keeps in sight who has saved a payment method at Stripe: whoever pays may do so on the page. */
export class SavedPayments {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly invoices: InvoiceRepository,
    private readonly connections: BillingConnections,
    private readonly payments: PaymentPort,
  ) {}

  /** After an invoice was paid. Where Stripe does not answer, the next cycle looks in any case. */
  async look(invoiceId: string): Promise<void> {
    const reading = this.unitOfWork.reading(system)
    const invoice = await this.invoices.find(reading, invoiceId)
    const { billingIntegrationId, stripeInvoiceId } = invoice ?? {}
    if (!invoice || !billingIntegrationId || !stripeInvoiceId) return
    const account = await rows(reading, BillingAccount)
      .selectFrom('BillingAccount')
      .select(['id', 'stripeCustomerId'])
      .where('providerId', '=', invoice.providerId)
      .where('billingIntegrationId', '=', billingIntegrationId)
      .where('organizationId', '=', invoice.organizationId)
      .where('currency', '=', invoice.currency)
      .executeTakeFirst()
    const connection = await this.connections.connection(billingIntegrationId)
    if (!connection || !account?.stripeCustomerId) return
    const found = await this.payments.paysAutomatically(connection, account.stripeCustomerId)
    if (found.kind !== 'done') return
    const { id, stripeCustomerId } = account
    await this.unitOfWork.run(system, (transaction) =>
      rows(transaction, BillingAccount)
        .updateTable('BillingAccount')
        .set({ paysAutomatically: found.value })
        .where('id', '=', id)
        .where('stripeCustomerId', '=', stripeCustomerId)
        .execute(),
    )
  }
}
