import { Plan } from '../catalog/plan.entity.js'
import { Product } from '../catalog/product.entity.js'
import { Marketplace } from '../marketplaces/marketplace.entity.js'
import { ConsumerOrganization } from '../organizations/consumer-organization.entity.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRow } from './product-subscription.entity.js'

/** What a mail about a subscription calls things by. */
export interface SubscriptionNames {
  organization: string
  billingEmail: string | null
  marketplace: string
  /** In which instants are written. */
  timeZone: string
  product: string
  plan: string
}

type Named = Pick<ProductSubscriptionRow, 'providerId' | 'organizationId' | 'planId'>

/** For the backend itself, of a row of its own; with another plan, of an invoice that was for that one. */
export async function namesOf(
  reading: Reading,
  { providerId, organizationId, planId }: Named,
): Promise<SubscriptionNames> {
  const found = await rows(reading, ConsumerOrganization, Marketplace, Plan, Product)
    .selectFrom('ConsumerOrganization')
    .innerJoin('Marketplace', (join) =>
      join
        .onRef('Marketplace.id', '=', 'ConsumerOrganization.marketplaceId')
        .onRef('Marketplace.providerId', '=', 'ConsumerOrganization.providerId'),
    )
    .innerJoin('Plan', 'Plan.providerId', 'ConsumerOrganization.providerId')
    .innerJoin('Product', (join) =>
      join.onRef('Product.id', '=', 'Plan.productId').onRef('Product.providerId', '=', 'Plan.providerId'),
    )
    .select([
      'ConsumerOrganization.name as organization',
      'ConsumerOrganization.billingEmail as billingEmail',
      'Marketplace.name as marketplace',
      'Marketplace.timeZone as timeZone',
      'Product.name as product',
      'Plan.name as plan',
    ])
    .where('ConsumerOrganization.providerId', '=', providerId)
    .where('ConsumerOrganization.id', '=', organizationId)
    .where('Plan.id', '=', planId)
    .executeTakeFirstOrThrow()
  return { ...found, billingEmail: found.billingEmail ?? null }
}
