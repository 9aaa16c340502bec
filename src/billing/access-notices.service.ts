import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import type { AddresseeRepository } from '../organizations/addressee.repository.js'
import { Notice } from '../organizations/notice.entity.js'
import type { Letter, Notices } from '../organizations/notices.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, UnitOfWork } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import { namesOf } from '../subscriptions/subscription-names.js'
import { Invoice, type InvoiceRow } from './invoice.entity.js'
import { accessClosedMail, accessOpenAgainMail, accessSuspendedMail } from './invoice.mail.js'
import { isPastDue } from './invoice.rules.js'
import type { InvoiceScenes } from './invoice-scenes.js'
import { type AccessNotice, accessNoticeOf, accessNotices } from './reminder.rules.js'

/** Tells an organization's people that access to a plan's APIs has closed, and that it is open again. */
export class AccessNotices {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly scenes: InvoiceScenes,
    private readonly addressees: AddresseeRepository,
    private readonly notices: Notices,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** Whatever may have closed or opened it; calling too often tells nothing twice. */
  async follow(productSubscriptionId: string): Promise<void> {
    const owed = await this.#oldestPastDue(this.unitOfWork.reading(system), productSubscriptionId)
    if (owed) await this.scenes.refresh(owed.id)
    await this.unitOfWork.run(system, async (transaction) => {
      const subscription = await this.subscriptions.lock(transaction, productSubscriptionId)
      if (!subscription) return
      const told = await this.#told(transaction, subscription)
      const notice = accessNoticeOf(subscription, told.last)
      const letter = notice && (await this.#letter(transaction, subscription, notice))
      if (!letter) return
      const { id: subjectId, providerId, organizationId } = subscription
      const to = await this.addressees.members(transaction, organizationId, ['ADMINISTRATOR', 'SUBSCRIBER'])
      await this.notices.post(transaction, { providerId, subjectId, occasion: String(told.closings) }, to, letter)
    })
  }

  /** What was told last, and the number of the closing that would be told of next, or is the last. */
  async #told(
    reading: Reading,
    { id, providerId }: ProductSubscriptionRow,
  ): Promise<{ last: AccessNotice | null; closings: number }> {
    const posted = await rows(reading, Notice)
      .selectFrom('Notice')
      .select('kind')
      .where('providerId', '=', providerId)
      .where('subjectId', '=', id)
      .where('kind', 'in', [...accessNotices])
      .execute()
    const closed = posted.filter(({ kind }) => kind === 'access-closed').length
    const opened = posted.length - closed
    if (closed > opened) return { last: 'access-closed', closings: closed }
    return { last: closed > 0 ? 'access-open-again' : null, closings: closed + 1 }
  }

  async #letter(reading: Reading, subscription: ProductSubscriptionRow, notice: AccessNotice): Promise<Letter | null> {
    const names = await namesOf(reading, subscription)
    if (notice === 'access-open-again') return accessOpenAgainMail(names)
    if (subscription.state === 'SUSPENDED') return accessSuspendedMail(names, subscription.stateReason ?? null)
    const owed = await this.#oldestPastDue(reading, subscription.id)
    const scene = owed && (await this.scenes.of(reading, owed))
    return scene && accessClosedMail(scene)
  }

  async #oldestPastDue(reading: Reading, productSubscriptionId: string): Promise<InvoiceRow | null> {
    const found = (await rows(reading, Invoice)
      .selectFrom('Invoice')
      .selectAll()
      .where('productSubscriptionId', '=', productSubscriptionId)
      .where('status', 'in', ['OPEN', 'UNCOLLECTIBLE'])
      .orderBy('dueAt')
      .execute()) as InvoiceRow[]
    return found.find((invoice) => isPastDue(invoice, this.clock.now())) ?? null
  }
}
