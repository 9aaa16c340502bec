import type { UserRow } from '../identity/user.entity.js'
import type { UserRepository } from '../identity/user.repository.js'
import { userIdOf } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { ProviderMembershipRepository } from '../providers/provider.repository.js'
import type { MembershipRepository } from './consumer-organization.repository.js'

/** Who is found by an id alone: oneself, and those whose membership one sees, here or at a provider. */
export class People {
  constructor(
    private readonly users: UserRepository,
    private readonly memberships: MembershipRepository,
    private readonly providerMemberships: ProviderMembershipRepository,
  ) {}

  async find(reading: Reading, id: string): Promise<UserRow | null> {
    if (userIdOf(reading.scope) !== id && !(await this.#isSeen(reading, id))) return null
    const [user] = await this.users.byIds(reading, [id])
    return user ?? null
  }

  async #isSeen(reading: Reading, userId: string): Promise<boolean> {
    const [consumes] = await this.memberships.ofUsers(reading, [userId])
    if (consumes && consumes.length > 0) return true
    const [works] = await this.providerMemberships.ofUsers(reading, [userId])
    return works !== undefined && works.length > 0
  }
}
