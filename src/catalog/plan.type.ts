import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import { enumObject } from '../graphql/enum.js'
import { MoneyType } from '../graphql/money.type.js'
import { NodeType } from '../graphql/node.js'
import { For, withItsObject } from '../graphql/policy.js'
import { BigIntScalar, CurrencyScalar, DecimalScalar, JsonScalar } from '../graphql/scalars.js'
import type { Money } from '../kernel/money.js'
import {
  type BillingAnchor,
  type BillingInterval,
  billingAnchors,
  billingIntervals,
  changeTimings,
} from '../kernel/period.js'
import { seesOffered } from '../persistence/permissions.js'
import {
  deprecationStrategies,
  type PlanType as PlanKind,
  type PlanState,
  planStates,
  planTypes,
  type QuotaLimit,
  type QuotaPricing,
  quotaLimits,
  quotaPricings,
} from './plan.entity.js'
import type { ApprovalMode } from './product.entity.js'
import { ApprovalModeEnum } from './product.type.js'

export const PlanTypeEnum = enumObject(planTypes)
registerEnumType(PlanTypeEnum, {
  name: 'PlanType',
  description: 'Whether and how a plan is paid.',
  valuesConfig: {
    FREE: { description: 'Costs nothing.' },
    PAID: { description: "Invoiced through the marketplace's billing integration." },
    CUSTOM: { description: 'Agreed and invoiced elsewhere.' },
  },
})

export const PlanStateEnum = enumObject(planStates)
registerEnumType(PlanStateEnum, {
  name: 'PlanState',
  description: 'Where a plan stands in its life.',
  valuesConfig: {
    DRAFT: { description: 'Not on offer yet; can still be changed.' },
    ACTIVE: { description: 'On offer wherever its product is on sale; what it costs and covers never changes.' },
    DEPRECATED: { description: 'Takes no new subscription.' },
    ARCHIVED: { description: 'Gone: nobody has it any more.' },
  },
})

export const BillingIntervalEnum = enumObject(billingIntervals)
registerEnumType(BillingIntervalEnum, {
  name: 'BillingInterval',
  description: 'What periods are made of.',
  valuesConfig: {
    DAY: { description: 'A day.' },
    WEEK: { description: 'A week.' },
    MONTH: { description: 'A month.' },
    YEAR: { description: 'A year.' },
  },
})

export const BillingAnchorEnum = enumObject(billingAnchors)
registerEnumType(BillingAnchorEnum, {
  name: 'BillingAnchor',
  description: 'Where periods begin.',
  valuesConfig: {
    ANNIVERSARY: {
      description: 'A period starts on the day the subscription did: 31 January, 28 February, 31 March.',
    },
    CALENDAR: {
      description: "A period is a calendar one in the marketplace's time zone; the first is charged in part.",
    },
  },
})

export const QuotaLimitEnum = enumObject(quotaLimits)
registerEnumType(QuotaLimitEnum, {
  name: 'QuotaLimit',
  description: 'What happens past the limit of a quota.',
  valuesConfig: {
    STRICT: { description: 'Calls past the limit are refused.' },
    LOOSE: { description: 'Calls past the limit are served and charged.' },
    UNLIMITED: { description: 'There is no limit.' },
  },
})

export const QuotaPricingEnum = enumObject(quotaPricings)
registerEnumType(QuotaPricingEnum, {
  name: 'QuotaPricing',
  description: 'What the units of a quota cost.',
  valuesConfig: {
    INCLUDED: { description: 'Covered by the base price; past a LOOSE limit `unitAmount` is charged for each unit.' },
    PER_UNIT: { description: '`unitAmount` for each unit.' },
    GRADUATED: {
      description: 'Each unit at the price of the tier that it falls in; each tier reached adds its flat fee.',
    },
    VOLUME: { description: "All units at the price of the last tier reached, with that tier's flat fee alone." },
    PACKAGE: { description: '`unitAmount` for each started package of `packageSize` units.' },
  },
})

export const DeprecationStrategyEnum = enumObject(deprecationStrategies)
registerEnumType(DeprecationStrategyEnum, {
  name: 'DeprecationStrategy',
  description: 'What becomes of the subscriptions to a plan that takes no new ones.',
  valuesConfig: {
    KEEP: { description: 'They go on as they are.' },
    CANCEL: { description: 'They end.' },
    MIGRATE: { description: 'They move to another plan, with their keys and access requests.' },
  },
})

export const ChangeTimingEnum = enumObject(changeTimings)
registerEnumType(ChangeTimingEnum, {
  name: 'ChangeTiming',
  description: 'When a change takes effect.',
  valuesConfig: {
    NOW: { description: 'At once.' },
    PERIOD_END: { description: 'When the period that is paid for has passed.' },
  },
})

@For(seesOffered)
@ObjectType('Plan', {
  implements: NodeType,
  description: 'What a product costs, covers and asks of who subscribes to it.',
})
export class PlanType extends NodeType {
  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it is good for.' })
  description!: string | null

