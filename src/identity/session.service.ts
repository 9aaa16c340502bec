import { sql } from 'kysely'
import type { DomainEvent } from '../events/event.js'
import type { Clocks } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { RequestError } from '../kernel/request-error.js'
import { Refused, type UserError } from '../kernel/result.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AttemptLimiter } from './attempt-limiter.js'
import { sessionEnded } from './identity.events.js'
import { verifyPassword } from './password.js'
import { Session, type SessionEndReason, type SessionRow, SessionToken } from './session.entity.js'
import { digestOf, newToken, tokenKind } from './token.js'
import { realmOf, type UserRow } from './user.entity.js'
import type { UserRepository } from './user.repository.js'

const minute = 60 * 1_000
const accessLife = 15 * minute
const refreshLife = 30 * 24 * 60 * minute

export interface SessionTokens {
  accessToken: string
  accessTokenExpiresAt: Date
  refreshToken: string
  refreshTokenExpiresAt: Date
}

export interface OpenedSession {
  userId: string
  sessionId: string
  tokens: SessionTokens
}

export interface PersonInRealm {
  realm: string
  userId: string
}

/** What the features to the right know of a person: whether there is a door to come in by, and whose it is. */
export interface PersonsPlaces {
  /** Why this person cannot come in now; null when they can. */
  refusal(reading: Reading, person: PersonInRealm): Promise<UserError | null>
  /** The providers that are told of this person's sessions. */
  providersOf(reading: Reading, person: PersonInRealm): Promise<string[]>
  /** What the realm is called in mails, and where its web client lives. */
  describe(reading: Reading, realm: string): Promise<{ name: string; url: string }>
}

