import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import { Invoice } from './invoice.entity.js'
import type { InvoiceDelivery } from './invoice-delivery.service.js'
import type { InvoiceIssuing } from './invoice-issuing.service.js'
import { within } from './patience.js'

const patienceInMs = 3_000

/** What somebody who has just changed a plan, or cancelled, wants to see: the invoice, at Stripe already where that is quick. */
export class ChangeInvoices {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly issuing: InvoiceIssuing,
    private readonly delivery: InvoiceDelivery,
  ) {}

  /** The invoice of a change of plan that took effect then; null where it cost nothing. No transaction may be open. */
  async ofChange(productSubscriptionId: string, changedAt: Date): Promise<string | null> {
    const found = await rows(this.unitOfWork.reading(system), Invoice)
      .selectFrom('Invoice')
      .select(['id', 'status', 'syncStatus'])
      .where('productSubscriptionId', '=', productSubscriptionId)
      .where('periodStart', '=', changedAt)
      .where('reason', 'in', ['PLAN_CHANGE', 'SUBSCRIPTION_START'])
      .executeTakeFirst()
    return found ? this.#brought(found) : null
  }

  /** What was used until the end; null where that costs nothing. No transaction may be open. */
  async ofEnd(productSubscriptionId: string): Promise<string | null> {
    const invoice = await this.issuing.issueLast(productSubscriptionId)
    return invoice ? this.#brought(invoice) : null
  }

  async #brought({ id, status, syncStatus }: { id: string; status: string; syncStatus: string }): Promise<string> {
    // What fails here is tried by the job as well, which tells of it.
    if (status === 'DRAFT' && syncStatus === 'PENDING') {
      await within(
        patienceInMs,
        this.delivery.bring(id).catch(() => undefined),
      )
    }
    return id
  }
}
