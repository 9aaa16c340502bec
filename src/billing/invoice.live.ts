import {
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  ID,
  ObjectType,
  Resolver,
  Root,
  registerEnumType,
  Subscription,
} from 'type-graphql'
import type { LoggedEvent } from '../events/event-log.js'
import type { Context } from '../graphql/context.js'
import { enumObject } from '../graphql/enum.js'
import { LiveArgs } from '../graphql/live-args.js'
import { type LiveEventFields, LiveEventType, liveFields } from '../graphql/live-event.type.js'
import { type LiveTopic, liveSource } from '../graphql/live-source.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { idPrefix } from '../kernel/id.js'
import { notFound } from '../kernel/request-error.js'
import { seesInvoices } from '../persistence/permissions.js'
import {
  type InvoiceChange,
  type InvoiceFact,
  invoiceChanges,
  invoiceEventNames,
  invoiceEvents,
} from './billing.events.js'
import type { InvoiceStatus } from './invoice.entity.js'
import type { InvoiceRepository } from './invoice.repository.js'
import { InvoiceStatusEnum, InvoiceType } from './invoice.type.js'

export const InvoiceChangeEnum = enumObject(invoiceChanges)
registerEnumType(InvoiceChangeEnum, {
  name: 'InvoiceChange',
  description: 'What has become of an invoice.',
  valuesConfig: {
    CREATED: { description: 'It was written, and is on its way to Stripe.' },
    OPENED: { description: 'It can be paid.' },
    PAYMENT_PROCESSING: { description: 'A payment was started and has not settled yet, as with a bank debit.' },
    PAYMENT_FAILED: { description: 'A payment was declined, or came back; it stays open.' },
    PAID: { description: 'It is paid.' },
    PAST_DUE: { description: 'Its due date has passed.' },
    VOIDED: { description: 'It was taken back.' },
    MARKED_UNCOLLECTIBLE: { description: 'It was written off.' },
    SYNC_FAILED: { description: 'It could not be brought to Stripe.' },
    UPDATED: { description: 'Something else about it, such as a sum or the due date.' },
  },
})

@For(carriesOthers)
@ObjectType('InvoicePaidEvent', { implements: LiveEventType, description: 'That an invoice was paid.' })
export class InvoicePaidEvent extends LiveEventType {
  invoiceId!: string
}

@For(carriesOthers)
@ObjectType('InvoiceChangedEvent', { implements: LiveEventType, description: 'That an invoice took a step.' })
export class InvoiceChangedEvent extends LiveEventType {
  invoiceId!: string

  @Field(() => InvoiceChangeEnum, { description: 'What has become of it.' })
  change!: InvoiceChange

  @Field(() => InvoiceStatusEnum, { description: 'Its status after it.' })
  status!: InvoiceStatus

  @Field(() => InvoiceStatusEnum, { nullable: true, description: 'Its status before; null when it is new.' })
  previousStatus!: InvoiceStatus | null
}

@ArgsType()
class InvoiceLiveArgs extends LiveArgs {
  @Field(() => ID, { nullable: true, description: 'Only what happens to this invoice.' })
  invoiceId?: string | null
}

const topic = (names: readonly string[]): LiveTopic => ({ names, audience: seesInvoices })

@Resolver(() => InvoicePaidEvent)
export class InvoicePaidLive {
  constructor(private readonly invoices: InvoiceRepository) {}

  @For(seesInvoices)
  @Subscription(() => InvoicePaidEvent, {
    description: 'Each time that an invoice is paid.',
    subscribe: async ({ args, context }: { args: LiveArgs; context: Context }) =>
      (await liveSource(topic([invoiceEvents.PAID.name]), args, context)) as never,
  })
  invoicePaid(
    @Root() event: LoggedEvent,
    @Args(() => LiveArgs) _args: LiveArgs,
  ): LiveEventFields & { invoiceId: string } {
    return { ...liveFields(event), invoiceId: event.subjectId }
  }

  @FieldResolver(() => InvoiceType, { description: 'The invoice as it is now.' })
  invoice(@Root() { invoiceId }: InvoicePaidEvent, @Ctx() context: Context) {
    return shown(this.invoices, invoiceId, context)
  }
}

@Resolver(() => InvoiceChangedEvent)
export class InvoiceChangedLive {
  constructor(private readonly invoices: InvoiceRepository) {}

  @For(seesInvoices)
  @Subscription(() => InvoiceChangedEvent, {
    description: 'Every step: issued, open, paid, void, uncollectible, past due, sync failed.',
    subscribe: async ({ args, context }: { args: InvoiceLiveArgs; context: Context }) => {
      const { invoiceId: id } = args
      if (id && !(idPrefix(id) === 'inv' && (await context.node(id)))) throw notFound()
      return liveSource(topic(invoiceEventNames), args, context, (event) => !id || event.subjectId === id) as never
    },
  })
  invoiceChanged(
    @Root() event: LoggedEvent,
    @Args(() => InvoiceLiveArgs) _args: InvoiceLiveArgs,
  ): LiveEventFields & Omit<InvoiceChangedEvent, 'id'> {
    const { change, status, previousStatus } = event.data as InvoiceFact
    return { ...liveFields(event), invoiceId: event.subjectId, change, status, previousStatus }
  }

  @FieldResolver(() => InvoiceType, { description: 'The invoice as it is now.' })
  invoice(@Root() { invoiceId }: InvoiceChangedEvent, @Ctx() context: Context) {
    return shown(this.invoices, invoiceId, context)
  }
}

async function shown(invoices: InvoiceRepository, id: string, context: Context) {
  const invoice = await context.load(invoices.byIds, id)
  if (!invoice) throw notFound()
  return invoice
}
