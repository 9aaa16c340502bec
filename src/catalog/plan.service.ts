import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import type { Currency } from '../kernel/currency.js'
import { newId } from '../kernel/id.js'
import { amountText, money } from '../kernel/money.js'
import { Refused, type UserError, unwrap } from '../kernel/result.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { demandManaged } from './catalog-people.js'
import { Plan, type PlanRow, type PlanType } from './plan.entity.js'
import type { CreatePlanInput, UpdatePlanInput } from './plan.input.js'
import type { PlanRepository } from './plan.repository.js'
import {
  acceptablePlan,
  acceptableSayings,
  type GivenPlan,
  type GivenPrice,
  planLifecycle,
  reworked,
  reworkProblems,
} from './plan.rules.js'
import type { PlanQuotas } from './plan-quotas.js'
import type { ProductRow } from './product.entity.js'
import type { ProductRepository } from './product.repository.js'

const mostPlans = 100
const longestName = 200

/** Making plans, and changing them as long as they may be changed. */
export class PlanService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly plans: PlanRepository,
    private readonly quotas: PlanQuotas,
    private readonly products: ProductRepository,
    private readonly audit: AuditLog,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** @throws Refused with all that is wrong with it; NOT_FOUND for another's product, NOT_ALLOWED */
  createPlan(scope: Scope, input: CreatePlanInput): Promise<PlanRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const product = await this.#product(transaction, input.productId, 'productId')
      const { description = null, price = null, termPeriods = null, requestForm = null } = input
      const given = { ...input, description, price, termPeriods, requestForm }
      return this.#made(transaction, product, input.type, given)
    })
  }

  /**
   * What is left out stays, null clears. Of a plan that was activated, only what it says can change.
   * @throws Refused with all that is wrong with it; STALE, WRONG_STATE, NOT_FOUND, NOT_ALLOWED
   */
  updatePlan(scope: Scope, input: UpdatePlanInput): Promise<PlanRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      demandManaged(scope, await this.plans.find(transaction, input.planId), 'plan', 'planId')
      const plan = (await this.plans.lock(transaction, input.planId)) as PlanRow
      unwrap(planLifecycle.take(plan.state, 'describe'))
      demandVersion(plan, input.version)
      const { planId: _, version: before, idempotencyKey: __, ...fields } = input
      const wanted = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
      await this.#change(transaction, plan, wanted)
      await this.#audited(
        transaction,
        plan,
        'plan.updated',
        `${plan.name} was changed: ${Object.keys(wanted).join(', ')}.`,
      )
      return plan
    })
  }

  /** What is no longer part of the product is left out. @throws Refused WRONG_STATE, NOT_FOUND, NOT_ALLOWED */
  duplicatePlan(scope: Scope, planId: string, name: string | null): Promise<PlanRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const plan = demandManaged(scope, await this.plans.find(transaction, planId), 'plan', 'planId')
      const product = await this.#product(transaction, plan.productId, 'planId')
      const stands = await this.#given(transaction, plan)
      const present = await this.quotas.resourcesOfProduct(transaction, product, stands.quotas)
      const quotas = stands.quotas
        .map((quota) => ({ ...quota, resourceIds: quota.resourceIds.filter((id) => present.has(id)) }))
        .filter(({ resourceIds }) => resourceIds.length > 0)
      return this.#made(transaction, product, plan.type, { ...stands, quotas, name: name ?? copyOf(plan.name) })
    })
  }

  async #made(transaction: Transaction, product: ProductRow, type: PlanType, given: GivenPlan): Promise<PlanRow> {
    const { quotas, ...columns } = unwrap(acceptablePlan(type, given))
    const { id: productId, providerId } = product
    await demandRoom(transaction, product)
    const own = { id: newId('plan'), providerId, productId, type, state: 'DRAFT' as const, createdAt: this.clock.now() }
    const plan = transaction.em.create(Plan, { ...own, ...columns })
    await transaction.em.flush()
    await this.quotas.replace(transaction, plan, quotas)
    await this.#audited(transaction, plan, 'plan.created', `The plan ${plan.name} of ${product.name} was made.`)
    return plan
  }

  async #change(transaction: Transaction, plan: PlanRow, wanted: Partial<GivenPlan>): Promise<void> {
    const stands = await this.#given(transaction, plan)
    const problems = reworkProblems(plan.state, stands, wanted)
    if (problems.length > 0) throw new Refused(problems)
    const after = { ...stands, ...wanted }
    const before = plan.version
    if (plan.state !== 'DRAFT') {
      Object.assign(plan, unwrap(acceptableSayings(after)))
      return transaction.em.flush()
    }
    const { quotas, ...columns } = unwrap(acceptablePlan(plan.type, after))
    Object.assign(plan, columns)
    await transaction.em.flush()
    if (!reworked(stands, wanted).includes('quotas')) return
    await this.quotas.replace(transaction, plan, quotas)
    // Quotas stand in tables of their own, and are a change of the plan all the same.
    if (plan.version === before) await this.#countChange(transaction, plan)
  }

  async #countChange(transaction: Transaction, plan: PlanRow): Promise<void> {
    await rows(transaction, Plan)
      .updateTable('Plan')
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '=', plan.id)
      .where('providerId', '=', plan.providerId)
      .execute()
    await transaction.em.refresh(plan)
  }

  /** A plan as it stands, in the words in which it could have been given. */
  async #given(reading: Reading, plan: PlanRow) {
    const { name, approval, features, trialDays, paymentTermDays, gracePeriodDays, cancelWhenPastDue } = plan
    return {
      name,
      description: plan.description ?? null,
      approval,
      price: priceOf(plan),
      quotas: await this.quotas.given(reading, plan.id),
      features,
      termPeriods: plan.termPeriods ?? null,
      trialDays,
      paymentTermDays,
      gracePeriodDays,
      cancelWhenPastDue,
      requestForm: plan.requestForm ?? null,
    } satisfies GivenPlan
  }

  /** Locked, because what a product is made of must not change while a plan of it is made. */
  async #product(transaction: Transaction, id: string, field: string): Promise<ProductRow> {
    demandManaged(transaction.scope, await this.products.find(transaction, id), 'product', field)
    const product = (await this.products.lock(transaction, id)) as ProductRow
    if (product.state !== 'ARCHIVED') return product
    const message = 'The product is archived for good.'
    throw new Refused([{ code: 'WRONG_STATE', message, field: ['input', field] }])
  }

  #audited(transaction: Transaction, plan: PlanRow, action: string, summary: string): Promise<void> {
    const { id, providerId } = plan
    return this.audit.record(transaction, { providerId, action, subjectId: id, summary })
  }
}

