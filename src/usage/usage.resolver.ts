import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import type { QuotaRepository } from '../catalog/plan.repository.js'
import { QuotaType } from '../catalog/plan.type.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { For, withItsObject } from '../graphql/policy.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import { ProductSubscriptionType } from '../subscriptions/product-subscription.type.js'
import type { QuotaUsage, QuotaUsageRepository } from './quota-usage.repository.js'
import { ReportUsageInput } from './usage.input.js'
import type { UsageService } from './usage.service.js'
import { QuotaUsageType, ReportUsagePayload } from './usage.type.js'

@Resolver(() => QuotaUsageType)
export class UsageResolver {
  // What somebody has subscribed to stays in sight, on offer or not.
  readonly #quotas = (reading: Reading, ids: readonly string[]) => this.quotas.byIds(reading.as(system), ids)

  constructor(
    private readonly service: UsageService,
    private readonly quotas: QuotaRepository,
    private readonly mutations: Mutations,
  ) {}

  @For({ gateway: true })
  @Mutation(() => ReportUsagePayload, {
    description: 'At most 1,000 records a call. For gateways, with a gateway token.',
  })
  async reportUsage(
    @Arg('input', () => ReportUsageInput, { description: 'What was served.' }) input: ReportUsageInput,
    @Ctx() context: Context,
  ) {
    const nothing = { accepted: 0, duplicates: 0, rejected: [] }
    const answer = await this.mutations.answer(context, 'reportUsage', input, () =>
      this.service.report(context.scope, input.records),
    )
    return { ...nothing, ...answer }
  }

  @For(withItsObject)
  @FieldResolver(() => QuotaType, { description: 'Of which quota.' })
  quota(@Root() { quotaId }: QuotaUsage, @Ctx() context: Context) {
    return context.load(this.#quotas, quotaId)
  }
}

@Resolver(() => ProductSubscriptionType)
export class ProductSubscriptionUsageResolver {
  constructor(private readonly usageRows: QuotaUsageRepository) {}

  @FieldResolver(() => [QuotaUsageType], {
    description: 'How each quota of the plan stands now; empty until the subscription has started.',
  })
  usage(@Root() { id }: ProductSubscriptionRow, @Ctx() context: Context): Promise<QuotaUsage[]> {
    return context.load(this.usageRows.ofSubscriptions, id)
  }
}
