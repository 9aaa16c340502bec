import type { InvoiceDelivery } from './invoice-delivery.service.js'
import type { InvoiceIssuing } from './invoice-issuing.service.js'
import { within } from './patience.js'

const patienceInMs = 3_000

/** What somebody who has just subscribed wants to see: the first invoice, at Stripe already where that is quick. */
export class FirstInvoices {
  constructor(
    private readonly issuing: InvoiceIssuing,
    private readonly delivery: InvoiceDelivery,
  ) {}

  /**
   * Does at once what the reactions to a beginning do in any case, some moments later. No transaction may be open.
   * @returns the invoice's id; null where the subscription begins without one
   */
  async bring(productSubscriptionId: string): Promise<string | null> {
    const invoice = await this.issuing.issueFirst(productSubscriptionId)
    if (!invoice) return null
    if (invoice.status === 'DRAFT' && invoice.syncStatus === 'PENDING') {
      // What fails here is tried by the job as well, which tells of it.
      await within(
        patienceInMs,
        this.delivery.bring(invoice.id).catch(() => undefined),
      )
    }
    return invoice.id
  }
}
