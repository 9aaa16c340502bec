import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { RequestError } from '../../src/kernel/request-error.js'
import { Refused } from '../../src/kernel/result.js'
import {
  type Answer,
  givenMarketplace,
  givenProvider,
  givenSignedUp,
  openPeopleHouse,
  type PeopleHouse,
  password,
} from '../organizations/people-house.js'

let house: PeopleHouse
let market: Awaited<ReturnType<typeof givenMarketplace>>

beforeAll(async () => {
  house = await openPeopleHouse()
  market = await givenMarketplace(house)
})
afterAll(() => house.close())

const address = '192.0.2.1'
const minutes = (count: number) => count * 60_000
const codesOf = (work: Promise<unknown>): Promise<string[]> =>
  work.then(
    () => [],
    (error: unknown) => {
      if (error instanceof Refused) return error.errors.map(({ code }) => code)
      if (error instanceof RequestError) return [error.code]
      throw error
    },
  )
const viewerOf = async (token: string) =>
  (await house.ask(token, '{ viewer { user { email } session { id expiresAt } } }')).data?.['viewer']

const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) {
  viewer { user { email emailVerified } memberships { organization { name } } providerMemberships { roles } }
  tokens { accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt }
  userErrors { code message field } } }`

describe('signing in', () => {
  it('shows who one is, with the rights that come with it, and tokens for a while', async () => {
    const { email } = await givenSignedUp(house, market.id)
    const { data } = await house.ask(null, signIn, { input: { email, password, marketplaceId: market.id } })
    const { viewer, tokens, userErrors } = (data as Answer)['signIn']
    expect(userErrors).toEqual([])
    expect(viewer).toMatchObject({
      user: { email, emailVerified: false },
      memberships: [{ organization: { name: 'Acme' } }],
      providerMemberships: [],
    })
    const now = house.clocks.transport.now().getTime()
    expect(new Date(tokens.accessTokenExpiresAt).getTime() - now).toBe(minutes(15))
    expect(new Date(tokens.refreshTokenExpiresAt).getTime() - now).toBe(minutes(30 * 24 * 60))
    expect((await viewerOf(tokens.accessToken)).session.expiresAt).toBe(tokens.refreshTokenExpiresAt)
  })

  it('is refused in the same words for a wrong password and an unknown address', async () => {
    const { email } = await givenSignedUp(house, market.id)
    const wrong = await house.ask(null, signIn, {
      input: { email, password: 'another password', marketplaceId: market.id },
    })
    const unknown = await house.ask(null, signIn, {
      input: { email: 'nobody@acme.example', password, marketplaceId: market.id },
    })
    expect(wrong).toEqual(unknown)
    expect(wrong.data?.['signIn']).toMatchObject({
      viewer: null,
      tokens: null,
      userErrors: [{ code: 'INVALID_CREDENTIALS' }],
    })
  })

  it('is refused elsewhere than where the account is', async () => {
    const { email } = await givenSignedUp(house, market.id)
    const other = await givenMarketplace(house)
    for (const marketplaceId of [null, other.id, 'nonsense', 'provider', '\0', market.provider.id]) {
      const { data } = await house.ask(null, signIn, { input: { email, password, marketplaceId } })
      expect(data?.['signIn'].userErrors).toMatchObject([{ code: 'INVALID_CREDENTIALS' }])
    }
  })

  it('takes the address in any case', async () => {
    const { email } = await givenSignedUp(house, market.id)
    const { data } = await house.ask(null, signIn, {
      input: { email: email.toUpperCase(), password, marketplaceId: market.id },
    })
    expect(data?.['signIn'].viewer.user.email).toBe(email)
  })

  it('stores neither password nor token', async () => {
    const { token, refresh } = await givenSignedUp(house, market.id)
    const stored = JSON.stringify([
      await house.rowsOf('user_account'),
      await house.rowsOf('session_token'),
      await house.rowsOf('session'),
    ])
    for (const secret of [password, token, refresh, token.slice(4), refresh.slice(4)])
      expect(stored).not.toContain(secret)
  })
})

describe('a refresh token', () => {
  it('is good once, and keeps the session going', async () => {
    const { refresh, token } = await givenSignedUp(house, market.id)
    const tokens = await house.sessions.refresh(refresh)
    // Requests under way still use the former access token.
    expect(await viewerOf(token)).toEqual(await viewerOf(tokens.accessToken))
    expect(await house.sessions.refresh(tokens.refreshToken)).toMatchObject({ accessToken: expect.any(String) })
  })

  it('that comes a second time ends the session, whoever of the two was the thief', async () => {
    const { refresh, session } = await givenSignedUp(house, market.id)
    const tokens = await house.sessions.refresh(refresh)
    const before = house.announced.length
    expect(await codesOf(house.sessions.refresh(refresh))).toEqual(['TOKEN_EXPIRED'])
    expect(await codesOf(viewerOf(tokens.accessToken))).toEqual(['UNAUTHENTICATED'])
    expect(await codesOf(house.sessions.refresh(tokens.refreshToken))).toEqual(['TOKEN_EXPIRED'])
    expect(house.announced.slice(before)).toMatchObject([
      {
        name: 'session.ended',
        providerId: market.provider.id,
        subjectId: session.sessionId,
        data: { sessionId: session.sessionId, userId: session.userId },
      },
    ])
  })

  it('used twice at once is answered once', async () => {
    const { refresh } = await givenSignedUp(house, market.id)
    const results = await Promise.all([1, 2, 3].map(() => codesOf(house.sessions.refresh(refresh))))
    expect(results.filter((codes) => codes.length === 0)).toHaveLength(1)
  })

  it.each(['', 'nonsense', '\0', 'mrt_'.padEnd(47, 'a')])('%j is none', async (text) => {
    expect(await codesOf(house.sessions.refresh(text))).toEqual(['TOKEN_EXPIRED'])
  })

  it('is not an access token, nor the other way round', async () => {
    const { token, refresh } = await givenSignedUp(house, market.id)
    expect(await codesOf(house.sessions.refresh(token))).toEqual(['TOKEN_EXPIRED'])
    expect(await codesOf(viewerOf(refresh))).toEqual(['UNAUTHENTICATED'])
  })

  it('ends after 30 days, an access token after 15 minutes', async () => {
    const own = await openPeopleHouse()
    try {
      const { id } = await givenMarketplace(own)
      const { token, refresh } = await givenSignedUp(own, id)
      own.clocks.transport.advance(minutes(15))
      expect(await codesOf(own.ask(token, '{ viewer { user { id } } }'))).toEqual(['UNAUTHENTICATED'])
      own.clocks.transport.advance(minutes(30 * 24 * 60 - 15))
      expect(await codesOf(own.sessions.refresh(refresh))).toEqual(['TOKEN_EXPIRED'])
    } finally {
      await own.close()
    }
  })
})

describe('signing out', () => {
  it('ends that session alone, and is told for its sockets', async () => {
    const { email, token, session } = await givenSignedUp(house, market.id)
    const other = await house.sessions.signIn(email, password, market.id, address)
    const before = house.announced.length
    const { data } = await house.ask(token, 'mutation { signOut { userErrors { code } } }')
    expect(data?.['signOut'].userErrors).toEqual([])
    expect(await codesOf(viewerOf(token))).toEqual(['UNAUTHENTICATED'])
    expect(await codesOf(house.sessions.refresh(session.tokens.refreshToken))).toEqual(['TOKEN_EXPIRED'])
    expect(await viewerOf(other.tokens.accessToken)).toMatchObject({ user: { email } })
    expect(house.announced.slice(before)).toMatchObject([
      { name: 'session.ended', data: { sessionId: session.sessionId, userId: session.userId } },
    ])
  })

  it('is for those who are signed in', async () => {
    const { errors } = await house.ask(null, 'mutation { signOut { userErrors { code } } }')
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})

describe('a forgotten password', () => {
  const ask = (email: string, marketplaceId: string | null) =>
    house.ask(
      null,
      'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { userErrors { code } } }',
      { input: { email, marketplaceId } },
    )

  it('is chosen anew with the link in the mail; all sessions end, the address is theirs', async () => {
    const { email, token, session } = await givenSignedUp(house, market.id)
    await house.mails()
    await ask(email, market.id)
    const [mail] = await house.mails()
    expect(mail).toMatchObject({
      to: email,
      kind: 'reset-password',
      link: `https://harbour.example/shop/reset-password/${mail?.token}`,
    })
    const before = house.announced.length
    await house.accounts.resetPassword(mail?.token as string, 'a new long password', address)
    expect(await codesOf(viewerOf(token))).toEqual(['UNAUTHENTICATED'])
    expect(await codesOf(house.sessions.refresh(session.tokens.refreshToken))).toEqual(['TOKEN_EXPIRED'])
    expect(house.eventsSince(before)).toEqual(['session.ended'])
    expect(await codesOf(house.sessions.signIn(email, password, market.id, address))).toEqual(['INVALID_CREDENTIALS'])
    const { data } = await house.ask(null, signIn, {
      input: { email, password: 'a new long password', marketplaceId: market.id },
    })
    expect(data?.['signIn'].viewer.user).toEqual({ email, emailVerified: true })
  })

  it('is asked for with the same answer, known or not, and no mail to strangers', async () => {
    const { email } = await givenSignedUp(house, market.id)
    await house.mails()
    const known = await ask(email, market.id)
    expect(await ask('nobody@acme.example', market.id)).toEqual(known)
    expect(await ask(email, null)).toEqual(known)
    expect(await ask(email, 'nonsense')).toEqual(known)
    expect((await house.mails()).map(({ to }) => to)).toEqual([email])
  })

  it('is reset once, within the hour, and the newest link ends the others', async () => {
    const { email } = await givenSignedUp(house, market.id)
    await house.mails()
    await ask(email, market.id)
    await ask(email, market.id)
    const [first, second] = (await house.mails()).map(({ token }) => token as string)
    await house.accounts.resetPassword(second as string, 'a new long password', address)
    for (const token of [first, second]) {
      expect(await codesOf(house.accounts.resetPassword(token as string, 'another long password', address))).toEqual([
        'TOKEN_EXPIRED',
      ])
    }
    await ask(email, market.id)
    const [late] = (await house.mails()).map(({ token }) => token as string)
    house.clocks.transport.advance(minutes(60))
    expect(await codesOf(house.accounts.resetPassword(late as string, 'another long password', address))).toEqual([
      'TOKEN_EXPIRED',
    ])
    expect(await house.sessions.signIn(email, 'a new long password', market.id, address)).toBeDefined()
  })

  it('keeps the link when the new one is no password', async () => {
    const { email } = await givenSignedUp(house, market.id)
    await house.mails()
    await ask(email, market.id)
    const [mail] = await house.mails()
    expect(await codesOf(house.accounts.resetPassword(mail?.token as string, 'short', address))).toEqual(['INVALID'])
    await house.accounts.resetPassword(mail?.token as string, 'a new long password', address)
  })

  it("of a provider's user leads to this backend's own address", async () => {
    const provider = await givenProvider(house)
    await house.mails()
    await ask(provider.email, null)
    const [mail] = await house.mails()
    expect(mail?.link).toBe(`http://127.0.0.1:4000/reset-password/${mail?.token}`)
    expect(mail?.subject).toContain('127.0.0.1:4000')
  })
})

