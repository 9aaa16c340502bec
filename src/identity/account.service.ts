import type { DomainEvent } from '../events/event.js'
import { enqueue } from '../events/jobs.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { combine, Refused, unwrap } from '../kernel/result.js'
import { readName } from '../kernel/text.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AttemptLimiter } from './attempt-limiter.js'
import { passwordResetMail, verificationMail } from './identity.mail.js'
import type { Mailer } from './mailer.js'
import { acceptablePassword, hashPassword } from './password.js'
import { MailedToken } from './session.entity.js'
import type { PersonsPlaces, SessionService } from './session.service.js'
import { digestOf, newToken } from './token.js'
import { realmOf, User, type UserRow } from './user.entity.js'
import type { UserRepository } from './user.repository.js'

export const offerPasswordResetTask = 'offer-password-reset'

const hour = 60 * 60 * 1_000
const verificationLife = 24 * hour
const resetLife = hour
const longestName = 100

export interface Person {
  givenName: string
  familyName: string
  password: string
}

/** Somebody whose names and password are in order. The password itself goes no further. */
export interface NewPerson {
  realm: string
  email: string
  givenName: string
  familyName: string
  passwordHash: string
  /** Whether the address was shown to be theirs, as by a link that was mailed to it. */
  emailVerified: boolean
}

export type PreparedPerson = Pick<NewPerson, 'givenName' | 'familyName' | 'passwordHash'>

/** Where what becomes of an account is written down: the log belongs to those for whom the person is somebody. */
export interface AccountJournal {
  /** @param action such as account.verified */
  note(transaction: Transaction, user: UserRow, action: string, summary: string): Promise<void>
}

type Purpose = 'verify email' | 'reset password'

