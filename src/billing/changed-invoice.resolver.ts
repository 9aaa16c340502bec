import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import { ChangePlanPayload } from '../subscriptions/plan-change.type.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import { CancelProductSubscriptionPayload } from '../subscriptions/product-subscription.type.js'
import type { ChangeInvoices } from './change-invoices.service.js'
import type { InvoiceRepository } from './invoice.repository.js'
import { InvoiceType } from './invoice.type.js'

/** An answer about a subscription; without one on refusal. */
interface Answer {
  productSubscription?: ProductSubscriptionRow | null
}

@Resolver(() => ChangePlanPayload)
export class ChangedInvoiceResolver {
  constructor(
    private readonly changed: ChangeInvoices,
    private readonly invoices: InvoiceRepository,
  ) {}

  @FieldResolver(() => InvoiceType, {
    nullable: true,
    description: 'What the change costs; null where it costs nothing, or waits for the end of the period.',
  })
  async invoice(@Root() { productSubscription, changedAt }: Answer & ChangePlanPayload, @Ctx() context: Context) {
    if (!productSubscription || !changedAt) return null
    const id = await this.changed.ofChange(productSubscription.id, new Date(changedAt))
    return id ? context.load(this.invoices.byIds, id) : null
  }
}

@Resolver(() => CancelProductSubscriptionPayload)
export class CanceledInvoiceResolver {
  constructor(
    private readonly changed: ChangeInvoices,
    private readonly invoices: InvoiceRepository,
  ) {}

  @FieldResolver(() => InvoiceType, {
    nullable: true,
    description: 'What was used until the end; null where that costs nothing, or the end is still to come.',
  })
  async invoice(@Root() { productSubscription }: Answer, @Ctx() context: Context) {
    const id = productSubscription ? await this.changed.ofEnd(productSubscription.id) : null
    return id ? context.load(this.invoices.byIds, id) : null
  }
}
