import type { ApiResourceRepository } from '../catalog/asset.repository.js'
import { QuotaResource } from '../catalog/plan.entity.js'
import { Product } from '../catalog/product.entity.js'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { idPrefix, newId } from '../kernel/id.js'
import { Refused, refuse, type UserError, unwrap } from '../kernel/result.js'
import { readText } from '../kernel/text.js'
import { demand } from '../persistence/audience.js'
import { decidesAccess, develops, endsAccess } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { person, type Scope } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import { hasEnded } from '../subscriptions/product-subscription.rules.js'
import { AccessRequest, type AccessRequestRow, type ApplicationRow } from './access.entity.js'
import { accessDenied, accessRequested, accessRevoked, accessWaiting } from './access.events.js'
import type { AccessRequestRepository, ApplicationRepository } from './access.repository.js'
import { type AccessRequestStep, accessRequestLifecycle } from './access-request.rules.js'
import { type AccessStanding, announceStep } from './access-standing.service.js'
import { noSuch } from './application.service.js'

export interface AccessWish {
  applicationId: string
  resourceId: string
  productSubscriptionId: string
}

const longestReason = 1_000

/** Asking for access to an API, and what people decide about it. */
export class AccessRequestService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly requests: AccessRequestRepository,
    private readonly applications: ApplicationRepository,
    private readonly subscriptions: Pick<ProductSubscriptionRepository, 'find'>,
    private readonly resources: Pick<ApiResourceRepository, 'find'>,
    private readonly standing: AccessStanding,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /**
   * Asks for it: taken before the first payment and before the subscription is approved too, when it waits and
   * opens by itself. Asked again, it answers the request that there is.
   */
  request(scope: Scope, wish: AccessWish): Promise<AccessRequestRow> {
    person(scope)
    return this.unitOfWork.run(scope, async (transaction) => {
      const application = await this.applications.find(transaction, wish.applicationId)
      if (!application) throw noSuch('application', 'applicationId')
      demand(scope, develops, application)
      const subscription = await this.subscriptions.find(transaction, wish.productSubscriptionId)
      if (!subscription) throw noSuch('subscription', 'productSubscriptionId')
      const covered = await this.#covers(transaction, subscription, wish.resourceId)
      // What the plan covers stays in sight, on offer or not.
      if (!covered && !(await this.resources.find(transaction, wish.resourceId))) throw noSuch('API', 'resourceId')
      const known = await this.#live(transaction, wish)
      if (known) return known
      const errors = obstacles(application, subscription, covered)
      if (errors.length > 0) throw new Refused(errors)

      const request = await this.#insert(transaction, wish, subscription)
      if (!request) return (await this.#live(transaction, wish)) as AccessRequestRow
      announceStep(transaction, accessRequested, request, request.state, null, request.createdAt)
      await this.#audited(transaction, request, 'access.requested', `Requested access for “${application.name}”.`)
      await this.standing.follow(transaction, [request.id])
      return (await this.requests.find(transaction, request.id)) as AccessRequestRow
    })
  }

  /** For the provider's access managers. What blocks it may still do so: then it waits. */
  approve(scope: Scope, accessRequestId: string): Promise<AccessRequestRow> {
    return this.#decide(scope, accessRequestId, 'approve', null)
  }

  /** For the provider's access managers; says why. */
  deny(scope: Scope, accessRequestId: string, reason: string): Promise<AccessRequestRow> {
    return this.#decide(scope, accessRequestId, 'deny', reason)
  }

  /** For the provider's access managers, and the organization's own developers and administrators. For good. */
  revoke(scope: Scope, accessRequestId: string, reason: string | null): Promise<AccessRequestRow> {
    person(scope)
    return this.unitOfWork.run(scope, async (transaction) => {
      const request = await this.#lock(transaction, accessRequestId)
      demand(scope, endsAccess, request)
      const why = unwrap(readText(reason, ['input', 'reason'], longestReason))
      const { state, changed } = unwrap(accessRequestLifecycle.take(request.state, 'revoke'))
      if (!changed) return request

      await this.#update(transaction, request, { state })
      announceStep(transaction, accessRevoked, request, state, request.state, this.clock.now())
      await this.#audited(transaction, request, 'access.revoked', why ? `Revoked access: ${why}` : 'Revoked access.')
      return { ...request, state }
    })
  }

  #decide(
    scope: Scope,
    accessRequestId: string,
    step: AccessRequestStep & ('approve' | 'deny'),
    reason: string | null,
  ): Promise<AccessRequestRow> {
    const { userId } = person(scope)
    return this.unitOfWork.run(scope, async (transaction) => {
      const request = await this.#lock(transaction, accessRequestId)
      demand(scope, decidesAccess, request)
      const decisionReason = unwrap(readText(reason, ['input', 'reason'], longestReason))
      if (step === 'deny' && !decisionReason) unwrap(refuse('REQUIRED', 'Say why it is denied.', ['input', 'reason']))
      const { state, changed } = unwrap(accessRequestLifecycle.take(request.state, step))
      if (!changed) return request

      const decidedAt = this.clock.now()
      const decision = step === 'approve' ? 'APPROVED' : 'REJECTED'
      await this.#update(transaction, request, { state, decision, decisionReason, decidedAt, decidedByUserId: userId })
      const type = step === 'approve' ? accessWaiting : accessDenied
      announceStep(transaction, type, request, state, request.state, decidedAt)
      const summary =
        step === 'approve' ? 'Approved the access request.' : `Denied the access request: ${decisionReason}`
      await this.#audited(transaction, request, step === 'approve' ? 'access.approved' : 'access.denied', summary)
      await this.standing.follow(transaction, [request.id])
      return (await this.requests.find(transaction, request.id)) as AccessRequestRow
    })
  }

  async #covers(transaction: Transaction, { planId, providerId }: ProductSubscriptionRow, resourceId: string) {
    if (idPrefix(resourceId) !== 'res') return false
    const covering = await rows(transaction, QuotaResource)
      .selectFrom('QuotaResource')
      .select('quotaId')
      .where('planId', '=', planId)
      .where('resourceId', '=', resourceId)
      .where('providerId', '=', providerId)
      .executeTakeFirst()
    return covering !== undefined
  }

  /** Null when somebody else asked for the same at the same moment. */
  async #insert(
    transaction: Transaction,
    wish: AccessWish,
    subscription: ProductSubscriptionRow,
  ): Promise<AccessRequestRow | null> {
    const product = await rows(transaction, Product)
      .selectFrom('Product')
      .select('accessApproval')
      .where('id', '=', subscription.productId)
      .where('providerId', '=', subscription.providerId)
      .executeTakeFirstOrThrow()
    const inserted = await rows(transaction, AccessRequest)
      .insertInto('AccessRequest')
      .values({
        id: newId('acr'),
        providerId: subscription.providerId,
        marketplaceId: subscription.marketplaceId,
        organizationId: subscription.organizationId,
        applicationId: wish.applicationId,
        resourceId: wish.resourceId,
        productSubscriptionId: wish.productSubscriptionId,
        state: product.accessApproval === 'MANUAL' ? 'PENDING_APPROVAL' : 'WAITING',
        decision: null,
        decisionReason: null,
        decidedAt: null,
        decidedByUserId: null,
        grantedAt: null,
        createdAt: this.clock.now(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst()
    return (inserted as AccessRequestRow | undefined) ?? null
  }

  async #live(transaction: Transaction, wish: AccessWish): Promise<AccessRequestRow | null> {
    const found = await rows(transaction, AccessRequest)
      .selectFrom('AccessRequest')
      .selectAll()
      .where('applicationId', '=', wish.applicationId)
      .where('resourceId', '=', wish.resourceId)
      .where('productSubscriptionId', '=', wish.productSubscriptionId)
      .where('state', 'not in', ['DENIED', 'REVOKED'])
      .executeTakeFirst()
    return (found as AccessRequestRow | undefined) ?? null
  }

  async #lock(transaction: Transaction<DomainEvent>, id: string): Promise<AccessRequestRow> {
    const request = await this.requests.lock(transaction, id)
    if (!request) throw noSuch('access request', 'accessRequestId')
    return { ...request }
  }

  async #update(transaction: Transaction, { id, providerId }: AccessRequestRow, change: Partial<AccessRequestRow>) {
    await rows(transaction, AccessRequest)
      .updateTable('AccessRequest')
      .set(change)
      .where('id', '=', id)
      .where('providerId', '=', providerId)
      .execute()
  }

  #audited(transaction: Transaction<never>, request: AccessRequestRow, action: string, summary: string): Promise<void> {
    const { providerId, marketplaceId, organizationId, id } = request
    return this.audit.record(transaction, { providerId, marketplaceId, organizationId, action, subjectId: id, summary })
  }
}

/** All that stands in the way of asking. What stands in the way of access is for the request to wait for. */
function obstacles(application: ApplicationRow, subscription: ProductSubscriptionRow, covered: boolean): UserError[] {
  const errors: UserError[] = []
  if (subscription.organizationId !== application.organizationId) {
    const message = 'The application and the subscription must be of one organization.'
    errors.push({ code: 'INVALID', message, field: ['input', 'productSubscriptionId'] })
  }
  if (hasEnded(subscription.state)) {
    const message = 'The subscription does not run any more: subscribe again.'
    errors.push({ code: 'SUBSCRIPTION_NOT_ACTIVE', message, field: ['input', 'productSubscriptionId'] })
  }
  if (!covered) {
    const message = 'The plan of this subscription does not cover this API.'
    errors.push({ code: 'RESOURCE_NOT_IN_PLAN', message, field: ['input', 'resourceId'] })
  }
  return errors
}
