import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import { enumObject } from '../graphql/enum.js'
import { carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { InvoiceType } from './invoice.type.js'
import { type InvoiceDifference, invoiceDifferences } from './reconciliation.rules.js'

@For(carriesOthers)
@ObjectType('ChangedInvoice', { description: 'What answers about one invoice have.' })
abstract class ChangedInvoice {
  @Field(() => InvoiceType, { nullable: true, description: 'As it is now; null on refusal.' })
  invoice?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('RetryInvoicePayload', { description: 'The answer of `retryInvoice`.' })
export class RetryInvoicePayload extends ChangedInvoice {}

@For(carriesOthers)
@ObjectType('VoidInvoicePayload', { description: 'The answer of `voidInvoice`.' })
export class VoidInvoicePayload extends ChangedInvoice {}

@For(carriesOthers)
@ObjectType('MarkInvoiceUncollectiblePayload', { description: 'The answer of `markInvoiceUncollectible`.' })
export class MarkInvoiceUncollectiblePayload extends ChangedInvoice {}

@For(carriesOthers)
@ObjectType('MarkInvoicePaidPayload', { description: 'The answer of `markInvoicePaid`.' })
export class MarkInvoicePaidPayload extends ChangedInvoice {}

export const InvoiceDifferenceEnum = enumObject(invoiceDifferences)
registerEnumType(InvoiceDifferenceEnum, {
  name: 'InvoiceDifference',
  description: 'In what an invoice here differs from the one in Stripe.',
  valuesConfig: {
    STATUS: { description: 'It stands elsewhere in its life.' },
    TOTAL: { description: 'It comes to another sum.' },
    MISSING_HERE: { description: 'Stripe has one that we do not know.' },
    MISSING_IN_STRIPE: { description: 'Stripe does not have ours.' },
  },
})

@For(withItsObject)
@ObjectType('InvoiceDrift', { description: 'What differs between an invoice here and in Stripe.' })
export class InvoiceDriftType {
  invoiceId!: string | null

  @Field(() => String, { nullable: true, description: "Stripe's id; null where it has none." })
  stripeInvoiceId!: string | null

  @Field(() => InvoiceDifferenceEnum, { description: 'What differs.' })
  difference!: InvoiceDifference

  @Field(() => String, { description: 'What is here, what is there, and what to do about it.' })
  detail!: string

  @Field(() => Boolean, { description: 'Whether it was mended here.' })
  repaired!: boolean
}

@For(carriesOthers)
@ObjectType('ReconcileInvoicesPayload', { description: 'The answer of `reconcileInvoices`.' })
export class ReconcileInvoicesPayload {
  @Field(() => Int, { description: 'How many of our invoices were compared; 0 on refusal.' })
  compared!: number

  @Field(() => [InvoiceDriftType], { description: 'What differs; empty when nothing does.' })
  drifts!: InvoiceDriftType[]

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}
