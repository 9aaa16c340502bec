import type { Logger } from 'pino'
import type { BillingConnections, PaymentPort, PaymentReports } from '../billing/billing.port.js'
import type { InvoiceStatus } from '../billing/invoice.entity.js'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import { StripeIntent, type StripeIntentRow } from './stripe-intent.entity.js'

const lostAfterMs = 60_000
const settledAtOnce = 20

/** The steps after which an invoice has another status, and which status says that they have been done. */
const reached: Readonly<Record<string, readonly InvoiceStatus[]>> = {
  finalize: ['OPEN', 'PAID', 'UNCOLLECTIBLE', 'VOID'],
  void: ['VOID'],
  uncollectible: ['UNCOLLECTIBLE'],
  'paid outside': ['PAID'],
}

/**
 * Settles what was sent and never answered, by looking at the invoice. Customers, drafts and lines are
 * settled when the invoice is brought again, which billing does until it stands.
 */
export class StripeSettlement {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly connections: BillingConnections,
    private readonly payments: PaymentPort,
    private readonly reports: PaymentReports,
    /** Billing's. */
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  async sweep(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - lostAfterMs)
    const lost = await rows(this.unitOfWork.reading(system), StripeIntent)
      .selectFrom('StripeIntent')
      .selectAll()
      .where('state', 'in', ['SENT', 'UNKNOWN'])
      .where('step', 'in', Object.keys(reached))
      .where('lastSentAt', '<=', before)
      .orderBy('lastSentAt')
      .limit(settledAtOnce)
      .execute()
    for (const intent of lost) await this.#settle(intent)
  }

  async #settle(intent: StripeIntentRow): Promise<void> {
    const { stripeId, billingIntegrationId } = intent
    const connection = await this.connections.connection(billingIntegrationId)
    if (!connection || !stripeId) return this.#close(intent, 'REFUSED', 'There is nobody left to ask.')
    const read = await this.payments.read({
      connection,
      invoiceId: intent.subjectId,
      stripeInvoiceId: stripeId,
    })
    if (read.kind === 'unknown') {
      this.log.warn({ stripeIntent: intent.id, reason: read.message }, 'an unknown outcome stays unknown')
      return
    }
    if (read.kind === 'refused') return this.#close(intent, 'REFUSED', `It cannot be looked up: ${read.message}`)
    const snapshot = read.value
    if (!snapshot || !reached[intent.step]?.includes(snapshot.status)) {
      return this.#close(intent, 'REFUSED', 'Looked up: it was not done.')
    }
    await this.unitOfWork.run(system, async (tx) => {
      const reportedAt = this.clock.now()
      await this.reports.record(tx, { connectionId: connection.id, what: 'snapshot', snapshot, reportedAt })
      await this.#close(intent, 'DONE', null)
    })
  }

  async #close(intent: StripeIntentRow, state: 'DONE' | 'REFUSED', failure: string | null): Promise<void> {
    await this.unitOfWork.run(system, (tx) =>
      rows(tx, StripeIntent)
        .updateTable('StripeIntent')
        .set({ state, failure })
        .where('id', '=', intent.id)
        .where('providerId', '=', intent.providerId)
        .execute(),
    )
  }
}
