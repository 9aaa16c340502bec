import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { idPrefix } from '../kernel/id.js'
import { systemOnly } from '../persistence/policies.js'
import { instant } from '../persistence/tenant-table.js'

/** Where provider users belong; a consumer's realm is the marketplace's id. */
export const providerRealm = 'provider'

/**
 * Where the account lives that somebody means by an address.
 * @param marketplaceId as a client sent it, so anything; null for a provider's user
 */
export function realmOf(marketplaceId: string | null | undefined): string {
  if (marketplaceId === null || marketplaceId === undefined) return providerRealm
  return idPrefix(marketplaceId) === 'mkt' ? marketplaceId : 'nowhere'
}

/** A person. One email in two realms is two people with two passwords. */
export const User = defineEntity({
  name: 'User',
  tableName: 'user_account',
  ...systemOnly(),
  properties: {
    id: p.string().primary(),
    realm: p.string().primary(),
    /** Lower case. */
    email: p.string(),
    emailVerifiedAt: instant().nullable(),
    passwordHash: p.string(),
    givenName: p.string(),
    familyName: p.string(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['realm', 'email'] }],
})
export type UserRow = InferEntity<typeof User>
