import { sql } from 'kysely'
import type { DomainEvent } from '../events/event.js'
import type { AccountService } from '../identity/account.service.js'
import type { SessionService } from '../identity/session.service.js'
import { providerRealm, type UserRow } from '../identity/user.entity.js'
import type { UserRepository } from '../identity/user.repository.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { Refused, unwrap } from '../kernel/result.js'
import { readName } from '../kernel/text.js'
import { demand } from '../persistence/audience.js'
import { administersProvider } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { type ProviderRole, person, type Scope, system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { acceptableRoles, isLastAdministrator } from './administrator.rules.js'
import type { AuditLog } from './audit-log.js'
import { Provider, ProviderMembership, type ProviderMembershipRow, type ProviderRow } from './provider.entity.js'
import { providerMemberJoined, providerMemberRemoved, providerMemberRolesChanged } from './provider.events.js'
import type { ProviderMembershipRepository, ProviderRepository } from './provider.repository.js'
import { Unit } from './unit.entity.js'
import { givenUnit } from './unit.rules.js'

export interface FirstAdministrator {
  email: string
  password: string
  givenName?: string
  familyName?: string
}

/** Providers and the people who work for them. A provider always has an administrator. */
export class ProviderService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly providers: ProviderRepository,
    private readonly memberships: ProviderMembershipRepository,
    private readonly users: UserRepository,
    private readonly accounts: AccountService,
    private readonly sessions: SessionService,
    private readonly audit: AuditLog,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * A provider with its first administrator, who may be one of another provider already and then keeps the
   * password. For operators.
   * @throws Refused INVALID, REQUIRED
   */
  async create(name: string, administrator: FirstAdministrator): Promise<ProviderRow> {
    const { email, password, givenName = 'First', familyName = 'Administrator' } = administrator
    const provider: ProviderRow = {
      id: newId('prov'),
      name: unwrap(readName(name, ['input', 'name'])),
      createdAt: this.clock.now(),
    }
    const prepared = await this.accounts.prepare({ givenName, familyName, password })
    return this.unitOfWork.run(system, async (transaction) => {
      await rows(transaction, Provider).insertInto('Provider').values(provider).execute()
      await rows(transaction, Unit)
        .insertInto('Unit')
        .values({ ...givenUnit, id: newId('unit'), providerId: provider.id, createdAt: provider.createdAt })
        .execute()
      const user =
        (await this.users.byEmail(transaction, providerRealm, email)) ??
        (await this.accounts.create(transaction, { ...prepared, realm: providerRealm, email, emailVerified: true }))
      const summary = `${provider.name} was set up with ${user.email} as its administrator.`
      await this.audit.record(transaction, {
        providerId: provider.id,
        action: 'provider.created',
        subjectId: provider.id,
        summary,
      })
      await this.join(transaction, provider.id, user, ['ADMINISTRATOR'])
      return provider
    })
  }

  /**
   * The same on an empty database, and else nothing. Of several processes that start at once on one, the first makes it.
   * @returns whether it was made
   */
  async createFirst(name: string, administrator: FirstAdministrator): Promise<boolean> {
    if (!(await this.providers.isEmpty(this.unitOfWork.reading(system)))) return false
    return this.unitOfWork.run(system, async (transaction) => {
      await sql`lock table provider in share row exclusive mode`.execute(transaction.kysely)
      if (!(await this.providers.isEmpty(transaction))) return false
      await this.create(name, administrator)
      return true
    })
  }

  /** @throws Refused TAKEN for somebody who works there already */
  async join(
    transaction: Transaction<DomainEvent>,
    providerId: string,
    user: UserRow,
    roles: ProviderRole[],
  ): Promise<ProviderMembershipRow> {
    const membership: ProviderMembershipRow = {
      id: newId('pmem'),
      providerId,
      userId: user.id,
      roles,
      joinedAt: this.clock.now(),
    }
    const made = await rows(transaction, ProviderMembership)
      .insertInto('ProviderMembership')
      .values(membership)
      .onConflict((conflict) => conflict.columns(['providerId', 'userId']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!made) throw new Refused([{ code: 'TAKEN', message: 'You work here already.', field: ['input', 'token'] }])
    this.#announce(transaction, providerMemberJoined, membership)
    const summary = `${user.email} joined as ${roles.join(', ')}.`
    await this.#record(transaction, membership, 'provider-member.joined', summary, user.id)
    return membership
  }

  /** @throws Refused REQUIRED, LAST_ADMINISTRATOR, NOT_ALLOWED, NOT_FOUND */
  changeRoles(scope: Scope, membershipId: string, given: ProviderRole[]): Promise<ProviderMembershipRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const { membership, isLast } = await this.#lockedMember(transaction, membershipId)
      const roles = unwrap(acceptableRoles(given))
      if (isLast && !roles.includes('ADMINISTRATOR')) throw lastAdministrator()
      await rows(transaction, ProviderMembership)
        .updateTable('ProviderMembership')
        .set({ roles })
        .where('id', '=', membership.id)
        .execute()
      this.#announce(transaction, providerMemberRolesChanged, membership)
      await this.#record(transaction, membership, 'provider-member.roles-changed', `Roles are now ${roles.join(', ')}.`)
      return { ...membership, roles }
    })
  }

  /** @throws Refused LAST_ADMINISTRATOR, NOT_ALLOWED, NOT_FOUND */
  remove(scope: Scope, membershipId: string): Promise<ProviderRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const { membership, isLast } = await this.#lockedMember(transaction, membershipId)
      if (isLast) throw lastAdministrator()
      const { userId, providerId } = membership
      const [places] = await this.memberships.ofUsers(transaction.as(system), [userId])
      if (places?.length === 1) await this.sessions.endAllOf(transaction, userId, 'nothing left to see')
      await rows(transaction, ProviderMembership)
        .deleteFrom('ProviderMembership')
        .where('id', '=', membership.id)
        .execute()
      this.#announce(transaction, providerMemberRemoved, membership)
      const [user] = await this.users.byIds(transaction, [userId])
      await this.#record(transaction, membership, 'provider-member.removed', `${user?.email} was removed.`)
      const [provider] = await this.providers.byIds(transaction, [providerId])
      return provider as ProviderRow
    })
  }

  /** Under a lock on all of them: two administrators who remove each other at once must leave one. */
  async #lockedMember(transaction: Transaction, membershipId: string) {
    person(transaction.scope)
    const seen = await this.memberships.find(transaction, membershipId)
    if (!seen) throw noMember()
    demand(transaction.scope, administersProvider, seen)
    const all = (await rows(transaction, ProviderMembership)
      .selectFrom('ProviderMembership')
      .selectAll()
      .where('providerId', '=', seen.providerId)
      .orderBy('id')
      .forUpdate()
      .execute()) as ProviderMembershipRow[]
    const membership = all.find(({ id }) => id === membershipId)
    if (!membership) throw noMember()
    return { membership, isLast: isLastAdministrator(all, membershipId) }
  }

  #announce(
    transaction: Transaction<DomainEvent>,
    type: typeof providerMemberRemoved,
    { id, providerId, userId }: ProviderMembershipRow,
  ): void {
    const audience = { providerId, marketplaceId: null, organizationId: null }
    transaction.announce(type.of(audience, id, { userId }, this.clock.now()))
  }

  #record(
    transaction: Transaction,
    { id, providerId }: ProviderMembershipRow,
    action: string,
    summary: string,
    actorUserId?: string,
  ): Promise<void> {
    const entry = { providerId, action, subjectId: id, summary }
    return this.audit.record(transaction, actorUserId ? { ...entry, actorUserId } : entry)
  }
}

function lastAdministrator(): Refused {
  const message = 'A provider always has an administrator: make somebody else one first.'
  return new Refused([{ code: 'LAST_ADMINISTRATOR', message, field: ['input', 'membershipId'] }])
}

function noMember(): Refused {
  return new Refused([{ code: 'NOT_FOUND', message: 'There is no such member.', field: ['input', 'membershipId'] }])
}
