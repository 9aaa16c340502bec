import { ArgsType, Field, ID, InputType } from 'type-graphql'
import { PageArgs } from '../graphql/connection.js'
import { KeyedInput } from '../graphql/keyed-input.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import type { InvoiceStatus } from './invoice.entity.js'
import { InvoiceStatusEnum } from './invoice.type.js'

@InputType('InvoiceFilter', { description: 'Which invoices; what is left out does not narrow.' })
export class InvoiceFilter {
  @Field(() => [InvoiceStatusEnum], { nullable: true, description: 'Only those of one of these statuses.' })
  statuses?: InvoiceStatus[] | null

  @Field(() => Boolean, { nullable: true, description: 'Only those that are past due, or only those that are not.' })
  pastDue?: boolean | null

  @Field(() => ID, { nullable: true, description: "Only this organization's." })
  organizationId?: string | null

  @Field(() => ID, { nullable: true, description: 'Only those of this subscription.' })
  productSubscriptionId?: string | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Only those written at this instant or later.' })
  createdFrom?: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Only those written before this instant.' })
  createdTo?: Date | null
}

@ArgsType()
export class InvoiceListArgs extends PageArgs {
  @Field(() => InvoiceFilter, { nullable: true, description: 'Which of them.' })
  filter?: InvoiceFilter | null
}

@InputType('RetryInvoiceInput', { description: 'Which invoice is brought to Stripe again.' })
export class RetryInvoiceInput extends KeyedInput {
  @Field(() => ID, { description: 'The invoice.' })
  invoiceId!: string
}

@InputType('VoidInvoiceInput', { description: 'Which invoice is taken back, and why.' })
export class VoidInvoiceInput extends KeyedInput {
  @Field(() => ID, { description: 'The invoice.' })
  invoiceId!: string

  @Field(() => String, { description: 'Why; kept in the audit log.' })
  reason!: string
}

@InputType('MarkInvoiceUncollectibleInput', { description: 'Which invoice is written off, and why.' })
export class MarkInvoiceUncollectibleInput extends KeyedInput {
  @Field(() => ID, { description: 'The invoice.' })
  invoiceId!: string

  @Field(() => String, { description: 'Why; kept in the audit log.' })
  reason!: string
}

@InputType('MarkInvoicePaidInput', { description: 'Which invoice was paid outside Stripe, and how.' })
export class MarkInvoicePaidInput extends KeyedInput {
  @Field(() => ID, { description: 'The invoice.' })
  invoiceId!: string

  @Field(() => String, { description: 'How it was paid; kept in the audit log.' })
  reason!: string
}

@InputType('ReconcileInvoicesInput', { description: 'Which invoices are compared with Stripe.' })
export class ReconcileInvoicesInput extends KeyedInput {
  @Field(() => ID, { description: 'Those of this marketplace.' })
  marketplaceId!: string

  @Field(() => Boolean, { defaultValue: true, description: 'Whether to look only, and mend nothing.' })
  dryRun!: boolean
}
