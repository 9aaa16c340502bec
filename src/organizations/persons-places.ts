import type { PersonInRealm, PersonsPlaces } from '../identity/session.service.js'
import { providerRealm } from '../identity/user.entity.js'
import type { UserError } from '../kernel/result.js'
import { Marketplace } from '../marketplaces/marketplace.entity.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { ProviderMembership } from '../providers/provider.entity.js'
import { ConsumerOrganization, type ConsumerOrganizationState } from './consumer-organization.entity.js'
import { signInProblem } from './consumer-organization.rules.js'
import { Membership } from './membership.entity.js'

/** Where a person works and consumes, as far as signing in depends on it. */
export class MembershipPlaces implements PersonsPlaces {
  constructor(private readonly publicUrl: string) {}

  async refusal(reading: Reading, person: PersonInRealm): Promise<UserError | null> {
    if (person.realm !== providerRealm) return signInProblem(await this.statesOf(reading, person.userId))
    const providers = await this.#providers(reading, person.userId)
    if (providers.length > 0) return null
    return { code: 'NOT_ALLOWED', message: 'You do not work for any provider any more.', field: null }
  }

  /** The states of all the organizations that a consumer belongs to. */
  async statesOf(reading: Reading, userId: string): Promise<ConsumerOrganizationState[]> {
    const organizations = await rows(reading, Membership, ConsumerOrganization)
      .selectFrom('Membership')
      .innerJoin('ConsumerOrganization', 'ConsumerOrganization.id', 'Membership.organizationId')
      .select('ConsumerOrganization.state')
      .where('Membership.userId', '=', userId)
      .execute()
    return organizations.map(({ state }) => state)
  }

  async providersOf(reading: Reading, { realm, userId }: PersonInRealm): Promise<string[]> {
    if (realm === providerRealm) return this.#providers(reading, userId)
    const marketplaces = await rows(reading, Marketplace)
      .selectFrom('Marketplace')
      .select('providerId')
      .where('id', '=', realm)
      .execute()
    return marketplaces.map(({ providerId }) => providerId)
  }

  /** A provider's user may work for several, so their side is called by where it lives. */
  async describe(reading: Reading, realm: string): Promise<{ name: string; url: string }> {
    if (realm === providerRealm) return { name: new URL(this.publicUrl).host, url: this.publicUrl }
    const { name, url } = await rows(reading, Marketplace)
      .selectFrom('Marketplace')
      .select(['name', 'url'])
      .where('id', '=', realm)
      .executeTakeFirstOrThrow()
    return { name, url: url ?? this.publicUrl }
  }

  async #providers(reading: Reading, userId: string): Promise<string[]> {
    const memberships = await rows(reading, ProviderMembership)
      .selectFrom('ProviderMembership')
      .select('providerId')
      .where('userId', '=', userId)
      .execute()
    return memberships.map(({ providerId }) => providerId)
  }
}