/** Sign-in, and what follows from it until sign-out. */
export class SessionService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly users: UserRepository,
    private readonly places: PersonsPlaces,
    private readonly limiter: AttemptLimiter,
    private readonly clocks: Clocks,
  ) {}

  /**
   * @param marketplaceId where the person consumes; null for a provider's user
   * @throws Refused INVALID_CREDENTIALS; NOT_ALLOWED for whoever has nothing left to sign in for;
   * RequestError RATE_LIMITED
   */
  async signIn(
    email: string,
    password: string,
    marketplaceId: string | null | undefined,
    address: string,
  ): Promise<OpenedSession> {
    const user = await this.whoHas(realmOf(marketplaceId), email, password, address)
    if (!user) throw wrongCredentials()
    return this.unitOfWork.run(system, async (transaction) => {
      const opened = await this.openAgain(transaction, user)
      const refusal = await this.places.refusal(transaction, { realm: user.realm, userId: user.id })
      if (refusal) throw new Refused([refusal])
      return opened
    })
  }

  /**
   * The person whose address and password these are; null where they do not belong together, after the same time.
   * Whoever asks for a password asks here, so that all guesses at one account count together.
   * @throws RequestError RATE_LIMITED
   */
  whoHas(realm: string, email: string, password: string, address: string): Promise<UserRow | null> {
    const attempt = { purpose: 'sign-in', account: `${realm} ${email.toLowerCase()}`, address }
    return this.limiter.guard(
      attempt,
      (found) => found === null,
      async () => {
        const user = await this.users.byEmail(this.unitOfWork.reading(system), realm, email)
        const fits = await verifyPassword(password, user?.passwordHash ?? null)
        return fits ? user : null
      },
    )
  }

  /** Opens a session for somebody whose password was seen to fit before the transaction began. */
  async openAgain(transaction: Transaction, user: UserRow): Promise<OpenedSession> {
    const now = await this.users.locked(transaction, user.id)
    // A new password ends all sessions; one that was about to begin with the former password is none.
    if (now?.passwordHash !== user.passwordHash) throw wrongCredentials()
    return this.open(transaction, user)
  }

  /** Opens a session for somebody who has shown who they are. */
  async open(transaction: Transaction, user: UserRow): Promise<OpenedSession> {
    const now = this.clocks.transport.now()
    const sessionId = newId('ses')
    await rows(transaction, Session)
      .insertInto('Session')
      .values({
        id: sessionId,
        realm: user.realm,
        userId: user.id,
        createdAt: now,
        expiresAt: new Date(now.getTime() + refreshLife),
        endedAt: null,
        endReason: null,
      })
      .execute()
    return { userId: user.id, sessionId, tokens: await this.#issue(transaction, sessionId, user.realm) }
  }

  /** The session as it stands, for the person whose it is. */
  current(reading: Reading, { userId, sessionId }: { userId: string; sessionId: string }): Promise<SessionRow> {
    return rows(reading, Session)
      .selectFrom('Session')
      .selectAll()
      .where('id', '=', sessionId)
      .where('userId', '=', userId)
      .executeTakeFirstOrThrow()
  }

  /**
   * New tokens for a refresh token, which is then used up. One that comes a second time was stolen, or its
   * answer was: the whole session ends.
   * @throws Refused TOKEN_EXPIRED; NOT_ALLOWED for whoever cannot come in now, whose token then stays good
   */
  async refresh(refreshToken: string): Promise<SessionTokens> {
    const ended = new Refused([
      { code: 'TOKEN_EXPIRED', message: 'Your session has ended. Sign in again.', field: ['input', 'refreshToken'] },
    ])
    if (tokenKind(refreshToken) !== 'mrt') throw ended
    const tokens = await this.unitOfWork.run(system, async (transaction) => {
      const now = this.clocks.transport.now()
      const token = await rows(transaction, SessionToken)
        .selectFrom('SessionToken')
        .selectAll()
        .where('digest', '=', digestOf(refreshToken))
        .forUpdate()
        .executeTakeFirst()
      if (token?.kind !== 'refresh' || token.expiresAt <= now) return null
      const session = await rows(transaction, Session)
        .selectFrom('Session')
        .selectAll()
        .where('id', '=', token.sessionId)
        .forUpdate()
        .executeTakeFirstOrThrow()
      if (session.endedAt || session.expiresAt <= now) return null
      if (token.usedAt) {
        await this.#end(transaction, [session], 'refresh token reused')
        return null
      }
      const refusal = await this.places.refusal(transaction, session)
      if (refusal) throw new Refused([refusal])
      await rows(transaction, SessionToken)
        .updateTable('SessionToken')
        .set({ usedAt: now })
        .where('digest', '=', token.digest)
        .execute()
      // The access token of before stays good for its minutes: sockets and requests under way still use it.
      return this.#issue(transaction, token.sessionId, token.realm)
    })
    if (!tokens) throw ended
    return tokens
  }

  async signOut(sessionId: string): Promise<void> {
    await this.unitOfWork.run(system, async (transaction) => {
      const sessions = await rows(transaction, Session)
        .selectFrom('Session')
        .selectAll()
        .where('id', '=', sessionId)
        .where('endedAt', 'is', null)
        .forUpdate()
        .execute()
      await this.#end(transaction, sessions, 'signed out')
    })
  }

  /** Ends every session of one person. Called before the last membership goes, or nobody would be told. */
  endAllOf(given: Transaction<DomainEvent>, userId: string, reason: SessionEndReason): Promise<void> {
    return given.within(system, async (transaction) => {
      const sessions = await rows(transaction, Session)
        .selectFrom('Session')
        .selectAll()
        .where('userId', '=', userId)
        .where('endedAt', 'is', null)
        .orderBy('id')
        .forUpdate()
        .execute()
      await this.#end(transaction, sessions, reason)
    })
  }

  /** Forgets what ended long ago. */
  async prune(): Promise<void> {
    const before = new Date(this.clocks.transport.now().getTime() - 7 * 24 * 60 * minute)
    await this.unitOfWork.run(system, async ({ kysely }) => {
      await sql`delete from session_token where expires_at < ${before.toISOString()}::timestamptz`.execute(kysely)
      await sql`delete from mailed_token where expires_at < ${before.toISOString()}::timestamptz`.execute(kysely)
      await sql`delete from session where expires_at < ${before.toISOString()}::timestamptz`.execute(kysely)
    })
  }

  async #issue(transaction: Transaction, sessionId: string, realm: string): Promise<SessionTokens> {
    const now = this.clocks.transport.now().getTime()
    const [access, refresh] = [newToken('mat'), newToken('mrt')]
    const accessTokenExpiresAt = new Date(now + accessLife)
    const refreshTokenExpiresAt = new Date(now + refreshLife)
    const common = { sessionId, realm, usedAt: null }
    await rows(transaction, SessionToken)
      .insertInto('SessionToken')
      .values([
        { ...common, digest: access.digest, kind: 'access', expiresAt: accessTokenExpiresAt },
        { ...common, digest: refresh.digest, kind: 'refresh', expiresAt: refreshTokenExpiresAt },
      ])
      .execute()
    await rows(transaction, Session)
      .updateTable('Session')
      .set({ expiresAt: refreshTokenExpiresAt })
      .where('id', '=', sessionId)
      .execute()
    return {
      accessToken: access.token,
      accessTokenExpiresAt,
      refreshToken: refresh.token,
      refreshTokenExpiresAt,
    }
  }

  /** @param sessions of one person */
  async #end(
    transaction: Transaction<DomainEvent>,
    sessions: readonly SessionRow[],
    endReason: SessionEndReason,
  ): Promise<void> {
    const [first] = sessions
    if (!first) return
    const ids = sessions.map((session) => session.id)
    await rows(transaction, Session)
      .updateTable('Session')
      .set({ endedAt: this.clocks.transport.now(), endReason })
      .where('id', 'in', ids)
      .execute()
    await rows(transaction, SessionToken)
      .deleteFrom('SessionToken')
      .where('sessionId', 'in', ids)
      .where('kind', '=', 'access')
      .execute()
    const occurredAt = this.clocks.billing.now()
    for (const providerId of await this.places.providersOf(transaction, first)) {
      const audience = { providerId, marketplaceId: null, organizationId: null }
      for (const { id, userId } of sessions) {
        transaction.announce(sessionEnded.of(audience, id, { sessionId: id, userId }, occurredAt))
      }
    }
  }
}

/** A token that was refused is never treated as none. */
export function sessionHasEnded(): RequestError {
  return new RequestError('UNAUTHENTICATED', 'Your session has ended. Sign in again.')
}

function wrongCredentials(): Refused {
  return new Refused([{ code: 'INVALID_CREDENTIALS', message: 'Address or password is wrong.', field: null }])
}
