import pg from 'pg'
import type { ConsumerScope, ProviderScope, Scope } from './tenant-scope.js'

/** What the policies of the tables read. Lists are ids with commas between; the empty text is nobody, or none. */
interface Settings {
  kind: Scope['kind']
  /** The person, or the gateway's token. */
  user: string
  /** Where the person works, or the one provider whose consumer or gateway is asking. */
  providers: readonly string[]
  /** Of those, where the person manages marketplaces. */
  managed: readonly string[]
  marketplace: string
  organizations: readonly string[]
  /** Of those, whose invoices the person is shown. */
  billed: readonly string[]
  /** Of those, which the person administers. */
  administered: readonly string[]
  /** Public ids of the keys that were presented to the gateway. */
  presented: readonly string[]
}

const nobody: Omit<Settings, 'kind'> = {
  user: '',
  providers: [],
  managed: [],
  marketplace: '',
  organizations: [],
  billed: [],
  administered: [],
  presented: [],
}

const plainOf = new WeakMap<Scope, Record<string, string>>()

/**
 * The statement that tells PostgreSQL, until the transaction ends, on whose behalf it is asked.
 * @param before on whose behalf it was asked until now, in the same transaction: told is what differs; at its begin nothing
 *   has been told, because what was told to the transaction before ended with it
 */
export function tellingOf(scope: Scope, before: Scope | null = null): string {
  const [now, former] = [toldOf(scope), before ? toldOf(before) : {}]
  const changed = Object.entries(now).filter(([name, value]) => value !== (former[name] ?? ''))
  const told = changed.map(([name, value]) => `set_config('fence.${name}', ${pg.escapeLiteral(value)}, true)`)
  return `select ${told.join(', ')}`
}

/** Whether two scopes are told alike. */
export function areToldAlike(one: Scope, other: Scope): boolean {
  if (one === other) return true
  const [now, former] = [toldOf(one), toldOf(other)]
  return Object.entries(now).every(([name, value]) => value === former[name])
}

function toldOf(scope: Scope): Record<string, string> {
  let plain = plainOf.get(scope)
  if (!plain) {
    const settings = Object.entries(settingsOf(scope))
    plain = Object.fromEntries(
      settings.map(([name, value]) => [name, typeof value === 'string' ? value : value.join(',')]),
    )
    plainOf.set(scope, plain)
  }
  return plain
}

function settingsOf(scope: Scope): Settings {
  const { kind } = scope
  switch (kind) {
    case 'system':
    case 'anonymous':
      return { ...nobody, kind }
    case 'gateway':
      return {
        ...nobody,
        kind,
        user: scope.tokenId,
        providers: [scope.providerId],
        marketplace: scope.marketplaceId,
        presented: scope.presented ?? [],
      }
    case 'provider':
      return { ...nobody, kind, user: scope.userId, ...placesOfStaff(scope) }
    case 'consumer':
      return {
        ...nobody,
        kind,
        user: scope.userId,
        providers: [scope.providerId],
        marketplace: scope.marketplaceId,
        ...placesOfConsumer(scope),
      }
  }
}

function placesOfStaff({ providers }: ProviderScope) {
  return {
    providers: [...providers.keys()],
    managed: idsWhere(providers, (role) => role === 'ADMINISTRATOR' || role === 'MARKETPLACE_MANAGER'),
  }
}

function placesOfConsumer({ organizations }: ConsumerScope) {
  return {
    organizations: [...organizations.keys()],
    billed: idsWhere(organizations, (role) => role !== 'DEVELOPER'),
    administered: idsWhere(organizations, (role) => role === 'ADMINISTRATOR'),
  }
}

function idsWhere<Role>(places: ReadonlyMap<string, readonly Role[]>, suits: (role: Role) => boolean): string[] {
  return [...places].flatMap(([id, roles]) => (roles.some(suits) ? [id] : []))
}
