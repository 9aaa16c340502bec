import type { DomainEvent } from '../events/event.js'
import { type AccountService, addressTaken, type PreparedPerson } from '../identity/account.service.js'
import type { AttemptLimiter } from '../identity/attempt-limiter.js'
import type { OpenedSession, SessionService } from '../identity/session.service.js'
import type { UserRow } from '../identity/user.entity.js'
import type { UserRepository } from '../identity/user.repository.js'
import { Refused, unwrap } from '../kernel/result.js'
import { readName } from '../kernel/text.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { type TermsService, termsProblem } from '../marketplaces/terms.service.js'
import { anonymous, system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { ConsumerOrganizationRow } from './consumer-organization.entity.js'
import { maySignUpAgain } from './consumer-organization.rules.js'
import type { MemberService } from './member.service.js'
import { demandOrganizationsAllowed, type OrganizationService } from './organization.service.js'
import type { MembershipPlaces } from './persons-places.js'

export interface SignUp {
  marketplaceId: string
  givenName: string
  familyName: string
  email: string
  password: string
  organizationName: string
  acceptedTermsVersion?: number | null
}

export interface SignedUp {
  session: OpenedSession
  organization: ConsumerOrganizationRow
}

/** Who signs up: somebody new, or somebody who was here before and has shown it by the password. */
type Comer = { prepared: PreparedPerson } | { known: UserRow }

/** A stranger who brings a new organization, where the marketplace allows it, and becomes its administrator. */
export class SignUpService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly marketplaces: MarketplaceRepository,
    private readonly organizations: OrganizationService,
    private readonly members: MemberService,
    private readonly places: MembershipPlaces,
    private readonly users: UserRepository,
    private readonly accounts: AccountService,
    private readonly sessions: SessionService,
    private readonly terms: TermsService,
    private readonly limiter: AttemptLimiter,
  ) {}

  /**
   * @throws Refused INVALID, REQUIRED, TAKEN, TERMS_NOT_ACCEPTED, SELF_SIGNUP_DISABLED,
   * CONSUMER_ORGANIZATIONS_DISABLED, NOT_FOUND; RequestError RATE_LIMITED
   */
  async signUp(given: SignUp, address: string): Promise<SignedUp> {
    const marketplace = await this.marketplaces.find(this.unitOfWork.reading(anonymous), given.marketplaceId)
    if (!marketplace) {
      const message = 'There is no such marketplace.'
      throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'marketplaceId'] }])
    }
    demandOrganizationsAllowed(marketplace)
    if (!marketplace.selfSignupAllowed) {
      const message = `${marketplace.name} takes members by invitation only.`
      throw new Refused([{ code: 'SELF_SIGNUP_DISABLED', message, field: ['input', 'marketplaceId'] }])
    }
    unwrap(readName(given.organizationName, ['input', 'organizationName']))
    // That an address is taken is told, so it must not be asked without end.
    const attempt = { purpose: 'sign-up', account: null, address }
    const result = await this.limiter.guard(attempt, tellsOfAnAccount, () =>
      this.#enter(marketplace, given, address).catch((error: unknown) => {
        if (error instanceof Refused) return error
        throw error
      }),
    )
    if (result instanceof Refused) throw result
    return result
  }

  async #enter(marketplace: MarketplaceRow, given: SignUp, address: string): Promise<SignedUp> {
    const comer = await this.#comer(marketplace.id, given, address)
    return this.unitOfWork.run(system, async (transaction) => {
      const terms = await this.terms.current(transaction, marketplace.id)
      const problem = termsProblem(terms, given.acceptedTermsVersion)
      if (problem) throw new Refused([problem])
      const { user, session } = await this.#account(transaction, marketplace.id, given.email, comer)
      const newcomer = {
        name: given.organizationName,
        billingEmail: given.email,
        state: marketplace.signupApprovalRequired ? 'PENDING_APPROVAL' : 'ACTIVE',
        actorUserId: user.id,
      } as const
      const organization = await this.organizations.found(transaction, marketplace, newcomer, 'organizationName')
      await this.members.join(transaction, organization, user, ['ADMINISTRATOR'])
      if (terms) await this.terms.accept(transaction, { terms, userId: user.id, organizationId: organization.id })
      if (!user.emailVerifiedAt) await this.accounts.askToVerify(transaction, user)
      return { session, organization }
    })
  }

  /** Looked at before a transaction is open, because passwords take long. */
  async #comer(realm: string, given: SignUp, address: string): Promise<Comer> {
    const account = await this.users.byEmail(this.unitOfWork.reading(system), realm, given.email)
    if (!account) return { prepared: await this.accounts.prepare(given) }
    const known = await this.sessions.whoHas(realm, given.email, given.password, address)
    if (!known) throw addressTaken()
    return { known }
  }

  async #account(transaction: Transaction<DomainEvent>, realm: string, email: string, comer: Comer) {
    if ('prepared' in comer) {
      const user = await this.accounts.create(transaction, { ...comer.prepared, realm, email, emailVerified: false })
      return { user, session: await this.sessions.open(transaction, user) }
    }
    const { known: user } = comer
    const session = await this.sessions.openAgain(transaction, user)
    if (!maySignUpAgain(await this.places.statesOf(transaction, user.id))) throw addressTaken()
    return { user, session }
  }
}

function tellsOfAnAccount(result: unknown): boolean {
  return result instanceof Refused && result.errors.some(({ code }) => code === 'TAKEN')
}
