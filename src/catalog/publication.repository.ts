import { ofProvider } from '../persistence/fence.js'
import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { PlanVisibility, type PlanVisibilityRow, Publication, type PublicationRow } from './publication.entity.js'

/** Where products are on sale, and to whom: for the provider's people. */
export class PublicationRepository extends TenantRepository<typeof Publication> {
  constructor() {
    super(Publication, 'Publication')
  }

  protected visible(query: Query, scope: Scope): Query {
    return ofProvider(query, scope, 'Publication.providerId')
  }

  readonly ofProducts = (reading: Reading, productIds: readonly string[]) =>
    this.grouped(reading, 'productId', productIds)

  async of(reading: Reading, productId: string, marketplaceId: string): Promise<PublicationRow | null> {
    const found = await this.query(reading)
      .selectAll('Publication')
      .where('Publication.productId', '=', productId)
      .where('Publication.marketplaceId', '=', marketplaceId)
      .executeTakeFirst()
    return (found as PublicationRow | undefined) ?? null
  }

  /** Of publications that were found: the plans that not everybody sees who sees the product. For loaders. */
  readonly planVisibilityOf = async (
    reading: Reading,
    publicationIds: readonly string[],
  ): Promise<PlanVisibilityRow[][]> => {
    const found = (await rows(reading, PlanVisibility)
      .selectFrom('PlanVisibility')
      .selectAll()
      .where('publicationId', 'in', [...new Set(publicationIds)])
      .orderBy('planId')
      .execute()) as PlanVisibilityRow[]
    return publicationIds.map((id) => found.filter(({ publicationId }) => publicationId === id))
  }
}
