import type { DomainEvent, EventType } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { invariant } from '../kernel/invariant.js'
import { unwrap } from '../kernel/result.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { ProductSubscription } from '../subscriptions/product-subscription.entity.js'
import { AccessRequest, type AccessRequestRow, type AccessRequestState } from './access.entity.js'
import { type AccessStep, accessGranted, accessSuspended } from './access.events.js'
import { stepThatFollows } from './access-decision.rules.js'
import type { AccessFactsRepository } from './access-facts.repository.js'
import { accessRequestLifecycle } from './access-request.rules.js'

/**
 * Keeps access requests where the reasons for and against them say: open while there is none against, closed
 * while there is one. Whatever changes a reason calls here; calling too often changes nothing.
 */
export class AccessStanding {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly facts: AccessFactsRepository,
    private readonly clock: Clock,
  ) {}

  /** Opens and closes what counts on a subscription. */
  async reevaluate(subscriptionId: string): Promise<void> {
    await this.unitOfWork.run(system, async (transaction) => {
      const found = await rows(transaction, AccessRequest)
        .selectFrom('AccessRequest')
        .select('id')
        .where('productSubscriptionId', '=', subscriptionId)
        .where('state', 'in', ['WAITING', 'GRANTED', 'SUSPENDED'])
        .execute()
      await this.follow(
        transaction,
        found.map(({ id }) => id),
      )
    })
  }

  /** Each subscription in a transaction of its own, so that a large organization locks little at a time. */
  async reevaluateOrganization(organizationId: string): Promise<void> {
    const found = await rows(this.unitOfWork.reading(system), AccessRequest)
      .selectFrom('AccessRequest')
      .select('productSubscriptionId')
      .distinct()
      .where('organizationId', '=', organizationId)
      .execute()
    for (const { productSubscriptionId } of found) await this.reevaluate(productSubscriptionId)
  }

  async reevaluateProduct(productId: string): Promise<void> {
    const found = await rows(this.unitOfWork.reading(system), AccessRequest, ProductSubscription)
      .selectFrom('AccessRequest')
      .innerJoin('ProductSubscription', (join) =>
        join
          .onRef('ProductSubscription.id', '=', 'AccessRequest.productSubscriptionId')
          .onRef('ProductSubscription.providerId', '=', 'AccessRequest.providerId'),
      )
      .select('ProductSubscription.id')
      .distinct()
      .where('ProductSubscription.productId', '=', productId)
      .execute()
    for (const { id } of found) await this.reevaluate(id)
  }

  async reevaluateRequest(accessRequestId: string): Promise<void> {
    await this.unitOfWork.run(system, (transaction) => this.follow(transaction, [accessRequestId]))
  }

  /**
   * Takes the step that follows for each of the requests, in the caller's transaction. They are locked first,
   * in the order of their ids, and judged by what is read after: two at once end as one after the other would.
   */
  async follow(transaction: Transaction<DomainEvent>, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const locked = (await rows(transaction, AccessRequest)
      .selectFrom('AccessRequest')
      .selectAll()
      .where('id', 'in', [...ids])
      .orderBy('id')
      .forUpdate()
      .execute()) as AccessRequestRow[]
    const now = this.clock.now()
    const facts = await this.facts.ofRequests(
      transaction.as(system),
      locked.map(({ id }) => id),
      now,
    )

    const moved = new Map<AccessRequestState, AccessRequestRow[]>()
    locked.forEach((request, index) => {
      const known = facts[index]
      invariant(known, `Access request ${request.id} has no facts.`)
      const { state, changed } = unwrap(accessRequestLifecycle.take(request.state, stepThatFollows(known)))
      if (changed) moved.set(state, [...(moved.get(state) ?? []), request])
    })

    await this.#record(transaction, 'GRANTED', moved.get('GRANTED') ?? [], { grantedAt: now })
    await this.#record(transaction, 'SUSPENDED', moved.get('SUSPENDED') ?? [], {})
  }

  async #record(
    transaction: Transaction<DomainEvent>,
    state: 'GRANTED' | 'SUSPENDED',
    requests: readonly AccessRequestRow[],
    also: Partial<AccessRequestRow>,
  ): Promise<void> {
    if (requests.length === 0) return
    await rows(transaction, AccessRequest)
      .updateTable('AccessRequest')
      .set({ state, ...also })
      .where(
        'id',
        'in',
        requests.map(({ id }) => id),
      )
      .execute()
    const type = state === 'GRANTED' ? accessGranted : accessSuspended
    for (const request of requests) announceStep(transaction, type, request, state, request.state, this.clock.now())
  }
}

/** Tells of a step of an access request, to its organization and its marketplace. */
export function announceStep(
  transaction: Transaction<DomainEvent>,
  type: EventType<AccessStep>,
  request: AccessRequestRow,
  state: AccessRequestState,
  previousState: AccessRequestState | null,
  occurredAt: Date,
): void {
  const { applicationId, resourceId, productSubscriptionId } = request
  const step = { state, previousState, applicationId, resourceId, productSubscriptionId }
  transaction.announce(type.of(request, request.id, step, occurredAt))
}
