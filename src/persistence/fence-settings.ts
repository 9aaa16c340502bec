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

const names = ['kind', ...Object.keys(nobody)] as Array<keyof Settings>

/**
 * The statement that tells PostgreSQL, until the transaction ends, what the transaction may do and on whose behalf it is
 * asked. Its parameters are those of `tellingOf`.
 */
export const telling = `select set_config('transaction_read_only', $1, true), ${names
  .map((name, index) => `set_config('fence.${name}', $${index + 2}, true)`)
  .join(', ')}`

const toldOf = new WeakMap<Scope, readonly string[]>()

/** What a transaction is told: whether it only reads, and everything about who is asking, so that nothing is left of who asked before. */
export function tellingOf(scope: Scope, mode: 'read only' | 'read write'): string[] {
  return [mode === 'read only' ? 'on' : 'off', ...told(scope)]
}

/** Whether two scopes are told alike. */
export function areToldAlike(one: Scope, other: Scope): boolean {
  if (one === other) return true
  const former = told(other)
  return told(one).every((value, index) => value === former[index])
}

function told(scope: Scope): readonly string[] {
  let values = toldOf.get(scope)
  if (!values) {
    const settings = settingsOf(scope)
    values = names.map((name) => {
      const value = settings[name]
      return typeof value === 'string' ? value : value.join(',')
    })
    toldOf.set(scope, values)
  }
  return values
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