describe('an address', () => {
  const verify = (token: string) =>
    house.ask(
      null,
      'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { user { email emailVerified } userErrors { code field } } }',
      { input: { token } },
    )

  it('is confirmed with the mailed link, once', async () => {
    await house.mails()
    const { email } = await givenSignedUp(house, market.id)
    const [mail] = await house.mails()
    expect(mail).toMatchObject({ to: email, kind: 'verify-email' })
    expect((await verify(mail?.token as string)).data?.['verifyEmail']).toEqual({
      user: { email, emailVerified: true },
      userErrors: [],
    })
    const again = { user: null, userErrors: [{ code: 'TOKEN_EXPIRED', field: ['input', 'token'] }] }
    expect((await verify(mail?.token as string)).data?.['verifyEmail']).toEqual(again)
  })

  it('is not confirmed by a link for something else, nor by nonsense', async () => {
    const { email } = await givenSignedUp(house, market.id)
    await house.mails()
    await house.accounts.requestPasswordReset(email, market.id, address)
    const [reset] = await house.mails()
    for (const token of [reset?.token as string, 'nonsense', '', '\0']) {
      expect((await verify(token)).data?.['verifyEmail'].userErrors).toMatchObject([{ code: 'TOKEN_EXPIRED' }])
    }
  })

  it('is not confirmed after a day', async () => {
    await house.mails()
    await givenSignedUp(house, market.id)
    const [mail] = await house.mails()
    house.clocks.transport.advance(minutes(24 * 60))
    expect((await verify(mail?.token as string)).data?.['verifyEmail'].userErrors).toMatchObject([
      { code: 'TOKEN_EXPIRED' },
    ])
  })
})

