import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { administrator, type Backend, startBackend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import {
  BrowseMarketplaceDocument,
  InvitationDocument,
  ProductSubscriptionChangedDocument,
  RefreshSessionDocument,
  RequestPasswordResetDocument,
  ResetPasswordDocument,
  SignInDocument,
  SignOutDocument,
  SignUpDocument,
  VerifyEmailDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import {
  allWorkRests,
  givenSignedUp,
  isSignedOut,
  newAddress,
  newcomer,
  onAnotherDevice,
  signInCodes,
} from '../support/people.js'
import { RawSocket } from '../support/raw-socket.js'
import { day, hour, minute, StoryClock } from '../support/story-clock.js'
import { givenMarketplace, type Market, password } from '../support/world.js'

const url = 'https://harbour.example/shop/'
const another = 'another fine long password'
const someToken = (kind: string) => `${kind}_${'A'.repeat(43)}`

let backend: Backend
let market: Market
const clock = new StoryClock()
beforeAll(async () => {
  backend = await startBackend({}, clock)
  market = await givenMarketplace(backend, { url, selfSignupAllowed: true })
})
afterAll(async () => {
  await backend.stop()
  expect(backend.failures()).toEqual([])
})

const signingIn = (email: string, word: string, marketplaceId: string | null = market.id) =>
  backend.client().ask(SignInDocument, { input: { email, password: word, marketplaceId } })

describe('signing in', () => {
  test('answers the same for a wrong password, an unknown address, another place and a place that never was', async () => {
    const { email } = await givenSignedUp(backend, market.id)
    const other = await givenMarketplace(backend)
    const wrong = await signingIn(email, another)
    expect(wrong).toMatchObject({ status: 200, errors: [], data: { signIn: { viewer: null, tokens: null } } })
    expect(wrong.data?.signIn.userErrors).toEqual([
      { code: 'INVALID_CREDENTIALS', message: expect.stringMatching(/\.$/), field: null },
    ])
    expect(await signingIn(newAddress(), password)).toEqual(wrong)
    for (const place of [null, other.id, market.providerId, 'nonsense', '']) {
      expect(await signingIn(email, password, place)).toEqual(wrong)
    }
    expect(await signInCodes(backend, email.toUpperCase(), market.id)).toEqual([])
  })

  test('with one address in two marketplaces and at a provider is for three people with three passwords', async () => {
    const { email } = administrator
    const other = await givenMarketplace(backend, { selfSignupAllowed: true })
    const here = await givenSignedUp(backend, market.id, { email })
    const there = await givenSignedUp(backend, other.id, { email, password: another })
    const { user } = await onProvidersSide()
    expect(new Set([here.userId, there.userId, user.id]).size).toBe(3)

    const words = [password, another, administrator.password]
    const places = [market.id, other.id, null]
    for (const [at, place] of places.entries()) {
      for (const [by, word] of words.entries()) {
        expect(await signInCodes(backend, email, place, word)).toEqual(at === by ? [] : ['INVALID_CREDENTIALS'])
      }
    }

    // What happens to one of them is nothing to the others.
    await backend.client().mutate(RequestPasswordResetDocument, { email, marketplaceId: other.id })
    const { token } = await backend.mails.next(email, 'reset-password')
    await backend.client().mutate(ResetPasswordDocument, { token: token as string, password: 'a third fine password' })
    expect(await isSignedOut(there.client)).toBe(true)
    expect(await isSignedOut(here.client)).toBe(false)
    expect(await signInCodes(backend, email, market.id)).toEqual([])
    expect(await signInCodes(backend, email, null, administrator.password)).toEqual([])
  })

  async function onProvidersSide() {
    const client = backend.client()
    return client.signIn(administrator.email, administrator.password)
  }
})

describe('a session', () => {
  test('is refreshed: the new tokens serve, and the old refresh token is used up', async () => {
    const { client } = await givenSignedUp(backend, market.id)
    const before = { access: client.accessToken, refresh: client.refreshToken as string }
    const { tokens } = await client.mutate(RefreshSessionDocument, { refreshToken: before.refresh })
    expect(tokens.accessToken).not.toBe(before.access)
    expect(tokens.refreshToken).not.toBe(before.refresh)
    // Sockets and requests under way still use the access token of before.
    expect(await isSignedOut(client)).toBe(false)
    client.take(tokens)
    expect(await isSignedOut(client)).toBe(false)
  })

  test('ends with all its tokens when a refresh token comes a second time; other sessions go on', async () => {
    const { client, email } = await givenSignedUp(backend, market.id)
    const other = await onAnotherDevice(backend, email, market.id)
    const stolen = client.refreshToken as string
    const first = client.accessToken
    client.take((await client.mutate(RefreshSessionDocument, { refreshToken: stolen })).tokens)

    const thief = backend.client()
    expect(await thief.refused(RefreshSessionDocument, { refreshToken: stolen })).toMatchObject([
      { code: 'TOKEN_EXPIRED', field: ['input', 'refreshToken'] },
    ])
    expect(await isSignedOut(client)).toBe(true)
    const anonymous = backend.client()
    expect(
      await anonymous.refused(RefreshSessionDocument, { refreshToken: client.refreshToken as string }),
    ).toMatchObject([{ code: 'TOKEN_EXPIRED' }])
    client.accessToken = first
    expect(await isSignedOut(client)).toBe(true)
    expect(await isSignedOut(other)).toBe(false)
  })

  test('that is refreshed twice at once is answered once at most, and ends', async () => {
    const { client } = await givenSignedUp(backend, market.id)
    const input = { refreshToken: client.refreshToken as string }
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => backend.client().ask(RefreshSessionDocument, { input })),
    )
    const given = answers.flatMap(({ data }) => data?.refreshSession.tokens ?? [])
    expect(given).toHaveLength(1)
    client.take(given[0] as { accessToken: string; refreshToken: string })
    expect(await isSignedOut(client)).toBe(true)
  })

  test('takes no refresh token that is none', async () => {
    const { client } = await givenSignedUp(backend, market.id)
    const anonymous = backend.client()
    for (const refreshToken of [client.accessToken as string, someToken('mrt'), '', '\0', 'x'.repeat(10_000)]) {
      expect(await anonymous.refused(RefreshSessionDocument, { refreshToken })).toMatchObject([
        { code: 'TOKEN_EXPIRED' },
      ])
    }
    expect(await isSignedOut(client)).toBe(false)
  })

  test('that is signed out ends at once: its tokens are refused, never taken for none', async () => {
    const { client, email } = await givenSignedUp(backend, market.id)
    const other = await onAnotherDevice(backend, email, market.id)
    await client.mutate(SignOutDocument, undefined as never)

    // Also where nobody needs to be signed in.
    const browsing = await client.ask(BrowseMarketplaceDocument, { slug: market.slug })
    expect(browsing).toMatchObject({ status: 401, data: null, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    expect(await isSignedOut(client)).toBe(true)
    expect(await websocketEndOf(client.accessToken)).toBe(4403)
    expect(
      await backend.client().refused(RefreshSessionDocument, { refreshToken: client.refreshToken as string }),
    ).toMatchObject([{ code: 'TOKEN_EXPIRED' }])
    // Whoever has ended has no way back in by signing in with the dead token in hand, either.
    expect((await client.ask(SignInDocument, { input: { email, password, marketplaceId: market.id } })).status).toBe(
      401,
    )
    expect(await isSignedOut(other)).toBe(false)
    expect(await signInCodes(backend, email, market.id)).toEqual([])
  })

  test('is never begun by a token that is none of ours', async () => {
    for (const token of [
      someToken('mat'),
      someToken('mgt'),
      someToken('mrt'),
      'nonsense',
      'eyJhbGciOiJub25lIn0.e30.',
    ]) {
      const stranger = backend.client()
      stranger.accessToken = token
      expect(await isSignedOut(stranger)).toBe(true)
      expect(await websocketEndOf(token)).toBe(4403)
    }
    const response = await fetch(`${backend.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Basic cm9vdDpyb290' },
      body: JSON.stringify({ query: '{ liveCursor }' }),
    })
    expect(response.status).toBe(401)
  })

  test('is asked for where nobody is signed in, without being one that has ended', async () => {
    const { status, data, errors } = await backend.client().ask(SignOutDocument)
    expect({ status, data }).toEqual({ status: 200, data: null })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(await backend.client().query(ViewerDocument)).toEqual({ viewer: null })
  })

  test('lasts 15 minutes with a token, and 30 days with a refresh at the last moment', async () => {
    const { client } = await givenSignedUp(backend, market.id)
    clock.pass(14 * minute)
    expect(await isSignedOut(client)).toBe(false)
    clock.pass(2 * minute)
    expect(await isSignedOut(client)).toBe(true)
    expect(await websocketEndOf(client.accessToken)).toBe(4403)
    clock.pass(30 * day - hour)
    const { tokens } = await backend
      .client()
      .mutate(RefreshSessionDocument, { refreshToken: client.refreshToken as string })
    client.take(tokens)
    expect(await isSignedOut(client)).toBe(false)
    clock.pass(30 * day + minute)
    expect(await backend.client().refused(RefreshSessionDocument, { refreshToken: tokens.refreshToken })).toMatchObject(
      [{ code: 'TOKEN_EXPIRED' }],
    )
  })

  async function websocketEndOf(accessToken: string | null): Promise<number> {
    const socket = await RawSocket.open(backend.url)
    socket.say({ type: 'connection_init', payload: { accessToken } })
    return (await socket.closed()).code
  }
})

describe('an address', () => {
  test('is confirmed with the link in the mail, once', async () => {
    const { client, email, userId } = await givenSignedUp(backend, market.id)
    const mail = await backend.mails.next(email, 'verify-email')
    expect(mail.link).toBe(`https://harbour.example/shop/verify-email/${mail.token}`)
    expect(mail.text).toContain(mail.link)
    const input = { token: mail.token as string }
    expect((await client.query(ViewerDocument)).viewer?.user.emailVerified).toBe(false)

    // A link is for what it was mailed for.
    expect(await client.refused(ResetPasswordDocument, { ...input, password: another })).toMatchObject([
      { code: 'TOKEN_EXPIRED', field: ['input', 'token'] },
    ])
    // Whoever opens the mail need not be signed in where it is opened.
    const { user } = await backend.client().mutate(VerifyEmailDocument, input)
    expect(user).toEqual({ id: userId, email, emailVerified: true })
    expect((await client.query(ViewerDocument)).viewer?.user.emailVerified).toBe(true)
    const used = await client.refused(VerifyEmailDocument, input)
    expect(used).toMatchObject([{ code: 'TOKEN_EXPIRED', field: ['input', 'token'] }])
    for (const token of [someToken('mvt'), 'nonsense', '', '\0']) {
      expect(await client.refused(VerifyEmailDocument, { token })).toEqual(used)
    }
    expect(await signInCodes(backend, email, market.id)).toEqual([])
  })

  test('is not confirmed after a day', async () => {
    const { email } = await givenSignedUp(backend, market.id)
    const { token } = await backend.mails.next(email, 'verify-email')
    clock.pass(day + minute)
    expect(await backend.client().refused(VerifyEmailDocument, { token: token as string })).toMatchObject([
      { code: 'TOKEN_EXPIRED' },
    ])
    const client = await onAnotherDevice(backend, email, market.id)
    expect((await client.query(ViewerDocument)).viewer?.user.emailVerified).toBe(false)
  })
})

describe('a forgotten password', () => {
  const asking = (email: string, marketplaceId: string | null = market.id) =>
    backend.client().ask(RequestPasswordResetDocument, { input: { email, marketplaceId } })

  test('is asked for with the same answer, whether or not anybody has the address, and mailed to nobody else', async () => {
    const { email } = await givenSignedUp(backend, market.id)
    const stranger = newAddress('stranger')
    const known = await asking(email)
    expect(known).toEqual({ status: 200, data: { requestPasswordReset: { userErrors: [] } }, errors: [] })
    expect(await asking(stranger)).toEqual(known)
    expect(await asking(email, null)).toEqual(known)
    expect(await asking(email, 'nonsense')).toEqual(known)
    await allWorkRests(backend)
    const mails = (await backend.mails.all()).filter(({ kind }) => kind === 'reset-password')
    expect(mails.filter(({ to }) => to === stranger)).toEqual([])
    expect(mails.filter(({ to }) => to === email)).toHaveLength(1)
  })

  test('is chosen anew with the link, once; all sessions end, websockets with them', async () => {
    const { client, email } = await givenSignedUp(backend, market.id)
    const phone = await onAnotherDevice(backend, email, market.id)
    const heard = await phone.listen(ProductSubscriptionChangedDocument, {})
    await asking(email)
    const mail = await backend.mails.next(email, 'reset-password')
    expect(mail.link).toBe(`https://harbour.example/shop/reset-password/${mail.token}`)
    const token = mail.token as string

    // What is no password leaves the link and the sessions as they are.
    expect(await client.refused(ResetPasswordDocument, { token, password: 'short' })).toMatchObject([
      { code: 'INVALID', field: ['input', 'password'] },
    ])
    expect(await isSignedOut(client)).toBe(false)

    await backend.client().mutate(ResetPasswordDocument, { token, password: another })
    for (const device of [client, phone]) await demandGone(device)
    expect(await heard.ending()).toMatchObject({ code: 4401 })
    expect(await signInCodes(backend, email, market.id)).toEqual(['INVALID_CREDENTIALS'])
    const { data } = await signingIn(email, another)
    expect(data?.signIn.userErrors).toEqual([])

    const again = await backend.client().refused(ResetPasswordDocument, { token, password: 'a third fine password' })
    expect(again).toMatchObject([{ code: 'TOKEN_EXPIRED', field: ['input', 'token'] }])
    expect(await signInCodes(backend, email, market.id, another)).toEqual([])
  })

  test('has one link at the end: the first that is used ends the others, and none lasts longer than an hour', async () => {
    const { email } = await givenSignedUp(backend, market.id)
    const tokens: string[] = []
    for (let asked = 0; asked < 3; asked += 1) {
      await asking(email)
      tokens.push((await backend.mails.next(email, 'reset-password')).token as string)
    }
    const [first, second] = tokens as [string, string]
    await backend.client().mutate(ResetPasswordDocument, { token: second, password: another })
    expect(await backend.client().refused(ResetPasswordDocument, { token: first, password })).toMatchObject([
      { code: 'TOKEN_EXPIRED' },
    ])
    await asking(email)
    const late = (await backend.mails.next(email, 'reset-password')).token as string
    clock.pass(hour + minute)
    expect(await backend.client().refused(ResetPasswordDocument, { token: late, password })).toMatchObject([
      { code: 'TOKEN_EXPIRED' },
    ])
    expect(await signInCodes(backend, email, market.id, another)).toEqual([])
  })

  async function demandGone(device: Client): Promise<void> {
    expect(await isSignedOut(device)).toBe(true)
    expect(
      await backend.client().refused(RefreshSessionDocument, { refreshToken: device.refreshToken as string }),
    ).toMatchObject([{ code: 'TOKEN_EXPIRED' }])
  }
})

describe('guessing', () => {
  let limited: Backend
  let place: Market
  beforeAll(async () => {
    limited = await startBackend({ rateLimits: true })
    place = await givenMarketplace(limited, { selfSignupAllowed: true })
  })
  afterAll(() => limited.stop())

  const trying = (email: string, word: string) =>
    limited.client().ask(SignInDocument, { input: { email, password: word, marketplaceId: place.id } })

  async function givenAccount(): Promise<string> {
    const email = newAddress('eve')
    await limited.client().mutate(SignUpDocument, {
      ...newcomer,
      email,
      organizationName: 'Eve',
      marketplaceId: place.id,
    })
    return email
  }

  test('one password ends after ten failures, even all at once; the right one then waits too, for this account alone', async () => {
    const [email, neighbour] = [await givenAccount(), await givenAccount()]
    // Successes are not counted.
    for (let times = 0; times < 11; times += 1) expect((await trying(neighbour, password)).errors).toEqual([])

    const guesses = await Promise.all(Array.from({ length: 25 }, (_, nth) => trying(email, `guess number ${nth}`)))
    expect(guesses.filter(({ data }) => data?.signIn.userErrors[0]?.code === 'INVALID_CREDENTIALS')).toHaveLength(10)
    const [refused] = guesses.filter(({ errors }) => errors.length > 0)
    expect(guesses.filter(({ errors }) => errors[0]?.extensions?.code === 'RATE_LIMITED')).toHaveLength(15)
    expect(refused?.data).toBeNull()
    expect(refused?.errors[0]?.extensions?.retryAfter).toBeGreaterThan(0)
    expect(refused?.errors[0]?.extensions?.retryAfter).toBeLessThanOrEqual(15 * 60)

    const right = await trying(email, password)
    expect(right.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    // The same password is guessed by whichever door.
    const about = { ...newcomer, email, organizationName: 'Eve', marketplaceId: place.id }
    const signedUp = await limited.client().ask(SignUpDocument, { input: about })
    expect(signedUp.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    expect((await trying(neighbour, password)).data?.signIn.userErrors).toEqual([])
  })

  test('requests for a new password are counted whoever they are for: the limit does not tell who is known', async () => {
    const [known, unknown] = [await givenAccount(), newAddress('nobody')]
    for (const email of [known, unknown]) {
      const input = { email, marketplaceId: place.id }
      const codes = []
      for (let times = 0; times < 11; times += 1) {
        const { errors } = await limited.client().ask(RequestPasswordResetDocument, { input })
        codes.push(errors[0]?.extensions?.code ?? null)
      }
      expect(codes).toEqual([...Array.from({ length: 10 }, () => null), 'RATE_LIMITED'])
    }
  })

  test('links ends after a hundred failures from one address; what is not guessed goes on', async () => {
    const look = () => limited.client().ask(InvitationDocument, { token: someToken('mit') })
    for (let times = 0; times < 100; times += 1) {
      expect(await look()).toEqual({ status: 200, data: { invitation: null }, errors: [] })
    }
    expect((await look()).errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) } },
    ])
    const email = await givenAccount()
    expect((await trying(email, password)).data?.signIn.userErrors).toEqual([])
  })
})
