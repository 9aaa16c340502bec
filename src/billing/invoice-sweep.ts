import { sql } from 'kysely'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import type { TimedNotices } from '../organizations/notices.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { ProductSubscription } from '../subscriptions/product-subscription.entity.js'
import { Invoice, type InvoiceRow } from './invoice.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'
import { isPastDue } from './invoice.rules.js'
import { type InvoiceCourier, waitsForCourier } from './invoice-courier.service.js'
import { bringingKey, type InvoiceDelivery } from './invoice-delivery.service.js'
import type { InvoiceInquiry } from './invoice-inquiry.service.js'
import type { InvoiceRecord } from './invoice-record.js'
import type { StandingService } from './standing.service.js'

/** The worker's task that looks after invoices, every minute. */
export const sweepTask = 'billing-sweep'

const minute = 60 * 1_000
const day = 24 * 60 * minute
const atOnce = 200
/** Each is a request to Stripe. */
const askedAtOnce = 20
/** A job takes seconds; whoever has none after this was forgotten. */
const forgottenAfter = 2 * minute
/** Webhooks come within moments; whoever has not heard for so long asks. */
const silentAfter = 10 * minute
/** A bank debit settles or bounces within days; of one that has not, we have missed the news. */
const longestProcessing = 14 * day

/** All that nothing was heard of; or those alone that a debit is under way for, or that are charged to what was saved. */
export type Silent = 'all' | 'under way'

