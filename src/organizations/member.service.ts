import type { DomainEvent } from '../events/event.js'
import type { SessionService } from '../identity/session.service.js'
import type { UserRow } from '../identity/user.entity.js'
import type { UserRepository } from '../identity/user.repository.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { Refused, unwrap } from '../kernel/result.js'
import { demand } from '../persistence/audience.js'
import { administersOrganization } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { type ConsumerRole, person, type Scope, system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { acceptableRoles, isLastAdministrator } from '../providers/administrator.rules.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { ConsumerOrganizationRow } from './consumer-organization.entity.js'
import type { ConsumerOrganizationRepository, MembershipRepository } from './consumer-organization.repository.js'
import { Membership, type MembershipRow } from './membership.entity.js'
import { memberJoined, memberRemoved, memberRolesChanged } from './organization.events.js'

/** Who belongs to an organization, and as what. It always has an administrator. */
export class MemberService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly memberships: MembershipRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly users: UserRepository,
    private readonly sessions: SessionService,
    private readonly audit: AuditLog,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** @throws Refused TAKEN for a member */
  async join(
    transaction: Transaction<DomainEvent>,
    organization: ConsumerOrganizationRow,
    user: UserRow,
    roles: ConsumerRole[],
  ): Promise<MembershipRow> {
    const { providerId, marketplaceId, id: organizationId } = organization
    const membership: MembershipRow = {
      id: newId('mem'),
      providerId,
      marketplaceId,
      organizationId,
      userId: user.id,
      roles,
      joinedAt: this.clock.now(),
    }
    const made = await rows(transaction, Membership)
      .insertInto('Membership')
      .values(membership)
      .onConflict((conflict) => conflict.columns(['providerId', 'organizationId', 'userId']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!made) {
      const message = `You are a member of ${organization.name} already.`
      throw new Refused([{ code: 'TAKEN', message, field: ['input', 'token'] }])
    }
    this.#announce(transaction, memberJoined, membership)
    const summary = `${user.email} joined as ${roles.join(', ')}.`
    await this.#record(transaction, membership, 'member.joined', summary, user.id)
    return membership
  }

  /** @throws Refused REQUIRED, LAST_ADMINISTRATOR, NOT_ALLOWED, NOT_FOUND */
  changeRoles(scope: Scope, membershipId: string, given: ConsumerRole[]): Promise<MembershipRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const { membership, isLast } = await this.#lockedMember(transaction, membershipId)
      const roles = unwrap(acceptableRoles(given))
      if (isLast && !roles.includes('ADMINISTRATOR')) throw lastAdministrator()
      await rows(transaction, Membership)
        .updateTable('Membership')
        .set({ roles })
        .where('id', '=', membership.id)
        .execute()
      this.#announce(transaction, memberRolesChanged, membership)
      await this.#record(transaction, membership, 'member.roles-changed', `Roles are now ${roles.join(', ')}.`)
      return { ...membership, roles }
    })
  }

  /** @throws Refused LAST_ADMINISTRATOR, NOT_ALLOWED, NOT_FOUND */
  remove(scope: Scope, membershipId: string): Promise<ConsumerOrganizationRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const { membership, isLast } = await this.#lockedMember(transaction, membershipId)
      if (isLast) throw lastAdministrator()
      const { userId, organizationId } = membership
      const [places] = await this.memberships.ofUsers(transaction.as(system), [userId])
      if (places?.length === 1) await this.sessions.endAllOf(transaction, userId, 'nothing left to see')
      await rows(transaction, Membership).deleteFrom('Membership').where('id', '=', membership.id).execute()
      this.#announce(transaction, memberRemoved, membership)
      const [user] = await this.users.byIds(transaction, [userId])
      await this.#record(transaction, membership, 'member.removed', `${user?.email} was removed.`)
      return (await this.organizations.find(transaction, organizationId)) as ConsumerOrganizationRow
    })
  }

  /** Under a lock on all of them: two administrators who remove each other at once must leave one. */
  async #lockedMember(transaction: Transaction, membershipId: string) {
    const { scope } = transaction
    person(scope)
    const seen = await this.memberships.find(transaction, membershipId)
    if (!seen) throw noMember()
    const { organizationId, providerId } = seen
    demand(scope, administersOrganization, seen)
    const all = (await rows(transaction, Membership)
      .selectFrom('Membership')
      .selectAll()
      .where('organizationId', '=', organizationId)
      .where('providerId', '=', providerId)
      .orderBy('id')
      .forUpdate()
      .execute()) as MembershipRow[]
    const membership = all.find(({ id }) => id === membershipId)
    if (!membership) throw noMember()
    return { membership, isLast: isLastAdministrator(all, membershipId) }
  }

  #announce(
    transaction: Transaction<DomainEvent>,
    type: typeof memberRemoved,
    { id, providerId, marketplaceId, organizationId, userId }: MembershipRow,
  ): void {
    const audience = { providerId, marketplaceId, organizationId }
    transaction.announce(type.of(audience, id, { userId }, this.clock.now()))
  }

  #record(
    transaction: Transaction,
    { id, providerId, marketplaceId, organizationId }: MembershipRow,
    action: string,
    summary: string,
    actorUserId?: string,
  ): Promise<void> {
    const entry = { providerId, marketplaceId, organizationId, action, subjectId: id, summary }
    return this.audit.record(transaction, actorUserId ? { ...entry, actorUserId } : entry)
  }
}

function lastAdministrator(): Refused {
  const message = 'An organization always has an administrator: make somebody else one first.'
  return new Refused([{ code: 'LAST_ADMINISTRATOR', message, field: ['input', 'membershipId'] }])
}

function noMember(): Refused {
  return new Refused([{ code: 'NOT_FOUND', message: 'There is no such member.', field: ['input', 'membershipId'] }])
}
