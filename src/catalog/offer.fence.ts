import { type SqlBool, sql } from 'kysely'
import type { Query } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import { type Buyer, type Condition, inSight, ownSubscription, publicationInSight } from './on-sale.fence.js'
import type { PlanType } from './plan.entity.js'

/**
 * Narrows a query over Plan to what the scope may see: the provider's people all of theirs; others what was activated
 * of products on sale to them, but for plans that are for somebody else; and consumers what they have subscribed to.
 */
export function plansInSight(query: Query, scope: Scope): Query {
  return inSight(query, scope, 'Plan.providerId', planInSight)
}

/** The same for Quota: a quota is seen with its plan. */
export function quotasInSight(query: Query, scope: Scope): Query {
  return inSight(
    query,
    scope,
    'Quota.providerId',
    (viewer) => sql<SqlBool>`exists (
    select from plan where plan.id = quota.plan_id and plan.provider_id = quota.provider_id and ${planInSight(viewer)})`,
  )
}

/** Narrows a query over Plan: to others than the provider's people, those that they could subscribe to. */
export function plansOnOffer(query: Query, scope: Scope): Query {
  return inSight(query, scope, 'Plan.providerId', planOnOffer)
}

/** Narrows a query over Product to what the scope sees on sale in a marketplace. */
export function productsOnSaleIn(query: Query, scope: Scope, marketplaceId: string): Query {
  const onSale = (shown: Condition) => sql<SqlBool>`product.state in ('ACTIVE', 'DEPRECATED') and exists (
    select from fence_publications_of(product.id, product.provider_id) pub
    join marketplace m on m.id = pub.marketplace_id and m.provider_id = product.provider_id
    where pub.marketplace_id = ${marketplaceId} and ${shown})`
  if (isBuyer(scope)) return query.where(onSale(publicationInSight(scope)))
  return inSight(query, scope, 'Product.providerId', publicationInSight).where(onSale(sql<SqlBool>`true`))
}

/** Narrows a query over Product to those with a plan of the type that could be subscribed to. */
export function withPlanOnOffer(query: Query, scope: Scope, type: PlanType): Query {
  const offered = isBuyer(scope) ? planOnOffer(scope) : sql<SqlBool>`plan.state = 'ACTIVE'`
  return query.where(sql<SqlBool>`exists (
    select from plan
    where plan.product_id = product.id and plan.provider_id = product.provider_id and plan.type = ${type} and ${offered})`)
}

function planInSight(viewer: Buyer): Condition {
  const shown = sql<SqlBool>`(plan.state in ('ACTIVE', 'DEPRECATED') and ${shownWith(viewer, ['ACTIVE', 'DEPRECATED'])})`
  if (viewer.kind === 'anonymous' || viewer.organizations.size === 0) return shown
  // As with products: what was bought stays in sight, and only the database can settle that.
  const bought = sql<SqlBool>`exists (
    select from product_subscription s
    where plan.id in (s.plan_id, s.scheduled_plan_id) and s.provider_id = plan.provider_id and ${ownSubscription(viewer)})`
  return sql<SqlBool>`(${shown} or ${bought})`
}

function planOnOffer(viewer: Buyer): Condition {
  return sql<SqlBool>`(plan.state = 'ACTIVE' and ${shownWith(viewer, ['ACTIVE'])})`
}

/** In a query that names `plan`: it is shown where its product is, unless it is for somebody else. */
function shownWith(viewer: Buyer, productStates: string[]): Condition {
  return sql<SqlBool>`exists (
    select from product p
    cross join lateral fence_publications_of(p.id, p.provider_id) pub
    join marketplace m on m.id = pub.marketplace_id and m.provider_id = p.provider_id
    where p.id = plan.product_id and p.provider_id = plan.provider_id and p.state = any(${productStates}::text[])
      and ${publicationInSight(viewer)}
      and not exists (
        select from fence_plan_visibility_of(pub.id, plan.provider_id, plan.id) v where not ${visibleTo(viewer)}))`
}

/** In a query that names the plan's visibility `v`. */
function visibleTo(viewer: Buyer): Condition {
  if (viewer.kind === 'anonymous') return sql<SqlBool>`(v.audience = 'EVERYONE')`
  return sql<SqlBool>`(v.audience in ('EVERYONE', 'SIGNED_IN')
    or v.organization_ids && ${[...viewer.organizations.keys()]}::text[])`
}

function isBuyer(scope: Scope): scope is Buyer {
  return scope.kind === 'consumer' || scope.kind === 'anonymous'
}
