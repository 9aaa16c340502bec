import type { Audience, Tie } from '../../src/persistence/audience.js'
import type { Fact, Facts, Row } from './facts.js'

/** Who somebody is, as the tables have it. */
export type Who =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'gateway'; readonly marketplaceId: string; readonly providerId: string }
  | { readonly kind: 'provider'; readonly userId: string; readonly roles: ReadonlyMap<string, readonly string[]> }
  | {
      readonly kind: 'consumer'
      readonly userId: string
      readonly marketplaceId: string
      readonly providerId: string
      readonly roles: ReadonlyMap<string, readonly string[]>
    }

/**
 * What the policies that stand on the schema mean for somebody and something. It knows the policies and the tables,
 * and nothing of how the backend holds to them.
 */
export class Oracle {
  constructor(
    private readonly facts: Facts,
    /** The policy of a type that can be found by an id. */
    private readonly ruleOf: (type: string) => Audience,
  ) {}

  person(userId: string): Who {
    const { row: user } = this.facts.of(userId)
    const works = this.facts.where('ProviderMembership', 'user_id', userId)
    if (user.realm === 'provider' || works.length > 0) {
      return { kind: 'provider', userId, roles: rolesBy('provider_id', works) }
    }
    const marketplaceId = user.realm as string
    const open = this.facts
      .where('Membership', 'user_id', userId)
      .filter(({ organization_id: id }) =>
        ['ACTIVE', 'PENDING_APPROVAL'].includes(this.facts.of(id as string).row.state as string),
      )
    const providerId = this.facts.of(marketplaceId).providerId as string
    return { kind: 'consumer', userId, marketplaceId, providerId, roles: rolesBy('organization_id', open) }
  }

  gateway(marketplaceId: string): Who {
    return { kind: 'gateway', marketplaceId, providerId: this.facts.of(marketplaceId).providerId as string }
  }

  sees(who: Who, id: string): boolean {
    const fact = this.facts.of(id)
    return this.admits(who, this.ruleOf(fact.type), fact)
  }

  /** Whether the object belongs to the viewer's side: what is refused there is refused for the role. */
  isOnSideOf(who: Who, { type, providerId, marketplaceId, organizationId }: Fact): boolean {
    if (who.kind === 'provider') return providerId !== null && who.roles.has(providerId)
    if (who.kind !== 'consumer') return false
    if (organizationId !== null) return who.roles.has(organizationId)
    return type === 'Marketplace' ? marketplaceId === who.marketplaceId : providerId === who.providerId
  }

  /** Of a plan: whether it is on offer now; the provider's own side has no use for the question. */
  couldTake(who: Who, planId: string): boolean {
    if (who.kind !== 'nobody' && who.kind !== 'consumer') return true
    const { row } = this.facts.of(planId)
    return row.state === 'ACTIVE' && this.facts.of(row.product_id as string).row.state === 'ACTIVE'
  }

