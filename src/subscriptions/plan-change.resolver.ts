import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql'
import type { ApiResourceRepository } from '../catalog/asset.repository.js'
import { ApiResourceType } from '../catalog/asset.type.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { For, withItsObject } from '../graphql/policy.js'
import { notFound, RequestError } from '../kernel/request-error.js'
import { Refused } from '../kernel/result.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { ChangePlanInput, PlanChangePreviewInput } from './plan-change.input.js'
import type { ResourcesInUse } from './plan-change.port.js'
import type { PlanChangeService, PlanChangeShown } from './plan-change.service.js'
import { ChangePlanPayload, PlanChangePreviewType } from './plan-change.type.js'
import { subscribes } from './product-subscription.rules.js'

@Resolver(() => PlanChangePreviewType)
export class PlanChangeResolver {
  /** What an organization uses stays in its sight, on offer or not. */
  readonly #resources = (reading: Reading, ids: readonly string[]) => this.resources.byIds(reading.as(system), ids)

  constructor(
    private readonly changes: PlanChangeService,
    private readonly inUse: ResourcesInUse,
    private readonly resources: ApiResourceRepository,
    private readonly mutations: Mutations,
  ) {}

  @For(subscribes)
  @Query(() => PlanChangePreviewType, {
    description: 'What a change of plan would cost and take away, without doing it.',
  })
  async planChangePreview(
    @Arg('input', () => PlanChangePreviewInput, { description: 'Which, to which, and when.' })
    input: PlanChangePreviewInput,
    @Ctx() { reading }: Context,
  ): Promise<PlanChangeShown> {
    try {
      return await this.changes.preview(reading, input)
    } catch (error) {
      throw error instanceof Refused ? unanswerable(error) : error
    }
  }

  @For(withItsObject)
  @FieldResolver(() => [ApiResourceType], { description: 'Resources in use that the new plan does not cover.' })
  async lostResources(@Root() { productSubscriptionId, planId }: PlanChangeShown, @Ctx() context: Context) {
    const ids = await this.inUse.notCoveredBy(context.reading, productSubscriptionId, planId)
    const found = await Promise.all(ids.map((id) => context.load(this.#resources, id)))
    return found.filter((resource) => resource !== null)
  }

  @For(subscribes)
  @Mutation(() => ChangePlanPayload, {
    description: 'Takes a subscription over to another plan; its keys and access requests stay.',
  })
  changePlan(
    @Arg('input', () => ChangePlanInput, { description: 'What was shown.' }) input: ChangePlanInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'changePlan', input, () => this.changes.change(context.scope, input))
  }
}

/** A query has no `userErrors`: without the subscription or the plan there is nothing to show. */
function unanswerable({ errors }: Refused): RequestError {
  const refused = errors.find(({ code }) => code === 'NOT_ALLOWED')
  return refused ? new RequestError('FORBIDDEN', refused.message) : notFound()
}
