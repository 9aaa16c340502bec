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
}

const nobody: Omit<Settings, 'kind'> = {
  user: '',
  providers: [],
  managed: [],
  marketplace: '',
  organizations: [],
  billed: [],
  administered: [],
}

const texts = new WeakMap<Scope, string>()

/** The statement that tells PostgreSQL, until the transaction ends, on whose behalf it is asked. */
export function tellingOf(scope: Scope): string {
  let text = texts.get(scope)
  if (text === undefined) {
    // Each is told every time: what the connection served before must not show through.
    const told = Object.entries(settingsOf(scope)).map(([name, value]) => {
      const plain = typeof value === 'string' ? value : value.join(',')
      return `set_config('fence.${name}', ${pg.escapeLiteral(plain)}, true)`
    })
    text = `select ${told.join(', ')}`
    texts.set(scope, text)
  }
  return text
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
