import { Field, ID, InputType, Int } from 'type-graphql'
import { KeyedInput } from '../graphql/keyed-input.js'
import { BigIntScalar, CurrencyScalar, DecimalScalar, JsonScalar } from '../graphql/scalars.js'
import type { BillingAnchor, BillingInterval, ChangeTiming } from '../kernel/period.js'
import type { DeprecationStrategy, PlanType, QuotaLimit, QuotaPricing } from './plan.entity.js'
import {
  BillingAnchorEnum,
  BillingIntervalEnum,
  ChangeTimingEnum,
  DeprecationStrategyEnum,
  PlanTypeEnum,
  QuotaLimitEnum,
  QuotaPricingEnum,
} from './plan.type.js'
import type { ApprovalMode } from './product.entity.js'
import { ApprovalModeEnum } from './product.type.js'

@InputType('PlanPriceInput', { description: 'What a paid plan costs.' })
export class PlanPriceInput {
  @Field(() => DecimalScalar, { description: 'Charged at the start of each period, in major units: "25.00".' })
  base!: string

  @Field(() => DecimalScalar, { defaultValue: '0', description: 'Charged once, on the first invoice.' })
  setupFee!: string

  @Field(() => CurrencyScalar, { description: 'In which it is paid.' })
  currency!: string

  @Field(() => BillingIntervalEnum, { defaultValue: 'MONTH', description: 'What a billing period is made of.' })
  interval!: BillingInterval

  @Field(() => Int, { defaultValue: 1, description: 'How many intervals make a billing period; three years at most.' })
  intervalCount!: number

  @Field(() => BillingAnchorEnum, { defaultValue: 'ANNIVERSARY', description: 'Where billing periods begin.' })
  anchor!: BillingAnchor
}

@InputType('PriceTierInput', { description: 'A price for the units after the tier before, or for the first.' })
export class PriceTierInput {
  @Field(() => BigIntScalar, { nullable: true, description: 'The last unit of the tier; left out in the last tier.' })
  to?: bigint | null

  @Field(() => DecimalScalar, { description: 'For each unit; up to 12 decimals.' })
  unitAmount!: string

  @Field(() => DecimalScalar, { defaultValue: '0', description: 'Once, when the tier is reached.' })
  flatFee!: string
}

@InputType('QuotaInput', { description: 'How much of some resources the plan covers, and what each unit costs.' })
export class QuotaInput {
  @Field(() => String, { defaultValue: 'transactions', description: 'The name of what is counted.' })
  unit!: string

  @Field(() => [ID], {
    description: 'The APIs of the product that it covers: 1 to 200, none of them in another quota.',
  })
  resourceIds!: string[]

  @Field(() => QuotaLimitEnum, { description: 'What happens past the limit.' })
  limit!: QuotaLimit

  @Field(() => BigIntScalar, { nullable: true, description: 'Needed unless UNLIMITED; 1 or more.' })
  limitUnits?: bigint | null

  @Field(() => BillingIntervalEnum, { defaultValue: 'MONTH', description: 'How often the count starts again.' })
  interval!: BillingInterval

  @Field(() => QuotaPricingEnum, {
    defaultValue: 'INCLUDED',
    description: 'What units cost; of a plan that is not PAID, nothing.',
  })
  pricing!: QuotaPricing

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'With PER_UNIT and PACKAGE, and with INCLUDED past a LOOSE limit; up to 12 decimals.',
  })
  unitAmount?: string | null

  @Field(() => BigIntScalar, { nullable: true, description: 'With PACKAGE: how many units a package holds.' })
  packageSize?: bigint | null

  @Field(() => [PriceTierInput], {
    defaultValue: [],
    description: 'With GRADUATED and VOLUME: up to 50, the first from unit 1 on, the last without an end.',
  })
  tiers!: PriceTierInput[]
}

@InputType('CreatePlanInput', { description: 'A new plan, as a draft.' })
export class CreatePlanInput extends KeyedInput {
  @Field(() => ID, { description: 'Of which product.' })
  productId!: string

  @Field(() => String, { description: 'Its name; 1 to 200 characters.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it is good for; up to 5,000 characters.' })
  description?: string | null

  @Field(() => PlanTypeEnum, { description: 'Whether and how it is paid; never changes.' })
  type!: PlanType

  @Field(() => ApprovalModeEnum, {
    defaultValue: 'AUTOMATIC',
    description: 'Whether a subscription waits for a person.',
  })
  approval!: ApprovalMode

  @Field(() => PlanPriceInput, { nullable: true, description: 'For a PAID plan, and for no other.' })
  price?: PlanPriceInput | null

  @Field(() => [QuotaInput], { description: 'What it covers; what no quota covers, it gives no access to.' })
  quotas!: QuotaInput[]

