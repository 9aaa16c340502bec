import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { ofProvider } from '../persistence/fence.js'
import type { Query } from '../persistence/tenant-repository.js'
import type { ConsumerScope, Scope } from '../persistence/tenant-scope.js'

export type Condition = RawBuilder<SqlBool>

/**
 * Narrows a query over Product to what the scope may see: the provider's people all of theirs; a consumer what is
 * on sale to the own organizations, and what one of them has subscribed to, on sale or not; a stranger what public
 * marketplaces show to everyone. Whoever is signed in sees through the own marketplace alone.
 */
export function productsInSight(query: Query, scope: Scope): Query {
  return inSight(query, scope, 'Product.providerId', (viewer) =>
    inSightWhile(offered, viewer, 'product.id', 'product.provider_id'),
  )
}

// Of the row itself, which is at hand: to look the product up again would cost the square of a long list.
const offered = sql<SqlBool>`product.state in ('ACTIVE', 'DEPRECATED')`

/** The same for a table whose rows belong to a product: it has the columns providerId and productId. */
export function ofProductsInSight(query: Query, scope: Scope, entity: string, tableName: string): Query {
  return inSight(query, scope, `${entity}.providerId`, (viewer) =>
    productInSight(viewer, `${tableName}.product_id`, `${tableName}.provider_id`),
  )
}

/** Narrows a query over Asset: to others than the provider's people, those that products in their sight are made of. */
export function assetsInSight(query: Query, scope: Scope): Query {
  return inSight(
    query,
    scope,
    'Asset.providerId',
    (viewer) => sql<SqlBool>`exists (
    select from product_asset pa
    where pa.asset_id = asset.id and pa.provider_id = asset.provider_id
      and ${productInSight(viewer, 'pa.product_id', 'pa.provider_id')})`,
  )
}

/** Narrows a query over AssetRelease: to others than the provider's people, those that a product in their sight takes. */
export function releasesInSight(query: Query, scope: Scope): Query {
  return inSight(
    query,
    scope,
    'AssetRelease.providerId',
    (viewer) => sql<SqlBool>`exists (
    select from product_asset pa
    where pa.asset_id = asset_release.asset_id and pa.provider_id = asset_release.provider_id
      and ${takesRelease('pa.versions', 'asset_release.version')}
      and ${productInSight(viewer, 'pa.product_id', 'pa.provider_id')})`,
  )
}

/**
 * Narrows a query over ApiResource: the APIs in some release that a product in sight takes, and those that a plan
 * covers to which an organization of the viewer has subscribed. A draft's APIs are the provider's alone.
 */
export function resourcesInSight(query: Query, scope: Scope): Query {
  return inSight(query, scope, 'ApiResource.providerId', (viewer) => {
    const offered = sql<SqlBool>`exists (
      select from released_resource rr
      join asset_release r on r.id = rr.release_id and r.provider_id = rr.provider_id
      join product_asset pa on pa.asset_id = r.asset_id and pa.provider_id = r.provider_id
      where rr.resource_id = api_resource.id and rr.provider_id = api_resource.provider_id
        and ${takesRelease('pa.versions', 'r.version')}
        and ${productInSight(viewer, 'pa.product_id', 'pa.provider_id')})`
    if (viewer.kind === 'anonymous' || viewer.organizations.size === 0) return offered
    const covered = sql<SqlBool>`exists (
      select from quota_resource qr
      join product_subscription s on s.plan_id = qr.plan_id and s.provider_id = qr.provider_id
      where qr.resource_id = api_resource.id and qr.provider_id = api_resource.provider_id and ${ownSubscription(viewer)})`
    return sql<SqlBool>`(${offered} or ${covered})`
  })
}

/** What `takes` in product.rules.ts decides, where the database must decide it. */
function takesRelease(rangeColumn: string, versionColumn: string): Condition {
  const [range, version] = [sql.ref(rangeColumn), sql.ref(versionColumn)]
  return sql<SqlBool>`case when right(${range}, 1) = '*'
    then starts_with(${version}, left(${range}, -1)) else ${version} = ${range} end`
}

/** Who is shown what is on sale. */
export type Buyer = ConsumerScope | { readonly kind: 'anonymous' }

export function inSight(
  query: Query,
  scope: Scope,
  providerColumn: string,
  condition: (viewer: Buyer) => Condition,
): Query {
  switch (scope.kind) {
    case 'gateway':
      return query.where(providerColumn, '=', scope.providerId)
    case 'consumer':
      return query.where(providerColumn, '=', scope.providerId).where(condition(scope))
    case 'anonymous':
      return query.where(condition(scope))
    default:
      return ofProvider(query, scope, providerColumn)
  }
}

function productInSight(viewer: Buyer, productId: string, providerId: string): Condition {
  const isOffered = sql<SqlBool>`exists (
    select from product p
    where p.id = ${sql.ref(productId)} and p.provider_id = ${sql.ref(providerId)} and p.state in ('ACTIVE', 'DEPRECATED'))`
  return inSightWhile(isOffered, viewer, productId, providerId)
}

function inSightWhile(isOffered: Condition, viewer: Buyer, productId: string, providerId: string): Condition {
  const [product, provider] = [sql.ref(productId), sql.ref(providerId)]
  const onSale = sql<SqlBool>`(${isOffered} and exists (
    select from fence_publications_of(${product}, ${provider}) pub
    join marketplace m on m.id = pub.marketplace_id and m.provider_id = ${provider}
    where ${publicationInSight(viewer)}))`
  if (viewer.kind === 'anonymous' || viewer.organizations.size === 0) return onSale
  // Catalog stands left of subscriptions and knows none of their code. That what was bought stays in sight is a
  // condition on rows all the same, and only the database can settle it together with the page of a list.
  const bought = sql<SqlBool>`exists (
    select from product_subscription s
    where s.product_id = ${product} and s.provider_id = ${provider} and ${ownSubscription(viewer)})`
  return sql<SqlBool>`(${onSale} or ${bought})`
}

/** In a query that names the publication `pub` and its marketplace `m`. */
export function publicationInSight(viewer: Buyer): Condition {
  if (viewer.kind === 'anonymous') return sql<SqlBool>`(m.visibility = 'PUBLIC' and pub.audience = 'EVERYONE')`
  const organizationIds = [...viewer.organizations.keys()]
  // Whose organizations are all disabled or denied belongs to none: a protected marketplace shows nothing then.
  return sql<SqlBool>`(m.id = ${viewer.marketplaceId}
    and (${organizationIds.length > 0} or m.visibility = 'PUBLIC')
    and (pub.audience in ('EVERYONE', 'SIGNED_IN') or pub.organization_ids && ${organizationIds}::text[]))`
}

/** In a query that names the subscription `s`: one of the viewer's organizations has it, and it was not rejected. */
export function ownSubscription(viewer: ConsumerScope): Condition {
  return sql<SqlBool>`(s.marketplace_id = ${viewer.marketplaceId} and s.state <> 'REJECTED'
    and s.organization_id = any(${[...viewer.organizations.keys()]}::text[]))`
}