/** A person's account: how it comes to be, its address and its password. */
export class AccountService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly users: UserRepository,
    private readonly sessions: SessionService,
    private readonly places: PersonsPlaces,
    private readonly mailer: Mailer,
    private readonly limiter: AttemptLimiter,
    private readonly journal: AccountJournal,
    /** The transport's. */
    private readonly clock: Clock,
  ) {}

  /**
   * Checks names and password, and hashes it. Hashing takes long, so it is done before a transaction is open.
   * @throws Refused with everything that is wrong
   */
  async prepare({ givenName, familyName, password }: Person): Promise<PreparedPerson> {
    const [given, family] = unwrap(
      combine([
        readName(givenName, ['input', 'givenName'], longestName),
        readName(familyName, ['input', 'familyName'], longestName),
        acceptablePassword(password, ['input', 'password']),
      ]),
    )
    return { givenName: given, familyName: family, passwordHash: await hashPassword(password) }
  }

  /** @throws Refused TAKEN where the address has an account in the realm */
  async create(transaction: Transaction, person: NewPerson): Promise<UserRow> {
    const now = this.clock.now()
    const { emailVerified, ...rest } = person
    const user: UserRow = {
      ...rest,
      id: newId('usr'),
      email: person.email.toLowerCase(),
      emailVerifiedAt: emailVerified ? now : null,
      createdAt: now,
    }
    const made = await rows(transaction, User)
      .insertInto('User')
      .values(user)
      .onConflict((conflict) => conflict.columns(['realm', 'email']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!made) throw addressTaken()
    return user
  }

  async askToVerify(transaction: Transaction, user: UserRow): Promise<void> {
    const token = await this.#issue(transaction, user, 'verify email', verificationLife)
    const { name, url } = await this.places.describe(transaction, user.realm)
    await this.mailer.post(transaction, verificationMail(user.email, user.givenName, name, url, token))
  }

  /** @throws Refused TOKEN_EXPIRED; RequestError RATE_LIMITED */
  async verifyEmail(token: string, address: string): Promise<UserRow> {
    await this.#demandGood(token, 'verify email', address)
    return this.unitOfWork.run(system, async (transaction) => {
      const user = await this.#redeem(transaction, token, 'verify email')
      await this.markVerified(transaction, user)
      await this.journal.note(transaction, user, 'account.verified', `${user.email} was shown to be theirs.`)
      return { ...user, emailVerifiedAt: user.emailVerifiedAt ?? this.clock.now() }
    })
  }

  async markVerified(transaction: Transaction, user: UserRow): Promise<void> {
    await rows(transaction, User)
      .updateTable('User')
      .set({ emailVerifiedAt: this.clock.now() })
      .where('id', '=', user.id)
      .where('emailVerifiedAt', 'is', null)
      .execute()
  }

  /**
   * Answers the same in the same time, whether or not the address is known, because only the worker looks.
   * Every request counts as an attempt: if those for known addresses did not, the limit would tell.
   * @throws RequestError RATE_LIMITED
   */
  async requestPasswordReset(email: string, marketplaceId: string | null | undefined, address: string): Promise<void> {
    const realm = realmOf(marketplaceId)
    const asked = { realm, email: email.toLowerCase() }
    const attempt = { purpose: 'request reset', account: `${realm} ${asked.email}`, address }
    await this.limiter.guard(
      attempt,
      () => true,
      () =>
        this.unitOfWork.run(system, (transaction) =>
          enqueue(transaction, [{ task: offerPasswordResetTask, payload: asked }]),
        ),
    )
  }

  /** The worker's task. It may run twice: then there are two links, and the first one used ends the other. */
  async offerPasswordReset(payload: unknown): Promise<void> {
    const { realm, email } = payload as { realm: string; email: string }
    await this.unitOfWork.run(system, async (transaction) => {
      const user = await this.users.byEmail(transaction, realm, email)
      if (!user) return
      const token = await this.#issue(transaction, user, 'reset password', resetLife)
      const { name, url } = await this.places.describe(transaction, realm)
      await this.mailer.post(transaction, passwordResetMail(user.email, user.givenName, name, url, token))
    })
  }

  /** Ends all sessions. @throws Refused INVALID, TOKEN_EXPIRED; RequestError RATE_LIMITED */
  async resetPassword(token: string, password: string, address: string): Promise<void> {
    unwrap(acceptablePassword(password, ['input', 'password']))
    await this.#demandGood(token, 'reset password', address)
    const passwordHash = await hashPassword(password)
    await this.unitOfWork.run(system, async (transaction) => {
      const user = await this.#redeem(transaction, token, 'reset password')
      await rows(transaction, User).updateTable('User').set({ passwordHash }).where('id', '=', user.id).execute()
      await this.#endOtherResets(transaction, user)
      // Whoever can read the mail has the address.
      await this.markVerified(transaction, user)
      await this.sessions.endAllOf(transaction, user.id, 'password reset')
      const summary = `A new password was set by the link that was mailed to ${user.email}; all sessions ended.`
      await this.journal.note(transaction, user, 'account.password-reset', summary)
    })
  }

  async #issue(transaction: Transaction, user: UserRow, purpose: Purpose, life: number): Promise<string> {
    const { token, digest } = newToken(purpose === 'verify email' ? 'mvt' : 'mpt')
    const expiresAt = new Date(this.clock.now().getTime() + life)
    await rows(transaction, MailedToken)
      .insertInto('MailedToken')
      .values({ digest, realm: user.realm, purpose, userId: user.id, expiresAt, usedAt: null })
      .execute()
    return token
  }

  /** Looks before anything costly is done for it; a token that is not good counts as a failure of the address. */
  async #demandGood(token: string, purpose: Purpose, address: string): Promise<void> {
    const good = await this.limiter.guard(
      { purpose, account: null, address },
      (found) => !found,
      async () => {
        const reading = this.unitOfWork.reading(system)
        const found = await rows(reading, MailedToken)
          .selectFrom('MailedToken')
          .select('userId')
          .where('digest', '=', digestOf(token))
          .where('purpose', '=', purpose)
          .where('usedAt', 'is', null)
          .where('expiresAt', '>', this.clock.now())
          .executeTakeFirst()
        return found !== undefined
      },
    )
    if (!good) throw linkEnded()
  }

  /** Good once, and for a while. */
  async #redeem(transaction: Transaction, token: string, purpose: Purpose): Promise<UserRow> {
    const now = this.clock.now()
    const redeemed = await rows(transaction, MailedToken)
      .updateTable('MailedToken')
      .set({ usedAt: now })
      .where('digest', '=', digestOf(token))
      .where('purpose', '=', purpose)
      .where('usedAt', 'is', null)
      .where('expiresAt', '>', now)
      .returning('userId')
      .executeTakeFirst()
    const user = redeemed && (await this.users.locked(transaction, redeemed.userId))
    if (!user) throw linkEnded()
    return user
  }

  async #endOtherResets(transaction: Transaction, user: UserRow): Promise<void> {
    await rows(transaction, MailedToken)
      .updateTable('MailedToken')
      .set({ usedAt: this.clock.now() })
      .where('userId', '=', user.id)
      .where('purpose', '=', 'reset password')
      .where('usedAt', 'is', null)
      .execute()
  }
}

export function addressTaken(): Refused {
  const message = 'There is an account with this address already. Sign in with it.'
  return new Refused([{ code: 'TAKEN', message, field: ['input', 'email'] }])
}

function linkEnded(): Refused {
  const message = 'This link has expired or was used. Ask for a new one.'
  return new Refused([{ code: 'TOKEN_EXPIRED', message, field: ['input', 'token'] }])
}
