import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import { person, type Scope, worksAt } from '../persistence/tenant-scope.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import { Marketplace, type MarketplaceRow } from './marketplace.entity.js'
import { isSlug } from './marketplace.rules.js'

/**
 * A stranger sees every marketplace's front: name, address, terms and how to sign up. What is sold in it, and to
 * whom, has fences of its own. Lists name only public ones and the viewer's own.
 */
export class MarketplaceRepository extends TenantRepository<typeof Marketplace, MarketplaceRow> {
  constructor() {
    super(Marketplace, 'Marketplace')
  }

  protected visible(query: Query, scope: Scope): Query {
    return scope.kind === 'gateway' ? query.where('Marketplace.id', '=', scope.marketplaceId) : query
  }

  /** @param slug as a client sent it, so anything */
  async bySlug(reading: Reading, slug: string): Promise<MarketplaceRow | null> {
    if (!isSlug(slug)) return null
    const found = await this.query(reading)
      .selectAll('Marketplace')
      .where('Marketplace.slug', '=', slug)
      .executeTakeFirst()
    return (found as MarketplaceRow | undefined) ?? null
  }

  /** Narrows a list to public ones, and those where the viewer has a part. */
  listed(query: Query, scope: Scope): Query {
    if (scope.kind === 'system') return query
    return query.where((eb) => {
      const isPublic = eb('Marketplace.visibility', '=', 'PUBLIC')
      if (scope.kind === 'consumer') return eb.or([isPublic, eb('Marketplace.id', '=', scope.marketplaceId)])
      if (scope.kind === 'provider' && scope.providers.size > 0) {
        return eb.or([isPublic, eb('Marketplace.providerId', 'in', [...scope.providers.keys()])])
      }
      return isPublic
    })
  }

  /**
   * For those who would run it: null for one that another provider runs, so that it cannot be told from one that
   * is not there. A consumer gets the own one, to be refused for the role.
   */
  async findManaged(reading: Reading, id: string): Promise<MarketplaceRow | null> {
    person(reading.scope)
    const marketplace = await this.find(reading, id)
    return marketplace && isOnOwnSide(reading.scope, marketplace) ? marketplace : null
  }

  /** The same, locked until the commit. */
  async lockManaged(transaction: Transaction, id: string): Promise<MarketplaceRow | null> {
    return (await this.findManaged(transaction, id)) && this.lock(transaction, id)
  }

  /** The addresses of all web clients: what browsers may call from. */
  async urls(reading: Reading): Promise<string[]> {
    const found = await rows(reading, Marketplace)
      .selectFrom('Marketplace')
      .select('url')
      .where('url', 'is not', null)
      .execute()
    return found.map(({ url }) => url as string)
  }
}

/** Whether the scope has a part in the marketplace, or it is open to strangers: else only its front shows. */
export function seesInside(scope: Scope, marketplace: MarketplaceRow): boolean {
  if (marketplace.visibility === 'PUBLIC') return true
  return scope.kind === 'gateway' ? scope.marketplaceId === marketplace.id : isOnOwnSide(scope, marketplace)
}

function isOnOwnSide(scope: Scope, { id, providerId }: MarketplaceRow): boolean {
  return scope.kind === 'consumer' ? scope.marketplaceId === id : worksAt(scope, providerId)
}
