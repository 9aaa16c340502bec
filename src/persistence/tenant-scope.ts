import { RequestError } from '../kernel/request-error.js'

export const providerRoles = [
  'ADMINISTRATOR',
  'MARKETPLACE_MANAGER',
  'CATALOG_MANAGER',
  'SUBSCRIPTION_APPROVER',
  'ACCESS_MANAGER',
  'AUDITOR',
] as const
export type ProviderRole = (typeof providerRoles)[number]

export const consumerRoles = ['ADMINISTRATOR', 'SUBSCRIBER', 'DEVELOPER'] as const
export type ConsumerRole = (typeof consumerRoles)[number]

/**
 * On whose behalf something is read or done. Every repository method takes one, so that no query can be
 * written without saying whose rows it may see.
 */
export type Scope = SystemScope | AnonymousScope | ProviderScope | ConsumerScope | GatewayScope

/** Jobs, reactions, webhooks: the tenant comes from our own row, never from what somebody sent. */
export interface SystemScope {
  readonly kind: 'system'
}
export interface AnonymousScope {
  readonly kind: 'anonymous'
}
export interface ProviderScope {
  readonly kind: 'provider'
  readonly userId: string
  readonly sessionId: string
  /** Provider id → what this person may do there. */
  readonly providers: ReadonlyMap<string, readonly ProviderRole[]>
}
export interface ConsumerScope {
  readonly kind: 'consumer'
  readonly userId: string
  readonly sessionId: string
  readonly providerId: string
  readonly marketplaceId: string
  /** Organization id → what this person may do there. Disabled and denied organizations are not in it. */
  readonly organizations: ReadonlyMap<string, readonly ConsumerRole[]>
}
export interface GatewayScope {
  readonly kind: 'gateway'
  readonly tokenId: string
  readonly providerId: string
  readonly marketplaceId: string
  /** Public ids of the keys that were presented to it: of all credentials it is shown these alone, and else none. */
  readonly presented?: readonly string[]
}

export const system: SystemScope = { kind: 'system' }
export const anonymous: AnonymousScope = { kind: 'anonymous' }

export type PersonScope = ProviderScope | ConsumerScope

/** @throws RequestError UNAUTHENTICATED when nobody is signed in. */
export function person(scope: Scope): PersonScope {
  if (scope.kind === 'provider' || scope.kind === 'consumer') return scope
  throw new RequestError('UNAUTHENTICATED', 'Sign in first.')
}

export function userIdOf(scope: Scope): string | null {
  return scope.kind === 'provider' || scope.kind === 'consumer' ? scope.userId : null
}

/** Whether the scope is one of the provider's people, with one of the roles where any are named. Administrators have all. */
export function worksAt(scope: Scope, providerId: string, roles?: readonly ProviderRole[]): boolean {
  if (scope.kind === 'system') return true
  if (scope.kind !== 'provider') return false
  const held = scope.providers.get(providerId)
  if (!held) return false
  return !roles || held.includes('ADMINISTRATOR') || held.some((role) => roles.includes(role))
}

/** Whether the scope is a member of the organization, with one of the roles where any are named. Administrators have all. */
export function belongsTo(scope: Scope, organizationId: string, roles?: readonly ConsumerRole[]): boolean {
  if (scope.kind === 'system') return true
  if (scope.kind !== 'consumer') return false
  const held = scope.organizations.get(organizationId)
  if (!held) return false
  return !roles || held.includes('ADMINISTRATOR') || held.some((role) => roles.includes(role))
}
