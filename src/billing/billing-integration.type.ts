import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar, UrlScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { type BillingHealth, type BillingMode, billingHealths, billingModes } from './billing-integration.entity.js'

export const billingVendors = ['STRIPE'] as const
export type BillingVendor = (typeof billingVendors)[number]

export const BillingVendorEnum = enumObject(billingVendors)
registerEnumType(BillingVendorEnum, {
  name: 'BillingVendor',
  description: 'Who collects the money.',
  valuesConfig: { STRIPE: { description: 'Stripe, or what speaks like it.' } },
})

export const BillingModeEnum = enumObject(billingModes)
registerEnumType(BillingModeEnum, {
  name: 'BillingMode',
  description: 'Whether it is about real money. The modes never mix.',
  valuesConfig: {
    SANDBOX: { description: 'The Stripe-compatible sandbox that comes with this backend.' },
    TEST: { description: 'Stripe, with test keys.' },
    LIVE: { description: 'Stripe, with live keys.' },
  },
})

export const BillingHealthEnum = enumObject(billingHealths)
registerEnumType(BillingHealthEnum, {
  name: 'BillingHealth',
  description: 'How a connection was found when it was last tested.',
  valuesConfig: {
    OK: { description: 'It does all that it must.' },
    UNKNOWN: { description: 'Never tested, or nothing has arrived yet.' },
    DEGRADED: { description: "It works in part: read the last test's checks." },
    FAILING: { description: 'It does not work: the key is not known, or is of the other mode.' },
  },
})

@For(withItsObject)
@ObjectType('BillingCheck', { description: 'One thing that a connection must be able to do.' })
export class BillingCheckType {
  @Field(() => String, {
    description: 'Such as key.valid, key.mode, customers.write, invoices.write, webhook.received.',
  })
  name!: string

  @Field(() => Boolean, { description: 'Whether it is as it should be.' })
  ok!: boolean

  @Field(() => String, { description: 'What was seen, and what to do about it.' })
  detail!: string
}

@For(managesMarketplaces)
@ObjectType('BillingIntegration', {
  implements: NodeType,
  description:
    'A connection to one Stripe account. Several marketplaces may share one. Secrets go in and never come out: what ' +
    'shows is when they were set and their last four characters.',
})
export class BillingIntegrationType extends NodeType {
  @Field(() => BillingModeEnum, { description: 'Follows from the key.' })
  mode!: BillingMode

  @Field(() => Boolean, { description: 'Whether a marketplace sells through it.' })
  enabled!: boolean

  @Field(() => String, { description: 'By which people recognize the restricted key.' })
  restrictedKeyLast4!: string

  @Field(() => DateTimeScalar, { description: 'When the restricted key was given.' })
  restrictedKeySetAt!: Date

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Null until the signing secret has been given; nothing can be sold before.',
  })
  webhookSecretSetAt!: Date | null

  @Field(() => UrlScalar, {
    nullable: true,
    description: "Where a consumer manages payment methods: Stripe's customer-portal link.",
  })
  customerPortalUrl!: string | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'When Stripe last told us something; null if never.' })
  lastWebhookAt!: Date | null

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When something last came whose signature did not fit; null if never.',
  })
  lastSignatureFailureAt!: Date | null

  @Field(() => BillingHealthEnum, { description: 'How it was found when it was last tested.' })
  health!: BillingHealth

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date
}

@For(carriesOthers)
@ObjectType('ConfigureBillingPayload', { description: 'The answer of `configureBilling`.' })
export class ConfigureBillingPayload {
  @Field(() => BillingIntegrationType, { nullable: true, description: 'The connection; null on refusal.' })
  billing?: object | null

  @Field(() => MarketplaceType, { nullable: true, description: 'What sells through it; null on refusal.' })
  marketplace?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('DisableBillingPayload', { description: 'The answer of `disableBilling`.' })
export class DisableBillingPayload {
  @Field(() => MarketplaceType, { nullable: true, description: 'The marketplace; null on refusal.' })
  marketplace?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('TestBillingPayload', { description: 'The answer of `testBilling`.' })
export class TestBillingPayload {
  @Field(() => BillingIntegrationType, { nullable: true, description: 'The connection; null on refusal.' })
  billing?: object | null

  @Field(() => [BillingCheckType], { description: 'What was tried; empty on refusal.' })
  checks!: BillingCheckType[]

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}