  admits(who: Who, audience: Audience, fact: Fact | null, aboutFreePlan = false): boolean {
    if (who.kind === 'ended') return false
    const isPerson = who.kind === 'provider' || who.kind === 'consumer'
    if (audience.anyone && who.kind !== 'gateway') return true
    if (audience.person && isPerson) return true
    if (who.kind === 'gateway') {
      const own = !fact || (fact.marketplaceId ?? who.marketplaceId) === who.marketplaceId
      if (audience.gateway && own && (fact?.providerId ?? who.providerId) === who.providerId) return true
    }
    if (who.kind === 'provider') {
      const held = fact ? [who.roles.get(fact.providerId ?? '') ?? []] : [...who.roles.values()]
      if (held.some((roles) => has(roles, audience.provider))) return true
    }
    if (who.kind === 'consumer' && fact?.organizationId) {
      const held = who.roles.get(fact.organizationId) ?? []
      if (has(held, audience.consumer) || (aboutFreePlan && has(held, audience.consumerOfFreePlan))) return true
    }
    return fact !== null && (audience.ties ?? []).some((tie) => this.#isTied(who, tie, fact))
  }

  #isTied(who: Who, tie: Tie, fact: Fact): boolean {
    switch (tie) {
      case 'is that person':
        return 'userId' in who && who.userId === fact.id
      case 'sees a membership of that person':
        return ['Membership', 'ProviderMembership'].some((type) =>
          this.facts.where(type, 'user_id', fact.id).some(({ id }) => this.sees(who, id)),
        )
      case 'buys from its provider':
        return who.kind === 'consumer' && who.providerId === fact.providerId
      case 'may look inside':
        return fact.row.visibility === 'PUBLIC' || this.isOnSideOf(who, fact)
      case 'may use it':
        return this.#subscriptionsOf(who).some(
          ({ state, plan_id }) => ['ACTIVE', 'SUSPENDED'].includes(state as string) && this.#covers(plan_id, fact.id),
        )
      case 'has subscribed to it':
        return this.#hasBought(who, fact)
      case 'is offered it':
        return (who.kind === 'nobody' || who.kind === 'consumer') && this.#isOffered(who, fact)
    }
  }

  #hasBought(who: Who, { type, id, row }: Fact): boolean {
    return this.#subscriptionsOf(who).some(({ state, product_id, plan_id, scheduled_plan_id }) => {
      if (state === 'REJECTED') return false
      const plans = [plan_id, scheduled_plan_id]
      if (type === 'Product') return product_id === id
      if (type === 'Plan') return plans.includes(id)
      if (type === 'Quota') return plans.includes(row.plan_id)
      return type === 'ApiResource' && this.#covers(plan_id, id)
    })
  }

  /** On sale to that viewer, or part of what is in the viewer's sight. */
  #isOffered(who: Who & { kind: 'nobody' | 'consumer' }, { type, id, row }: Fact): boolean {
    if (type === 'Product') return isOnSale(row) && this.#publicationsFor(who, id).length > 0
    if (type === 'Quota') return this.sees(who, row.plan_id as string)
    if (type === 'Plan') {
      if (!['ACTIVE', 'DEPRECATED'].includes(row.state as string)) return false
      if (!isOnSale(this.facts.of(row.product_id as string).row)) return false
      return this.#publicationsFor(who, row.product_id as string).some((publication) =>
        this.facts
          .tiesOf('plan_visibility')
          .filter((narrow) => narrow.plan_id === id && narrow.publication_id === publication.id)
          .every((narrow) => isAmong(who, narrow)),
      )
    }
    const assets = type === 'Asset' ? [id] : this.#assetsWith(id)
    return this.facts
      .tiesOf('product_asset')
      .some((part) => assets.includes(part.asset_id as string) && this.sees(who, part.product_id as string))
  }

  /** Those with a release that has the resource; the products of this world take every release. */
  #assetsWith(resourceId: string): string[] {
    const releases = this.facts.tiesOf('released_resource').filter((released) => released.resource_id === resourceId)
    return this.facts
      .tiesOf('asset_release')
      .filter(({ id }) => releases.some(({ release_id }) => release_id === id))
      .map(({ asset_id }) => asset_id as string)
  }

  #publicationsFor(who: Who & { kind: 'nobody' | 'consumer' }, productId: string): Row[] {
    return this.facts.where('Publication', 'product_id', productId).filter((publication) => {
      const marketplace = this.facts.of(publication.marketplace_id as string).row
      const isOpen = marketplace.visibility === 'PUBLIC'
      if (who.kind === 'nobody') return isOpen && isAmong(who, publication)
      return marketplace.id === who.marketplaceId && (isOpen || who.roles.size > 0) && isAmong(who, publication)
    })
  }

  #subscriptionsOf(who: Who): Row[] {
    if (who.kind !== 'consumer') return []
    return [...who.roles.keys()].flatMap((id) => this.facts.where('ProductSubscription', 'organization_id', id))
  }

  #covers(planId: unknown, resourceId: string): boolean {
    return this.facts
      .tiesOf('quota_resource')
      .some((covered) => covered.plan_id === planId && covered.resource_id === resourceId)
  }
}

const isOnSale = ({ state }: Row): boolean => state === 'ACTIVE' || state === 'DEPRECATED'

function isAmong(who: Who, { audience, organization_ids: ids }: Row): boolean {
  if (audience === 'EVERYONE') return true
  if (who.kind !== 'consumer') return false
  return audience === 'SIGNED_IN' || (ids as string[]).some((id) => who.roles.has(id))
}

function rolesBy(column: string, memberships: readonly Row[]): Map<string, string[]> {
  return new Map(memberships.map((row) => [row[column] as string, row.roles as string[]]))
}

function has(held: readonly string[], wanted: readonly string[] | 'every role' | undefined): boolean {
  if (!wanted || held.length === 0) return false
  return wanted === 'every role' || held.some((role) => role === 'ADMINISTRATOR' || wanted.includes(role))
}
