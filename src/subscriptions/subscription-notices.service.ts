import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import type { AddresseeRepository } from '../organizations/addressee.repository.js'
import type { Notices, TimedNotices } from '../organizations/notices.js'
import { decidesSubscriptions } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { ProductSubscription, type ProductSubscriptionRow } from './product-subscription.entity.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import { hasEnded } from './product-subscription.rules.js'
import { approvedMail, endedMail, endsMail, rejectedMail, requestedMail } from './subscription.mail.js'
import { namesOf, type SubscriptionNames } from './subscription-names.js'
import { endToldAheadInMs, isEndToBeTold } from './subscription-notices.rules.js'

const atOnce = 200

type Told = (transaction: Transaction, subscription: ProductSubscriptionRow, names: SubscriptionNames) => Promise<void>

/** Tells people by mail what becomes of a subscription: whom it waits for, what was decided, and that it ends. */
export class SubscriptionNotices implements TimedNotices {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly addressees: AddresseeRepository,
    private readonly notices: Notices,
    /** Billing's. */
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** The provider's people who may decide, as long as nobody has. */
  tellDeciders(id: string): Promise<void> {
    return this.#about(id, async (transaction, subscription, names) => {
      if (subscription.state !== 'PENDING_APPROVAL') return
      const to = await this.addressees.staff(transaction, subscription.providerId, decidesSubscriptions.provider)
      await this.notices.post(transaction, subjectOf(subscription), to, requestedMail(names))
    })
  }

  /** Whoever has asked; nobody has where approval is automatic. */
  tellDecision(id: string): Promise<void> {
    return this.#about(id, async (transaction, subscription, names) => {
      const { state, decision, decisionReason = null, subscribedByUserId, organizationId } = subscription
      const approved = decision === 'APPROVED' && !hasEnded(state)
      if (!approved && state !== 'REJECTED') return
      const asker = await this.addressees.member(transaction, organizationId, subscribedByUserId)
      const to = asker ? [asker] : await this.#whoBuys(transaction, organizationId)
      const letter = approved ? approvedMail(names, decisionReason) : rejectedMail(names, decisionReason)
      await this.notices.post(transaction, subjectOf(subscription), to, letter)
    })
  }

  /** Of one that never began there is nothing to tell. */
  tellEnd(id: string): Promise<void> {
    return this.#about(id, async (transaction, subscription, names) => {
      const { state, startedAt, endedAt, stateReason = null, organizationId } = subscription
      if (!hasEnded(state) || !startedAt || !endedAt) return
      const to = await this.#whoBuys(transaction, organizationId)
      await this.notices.post(transaction, subjectOf(subscription), to, endedMail(names, endedAt, stateReason))
    })
  }

  /** The ends that are ahead, a batch at a time. One that cannot be told must not keep anything waiting. */
  async tell(): Promise<void> {
    for (const id of await this.#endsUntold()) {
      try {
        await this.#tellEndAhead(id)
      } catch (error) {
        this.log.error({ err: error, productSubscriptionId: id }, 'the end of a subscription cannot be told')
      }
    }
  }

  /** When the next term comes near its end; null where none does. */
  async nextDue(reading: Reading, after: Date): Promise<Date | null> {
    const { next } = await this.#running(reading)
      .select((eb) => eb.fn.min<Date | null>('endsAt').as('next'))
      .where('endsAt', '>', new Date(after.getTime() + endToldAheadInMs))
      .executeTakeFirstOrThrow()
    return next === null ? null : new Date(new Date(next).getTime() - endToldAheadInMs)
  }

  #tellEndAhead(id: string): Promise<void> {
    return this.#about(id, async (transaction, subscription, names) => {
      const { startedAt = null, endsAt = null, cancelAtPeriodEnd, organizationId } = subscription
      if (!endsAt || !isEndToBeTold({ ...subscription, startedAt, endsAt }, this.clock.now())) return
      const to = await this.#whoBuys(transaction, organizationId)
      const subject = { ...subjectOf(subscription), occasion: String(endsAt.getTime()) }
      await this.notices.post(transaction, subject, to, endsMail(names, endsAt, cancelAtPeriodEnd))
    })
  }

  /** The same as `isEndToBeTold` says, and not told yet of that end. */
  async #endsUntold(): Promise<string[]> {
    const now = this.clock.now()
    const found = await this.#running(this.unitOfWork.reading(system))
      .select('id')
      .where('endsAt', '>', now)
      .where('startedAt', 'is not', null)
      .where((eb) =>
        eb.or([
          eb('cancelAtPeriodEnd', '=', true),
          eb.and([
            eb('endsAt', '<=', new Date(now.getTime() + endToldAheadInMs)),
            sql<boolean>`${sql.ref('startedAt')} < ${sql.ref('endsAt')} - ${endToldAheadInMs} * interval '1 millisecond'`,
          ]),
        ]),
      )
      .where(
        sql<boolean>`not exists (
          select 1 from notice n
          where n.provider_id = ${sql.ref('ProductSubscription.providerId')}
            and n.subject_id = ${sql.ref('ProductSubscription.id')} and n.kind = 'subscription-ends'
            and n.occasion = (extract(epoch from ${sql.ref('endsAt')}) * 1000)::bigint::text
        )`,
      )
      .orderBy('endsAt')
      .limit(atOnce)
      .execute()
    return found.map(({ id }) => id)
  }

  #running(reading: Reading) {
    return rows(reading, ProductSubscription)
      .selectFrom('ProductSubscription')
      .where('state', 'in', ['ACTIVE', 'SUSPENDED'])
  }

  /** Those who see what it costs. */
  #whoBuys(reading: Reading, organizationId: string): Promise<string[]> {
    return this.addressees.members(reading, organizationId, ['ADMINISTRATOR', 'SUBSCRIBER'])
  }

  /** Locked, so that what is told is still true when it is written. */
  #about(id: string, tell: Told): Promise<void> {
    return this.unitOfWork.run(system, async (transaction) => {
      const subscription = await this.subscriptions.lock(transaction, id)
      if (subscription) await tell(transaction, subscription, await namesOf(transaction, subscription))
    })
  }
}

function subjectOf({ id, providerId }: ProductSubscriptionRow) {
  return { providerId, subjectId: id }
}