/** What time alone changes, and what was lost on the way: looked after again and again, a batch at a time. */
export class InvoiceSweep {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly invoices: InvoiceRepository,
    private readonly delivery: InvoiceDelivery,
    private readonly inquiry: InvoiceInquiry,
    private readonly record: InvoiceRecord,
    private readonly standing: StandingService,
    /** Billing's. */
    private readonly clock: Clock,
    private readonly notices: readonly TimedNotices[],
    private readonly courier: InvoiceCourier,
  ) {}

  async sweep(): Promise<void> {
    await this.letTimePass()
    await this.#bringWhatWasForgotten()
    await this.#askAboutTheSilent()
  }

  /**
   * What nobody has told of in a time that was skipped, and somebody would have asked about.
   * @param whom who has heard of all meanwhile asks only about those that Stripe goes on with by itself
   * @returns how many were looked after
   */
  async lookAround(whom: Silent): Promise<number> {
    let looked = await this.#bringWhatWasForgotten()
    for (;;) {
      const asked = await this.#askAboutTheSilent(whom)
      looked += asked
      if (asked < askedAtOnce) return looked
    }
  }

  /**
   * What the hour alone changes: debits that were never heard of again, what is past due, and grace that is over; and
   * what people are to be told then.
   */
  async letTimePass(): Promise<void> {
    while ((await this.#forgetOldDebits()) === atOnce);
    while ((await this.#tellPastDue()) === atOnce);
    const followed: string[] = []
    while ((await this.#followGrace(followed)) === atOnce);
    for (const notices of this.notices) await notices.tell()
  }

  /** When the next invoice is past due, the next grace over, or the next notice due; null where nothing waits for its hour. */
  async nextDue(reading: Reading, after: Date): Promise<Date | null> {
    const { due } = await rows(reading, Invoice)
      .selectFrom('Invoice')
      .select((eb) => eb.fn.min<Date | null>('dueAt').as('due'))
      .where('status', 'in', ['OPEN', 'UNCOLLECTIBLE'])
      .where('pastDueAt', 'is', null)
      .where('dueAt', '>', after)
      .executeTakeFirstOrThrow()
    const { closes } = await rows(reading, ProductSubscription)
      .selectFrom('ProductSubscription')
      .select((eb) => eb.fn.min<Date | null>('accessClosesAt').as('closes'))
      .where('standing', 'in', ['GOOD', 'GRACE'])
      .where('accessClosesAt', '>', after)
      .executeTakeFirstOrThrow()
    const told = await Promise.all(this.notices.map((notices) => notices.nextDue(reading, after)))
    const instants = [due, closes, ...told].flatMap((instant) =>
      instant === null ? [] : [new Date(instant).getTime()],
    )
    return instants.length === 0 ? null : new Date(Math.min(...instants))
  }

  /** How many it has found; so do the two after it. */
  async #forgetOldDebits(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - longestProcessing)
    const found = await rows(this.unitOfWork.reading(system), Invoice)
      .selectFrom('Invoice')
      .select('id')
      .where('status', 'in', ['OPEN', 'UNCOLLECTIBLE'])
      .where('paymentProcessing', '=', true)
      .where('paymentReportedAt', '<', before)
      .limit(atOnce)
      .execute()
    await this.#each(found, async (transaction, invoice) => {
      if (!invoice.paymentProcessing) return
      invoice.paymentProcessing = false
      await transaction.em.flush()
      this.record.announce(transaction, invoice, 'UPDATED', invoice.status)
      await this.standing.settle(transaction, invoice.productSubscriptionId)
    })
    return found.length
  }

  /** Each once in its life. */
  async #tellPastDue(): Promise<number> {
    const now = this.clock.now()
    const found = await rows(this.unitOfWork.reading(system), Invoice)
      .selectFrom('Invoice')
      .select('id')
      .where('status', 'in', ['OPEN', 'UNCOLLECTIBLE'])
      .where('dueAt', '<=', now)
      .where('pastDueAt', 'is', null)
      .where((eb) => eb.or([eb('paymentProcessing', 'is', null), eb('paymentProcessing', '=', false)]))
      .orderBy('dueAt')
      .limit(atOnce)
      .execute()
    await this.#each(found, async (transaction, invoice) => {
      if (invoice.pastDueAt || !isPastDue(invoice, now)) return
      invoice.pastDueAt = now
      await transaction.em.flush()
      this.record.announce(transaction, invoice, 'PAST_DUE', invoice.status)
      await this.standing.settle(transaction, invoice.productSubscriptionId)
    })
    return found.length
  }

  /** @param followed those that were looked at already, and gets those that are */
  async #followGrace(followed: string[]): Promise<number> {
    const found = await rows(this.unitOfWork.reading(system), ProductSubscription)
      .selectFrom('ProductSubscription')
      .select('id')
      .where('standing', 'in', ['GOOD', 'GRACE'])
      .where('accessClosesAt', '<=', this.clock.now())
      .where('id', 'not in', [...followed, ''])
      .orderBy('accessClosesAt')
      .limit(atOnce)
      .execute()
    for (const { id } of found) {
      await this.unitOfWork.run(system, (transaction) => this.standing.settle(transaction, id))
    }
    followed.push(...found.map(({ id }) => id))
    return found.length
  }

  /** What waits for Stripe, and has no job that would bring it (any more). */
  async #bringWhatWasForgotten(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - forgottenAfter)
    const found = await rows(this.unitOfWork.reading(system), Invoice)
      .selectFrom('Invoice')
      .select('id')
      .where('status', '=', 'DRAFT')
      .where('syncStatus', '=', 'PENDING')
      .where('createdAt', '<', before)
      .where((eb) => eb.or([eb('lastSyncAttemptAt', 'is', null), eb('lastSyncAttemptAt', '<', before)]))
      .where((eb) => eb.not(waitsForCourier))
      .where(
        sql<boolean>`not exists (
          select 1 from graphile_worker.jobs j
          where j.key = ${bringingKey('')} || ${sql.ref('Invoice.id')} and j.attempts < j.max_attempts
        )`,
      )
      .orderBy('createdAt')
      .limit(atOnce)
      .execute()
    for (const { id } of found) {
      await this.unitOfWork.run(system, (transaction) => this.delivery.again(transaction, id))
    }
    return found.length + (await this.courier.callForForgotten(this.unitOfWork.reading(system), before))
  }

  /** A lost webhook costs minutes, not a customer: open invoices that nothing was heard of are read again. */
  async #askAboutTheSilent(whom: Silent = 'all'): Promise<number> {
    const now = this.clock.now()
    const reading = this.unitOfWork.reading(system)
    const found = (await rows(reading, Invoice)
      .selectFrom('Invoice')
      .selectAll()
      .where('status', 'in', ['OPEN', 'UNCOLLECTIBLE'])
      .where('stripeInvoiceId', 'is not', null)
      .where('stripeAskedAt', '<', new Date(now.getTime() - silentAfter))
      .$if(whom === 'under way', (query) => query.where(goesOnByItself))
      .orderBy('stripeAskedAt')
      .limit(askedAtOnce)
      .execute()) as InvoiceRow[]
    if (found.length === 0) return 0
    // Noted before it is asked: one that cannot be read must not keep the others waiting.
    const ids = found.map(({ id }) => id)
    await this.unitOfWork.run(system, (transaction) =>
      rows(transaction, Invoice).updateTable('Invoice').set({ stripeAskedAt: now }).where('id', 'in', ids).execute(),
    )
    await Promise.all(found.map((invoice) => this.inquiry.ask(invoice)))
    return found.length
  }

  /** Each in a transaction of its own, so that one is locked only as long as it is looked at. */
  async #each(
    found: ReadonlyArray<{ id: string }>,
    look: (transaction: Transaction<DomainEvent>, invoice: InvoiceRow) => Promise<void>,
  ): Promise<void> {
    for (const { id } of found) {
      await this.unitOfWork.run(system, async (transaction) => {
        const invoice = await this.invoices.lock(transaction, id)
        if (invoice) await look(transaction, invoice)
      })
    }
  }
}

const goesOnByItself = sql<boolean>`(
  ${sql.ref('Invoice.paymentProcessing')} or exists (
    select 1 from billing_account a
    where a.provider_id = ${sql.ref('Invoice.providerId')} and a.organization_id = ${sql.ref('Invoice.organizationId')}
      and a.billing_integration_id = ${sql.ref('Invoice.billingIntegrationId')}
      and a.currency = ${sql.ref('Invoice.currency')} and a.pays_automatically
  )
)`