  @Field(() => PlanTypeEnum, { description: 'Whether and how it is paid.' })
  type!: PlanKind

  @Field(() => PlanStateEnum, { description: 'Where it stands in its life.' })
  state!: PlanState

  @Field(() => Int, { description: 'Goes up with every change.' })
  version!: number

  @Field(() => ApprovalModeEnum, { description: 'Whether a subscription waits for a person.' })
  approval!: ApprovalMode

  @Field(() => [String], { description: 'What it has to show for itself, line by line.' })
  features!: string[]

  @Field(() => Int, {
    nullable: true,
    description: 'The number of billing periods after which a subscription ends; null when it has no end.',
  })
  termPeriods!: number | null

  @Field(() => Int, {
    description: 'Length of a trial that costs nothing, before the first period; 0 when there is none.',
  })
  trialDays!: number

  @Field(() => Int, { description: 'Days between issue and due date of an invoice.' })
  paymentTermDays!: number

  @Field(() => Int, { description: 'Days past due during which access stays open.' })
  gracePeriodDays!: number

  @Field(() => Boolean, {
    description: 'Whether a subscription is cancelled, not only suspended, when grace has passed.',
  })
  cancelWhenPastDue!: boolean

  @Field(() => JsonScalar, {
    nullable: true,
    description: "A JSON Schema that a subscriber's answers must satisfy; null when nothing is asked.",
  })
  requestForm!: unknown
}

@For(withItsObject)
@ObjectType('PlanPrice', { description: 'What a paid plan costs; of an active plan it never changes.' })
export class PlanPriceType {
  @Field(() => MoneyType, { description: 'Charged at the start of each period.' })
  base!: Money

  @Field(() => MoneyType, { description: 'Charged once, on the first invoice.' })
  setupFee!: Money

  @Field(() => CurrencyScalar, { description: 'In which it is paid.' })
  currency!: string

  @Field(() => BillingIntervalEnum, { description: 'What a billing period is made of.' })
  interval!: BillingInterval

  @Field(() => Int, { description: 'How many intervals make a billing period.' })
  intervalCount!: number

  @Field(() => BillingAnchorEnum, { description: 'Where billing periods begin.' })
  anchor!: BillingAnchor
}

@For(withItsObject)
@ObjectType('PriceTier', { description: 'A price for some of the units.' })
export class PriceTierType {
  @Field(() => BigIntScalar, { description: 'The first unit of the tier: 1, 501, …' })
  from!: string

  @Field(() => BigIntScalar, { nullable: true, description: 'The last unit of the tier; null when it has no end.' })
  to!: string | null

  @Field(() => DecimalScalar, { description: "For each unit, in the plan's currency." })
  unitAmount!: string

  @Field(() => DecimalScalar, { description: "Once, in the plan's currency." })
  flatFee!: string
}

@For(seesOffered)
@ObjectType('Quota', {
  implements: NodeType,
  description: 'How much of some resources a plan covers. A resource belongs to at most one quota of a plan.',
})
export class QuotaType extends NodeType {
  @Field(() => QuotaLimitEnum, { description: 'What happens past the limit.' })
  limit!: QuotaLimit

  @Field(() => BigIntScalar, { nullable: true, description: 'Null when UNLIMITED.' })
  limitUnits!: bigint | null

  @Field(() => BillingIntervalEnum, {
    description: 'How often the count starts again; may differ from the billing interval.',
  })
  interval!: BillingInterval

  @Field(() => QuotaPricingEnum, { description: 'What its units cost.' })
  pricing!: QuotaPricing

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'In the plan\'s currency, finer than a minor unit where wanted: "0.0001".',
  })
  unitAmount!: string | null

  @Field(() => BigIntScalar, { nullable: true, description: 'With PACKAGE: how many units a package holds.' })
  packageSize!: bigint | null

  @Field(() => [PriceTierType], { description: 'With GRADUATED and VOLUME: the prices, from the first unit on.' })
  tiers!: PriceTierType[]
}

@For(withItsObject)
@ObjectType('CostLine', { description: 'One line of a cost estimate: quantity × unit amount, rounded once.' })
export class CostLineType {
  @Field(() => String, { description: 'What is charged.' })
  description!: string

  @Field(() => DecimalScalar, { description: 'How much of it.' })
  quantity!: object | string

  @Field(() => DecimalScalar, { description: 'What one costs.' })
  unitAmount!: object | string

  @Field(() => MoneyType, { description: 'What the line comes to.' })
  amount!: Money
}

@For(withItsObject)
@ObjectType('CostEstimate', {
  description:
    'One period: the base price and the usage, without the set-up fee. Total null for plans without a price.',
})
export class CostEstimateType {
  @Field(() => [CostLineType], { description: 'What it is made of, tier by tier.' })
  lines!: CostLineType[]

  @Field(() => MoneyType, { nullable: true, description: 'The sum of the lines; null for plans without a price.' })
  total!: Money | null
}
