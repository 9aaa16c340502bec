import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { byItsOwnRule, For, withItsObject } from '../graphql/policy.js'
import type { Currency } from '../kernel/currency.js'
import { type Decimal, decimal } from '../kernel/decimal.js'
import { money } from '../kernel/money.js'
import { notFound, RequestError } from '../kernel/request-error.js'
import { managesCatalog } from '../persistence/permissions.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { UnitType } from '../providers/provider.type.js'
import type { UnitRepository } from '../providers/unit.repository.js'
import type { ApiResourceRepository } from './asset.repository.js'
import { ApiResourceType } from './asset.type.js'
import { type CostEstimate, estimateOf } from './estimate.rules.js'
import type { PlanRow, QuotaRow } from './plan.entity.js'
import {
  ActivatePlanInput,
  ArchivePlanInput,
  CreatePlanInput,
  DeprecatePlanInput,
  DuplicatePlanInput,
  UpdatePlanInput,
  UsageEstimateInput,
} from './plan.input.js'
import {
  ActivatePlanPayload,
  ArchivePlanPayload,
  CreatePlanPayload,
  DeprecatePlanPayload,
  DuplicatePlanPayload,
  UpdatePlanPayload,
} from './plan.payload.js'
import type { PlanRepository, QuotaRepository } from './plan.repository.js'
import type { PlanService } from './plan.service.js'
import { CostEstimateType, PlanPriceType, PlanType, QuotaType } from './plan.type.js'
import type { PlanLifecycleService } from './plan-lifecycle.service.js'
import { planWarnings } from './plan-warnings.rules.js'
import { pricingTermsOf } from './pricing-terms.js'
import type { ProductRow } from './product.entity.js'
import type { ProductRepository } from './product.repository.js'
import { ProductType } from './product.type.js'

/** A plan that somebody was shown is shown whole, be it on offer still or not. */
@Resolver(() => PlanType)
export class PlanResolver {
  readonly #products = (reading: Reading, ids: readonly string[]) => this.products.byIds(reading.as(system), ids)

  constructor(
    private readonly products: ProductRepository,
    private readonly quotaRows: QuotaRepository,
    private readonly units: UnitRepository,
  ) {}

  @For(withItsObject)
  @FieldResolver(() => ProductType, { description: 'Of which product it is.' })
  product(@Root() plan: PlanRow, @Ctx() context: Context) {
    return context.load(this.#products, plan.productId)
  }

  @FieldResolver(() => PlanPriceType, { nullable: true, description: 'Null unless PAID.' })
  price(@Root() { currency, baseMinor, setupFeeMinor, interval, intervalCount, anchor }: PlanRow) {
    if (!currency || baseMinor === null || baseMinor === undefined) return null
    const sum = (minor: bigint) => money(minor, currency as Currency)
    return { base: sum(baseMinor), setupFee: sum(setupFeeMinor ?? 0n), currency, interval, intervalCount, anchor }
  }

  @For(byItsOwnRule)
  @FieldResolver(() => [QuotaType], { description: 'What it covers; what no quota covers, it gives no access to.' })
  quotas(@Root() plan: PlanRow, @Ctx() context: Context) {
    return context.load(this.quotaRows.ofPlans, plan.id)
  }

  @FieldResolver(() => CostEstimateType, {
    description: 'What it would cost for so many units in one period, tier by tier.',
  })
  async estimate(
    @Root() plan: PlanRow,
    @Arg('usage', () => [UsageEstimateInput], { description: 'How many units of which quotas.' })
    usage: UsageEstimateInput[],
    @Ctx() context: Context,
  ): Promise<CostEstimate> {
    const quotas = await context.load(this.quotaRows.ofPlans, plan.id)
    const units = unitsByQuota(usage, quotas)
    const counted = await Promise.all(
      quotas.map(async (quota) => {
        const unit = await context.load(this.units.ofQuotas, quota.unitId)
        return { quota, unit: unit?.title ?? 'units' }
      }),
    )
    return estimateOf(plan, counted, units)
  }
}

@Resolver()
export class PlanMutations {
  constructor(
    private readonly service: PlanService,
    private readonly lifecycle: PlanLifecycleService,
    private readonly quotaRows: QuotaRepository,
    private readonly units: UnitRepository,
    private readonly mutations: Mutations,
  ) {}

  @For(managesCatalog)
  @Mutation(() => CreatePlanPayload, { description: 'Makes a plan of a product, as a draft.' })
  createPlan(
    @Arg('input', () => CreatePlanInput, { description: 'What it is to be.' }) input: CreatePlanInput,
    @Ctx() context: Context,
  ) {
    return this.#priced(context, 'createPlan', input, () => this.service.createPlan(context.scope, input))
  }

