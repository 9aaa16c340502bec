import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import type { ChangeTiming } from '../kernel/period.js'
import { Refused, type UserError, unwrap } from '../kernel/result.js'
import { type Scope, system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { planDeprecated } from './catalog.events.js'
import { demandManaged } from './catalog-people.js'
import type { DeprecationStrategy, PlanRow } from './plan.entity.js'
import type { PlanRepository } from './plan.repository.js'
import { planLifecycle } from './plan.rules.js'
import type { PlanQuotas } from './plan-quotas.js'
import type { ProductRepository } from './product.repository.js'
import type { ProductUsage } from './product-usage.port.js'

export interface DeprecationWish {
  strategy: DeprecationStrategy
  targetPlanId?: string | null
  when: ChangeTiming
}

/** A plan's way from its first offer to its end. */
export class PlanLifecycleService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly plans: PlanRepository,
    private readonly quotas: PlanQuotas,
    private readonly products: ProductRepository,
    private readonly usage: ProductUsage,
    private readonly audit: AuditLog,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** @throws Refused WRONG_STATE, NOT_FOUND, NOT_ALLOWED */
  activatePlan(scope: Scope, planId: string): Promise<PlanRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const plan = await this.#locked(transaction, planId)
      await this.activate(transaction, plan, ['input', 'planId'])
      return plan
    })
  }

  /** For whoever has locked the plan and may do this. @throws Refused WRONG_STATE */
  async activate(transaction: Transaction<DomainEvent>, plan: PlanRow, field: string[]): Promise<void> {
    const taken = planLifecycle.take(plan.state, 'activate')
    if (!taken.ok) throw new Refused(taken.errors.map((error) => ({ ...error, field })))
    if (!taken.value.changed) return
    const product = await this.products.find(transaction.as(system), plan.productId)
    if (product?.state === 'ARCHIVED') {
      const message = 'The product is archived for good.'
      throw new Refused([{ code: 'WRONG_STATE', message, field }])
    }
    await this.quotas.demandReleased(transaction, plan, field)
    plan.state = taken.value.state
    await transaction.em.flush()
    await this.#audited(transaction, plan, 'plan.activated', `The plan ${plan.name} was activated.`)
  }

  /**
   * Takes it off sale. What becomes of those who have it is told with it, and told again where it was off sale before
   * and more than keeping them is wished.
   * @throws Refused WRONG_STATE, REQUIRED, INVALID, NOT_FOUND, NOT_ALLOWED
   */
  deprecatePlan(scope: Scope, planId: string, wish: DeprecationWish): Promise<{ plan: PlanRow; affected: number }> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const plan = await this.#locked(transaction, planId)
      const { state, changed } = unwrap(planLifecycle.take(plan.state, 'deprecate'))
      const { strategy, when } = wish
      const target = await this.#target(transaction, plan, wish)
      plan.state = state
      await transaction.em.flush()
      const affected = await this.usage.countRunning(transaction, { planId })
      if (changed || strategy !== 'KEEP') {
        const audience = { providerId: plan.providerId, marketplaceId: null, organizationId: null }
        const told = { strategy, targetPlanId: target?.id ?? null, when }
        transaction.announce(planDeprecated.of(audience, planId, told, this.clock.now()))
        const summary = `The plan ${plan.name} takes no new subscriptions; ${affected} that run: ${fateOf(strategy, target)}.`
        await this.#audited(transaction, plan, 'plan.deprecated', summary)
      }
      return { plan, affected }
    })
  }

  /** @throws Refused WRONG_STATE; IN_USE while anybody has it, or will; NOT_FOUND, NOT_ALLOWED */
  archivePlan(scope: Scope, planId: string): Promise<PlanRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const plan = await this.#locked(transaction, planId)
      const { state, changed } = unwrap(planLifecycle.take(plan.state, 'archive'))
      if (!changed) return plan
      const running = await this.usage.countRunning(transaction, { planId })
      const coming = await this.usage.countComing(transaction, planId)
      const problems = [
        ...(running > 0 ? [inUse(`${running} of its subscriptions still run.`)] : []),
        ...(coming > 0 ? [inUse(`${coming} subscriptions will go over to it with their next period.`)] : []),
      ]
      if (problems.length > 0) throw new Refused(problems)
      plan.state = state
      await transaction.em.flush()
      await this.#audited(transaction, plan, 'plan.archived', `The plan ${plan.name} was archived.`)
      return plan
    })
  }

  /** Held until the commit, so that the plan that others move to is not taken off sale meanwhile. */
  async #target(transaction: Transaction, plan: PlanRow, wish: DeprecationWish): Promise<PlanRow | null> {
    const { strategy, targetPlanId } = wish
    const field = ['input', 'targetPlanId']
    const isGiven = targetPlanId !== null && targetPlanId !== undefined
    if (strategy !== 'MIGRATE') {
      if (!isGiven) return null
      throw new Refused([{ code: 'INVALID', message: 'Another plan is named with MIGRATE alone.', field }])
    }
    if (!isGiven) {
      throw new Refused([{ code: 'REQUIRED', message: 'Name the plan that its subscriptions move to.', field }])
    }
    if (targetPlanId === plan.id) {
      throw new Refused([{ code: 'INVALID', message: 'They are to move to another plan.', field }])
    }
    const target = await this.plans.findHeld(transaction, targetPlanId)
    if (!target || target.productId !== plan.productId) {
      throw new Refused([{ code: 'NOT_FOUND', message: 'There is no such plan of this product.', field }])
    }
    if (target.state === 'ACTIVE') return target
    throw new Refused([
      { code: 'WRONG_STATE', message: `The plan ${target.name} is not active: activate it first.`, field },
    ])
  }

  async #locked(transaction: Transaction, planId: string): Promise<PlanRow> {
    demandManaged(transaction.scope, await this.plans.find(transaction, planId), 'plan', 'planId')
    return (await this.plans.lock(transaction, planId)) as PlanRow
  }

  #audited(transaction: Transaction, plan: PlanRow, action: string, summary: string): Promise<void> {
    const { id, providerId } = plan
    return this.audit.record(transaction, { providerId, action, subjectId: id, summary })
  }
}

function fateOf(strategy: DeprecationStrategy, target: PlanRow | null): string {
  if (target) return `they move to ${target.name}`
  return strategy === 'CANCEL' ? 'they end' : 'they go on'
}

function inUse(message: string): UserError {
  return { code: 'IN_USE', message, field: ['input', 'planId'] }
}