  @Field(() => [String], { defaultValue: [], description: 'Up to 100 lines of up to 200 characters.' })
  features!: string[]

  @Field(() => Int, { nullable: true, description: 'Billing periods after which a subscription ends: 1 to 1,000.' })
  termPeriods?: number | null

  @Field(() => Int, { defaultValue: 0, description: 'Length of a trial that costs nothing: 0 to 730.' })
  trialDays!: number

  @Field(() => Int, { defaultValue: 7, description: 'Days between issue and due date of an invoice: 0 to 365.' })
  paymentTermDays!: number

  @Field(() => Int, { defaultValue: 3, description: 'Days past due during which access stays open: 0 to 365.' })
  gracePeriodDays!: number

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether a subscription is cancelled when grace has passed.',
  })
  cancelWhenPastDue!: boolean

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      "A JSON Schema of draft 7 that a subscriber's answers must satisfy: up to 32,000 characters, without regular " +
      'expressions, and with references to its own definitions alone.',
  })
  requestForm?: unknown
}

@InputType('UpdatePlanInput', {
  description: 'What is left out stays. Of a plan that was activated only description and features change.',
})
export class UpdatePlanInput extends KeyedInput {
  @Field(() => ID, { description: 'The plan.' })
  planId!: string

  @Field(() => Int, {
    nullable: true,
    description: 'The `version` that was read; left out, the last writer wins.',
  })
  version?: number | null

  @Field(() => String, { nullable: true, description: 'Its name; 1 to 200 characters.' })
  name?: string | null

  @Field(() => String, { nullable: true, description: 'What it is good for; up to 5,000 characters.' })
  description?: string | null

  @Field(() => ApprovalModeEnum, { nullable: true, description: 'Whether a subscription waits for a person.' })
  approval?: ApprovalMode | null

  @Field(() => PlanPriceInput, { nullable: true, description: 'For a PAID plan, and for no other.' })
  price?: PlanPriceInput | null

  @Field(() => [QuotaInput], { nullable: true, description: 'What it covers, instead of all that it covered before.' })
  quotas?: QuotaInput[] | null

  @Field(() => [String], { nullable: true, description: 'Up to 100 lines of up to 200 characters.' })
  features?: string[] | null

  @Field(() => Int, { nullable: true, description: 'Billing periods after which a subscription ends: 1 to 1,000.' })
  termPeriods?: number | null

  @Field(() => Int, { nullable: true, description: 'Length of a trial that costs nothing: 0 to 730.' })
  trialDays?: number | null

  @Field(() => Int, { nullable: true, description: 'Days between issue and due date of an invoice: 0 to 365.' })
  paymentTermDays?: number | null

  @Field(() => Int, { nullable: true, description: 'Days past due during which access stays open: 0 to 365.' })
  gracePeriodDays?: number | null

  @Field(() => Boolean, { nullable: true, description: 'Whether a subscription is cancelled when grace has passed.' })
  cancelWhenPastDue?: boolean | null

  @Field(() => JsonScalar, { nullable: true, description: 'As in `createPlan`; null asks nothing any more.' })
  requestForm?: unknown
}

@InputType('DuplicatePlanInput', { description: 'Which plan a new draft is to be like.' })
export class DuplicatePlanInput extends KeyedInput {
  @Field(() => ID, { description: 'The plan.' })
  planId!: string

  @Field(() => String, { nullable: true, description: "The draft's name; like the plan's when left out." })
  name?: string | null
}

@InputType('ActivatePlanInput', { description: 'Which plan is activated.' })
export class ActivatePlanInput extends KeyedInput {
  @Field(() => ID, { description: 'The plan.' })
  planId!: string
}

@InputType('DeprecatePlanInput', {
  description: 'Which plan takes no new subscription, and what becomes of the others.',
})
export class DeprecatePlanInput extends KeyedInput {
  @Field(() => ID, { description: 'The plan.' })
  planId!: string

  @Field(() => DeprecationStrategyEnum, { defaultValue: 'KEEP', description: 'What becomes of its subscriptions.' })
  strategy!: DeprecationStrategy

  @Field(() => ID, { nullable: true, description: 'Where to, with MIGRATE: an active plan of the same product.' })
  targetPlanId?: string | null

  @Field(() => ChangeTimingEnum, { defaultValue: 'PERIOD_END', description: 'When they end or move.' })
  when!: ChangeTiming
}

@InputType('ArchivePlanInput', { description: 'Which plan is archived.' })
export class ArchivePlanInput extends KeyedInput {
  @Field(() => ID, { description: 'The plan.' })
  planId!: string
}

@InputType('UsageEstimateInput', { description: 'So many units of a quota.' })
export class UsageEstimateInput {
  @Field(() => ID, { description: 'The quota.' })
  quotaId!: string

  @Field(() => DecimalScalar, { description: 'How many units; not below zero.' })
  units!: string
}
