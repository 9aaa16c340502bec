import { type RawBuilder, sql } from 'kysely'
import { User } from '../identity/user.entity.js'
import { rows } from '../persistence/tenant-repository.js'
import type { ConsumerRole, ProviderRole } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { ProviderMembership } from '../providers/provider.entity.js'
import { Membership } from './membership.entity.js'

/**
 * Where people are written to of our own accord. For the backend itself: nobody is shown any of it. An address that
 * nobody has confirmed may be a stranger's, who wants none of our mail.
 */
export class AddresseeRepository {
  /** The members of an organization who have one of the roles, as it stands now. */
  async members(reading: Reading, organizationId: string, roles: readonly ConsumerRole[]): Promise<string[]> {
    const found = await this.#members(reading, organizationId)
      .where(heldAny(sql.ref('Membership.roles'), roles))
      .execute()
    return found.map(({ email }) => email)
  }

  /** One of its members; null who is none (any more). */
  async member(reading: Reading, organizationId: string, userId: string): Promise<string | null> {
    const found = await this.#members(reading, organizationId)
      .where('Membership.userId', '=', userId)
      .executeTakeFirst()
    return found?.email ?? null
  }

  /** The provider's people who were given one of the roles; its administrators, who have all, where nobody was. */
  async staff(reading: Reading, providerId: string, roles: readonly ProviderRole[]): Promise<string[]> {
    const named = await this.#staff(reading, providerId, roles)
    return named.length > 0 ? named : this.#staff(reading, providerId, ['ADMINISTRATOR'])
  }

  #members(reading: Reading, organizationId: string) {
    return rows(reading, Membership, User)
      .selectFrom('Membership')
      .innerJoin('User', 'User.id', 'Membership.userId')
      .select('User.email')
      .where('Membership.organizationId', '=', organizationId)
      .where('User.emailVerifiedAt', 'is not', null)
      .orderBy('Membership.id')
  }

  async #staff(reading: Reading, providerId: string, roles: readonly ProviderRole[]): Promise<string[]> {
    const found = await rows(reading, ProviderMembership, User)
      .selectFrom('ProviderMembership')
      .innerJoin('User', 'User.id', 'ProviderMembership.userId')
      .select('User.email')
      .where('ProviderMembership.providerId', '=', providerId)
      .where('User.emailVerifiedAt', 'is not', null)
      .where(heldAny(sql.ref('ProviderMembership.roles'), roles))
      .orderBy('ProviderMembership.id')
      .execute()
    return found.map(({ email }) => email)
  }
}

function heldAny(column: RawBuilder<unknown>, roles: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`${column} && ${[...roles]}::text[]`
}
