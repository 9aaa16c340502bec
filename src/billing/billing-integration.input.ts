import { Field, ID, InputType } from 'type-graphql'
import { KeyedInput } from '../graphql/keyed-input.js'
import { UrlScalar } from '../graphql/scalars.js'
import { type BillingVendor, BillingVendorEnum } from './billing-integration.type.js'

@InputType('ConfigureBillingInput', {
  description: 'How a marketplace is connected to Stripe. Of a connection that it has, what is left out stays.',
})
export class ConfigureBillingInput extends KeyedInput {
  @Field(() => ID, { description: 'The marketplace.' })
  marketplaceId!: string

  @Field(() => BillingVendorEnum, { defaultValue: 'STRIPE', description: 'Who collects the money.' })
  vendor!: BillingVendor

  @Field(() => ID, {
    nullable: true,
    description: 'Share a connection that another marketplace of the provider has, in place of the three below.',
  })
  billingIntegrationId?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Starts with rk_test_ or rk_live_. Needs Customers: write and Invoices: write, nothing more.',
  })
  restrictedKey?: string | null

  @Field(() => String, {
    nullable: true,
    description:
      'Starts with whsec_. May follow later, when the endpoint has been made at `webhookUrl`; while one is rolled, ' +
      'both count.',
  })
  webhookSecret?: string | null

  @Field(() => UrlScalar, { nullable: true, description: "Stripe's customer-portal link; null takes it away." })
  customerPortalUrl?: string | null
}

@InputType('DisableBillingInput', { description: 'Where nothing is sold any more.' })
export class DisableBillingInput extends KeyedInput {
  @Field(() => ID, { description: 'The marketplace.' })
  marketplaceId!: string
}

@InputType('TestBillingInput', { description: 'Which connection is tested.' })
export class TestBillingInput extends KeyedInput {
  @Field(() => ID, { description: 'The connection.' })
  billingIntegrationId!: string
}