describe('guessing', () => {
  it('ends after ten passwords for an account, and the right one then waits too', async () => {
    const limited = await openPeopleHouse({ limits: true })
    try {
      const { id } = await givenMarketplace(limited)
      const { email } = await givenSignedUp(limited, id)
      const guess = (word: string) => limited.sessions.signIn(email, word, id, `192.0.2.${word.length}`)
      for (let time = 0; time < 10; time++)
        expect(await codesOf(guess('x'.repeat(12 + time)))).toEqual(['INVALID_CREDENTIALS'])
      expect(await codesOf(guess(password))).toEqual(['RATE_LIMITED'])
    } finally {
      await limited.close()
    }
  })

  it('whether an address is known ends after ten requests for a new password, known or not', async () => {
    const limited = await openPeopleHouse({ limits: true })
    try {
      const { id } = await givenMarketplace(limited)
      const { email } = await givenSignedUp(limited, id)
      for (const asked of [email, 'nobody@acme.example']) {
        for (let time = 0; time < 10; time++)
          await limited.accounts.requestPasswordReset(asked, id, `198.51.100.${time}`)
        expect(await codesOf(limited.accounts.requestPasswordReset(asked, id, '198.51.100.10'))).toEqual([
          'RATE_LIMITED',
        ])
      }
    } finally {
      await limited.close()
    }
  })
})
