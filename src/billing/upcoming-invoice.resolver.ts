import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import { belongsTo, worksAt } from '../persistence/tenant-scope.js'
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

  @FieldResolver(() => InvoicePreviewType, {
    nullable: true,
    description: 'What the next invoice would be if the period ended now; null when none will come.',
  })
  async upcomingInvoice(@Root() { id, providerId, organizationId }: ProductSubscriptionRow, @Ctx() context: Context) {
    // As with invoices: of an organization's people, developers see none.
    const { scope } = context
    if (!worksAt(scope, providerId) && !belongsTo(scope, organizationId, ['SUBSCRIBER'])) return null
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
