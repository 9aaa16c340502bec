import type { DomainEvent } from '../events/event.js'
import { enqueue } from '../events/jobs.js'
import type { Clock } from '../kernel/clock.js'
import type { AddresseeRepository } from '../organizations/addressee.repository.js'
import type { Letter, Notices, TimedNotices } from '../organizations/notices.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { Invoice, type InvoiceRow } from './invoice.entity.js'
import { type InvoiceScene, paymentFailedMail, reminderMail } from './invoice.mail.js'
import type { InvoiceRepository } from './invoice.repository.js'
import type { InvoiceScenes } from './invoice-scenes.js'
import { isToBeAskedFor, nextReminderAt, reminderAt } from './reminder.rules.js'

/** The worker's task that writes to the payer of an invoice; its payload is `{ invoiceId }`. */
export const remindTask = 'remind-of-invoice'

const atOnce = 1_000

/** Writes to whoever pays an invoice: that it is there, that it falls due, that it is past due, that a payment failed. */
export class InvoiceReminders implements TimedNotices {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly invoices: InvoiceRepository,
    private readonly scenes: InvoiceScenes,
    private readonly addressees: AddresseeRepository,
    private readonly notices: Notices,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** Sends the reminder that is true now, if there is one, and sets the time of the next. */
  async remind(invoiceId: string): Promise<void> {
    await this.scenes.refresh(invoiceId)
    await this.#asLongAsUnpaid(invoiceId, async (transaction, invoice) => {
      const { issuedAt, dueAt } = invoice
      if (!issuedAt || !dueAt) return
      const now = this.clock.now()
      invoice.reminderAt = nextReminderAt({ issuedAt, dueAt }, now)
      await transaction.em.flush()
      const reminder = reminderAt({ issuedAt, dueAt }, now)
      if (reminder && isToBeAskedFor(invoice))
        await this.#post(transaction, invoice, (it) => reminderMail(reminder, it))
    })
  }

  async tellPaymentFailed(invoiceId: string): Promise<void> {
    await this.scenes.refresh(invoiceId)
    await this.#asLongAsUnpaid(invoiceId, async (transaction, invoice) => {
      if (isToBeAskedFor(invoice)) await this.#post(transaction, invoice, paymentFailedMail)
    })
  }

  /** Leaves those whose next reminder has come due to the worker, because Stripe may have to be asked first. */
  async tell(): Promise<void> {
    while ((await this.#leaveToWorker()) === atOnce);
  }

  /** When the next reminder is due; null where none is. */
  async nextDue(reading: Reading, after: Date): Promise<Date | null> {
    const { next } = await rows(reading, Invoice)
      .selectFrom('Invoice')
      .select((eb) => eb.fn.min<Date | null>('reminderAt').as('next'))
      .where('status', '=', 'OPEN')
      .where('reminderAt', '>', after)
      .executeTakeFirstOrThrow()
    return next === null ? null : new Date(next)
  }

  #leaveToWorker(): Promise<number> {
    return this.unitOfWork.run(system, async (transaction) => {
      const due = await rows(transaction, Invoice)
        .selectFrom('Invoice')
        .select('id')
        .where('status', '=', 'OPEN')
        .where('reminderAt', '<=', this.clock.now())
        .orderBy('reminderAt')
        .limit(atOnce)
        .forUpdate()
        .skipLocked()
        .execute()
      if (due.length === 0) return 0
      const ids = due.map(({ id }) => id)
      await rows(transaction, Invoice).updateTable('Invoice').set({ reminderAt: null }).where('id', 'in', ids).execute()
      const jobs = ids.map((invoiceId) => ({ task: remindTask, payload: { invoiceId }, key: `remind ${invoiceId}` }))
      await enqueue(transaction, jobs)
      return due.length
    })
  }

  #asLongAsUnpaid(
    invoiceId: string,
    work: (transaction: Transaction<DomainEvent>, invoice: InvoiceRow) => Promise<void>,
  ): Promise<void> {
    return this.unitOfWork.run(system, async (transaction) => {
      const invoice = await this.invoices.lock(transaction, invoiceId)
      if (invoice?.status === 'OPEN') await work(transaction, invoice)
    })
  }

  /** To where the organization wants its bills; without such an address, to those of its people who see them. */
  async #post(transaction: Transaction, invoice: InvoiceRow, write: (scene: InvoiceScene) => Letter): Promise<void> {
    const scene = await this.scenes.of(transaction, invoice)
    if (!scene) return
    const { billingEmail } = scene.names
    const to = billingEmail
      ? [billingEmail]
      : await this.addressees.members(transaction, invoice.organizationId, ['ADMINISTRATOR', 'SUBSCRIBER'])
    await this.notices.post(transaction, { providerId: invoice.providerId, subjectId: invoice.id }, to, write(scene))
  }
}
