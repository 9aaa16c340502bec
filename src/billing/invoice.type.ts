import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { connectionType } from '../graphql/connection.js'
import { enumObject } from '../graphql/enum.js'
import { MoneyType, PeriodType } from '../graphql/money.type.js'
import { NodeType } from '../graphql/node.js'
import { For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar, DecimalScalar } from '../graphql/scalars.js'
import { newId } from '../kernel/id.js'
import type { Money } from '../kernel/money.js'
import type { Period } from '../kernel/period.js'
import { seesInvoices } from '../persistence/permissions.js'
import type { DraftLine, InvoiceDraft } from './first-invoice.rules.js'
import {
  type InvoiceCause,
  type InvoiceLineKind,
  type InvoiceReason,
  type InvoiceStatus,
  type InvoiceSyncStatus,
  invoiceCauses,
  invoiceLineKinds,
  invoiceReasons,
  invoiceStatuses,
  invoiceSyncStatuses,
} from './invoice.entity.js'

export const InvoiceStatusEnum = enumObject(invoiceStatuses)
registerEnumType(InvoiceStatusEnum, {
  name: 'InvoiceStatus',
  description: "Where an invoice stands: Stripe's five. Whether it is past due is `pastDue`.",
  valuesConfig: {
    DRAFT: { description: 'Written, and not open at Stripe yet.' },
    OPEN: { description: 'To be paid.' },
    PAID: { description: 'Paid, for good.' },
    VOID: { description: 'Taken back: nothing is owed on it.' },
    UNCOLLECTIBLE: { description: 'Written off; still owed, and open for whoever pays it after all.' },
  },
})

export const InvoiceReasonEnum = enumObject(invoiceReasons)
registerEnumType(InvoiceReasonEnum, {
  name: 'InvoiceReason',
  description: 'What an invoice is for.',
  valuesConfig: {
    SUBSCRIPTION_START: { description: 'Set-up fee and first period.' },
    SUBSCRIPTION_CYCLE: { description: 'A new period, and the usage of the last one.' },
    PLAN_CHANGE: { description: 'A change of plan.' },
    SUBSCRIPTION_END: { description: 'What was used until the end.' },
  },
})

export const InvoiceLineKindEnum = enumObject(invoiceLineKinds)
registerEnumType(InvoiceLineKindEnum, {
  name: 'InvoiceLineKind',
  description: 'What a line charges for.',
  valuesConfig: {
    SETUP_FEE: { description: 'Once, at the beginning.' },
    BASE_PRICE: { description: 'The price of a period, in advance.' },
    USAGE: { description: 'What was used of a quota, in arrears.' },
    PRORATION: { description: 'A share of a price, for a change within a period.' },
    CREDIT: { description: 'Given back.' },
  },
})

export const InvoiceSyncStatusEnum = enumObject(invoiceSyncStatuses)
registerEnumType(InvoiceSyncStatusEnum, {
  name: 'InvoiceSyncStatus',
  description: 'Whether an invoice has reached Stripe.',
  valuesConfig: {
    NOT_NEEDED: { description: 'Its total is zero: it is paid without Stripe.' },
    PENDING: { description: 'On its way.' },
    SYNCED: { description: 'It is there.' },
    FAILED: {
      description: 'Stripe refused, or has not answered for long: see `message`; `retryInvoice` tries again.',
    },
  },
})

export const InvoiceCauseEnum = enumObject(invoiceCauses)
registerEnumType(InvoiceCauseEnum, {
  name: 'InvoiceCause',
  description: 'What made an invoice take a step.',
  valuesConfig: {
    SUBSCRIPTION: { description: 'What became of the subscription.' },
    SCHEDULE: { description: 'A period that has passed.' },
    WEBHOOK: { description: 'Stripe has told so.' },
    RECONCILIATION: { description: 'Stripe was asked.' },
    MUTATION: { description: 'A person of the provider.' },
  },
})

@For(withItsObject)
@ObjectType('InvoiceLine', { description: 'What one sum on an invoice is for.' })
export class InvoiceLineType {
  quotaId!: string | null