  @For(managesCatalog)
  @Mutation(() => UpdatePlanPayload, {
    description: 'Everything while DRAFT; of an active plan its description and features.',
  })
  updatePlan(
    @Arg('input', () => UpdatePlanInput, { description: 'What is to change.' }) input: UpdatePlanInput,
    @Ctx() context: Context,
  ) {
    return this.#priced(context, 'updatePlan', input, () => this.service.updatePlan(context.scope, input))
  }

  @For(managesCatalog)
  @Mutation(() => DuplicatePlanPayload, { description: 'A draft like it, to change what an active plan cannot.' })
  duplicatePlan(
    @Arg('input', () => DuplicatePlanInput, { description: 'Which plan.' }) input: DuplicatePlanInput,
    @Ctx() context: Context,
  ) {
    return this.#priced(context, 'duplicatePlan', input, () =>
      this.service.duplicatePlan(context.scope, input.planId, input.name ?? null),
    )
  }

  @For(managesCatalog)
  @Mutation(() => ActivatePlanPayload, {
    description:
      'DRAFT to ACTIVE: on offer wherever its product is on sale. What it costs and covers never changes then.',
  })
  activatePlan(
    @Arg('input', () => ActivatePlanInput, { description: 'Which plan.' }) input: ActivatePlanInput,
    @Ctx() context: Context,
  ) {
    return this.#priced(context, 'activatePlan', input, () => this.lifecycle.activatePlan(context.scope, input.planId))
  }

  @For(managesCatalog)
  @Mutation(() => DeprecatePlanPayload, {
    description: 'Takes no new subscription; existing ones stay, end, or move to another plan.',
  })
  deprecatePlan(
    @Arg('input', () => DeprecatePlanInput, { description: 'Which plan, and what becomes of its subscriptions.' })
    input: DeprecatePlanInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'deprecatePlan', input, () =>
      this.lifecycle.deprecatePlan(context.scope, input.planId, input),
    )
  }

  @For(managesCatalog)
  @Mutation(() => ArchivePlanPayload, { description: 'A deprecated plan that nobody has any more.' })
  archivePlan(
    @Arg('input', () => ArchivePlanInput, { description: 'Which plan.' }) input: ArchivePlanInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'archivePlan', input, async () => ({
      plan: await this.lifecycle.archivePlan(context.scope, input.planId),
    }))
  }

  async #priced(context: Context, operation: string, input: object, work: () => Promise<PlanRow>) {
    const answer = await this.mutations.answer(context, operation, input, async () => ({ plan: await work() }))
    return { warnings: answer.plan ? await this.#warnings(context, answer.plan) : [], ...answer }
  }

  async #warnings(context: Context, plan: PlanRow): Promise<string[]> {
    const quotas = await context.load(this.quotaRows.ofPlans, plan.id)
    return planWarnings(
      await Promise.all(
        quotas.map(async (quota) => {
          const unit = await context.load(this.units.ofQuotas, quota.unitId)
          return pricingTermsOf(quota, unit?.title ?? 'units')
        }),
      ),
    )
  }
}

@Resolver(() => QuotaType)
export class QuotaResolver {
  readonly #resources = (reading: Reading, ids: readonly string[]) => this.apiResources.byIds(reading.as(system), ids)

  constructor(
    private readonly quotaRows: QuotaRepository,
    private readonly units: UnitRepository,
    private readonly apiResources: ApiResourceRepository,
  ) {}

  @For(withItsObject)
  @FieldResolver(() => UnitType, { description: 'What is counted.' })
  unit(@Root() quota: QuotaRow, @Ctx() context: Context) {
    return context.load(this.units.ofQuotas, quota.unitId)
  }

  @For(withItsObject)
  @FieldResolver(() => [ApiResourceType], { description: 'The APIs that it covers.' })
  async resources(@Root() quota: QuotaRow, @Ctx() context: Context) {
    const ids = await context.load(this.quotaRows.resourceIdsOf, quota.id)
    const found = await Promise.all(ids.map((id) => context.load(this.#resources, id)))
    return found.filter((resource) => resource !== null)
  }
}

/** The plans on a product's page. */
@Resolver(() => ProductType)
export class ProductPlansResolver {
  constructor(private readonly planRows: PlanRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => [PlanType], {
    description: 'To the provider all; to a consumer those on offer in the marketplace.',
  })
  plans(@Root() product: ProductRow, @Ctx() context: Context) {
    return context.load(this.planRows.ofProducts, product.id)
  }
}

/** @throws RequestError NOT_FOUND for a quota of another plan, BAD_USER_INPUT for usage below zero */
function unitsByQuota(usage: readonly UsageEstimateInput[], quotas: readonly QuotaRow[]): Map<string, Decimal> {
  const units = new Map<string, Decimal>()
  for (const { quotaId, units: text } of usage) {
    if (!quotas.some(({ id }) => id === quotaId)) throw notFound()
    const count = decimal(text)
    if (count.lessThan(0)) throw new RequestError('BAD_USER_INPUT', 'Usage is not below zero.')
    units.set(quotaId, count.plus(units.get(quotaId) ?? decimal(0n)))
  }
  return units
}