function priceOf({ currency, baseMinor, setupFeeMinor, interval, intervalCount, anchor }: PlanRow): GivenPrice | null {
  if (!currency || baseMinor === null || baseMinor === undefined || !interval || !intervalCount || !anchor) return null
  const text = (minor: bigint) => amountText(money(minor, currency as Currency))
  return { base: text(baseMinor), setupFee: text(setupFeeMinor ?? 0n), currency, interval, intervalCount, anchor }
}

const ending = ' (copy)'

/** Cut where it would be too long, but not within a character. */
function copyOf(name: string): string {
  return [...name].slice(0, longestName - ending.length).join('') + ending
}

function demandVersion(plan: PlanRow, read: number | null | undefined): void {
  if (read === null || read === undefined || read === plan.version) return
  const error: UserError = {
    code: 'STALE',
    message: 'Somebody changed it meanwhile: read it again.',
    field: ['input', 'version'],
  }
  throw new Refused([error])
}

async function demandRoom(transaction: Transaction, { id, providerId }: ProductRow): Promise<void> {
  const { count } = await rows(transaction, Plan)
    .selectFrom('Plan')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('productId', '=', id)
    .where('providerId', '=', providerId)
    .where('state', '!=', 'ARCHIVED')
    .executeTakeFirstOrThrow()
  if (Number(count) < mostPlans) return
  const message = `A product has at most ${mostPlans} plans: archive some first.`
  throw new Refused([{ code: 'LIMIT_REACHED', message, field: null }])
}
