import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import { OnlyFor } from '../graphql/policy.js'
import { seesInvoices } from '../persistence/permissions.js'
import type { PlanChangeShown } from '../subscriptions/plan-change.service.js'
import { PlanChangePreviewType } from '../subscriptions/plan-change.type.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import { ProductSubscriptionType } from '../subscriptions/product-subscription.type.js'
import type { InvoiceDraft } from './first-invoice.rules.js'
import { InvoicePreviewType, previewOf } from './invoice.type.js'
import type { UpcomingInvoices } from './upcoming-invoice.service.js'

@Resolver(() => ProductSubscriptionType)
export class UpcomingInvoiceResolver {
  constructor(private readonly upcoming: UpcomingInvoices) {}

  @OnlyFor(seesInvoices)
  @FieldResolver(() => InvoicePreviewType, {
    nullable: true,
    description: 'What the next invoice would be if the period ended now; null when none will come.',
  })
  async upcomingInvoice(@Root() { id }: ProductSubscriptionRow, @Ctx() context: Context) {
    const draft = await context.load(this.upcoming.ofSubscriptions, id)
    return draft && previewOf(draft)
  }
}

@Resolver(() => PlanChangePreviewType)
export class PlanChangeInvoicePreviewResolver {
  @FieldResolver(() => InvoicePreviewType, {
    nullable: true,
    description: 'What the change itself would cost, usage aside; null where it costs nothing.',
  })
  invoice(@Root() { charge }: PlanChangeShown) {
    // Subscriptions carry it without knowing what it is made of.
    return charge ? previewOf(charge as InvoiceDraft) : null
  }
}