  @Field(() => ID, { description: 'Tells the lines of one invoice apart.' })
  id!: string

  @Field(() => InvoiceLineKindEnum, { description: 'What it charges for.' })
  kind!: InvoiceLineKind

  @Field(() => String, {
    description: 'Says what, for which period and at which price, so that a person can check it.',
  })
  description!: string

  @Field(() => DecimalScalar, { description: 'How many.' })
  quantity!: string

  @Field(() => DecimalScalar, { description: 'What one costs, in major units.' })
  unitAmount!: string

  @Field(() => MoneyType, { description: 'What it comes to.' })
  amount!: Money

  @Field(() => PeriodType, { description: 'For which time.' })
  period!: Period
}

@For(withItsObject)
@ObjectType('InvoiceSync', { description: 'How far an invoice has come on its way to Stripe.' })
export class InvoiceSyncType {
  @Field(() => InvoiceSyncStatusEnum, { description: 'Whether it is there.' })
  status!: InvoiceSyncStatus

  @Field(() => String, { nullable: true, description: 'What stands in the way; null when nothing does.' })
  message!: string | null

  @Field(() => Int, { description: 'How often it was tried.' })
  attempts!: number

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last tried; null when it never was.' })
  lastAttemptAt!: Date | null
}

@For(withItsObject)
@ObjectType('InvoiceTransition', { description: 'One step of an invoice.' })
export class InvoiceTransitionType {
  @Field(() => InvoiceStatusEnum, { nullable: true, description: 'Its status before; null when it was made.' })
  from!: InvoiceStatus | null

  @Field(() => InvoiceStatusEnum, { description: 'Its status after.' })
  to!: InvoiceStatus

  @Field(() => DateTimeScalar, { description: 'When.' })
  at!: Date

  @Field(() => InvoiceCauseEnum, { description: 'What made it take the step.' })
  cause!: InvoiceCause
}

@For(seesInvoices)
@ObjectType('Invoice', {
  implements: NodeType,
  description: 'An invoice. Stripe collects it and is the record of whether it is paid.',
})
export class InvoiceType extends NodeType {
  @Field(() => String, {
    nullable: true,
    description: "Stripe's; null until it is open, and for one that never needed Stripe.",
  })
  number!: string | null

  @Field(() => InvoiceStatusEnum, { description: 'Where it stands.' })
  status!: InvoiceStatus

  @Field(() => InvoiceReasonEnum, { description: 'What it is for.' })
  reason!: InvoiceReason

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was opened; null until then.' })
  issuedAt!: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when it is to be paid; null until it is open.' })
  dueAt!: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was paid; null while it is not.' })
  paidAt!: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was taken back; null if it was not.' })
  voidedAt!: Date | null

  @Field(() => Boolean, {
    nullable: true,
    description:
      'A payment has been started and has not settled yet, as with a bank debit. Null where Stripe does not tell: ' +
      'the endpoint sends no payment_intent.processing.',
  })
  paymentProcessing!: boolean | null

  @Field(() => DateTimeScalar, { description: 'When it was written.' })
  createdAt!: Date
}
export const InvoiceConnection = connectionType('Invoice', () => InvoiceType)

@For(withItsObject)
@ObjectType('InvoicePreview', { description: 'What an invoice would be; nothing is written down.' })
export class InvoicePreviewType {
  @Field(() => PeriodType, { description: 'For which time.' })
  period!: Period

  @Field(() => [InvoiceLineType], { description: 'What it would charge for.' })
  lines!: InvoiceLineType[]

  @Field(() => MoneyType, { description: 'What it would come to.' })
  total!: Money
}

/** A draft as it is shown before anything is written down. */
export function previewOf({ period, lines, total }: InvoiceDraft): InvoicePreviewType {
  // Its lines have ids of their own, because clients keep what they have read by id.
  return { period, total, lines: lines.map((line: DraftLine) => ({ ...line, id: newId('ili') })) }
}
