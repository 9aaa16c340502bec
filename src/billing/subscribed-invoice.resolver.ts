import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import { ApproveProductSubscriptionPayload, SubscribePayload } from '../subscriptions/product-subscription.type.js'
import type { SubscriptionPreview } from '../subscriptions/subscribe.service.js'
import { SubscribePreviewType } from '../subscriptions/subscribe-preview.type.js'
import type { InvoiceDraft } from './first-invoice.rules.js'
import type { FirstInvoices } from './first-invoice.service.js'
import type { InvoiceRepository } from './invoice.repository.js'
import { InvoicePreviewType, InvoiceType, previewOf } from './invoice.type.js'

/** An answer about a subscription; without one on refusal. */
interface Answer {
  productSubscription?: ProductSubscriptionRow | null
}

@Resolver(() => SubscribePreviewType)
export class FirstInvoicePreviewResolver {
  @FieldResolver(() => InvoicePreviewType, {
    nullable: true,
    description: 'What the first invoice would be; null where it begins without one.',
  })
  firstInvoice(@Root() { charge }: SubscriptionPreview) {
    // Subscriptions carry it without knowing what it is made of.
    return charge ? previewOf(charge as InvoiceDraft) : null
  }
}

@Resolver(() => SubscribePayload)
export class SubscribedInvoiceResolver {
  constructor(
    private readonly first: FirstInvoices,
    private readonly invoices: InvoiceRepository,
  ) {}

  @FieldResolver(() => InvoiceType, {
    nullable: true,
    description: 'The first invoice; null where there is none, or none yet because a person must approve.',
  })
  async invoice(@Root() { productSubscription }: Answer, @Ctx() context: Context) {
    const id = productSubscription ? await this.first.bring(productSubscription.id) : null
    return id ? context.load(this.invoices.byIds, id) : null
  }
}

@Resolver(() => ApproveProductSubscriptionPayload)
export class ApprovedInvoiceResolver {
  constructor(
    private readonly first: FirstInvoices,
    private readonly invoices: InvoiceRepository,
  ) {}

  @FieldResolver(() => InvoiceType, { nullable: true, description: 'The first invoice of a paid plan.' })
  async invoice(@Root() { productSubscription }: Answer, @Ctx() context: Context) {
    const id = productSubscription ? await this.first.bring(productSubscription.id) : null
    return id ? context.load(this.invoices.byIds, id) : null
  }
}
