import type { Clock } from '../kernel/clock.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { InvoiceRow } from './invoice.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'
import type { InvoiceInquiry } from './invoice-inquiry.service.js'
import { within } from './patience.js'

/** An address that was just read at Stripe is good for ten days at least. */
const freshForMs = 3 * 24 * 60 * 60 * 1_000
/** Each is a request to Stripe, and somebody waits for it. */
const renewedAtOnce = 20
const patienceInMs = 3_000

/** Where invoices are paid and printed: Stripe's pages, whose addresses expire. */
export class InvoicePages {
  readonly #underWay = new Map<string, Promise<InvoiceRow | null>>()

  constructor(
    private readonly invoices: InvoiceRepository,
    private readonly inquiry: InvoiceInquiry,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** Whether the addresses that are held can be given out as they are. */
  areFresh({ stripeInvoiceId, hostedUrl, hostedUrlReadAt }: InvoiceRow): boolean {
    if (!stripeInvoiceId || !hostedUrl || !hostedUrlReadAt) return true
    return this.clock.now().getTime() - hostedUrlReadAt.getTime() < freshForMs
  }

  /**
   * The invoices with addresses read anew, those that are still to be paid first; as they are held, for want of better,
   * where Stripe does not answer in time. For loaders; no transaction may be open.
   */
  readonly renewed = async (reading: Reading, ids: readonly string[]): Promise<Array<InvoiceRow | null>> => {
    const found = await this.invoices.byIds(reading, ids)
    const stale = found.filter((invoice) => invoice !== null).sort((one, other) => urgency(one) - urgency(other))
    const asked = new Set(stale.slice(0, renewedAtOnce))
    return Promise.all(
      found.map(async (invoice) => {
        if (!invoice || !asked.has(invoice)) return invoice
        return (await within(patienceInMs, this.#renew(invoice))) ?? invoice
      }),
    )
  }

  /** Once, however many ask for the same at a time. */
  #renew(invoice: InvoiceRow): Promise<InvoiceRow | null> {
    const underWay = this.#underWay.get(invoice.id)
    if (underWay) return underWay
    const renewal = this.inquiry.ask(invoice).finally(() => this.#underWay.delete(invoice.id))
    this.#underWay.set(invoice.id, renewal)
    return renewal
  }
}

function urgency({ status }: InvoiceRow): number {
  return status === 'OPEN' ? 0 : status === 'UNCOLLECTIBLE' ? 1 : 2
}
