import { type SqlBool, sql } from 'kysely'
import type { PageRequest } from '../kernel/page.js'
import { nothing } from '../persistence/fence.js'
import type { Page, Query } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { productsOnSaleIn, withPlanOnOffer } from './offer.fence.js'
import type { PlanType } from './plan.entity.js'
import type { ProductRow } from './product.entity.js'
import { ProductRepository } from './product.repository.js'
import { acceptableProductSlug } from './product.rules.js'
import { searched } from './search.js'

/** Which of what is on sale; what is not given does not narrow. */
export interface Interest {
  search?: string | null | undefined
  category?: string | null | undefined
  planType?: PlanType | null | undefined
}

/** What is on sale in a marketplace, as far as the viewer sees it. */
export class Storefront extends ProductRepository {
  /** @param slug as a client sent it, so anything */
  async product(reading: Reading, marketplaceId: string, slug: string): Promise<ProductRow | null> {
    if (!acceptableProductSlug(slug, []).ok) return null
    const found = await productsOnSaleIn(this.query(reading), reading.scope, marketplaceId)
      .selectAll('Product')
      .where('Product.slug', '=', slug)
      .executeTakeFirst()
    return (found as ProductRow | undefined) ?? null
  }

  products(reading: Reading, marketplaceId: string, page: PageRequest, interest: Interest): Promise<Page<ProductRow>> {
    const { scope } = reading
    return this.page(reading, page, 'oldest first', (query) =>
      narrowed(productsOnSaleIn(query, scope, marketplaceId), scope, interest),
    )
  }
}

function narrowed(query: Query, scope: Scope, { search, category, planType }: Interest): Query {
  const found = searched(query, search, ['Product.name', 'Product.description'])
  const ofCategory = category ? inCategory(found, category) : found
  return planType ? withPlanOnOffer(ofCategory, scope, planType) : ofCategory
}

function inCategory(query: Query, category: string): Query {
  // No stored text holds a NUL, and PostgreSQL answers one with an error.
  if (category.includes('\0')) return nothing(query)
  return query.where(sql<SqlBool>`${category} = any(product.categories)`)
}
