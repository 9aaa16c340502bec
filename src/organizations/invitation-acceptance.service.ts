import type { DomainEvent } from '../events/event.js'
import type { AccountService, PreparedPerson } from '../identity/account.service.js'
import type { AttemptLimiter } from '../identity/attempt-limiter.js'
import type { OpenedSession, SessionService } from '../identity/session.service.js'
import { digestOf } from '../identity/token.js'
import { providerRealm, type UserRow } from '../identity/user.entity.js'
import type { UserRepository } from '../identity/user.repository.js'
import type { Clock } from '../kernel/clock.js'
import { Refused } from '../kernel/result.js'
import { type TermsService, termsProblem } from '../marketplaces/terms.service.js'
import { rows } from '../persistence/tenant-repository.js'
import { person, type Scope, system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { ProviderInvitation, type ProviderMembershipRow } from '../providers/provider.entity.js'
import type { ProviderService } from '../providers/provider.service.js'
import type { ConsumerOrganizationRepository } from './consumer-organization.repository.js'
import { isOpenToMembers } from './consumer-organization.rules.js'
import { acceptanceProblem } from './invitation.rules.js'
import type { FoundInvitation } from './invitation.service.js'
import type { MemberService } from './member.service.js'
import { Invitation, type MembershipRow } from './membership.entity.js'

export interface Acceptance {
  token: string
  givenName?: string | null
  familyName?: string | null
  password?: string | null
  acceptedTermsVersion?: number | null
}

export interface Accepted {
  /** Null for somebody who was signed in already. */
  session: OpenedSession | null
  membership: MembershipRow | null
  providerMembership: ProviderMembershipRow | null
}

/** Who accepts: somebody new, somebody who has shown to be the one invited by the password, or whoever is signed in. */
type Comer = { prepared: PreparedPerson } | { known: UserRow } | { signedIn: string }

/** Accepting an invitation, to an organization or to a provider. */
export class InvitationAcceptanceService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly members: MemberService,
    private readonly providers: ProviderService,
    private readonly users: UserRepository,
    private readonly accounts: AccountService,
    private readonly sessions: SessionService,
    private readonly terms: TermsService,
    private readonly limiter: AttemptLimiter,
    /** The transport's. */
    private readonly clock: Clock,
  ) {}

  /**
   * The invitation of a token that can still be accepted; guesses are bounded by address.
   * @throws RequestError RATE_LIMITED
   */
  look(token: string, address: string): Promise<FoundInvitation | null> {
    const attempt = { purpose: 'invitation', account: null, address }
    const find = async (): Promise<FoundInvitation | null> => {
      const found = await this.#byToken(this.unitOfWork.reading(system), token)
      return found && !acceptanceProblem(found.invitation, this.clock.now()) ? found : null
    }
    return this.limiter.guard(attempt, (found) => found === null, find)
  }

  /**
   * @throws Refused TOKEN_EXPIRED, NOT_FOUND, NOT_ALLOWED for somebody else than who was invited, TAKEN, INVALID,
   * REQUIRED, TERMS_NOT_ACCEPTED, WRONG_STATE; RequestError RATE_LIMITED
   */
  async accept(scope: Scope, acceptance: Acceptance, address: string): Promise<Accepted> {
    const reading = this.unitOfWork.reading(system)
    const known = await this.limiter.guard(
      { purpose: 'invitation', account: null, address },
      (found) => found === null,
      () => this.#byToken(reading, acceptance.token),
    )
    const { invitation } = this.#demandOpen(known)
    const realm = 'marketplaceId' in invitation ? invitation.marketplaceId : providerRealm
    const invited = { realm, email: invitation.email }
    const comer: Comer =
      scope.kind === 'anonymous'
        ? await this.#comer(reading, invited, acceptance, address)
        : { signedIn: person(scope).userId }
    return this.unitOfWork.run(system, async (transaction) => {
      // Only one acceptance wins.
      const found = this.#demandOpen(await this.#byToken(transaction, acceptance.token, 'locked'))
      const { user, session } = await this.#account(transaction, invited, comer)
      // The link was mailed to this address, and it came back.
      await this.accounts.markVerified(transaction, user)
      const joined = await this.#join(transaction, found, user, acceptance)
      return { session, ...joined }
    })
  }

  /** What somebody who is not signed in has to bring; looked at before a transaction is open, since it takes long. */
  async #comer(
    reading: Reading,
    { realm, email }: { realm: string; email: string },
    { givenName, familyName, password }: Acceptance,
    address: string,
  ): Promise<Comer> {
    if (!(await this.users.byEmail(reading, realm, email))) {
      const named = { givenName: givenName ?? '', familyName: familyName ?? '', password: password ?? '' }
      return { prepared: await this.accounts.prepare(named) }
    }
    // Whoever has lost the last place cannot sign in before this one is accepted.
    const known = password ? await this.sessions.whoHas(realm, email, password, address) : null
    if (known) return { known }
    const message = 'There is an account with the invited address: accept with its password, or sign in with it first.'
    throw new Refused([{ code: 'TAKEN', message, field: ['input', 'password'] }])
  }

  async #account(
    transaction: Transaction<DomainEvent>,
    invited: { realm: string; email: string },
    comer: Comer,
  ): Promise<{ user: UserRow; session: OpenedSession | null }> {
    if ('prepared' in comer) {
      const user = await this.accounts.create(transaction, { ...comer.prepared, ...invited, emailVerified: true })
      return { user, session: await this.sessions.open(transaction, user) }
    }
    if ('known' in comer) return { user: comer.known, session: await this.sessions.openAgain(transaction, comer.known) }
    const [user] = await this.users.byIds(transaction, [comer.signedIn])
    if (user && user.realm === invited.realm && user.email === invited.email) return { user, session: null }
    const message = 'This invitation is for another address: sign out, or sign in with the invited one.'
    throw new Refused([{ code: 'NOT_ALLOWED', message, field: ['input', 'token'] }])
  }

  async #join(
    transaction: Transaction<DomainEvent>,
    found: FoundInvitation,
    user: UserRow,
    { acceptedTermsVersion }: Acceptance,
  ): Promise<Omit<Accepted, 'session'>> {
    const { id } = found.invitation
    const acceptedAt = this.clock.now()
    if (found.kind === 'provider') {
      await rows(transaction, ProviderInvitation)
        .updateTable('ProviderInvitation')
        .set({ acceptedAt })
        .where('id', '=', id)
        .execute()
      const { providerId } = found.invitation
      const providerMembership = await this.providers.join(transaction, providerId, user, found.invitation.roles)
      return { membership: null, providerMembership }
    }
    await rows(transaction, Invitation).updateTable('Invitation').set({ acceptedAt }).where('id', '=', id).execute()
    const { organizationId, marketplaceId } = found.invitation
    const organization = await this.organizations.lock(transaction, organizationId)
    if (!organization || !isOpenToMembers(organization.state)) {
      const message = `${organization?.name ?? 'This organization'} takes no members now.`
      throw new Refused([{ code: 'WRONG_STATE', message, field: ['input', 'token'] }])
    }
    const terms = await this.terms.current(transaction, marketplaceId)
    const problem = termsProblem(terms, acceptedTermsVersion)
    if (problem) throw new Refused([problem])
    const membership = await this.members.join(transaction, organization, user, found.invitation.roles)
    if (terms) await this.terms.accept(transaction, { terms, userId: user.id, organizationId })
    return { membership, providerMembership: null }
  }

  #demandOpen(found: FoundInvitation | null): FoundInvitation {
    if (!found) {
      const message = 'There is no such invitation, or its link was replaced by a newer one.'
      throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'token'] }])
    }
    const problem = acceptanceProblem(found.invitation, this.clock.now())
    if (problem) throw new Refused([problem])
    return found
  }

  async #byToken(reading: Reading, token: string, lock?: 'locked'): Promise<FoundInvitation | null> {
    const tokenDigest = digestOf(token)
    const ofOrganization = rows(reading, Invitation)
      .selectFrom('Invitation')
      .selectAll()
      .where('tokenDigest', '=', tokenDigest)
    const invitation = await (lock ? ofOrganization.forUpdate() : ofOrganization).executeTakeFirst()
    if (invitation) return { kind: 'organization', invitation: invitation }
    const ofProvider = rows(reading, ProviderInvitation)
      .selectFrom('ProviderInvitation')
      .selectAll()
      .where('tokenDigest', '=', tokenDigest)
    const other = await (lock ? ofProvider.forUpdate() : ofProvider).executeTakeFirst()
    return other ? { kind: 'provider', invitation: other } : null
  }
}
