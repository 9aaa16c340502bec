import type { Clock } from '../kernel/clock.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, UnitOfWork } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import { namesOf } from '../subscriptions/subscription-names.js'
import { BillingAccount } from './billing-integration.entity.js'
import type { InvoiceRow } from './invoice.entity.js'
import type { InvoiceScene } from './invoice.mail.js'
import type { InvoiceRepository } from './invoice.repository.js'
import { mayCharge } from './invoice.rules.js'
import type { InvoicePages } from './invoice-pages.service.js'

/** What a mail about an invoice has to say. */
export class InvoiceScenes {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly invoices: InvoiceRepository,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly pages: InvoicePages,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** Has the address of its page read anew where it may have expired, and with it whether it is paid. No transaction may be open. */
  async refresh(invoiceId: string): Promise<void> {
    const reading = this.unitOfWork.reading(system)
    const invoice = await this.invoices.find(reading, invoiceId)
    if (invoice?.status === 'OPEN' && !this.pages.areFresh(invoice)) await this.pages.renewed(reading, [invoiceId])
  }

  async of(reading: Reading, invoice: InvoiceRow): Promise<InvoiceScene | null> {
    const subscription = await this.subscriptions.find(reading, invoice.productSubscriptionId)
    if (!subscription) return null
    return {
      names: await namesOf(reading, invoice),
      invoice,
      subscription,
      charged: mayCharge(invoice.reason) && (await this.#paysAutomatically(reading, invoice)),
      now: this.clock.now(),
    }
  }

  async #paysAutomatically(reading: Reading, invoice: InvoiceRow): Promise<boolean> {
    const account = await rows(reading, BillingAccount)
      .selectFrom('BillingAccount')
      .select('paysAutomatically')
      .where('providerId', '=', invoice.providerId)
      .where('billingIntegrationId', '=', invoice.billingIntegrationId ?? '')
      .where('organizationId', '=', invoice.organizationId)
      .where('currency', '=', invoice.currency)
      .executeTakeFirst()
    return account?.paysAutomatically === true
  }
}
