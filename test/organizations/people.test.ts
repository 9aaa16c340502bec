import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Mail } from '../../src/identity/mailer.js'
import { newId } from '../../src/kernel/id.js'
import {
  type Answer,
  asking,
  codes,
  givenMarketplace,
  givenProvider,
  givenSignedUp,
  newAddress,
  openPeopleHouse,
  type PeopleHouse,
  password,
} from './people-house.js'

let house: PeopleHouse
beforeAll(async () => {
  house = await openPeopleHouse()
})
afterAll(() => house.close())

const { query, mutate } = asking(() => house)
const signUp = (marketplaceId: string, about: object = {}) =>
  mutate(
    null,
    'signUp',
    {
      marketplaceId,
      givenName: 'Ada',
      familyName: 'Lovelace',
      email: newAddress(),
      password,
      organizationName: 'Acme',
      ...about,
    },
    'viewer { user { id email } memberships { roles organization { id state } } } tokens { accessToken } organization { id name state billingEmail }',
  )
const signIn = (email: string, marketplaceId: string | null, word = password) =>
  mutate(null, 'signIn', { email, password: word, marketplaceId }, 'viewer { user { id } } tokens { accessToken }')
const setState = (token: string, organizationId: string, state: string, reason?: string) =>
  mutate(token, 'setConsumerOrganizationState', { organizationId, state, reason }, 'organization { id state }')
const accept = (token: string | null, mail: Mail | undefined, about: object = {}) =>
  mutate(
    token,
    'acceptInvitation',
    { token: mail?.token, ...about },
    'viewer { user { id email } memberships { organization { id } } } tokens { accessToken } membership { id roles organization { id name } user { emailVerified } } providerMembership { id roles provider { id name } }',
  )
const newcomer = { givenName: 'Bob', familyName: 'Babbage', password }
/** Somebody invited to the organization, who has come. */
async function givenMember(by: string, organizationId: string, roles: string[]) {
  const email = newAddress('bob')
  await house.mails()
  await mutate(by, 'inviteMember', { organizationId, email, roles })
  const [mail] = await house.mails()
  const answer = await accept(null, mail, newcomer)
  return {
    email,
    userId: answer['viewer'].user.id,
    membershipId: answer['membership'].id,
    token: answer['tokens'].accessToken,
  }
}
const isSignedOut = (token: string) =>
  query(token, '{ viewer { user { id } } }').then(
    () => false,
    (error) => error.code === 'UNAUTHENTICATED',
  )

describe('signing up', () => {
  it('brings a person, an organization, and the role of its administrator', async () => {
    const { id, provider } = await givenMarketplace(house)
    await house.mails()
    const email = newAddress()
    const before = house.announced.length
    const answer = await signUp(id, { email, organizationName: ' Acme ' })
    expect(codes(answer)).toEqual([])
    expect(answer).toMatchObject({
      viewer: { user: { email }, memberships: [{ roles: ['ADMINISTRATOR'], organization: { state: 'ACTIVE' } }] },
      organization: { name: 'Acme', state: 'ACTIVE', billingEmail: email },
    })
    expect(house.announced.slice(before)).toMatchObject([
      {
        name: 'organization.state-changed',
        providerId: provider.id,
        marketplaceId: id,
        subjectId: answer['organization'].id,
        data: { state: 'ACTIVE', previousState: null },
      },
      { name: 'member.joined', organizationId: answer['organization'].id, data: { userId: answer['viewer'].user.id } },
    ])
    expect(await house.mails()).toMatchObject([{ to: email, kind: 'verify-email' }])
  })

  it('is written down as done by that person', async () => {
    const { id } = await givenMarketplace(house)
    const { token, organization } = await givenSignedUp(house, id)
    const { consumerOrganization } = await query(
      token,
      'query ($id: ID!) { consumerOrganization(id: $id) { auditLog { nodes { action actor { givenName } } } } }',
      { id: organization.id },
    )
    expect(consumerOrganization.auditLog.nodes).toEqual([
      { action: 'member.joined', actor: { givenName: 'Ada' } },
      { action: 'organization.created', actor: { givenName: 'Ada' } },
    ])
  })

  it.each([
    [{ selfSignupAllowed: false }, 'SELF_SIGNUP_DISABLED'],
    [{ consumerOrganizationsAllowed: false }, 'CONSUMER_ORGANIZATIONS_DISABLED'],
  ])('is refused where the marketplace is %j', async (settings, code) => {
    const { id } = await givenMarketplace(house, settings)
    const email = newAddress()
    expect(codes(await signUp(id, { email }))).toEqual([code])
    expect(codes(await signIn(email, id))).toEqual(['INVALID_CREDENTIALS'])
  })

  it.each(['', 'nonsense', '\0', newId('mkt')])('is refused where there is no marketplace %j', async (id) => {
    expect(await signUp(id)).toMatchObject({
      viewer: null,
      tokens: null,
      organization: null,
      userErrors: [{ code: 'NOT_FOUND', field: ['input', 'marketplaceId'] }],
    })
  })

  it('tells of everything that is wrong with the person at once, and leaves nothing', async () => {
    const { id } = await givenMarketplace(house)
    const email = newAddress()
    const { userErrors } = await signUp(id, { email, givenName: ' ', familyName: 'a\0b', password: 'short' })
    expect(userErrors).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'givenName'] },
      { code: 'INVALID', field: ['input', 'familyName'] },
      { code: 'INVALID', field: ['input', 'password'] },
    ])
    expect((await house.rowsOf('user_account')).filter((user) => user['email'] === email)).toEqual([])
  })

  it.each(['', '  ', 'a\0b', '\ud800', 'a\nb', 'a'.repeat(201)])(
    'needs a name of the organization that can be one, not %j',
    async (organizationName) => {
      const { id } = await givenMarketplace(house)
      const { userErrors } = await signUp(id, { organizationName })
      expect(userErrors).toMatchObject([{ field: ['input', 'organizationName'] }])
    },
  )

  it('is refused for an address that has an account, whatever the password is', async () => {
    const { id } = await givenMarketplace(house)
    const { email } = await givenSignedUp(house, id)
    const organizations = (await house.rowsOf('consumer_organization')).length
    for (const word of [password, 'another long password']) {
      expect((await signUp(id, { email: email.toUpperCase(), password: word })).userErrors).toMatchObject([
        { code: 'TAKEN', field: ['input', 'email'] },
      ])
    }
    expect(await house.rowsOf('consumer_organization')).toHaveLength(organizations)
  })

  it('makes two people of one address in two marketplaces', async () => {
    const [one, other] = [await givenMarketplace(house), await givenMarketplace(house)]
    const email = newAddress()
    const first = await signUp(one.id, { email })
    const second = await signUp(other.id, { email, password: 'a different password' })
    expect(first['viewer'].user.id).not.toBe(second['viewer'].user.id)
    expect(codes(await signIn(email, one.id, 'a different password'))).toEqual(['INVALID_CREDENTIALS'])
  })

  it('with one address at once makes one account', async () => {
    const { id } = await givenMarketplace(house)
    const email = newAddress()
    const answers = await Promise.all([1, 2, 3].map(() => signUp(id, { email })))
    expect(answers.map(codes).sort()).toEqual([[], ['TAKEN'], ['TAKEN']])
  })

  it('asks for the terms as they are now', async () => {
    const { id, provider } = await givenMarketplace(house)
    await mutate(provider.token, 'updateMarketplace', {
      marketplaceId: id,
      terms: { title: 'Terms', body: 'Be kind.' },
    })
    const email = newAddress()
    expect((await signUp(id, { email })).userErrors).toMatchObject([
      { code: 'TERMS_NOT_ACCEPTED', field: ['input', 'acceptedTermsVersion'] },
    ])
    expect(codes(await signUp(id, { email, acceptedTermsVersion: 2 }))).toEqual(['TERMS_NOT_ACCEPTED'])
    const answer = await signUp(id, { email, acceptedTermsVersion: 1 })
    expect(codes(answer)).toEqual([])
    expect((await house.rowsOf('terms_acceptance')).filter((row) => row['subject_id'] === id)).toMatchObject([
      { version: 1, user_id: answer['viewer'].user.id, organization_id: answer['organization'].id },
    ])
  })
})

describe('an organization that waits for approval', () => {
  const approving = { signupApprovalRequired: true }

  it('shows its people that it waits, and is approved by the provider', async () => {
    const { id, provider } = await givenMarketplace(house, approving)
    const { email, organization, token } = await givenSignedUp(house, id)
    expect(organization.state).toBe('PENDING_APPROVAL')
    expect(codes(await signIn(email, id))).toEqual([])
    expect(codes(await setState(token, organization.id, 'ACTIVE'))).toEqual(['NOT_ALLOWED'])
    expect(await setState(provider.token, organization.id, 'ACTIVE')).toMatchObject({
      organization: { state: 'ACTIVE' },
    })
    expect(house.announced.at(-1)).toMatchObject({
      name: 'organization.state-changed',
      data: { state: 'ACTIVE', previousState: 'PENDING_APPROVAL' },
    })
  })

  it('that is denied ends its sessions’ rights; its people may sign up again with their account', async () => {
    const { id, provider } = await givenMarketplace(house, approving)
    const { email, organization, token } = await givenSignedUp(house, id)
    await setState(provider.token, organization.id, 'DENIED', 'Unknown company.')
    expect(await isSignedOut(token)).toBe(true)
    const refused = await signIn(email, id)
    expect(refused['userErrors']).toMatchObject([
      { code: 'NOT_ALLOWED', message: expect.stringContaining('sign up again') },
    ])

    expect(codes(await signUp(id, { email, password: 'not the password' }))).toEqual(['TAKEN'])
    const again = await signUp(id, { email, organizationName: 'Acme Ltd' })
    expect(again).toMatchObject({ organization: { name: 'Acme Ltd', state: 'PENDING_APPROVAL' }, userErrors: [] })
    // The one that was refused does not exist for them.
    expect(again['viewer'].memberships).toEqual([
      { roles: ['ADMINISTRATOR'], organization: { id: again['organization'].id, state: 'PENDING_APPROVAL' } },
    ])
    expect(codes(await signUp(id, { email }))).toEqual(['TAKEN'])
    expect(codes(await setState(provider.token, organization.id, 'ACTIVE'))).toEqual(['WRONG_STATE'])
  })
})

describe('a disabled organization', () => {
  it('does not exist for its members until it is enabled again', async () => {
    const { id, provider } = await givenMarketplace(house)
    const { email, organization, token, refresh } = await givenSignedUp(house, id)
    await setState(provider.token, organization.id, 'DISABLED')
    expect(await isSignedOut(token)).toBe(true)
    expect(codes(await signIn(email, id))).toEqual(['NOT_ALLOWED'])
    expect(codes(await signUp(id, { email }))).toEqual(['TAKEN'])
    expect(codes(await mutate(null, 'refreshSession', { refreshToken: refresh }, 'tokens { accessToken }'))).toEqual([
      'NOT_ALLOWED',
    ])

    await setState(provider.token, organization.id, 'ACTIVE')
    expect(codes(await signIn(email, id))).toEqual([])
    // What was refused meanwhile has not used the token up.
    expect(codes(await mutate(null, 'refreshSession', { refreshToken: refresh }, 'tokens { accessToken }'))).toEqual([])
  })

  it('hides itself, not the others, from somebody in several', async () => {
    const { id, provider } = await givenMarketplace(house)
    const first = await givenSignedUp(house, id)
    const second = await givenSignedUp(house, id, 'Bolt')
    await house.mails()
    await mutate(second.token, 'inviteMember', {
      organizationId: second.organization.id,
      email: first.email,
      roles: ['DEVELOPER'],
    })
    const [mail] = await house.mails()
    const joined = await accept(first.token, mail)
    expect(joined).toMatchObject({ tokens: null, membership: { organization: { name: 'Bolt' } } })
    expect(joined['viewer'].memberships).toHaveLength(2)

    const mine = await query(first.token, '{ viewer { memberships { id organization { id } } } }')
    const { id: hidden } = mine['viewer'].memberships.find(
      (one: Answer) => one['organization'].id === first.organization.id,
    )
    await setState(provider.token, first.organization.id, 'DISABLED')
    const { viewer, node, consumerOrganization } = await query(
      first.token,
      'query ($membership: ID!, $organization: ID!) { viewer { memberships { organization { name } } } node(id: $membership) { id } consumerOrganization(id: $organization) { id } }',
      { membership: hidden, organization: first.organization.id },
    )
    expect(viewer.memberships).toEqual([{ organization: { name: 'Bolt' } }])
    expect(node).toBeNull()
    expect(consumerOrganization).toBeNull()
  })
})

describe('closing an organization', () => {
  it('waits until nothing runs and nothing is owed, and is for good', async () => {
    const { id, provider } = await givenMarketplace(house)
    const { email, organization } = await givenSignedUp(house, id)
    house.obstacles.sentences = [
      '2 subscriptions still run: cancel first.',
      'An invoice is still owed: to be paid or voided first.',
    ]
    const before = house.announced.length
    const refused = await setState(provider.token, organization.id, 'CLOSED')
    expect(refused['userErrors']).toMatchObject([
      { code: 'IN_USE', field: ['input', 'state'] },
      { code: 'IN_USE', message: expect.stringContaining('owed') },
    ])
    expect(house.eventsSince(before)).toEqual([])

    house.obstacles.sentences = []
    expect(await setState(provider.token, organization.id, 'CLOSED')).toMatchObject({
      organization: { state: 'CLOSED' },
    })
    expect(codes(await signIn(email, id))).toEqual(['NOT_ALLOWED'])
    expect(codes(await setState(provider.token, organization.id, 'ACTIVE'))).toEqual(['WRONG_STATE'])
    expect(codes(await signUp(id, { email }))).toEqual([])
  })

  it('that is closed already is no error and no event', async () => {
    const { id, provider } = await givenMarketplace(house)
    const { organization } = await givenSignedUp(house, id)
    await setState(provider.token, organization.id, 'CLOSED')
    house.obstacles.sentences = ['Something came up.']
    const before = house.announced.length
    expect(await setState(provider.token, organization.id, 'CLOSED')).toMatchObject({
      organization: { state: 'CLOSED' },
      userErrors: [],
    })
    house.obstacles.sentences = []
    expect(house.eventsSince(before)).toEqual([])
  })
})

describe('an organization made by the provider', () => {
  it('gets its first administrator by invitation', async () => {
    const { id, provider } = await givenMarketplace(house, { selfSignupAllowed: false })
    await house.mails()
    const email = newAddress()
    const made = await mutate(
      provider.token,
      'createConsumerOrganization',
      { marketplaceId: id, name: 'Acme', administratorEmail: email },
      'organization { id state billingEmail marketplace { id } } invitation { email roles expiresAt }',
    )
    expect(made).toMatchObject({
      organization: { state: 'ACTIVE', billingEmail: null, marketplace: { id } },
      invitation: { email, roles: ['ADMINISTRATOR'] },
    })
    const [mail] = await house.mails()
    expect(mail).toMatchObject({
      to: email,
      kind: 'invitation',
      link: `https://harbour.example/shop/invitations/${mail?.token}`,
    })

    const { invitation } = await query(
      null,
      'query ($token: String!) { invitation(token: $token) { email roles organizationName marketplaceName providerName terms { version } marketplace { id } } }',
      { token: mail?.token },
    )
    expect(invitation).toEqual({
      email,
      roles: ['ADMINISTRATOR'],
      organizationName: 'Acme',
      marketplaceName: 'Harbour',
      providerName: 'Northwind',
      terms: null,
      marketplace: { id },
    })
    const came = await accept(null, mail, newcomer)
    expect(came).toMatchObject({
      viewer: { user: { email } },
      membership: { roles: ['ADMINISTRATOR'], user: { emailVerified: true } },
      providerMembership: null,
      userErrors: [],
    })
    expect(codes(await signIn(email, id))).toEqual([])
  })

  it('is made by those who manage the marketplace, and by nobody else', async () => {
    const { id } = await givenMarketplace(house)
    const { token } = await givenSignedUp(house, id)
    const stranger = await givenProvider(house)
    const make = (by: string | null) =>
      mutate(by, 'createConsumerOrganization', { marketplaceId: id, name: 'Acme' }, 'organization { id }')
    expect(codes(await make(token))).toEqual(['NOT_ALLOWED'])
    expect(codes(await make(stranger.token))).toEqual(['NOT_FOUND'])
    await expect(make(null)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('keeps what an update leaves out, and clears what is null', async () => {
    const { id, provider } = await givenMarketplace(house)
    const { token, organization, email } = await givenSignedUp(house, id)
    const update = (by: string, changes: object) =>
      mutate(
        by,
        'updateConsumerOrganization',
        { organizationId: organization.id, ...changes },
        'organization { name billingEmail }',
      )
    expect(await update(token, { name: 'Acme Ltd' })).toMatchObject({
      organization: { name: 'Acme Ltd', billingEmail: email },
    })
    expect(await update(provider.token, { billingEmail: null })).toMatchObject({
      organization: { name: 'Acme Ltd', billingEmail: null },
    })
    expect((await update(token, { name: null })).userErrors).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'name'] },
    ])
    expect((await update(token, { name: 'a\0' })).userErrors).toMatchObject([
      { code: 'INVALID', field: ['input', 'name'] },
    ])
    const developer = await givenMember(token, organization.id, ['DEVELOPER'])
    expect(codes(await update(developer.token, { name: 'Mine' }))).toEqual(['NOT_ALLOWED'])
  })
})

describe('an invitation', () => {
  const given = async () => {
    const market = await givenMarketplace(house)
    const acme = await givenSignedUp(house, market.id)
    const email = newAddress('bob')
    await house.mails()
    const { invitation } = await mutate(
      acme.token,
      'inviteMember',
      { organizationId: acme.organization.id, email, roles: ['SUBSCRIBER', 'SUBSCRIBER'] },
      'invitation { id roles }',
    )
    const [mail] = await house.mails()
    return { market, acme, email, invitation, mail }
  }

  it('is accepted once', async () => {
    const { invitation, mail, acme } = await given()
    expect(invitation.roles).toEqual(['SUBSCRIBER'])
    expect(await accept(null, mail, newcomer)).toMatchObject({ membership: { roles: ['SUBSCRIBER'] } })
    expect((await accept(null, mail, newcomer)).userErrors).toMatchObject([
      { code: 'TOKEN_EXPIRED', field: ['input', 'token'] },
    ])
    expect((await accept(acme.token, mail)).userErrors).toMatchObject([{ code: 'TOKEN_EXPIRED' }])
    expect(
      (await query(null, 'query ($token: String!) { invitation(token: $token) { email } }', { token: mail?.token }))[
        'invitation'
      ],
    ).toBeNull()
  })

  it('accepted twice at once lets one in', async () => {
    const { mail } = await given()
    const answers = await Promise.all([1, 2, 3].map(() => accept(null, mail, newcomer)))
    expect(answers.filter((answer) => codes(answer).length === 0)).toHaveLength(1)
  })

  it('for somebody else is refused, and stays good', async () => {
    const { mail, acme, market } = await given()
    const stranger = await givenSignedUp(house, market.id)
    for (const token of [acme.token, stranger.token, market.provider.token]) {
      expect(await accept(token, mail)).toMatchObject({
        membership: null,
        userErrors: [{ code: 'NOT_ALLOWED', field: ['input', 'token'] }],
      })
    }
    expect(codes(await accept(null, mail, newcomer))).toEqual([])
  })

  it('of a known address takes its password, or its session', async () => {
    const { market, acme } = await given()
    const bolt = await givenSignedUp(house, market.id, 'Bolt')
    const invite = async () => {
      await mutate(acme.token, 'inviteMember', {
        organizationId: acme.organization.id,
        email: bolt.email,
        roles: ['DEVELOPER'],
      })
      const [mail] = await house.mails()
      return mail
    }
    await house.mails()
    const mail = await invite()
    expect(codes(await accept(null, mail, { givenName: 'Eve', familyName: 'Mallory' }))).toEqual(['TAKEN'])
    expect(codes(await accept(null, mail, { ...newcomer, password: 'not the password' }))).toEqual(['TAKEN'])
    const came = await accept(null, mail, { password })
    expect(came['viewer'].user.email).toBe(bolt.email)
    expect(came['viewer'].memberships).toHaveLength(2)
    expect(came['tokens'].accessToken).toMatch(/^mat_/)
    expect(
      codes(
        await mutate(acme.token, 'inviteMember', {
          organizationId: acme.organization.id,
          email: bolt.email,
          roles: ['DEVELOPER'],
        }),
      ),
    ).toEqual(['TAKEN'])
  })

  it('lets somebody back in who had lost the last place', async () => {
    const { market, acme } = await given()
    const member = await givenMember(acme.token, acme.organization.id, ['DEVELOPER'])
    await mutate(acme.token, 'removeMember', { membershipId: member.membershipId })
    expect(codes(await signIn(member.email, market.id))).toEqual(['NOT_ALLOWED'])
    await mutate(acme.token, 'inviteMember', {
      organizationId: acme.organization.id,
      email: member.email,
      roles: ['DEVELOPER'],
    })
    const [mail] = await house.mails()
    expect(codes(await accept(null, mail, { password }))).toEqual([])
    expect(codes(await signIn(member.email, market.id))).toEqual([])
  })

  it('that is sent again has a new link, and the former one ends', async () => {
    const { acme, invitation, mail } = await given()
    house.clocks.transport.advance(6 * 24 * 3_600_000)
    const again = await house.sessions.signIn(acme.email, password, acme.organization.marketplaceId, '192.0.2.1')
    const sent = await mutate(
      again.tokens.accessToken,
      'resendInvitation',
      { invitationId: invitation.id },
      'invitation { id expiresAt }',
    )
    expect(new Date(sent['invitation'].expiresAt).getTime()).toBe(
      house.clocks.transport.now().getTime() + 7 * 24 * 3_600_000,
    )
    const [newer] = await house.mails()
    expect(codes(await accept(null, mail, newcomer))).toEqual(['NOT_FOUND'])
    expect(codes(await accept(null, newer, newcomer))).toEqual([])
  })

  it('ends after seven days, and can be sent again', async () => {
    const { acme, invitation, mail } = await given()
    house.clocks.transport.advance(7 * 24 * 3_600_000)
    expect(codes(await accept(null, mail, newcomer))).toEqual(['TOKEN_EXPIRED'])
    const { tokens } = await house.sessions.signIn(acme.email, password, acme.organization.marketplaceId, '192.0.2.1')
    expect(codes(await mutate(tokens.accessToken, 'resendInvitation', { invitationId: invitation.id }))).toEqual([])
    const [newer] = await house.mails()
    expect(codes(await accept(null, newer, newcomer))).toEqual([])
  })

  it('that is taken back ends, once', async () => {
    const { acme, invitation, mail } = await given()
    const revoke = () =>
      mutate(acme.token, 'revokeInvitation', { invitationId: invitation.id }, 'organization { id invitations { id } }')
    expect(await revoke()).toMatchObject({ organization: { id: acme.organization.id, invitations: [] } })
    expect(codes(await accept(null, mail, newcomer))).toEqual(['TOKEN_EXPIRED'])
    expect(codes(await revoke())).toEqual(['WRONG_STATE'])
    expect(codes(await mutate(acme.token, 'resendInvitation', { invitationId: invitation.id }))).toEqual([
      'WRONG_STATE',
    ])
  })

  it('asks for the terms of the marketplace', async () => {
    const { market, mail } = await given()
    await mutate(market.provider.token, 'updateMarketplace', {
      marketplaceId: market.id,
      terms: { title: 'Terms', url: 'https://harbour.example/terms' },
    })
    expect(codes(await accept(null, mail, newcomer))).toEqual(['TERMS_NOT_ACCEPTED'])
    expect(codes(await accept(null, mail, { ...newcomer, acceptedTermsVersion: 1 }))).toEqual([])
  })

  it('to an organization that is disabled meanwhile is refused, and good again later', async () => {
    const { market, acme, mail } = await given()
    await setState(market.provider.token, acme.organization.id, 'DISABLED')
    expect(codes(await accept(null, mail, newcomer))).toEqual(['WRONG_STATE'])
    expect(
      codes(
        await mutate(market.provider.token, 'inviteMember', {
          organizationId: acme.organization.id,
          email: newAddress(),
          roles: ['DEVELOPER'],
        }),
      ),
    ).toEqual(['WRONG_STATE'])
    await setState(market.provider.token, acme.organization.id, 'ACTIVE')
    expect(codes(await accept(null, mail, newcomer))).toEqual([])
  })

  it('is the business of administrators, and of those who manage the marketplace', async () => {
    const { market, acme, invitation } = await given()
    const developer = await givenMember(acme.token, acme.organization.id, ['DEVELOPER'])
    const stranger = await givenSignedUp(house, market.id)
    const other = await givenProvider(house)
    const attempts = (by: string) =>
      Promise.all([
        mutate(by, 'inviteMember', { organizationId: acme.organization.id, email: newAddress(), roles: ['DEVELOPER'] }),
        mutate(by, 'resendInvitation', { invitationId: invitation.id }),
        mutate(by, 'revokeInvitation', { invitationId: invitation.id }),
      ])
    expect((await attempts(stranger.token)).map(codes)).toEqual([['NOT_FOUND'], ['NOT_FOUND'], ['NOT_FOUND']])
    expect((await attempts(other.token)).map(codes)).toEqual([['NOT_FOUND'], ['NOT_FOUND'], ['NOT_FOUND']])
    // A developer sees the organization, and no invitation.
    expect((await attempts(developer.token)).map(codes)).toEqual([['NOT_ALLOWED'], ['NOT_FOUND'], ['NOT_FOUND']])
    expect(
      codes(
        await mutate(acme.token, 'inviteMember', {
          organizationId: acme.organization.id,
          email: newAddress(),
          roles: [],
        }),
      ),
    ).toEqual(['REQUIRED'])
    expect(codes(await mutate(market.provider.token, 'revokeInvitation', { invitationId: invitation.id }))).toEqual([])
  })

  it.each(['', 'nonsense', '\0', 'mit_'.padEnd(47, 'a')])('with the token %j is none', async (token) => {
    expect(codes(await mutate(null, 'acceptInvitation', { token, ...newcomer }))).toEqual(['NOT_FOUND'])
    expect(
      (await query(null, 'query ($token: String!) { invitation(token: $token) { email } }', { token }))['invitation'],
    ).toBeNull()
  })

  it('is stored without its token', async () => {
    const { mail } = await given()
    const stored = JSON.stringify([
      await house.rowsOf('invitation'),
      await house.rowsOf('audit_entry'),
      await house.rowsOf('event'),
    ])
    expect(stored).not.toContain(mail?.token)
  })
})

describe('a member', () => {
  it('is removed at once, with all sessions where nothing is left to see', async () => {
    const { id } = await givenMarketplace(house)
    const acme = await givenSignedUp(house, id)
    const member = await givenMember(acme.token, acme.organization.id, ['DEVELOPER'])
    const before = house.announced.length
    const { organization } = await mutate(
      acme.token,
      'removeMember',
      { membershipId: member.membershipId },
      'organization { members { totalCount nodes { user { email } } } }',
    )
    expect(organization.members).toEqual({ totalCount: 1, nodes: [{ user: { email: acme.email } }] })
    expect(house.announced.slice(before)).toMatchObject([
      { name: 'session.ended', data: { userId: member.userId, sessionId: expect.any(String) } },
      { name: 'member.removed', organizationId: acme.organization.id, data: { userId: member.userId } },
    ])
    expect(await isSignedOut(member.token)).toBe(true)
    expect(codes(await mutate(acme.token, 'removeMember', { membershipId: member.membershipId }))).toEqual([
      'NOT_FOUND',
    ])
  })

  it('of two organizations keeps the session when removed from one', async () => {
    const { id } = await givenMarketplace(house)
    const acme = await givenSignedUp(house, id)
    const bolt = await givenSignedUp(house, id, 'Bolt')
    await house.mails()
    await mutate(bolt.token, 'inviteMember', {
      organizationId: bolt.organization.id,
      email: acme.email,
      roles: ['ADMINISTRATOR'],
    })
    const [mail] = await house.mails()
    const { membership } = await accept(acme.token, mail)
    const before = house.announced.length
    expect(codes(await mutate(bolt.token, 'removeMember', { membershipId: membership.id }))).toEqual([])
    expect(house.eventsSince(before)).toEqual(['member.removed'])
    const { viewer } = await query(acme.token, '{ viewer { memberships { organization { name } } } }')
    expect(viewer.memberships).toEqual([{ organization: { name: 'Acme' } }])
  })

  it('who administers alone can neither go nor give the role up', async () => {
    const { id, provider } = await givenMarketplace(house)
    const acme = await givenSignedUp(house, id)
    const { viewer } = await query(acme.token, '{ viewer { memberships { id } } }')
    const membershipId = viewer.memberships[0].id
    for (const by of [acme.token, provider.token]) {
      expect((await mutate(by, 'removeMember', { membershipId })).userErrors).toMatchObject([
        { code: 'LAST_ADMINISTRATOR', field: ['input', 'membershipId'] },
      ])
      expect(codes(await mutate(by, 'updateMemberRoles', { membershipId, roles: ['SUBSCRIBER'] }))).toEqual([
        'LAST_ADMINISTRATOR',
      ])
    }
    expect(
      codes(await mutate(acme.token, 'updateMemberRoles', { membershipId, roles: ['ADMINISTRATOR', 'DEVELOPER'] })),
    ).toEqual([])
    const other = await givenMember(acme.token, acme.organization.id, ['ADMINISTRATOR'])
    expect(codes(await mutate(other.token, 'removeMember', { membershipId }))).toEqual([])
    expect(codes(await mutate(other.token, 'removeMember', { membershipId: other.membershipId }))).toEqual([
      'LAST_ADMINISTRATOR',
    ])
  })

  it('and another administrator who remove each other at once leave one', async () => {
    const { id } = await givenMarketplace(house)
    for (let time = 0; time < 5; time++) {
      const acme = await givenSignedUp(house, id)
      const other = await givenMember(acme.token, acme.organization.id, ['ADMINISTRATOR'])
      const { viewer } = await query(acme.token, '{ viewer { memberships { id } } }')
      const scopes = [
        await house.scopeOf(acme.session),
        await house.scopeOf(await house.sessions.signIn(other.email, password, id, '192.0.2.1')),
      ] as const
      const results = await Promise.allSettled([
        house.members.remove(scopes[0], other.membershipId),
        house.members.remove(scopes[1], viewer.memberships[0].id),
      ])
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    }
  })

  it('gets other roles at once, which is told for the sockets', async () => {
    const { id } = await givenMarketplace(house)
    const acme = await givenSignedUp(house, id)
    const member = await givenMember(acme.token, acme.organization.id, ['DEVELOPER'])
    const change = (by: string, roles: string[]) =>
      mutate(by, 'updateMemberRoles', { membershipId: member.membershipId, roles }, 'membership { roles }')
    expect(codes(await change(member.token, ['ADMINISTRATOR']))).toEqual(['NOT_ALLOWED'])
    expect(codes(await change(acme.token, []))).toEqual(['REQUIRED'])
    expect(await change(acme.token, ['SUBSCRIBER', 'SUBSCRIBER'])).toMatchObject({
      membership: { roles: ['SUBSCRIBER'] },
    })
    expect(house.announced.at(-1)).toMatchObject({ name: 'member.roles-changed', data: { userId: member.userId } })
    const { viewer } = await query(member.token, '{ viewer { memberships { roles } } }')
    expect(viewer.memberships).toEqual([{ roles: ['SUBSCRIBER'] }])
  })
})

describe('what is not one’s own', () => {
  it('does not exist, by whatever id it is asked for', async () => {
    const { id, provider } = await givenMarketplace(house)
    const acme = await givenSignedUp(house, id)
    const member = await givenMember(acme.token, acme.organization.id, ['DEVELOPER'])
    const invited = await mutate(
      acme.token,
      'inviteMember',
      { organizationId: acme.organization.id, email: newAddress(), roles: ['DEVELOPER'] },
      'invitation { id }',
    )
    const staff = await mutate(
      provider.token,
      'inviteProviderMember',
      { providerId: provider.id, email: newAddress(), roles: ['AUDITOR'] },
      'invitation { id }',
    )
    const inside = await query(
      provider.token,
      'query ($id: ID!) { provider(id: $id) { members { nodes { id user { id } } } units { id } auditLog(first: 1) { nodes { id } } } }',
      { id: provider.id },
    )
    const ids = [
      acme.organization.id,
      acme.session.userId,
      member.membershipId,
      invited['invitation'].id,
      staff['invitation'].id,
      provider.id,
      inside['provider'].members.nodes[0].id,
      inside['provider'].members.nodes[0].user.id,
      inside['provider'].units[0].id,
      inside['provider'].auditLog.nodes[0].id,
    ]
    const nodes = (token: string | null) => query(token, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })
    const stranger = await givenMarketplace(house)
    const strange = await givenSignedUp(house, stranger.id)
    for (const token of [null, stranger.provider.token, strange.token]) {
      expect((await nodes(token))['nodes']).toEqual(ids.map(() => null))
    }
    expect((await nodes(provider.token))['nodes'].map((node: Answer | null) => node?.['id'])).toEqual(ids)
    // A fellow member is seen, the provider's side is not.
    const seen = (await nodes(member.token))['nodes'].flatMap((node: Answer | null) => (node ? [node['id']] : []))
    expect(seen).toEqual([
      acme.organization.id,
      acme.session.userId,
      member.membershipId,
      inside['provider'].units[0].id,
    ])
  })

  it('is NOT_FOUND for a change as well, like what never was', async () => {
    const { id } = await givenMarketplace(house)
    const acme = await givenSignedUp(house, id)
    const strange = await givenSignedUp(house, id)
    const { viewer } = await query(acme.token, '{ viewer { memberships { id } } }')
    for (const membershipId of [
      viewer.memberships[0].id,
      newId('mem'),
      acme.organization.id,
      '',
      'nonsense',
      '\0',
      '🔑'.repeat(1_000),
    ]) {
      expect((await mutate(strange.token, 'removeMember', { membershipId })).userErrors).toEqual([
        { code: 'NOT_FOUND', message: 'There is no such member.', field: ['input', 'membershipId'] },
      ])
      expect(codes(await mutate(strange.token, 'updateMemberRoles', { membershipId, roles: ['DEVELOPER'] }))).toEqual([
        'NOT_FOUND',
      ])
    }
    for (const organizationId of [acme.organization.id, newId('org'), '', '\0']) {
      expect(
        codes(await mutate(strange.token, 'updateConsumerOrganization', { organizationId, name: 'Mine' })),
      ).toEqual(['NOT_FOUND'])
      expect(codes(await setState(strange.token, organizationId, 'DISABLED'))).toEqual(['NOT_FOUND'])
      expect(
        (
          await query(strange.token, 'query ($id: ID!) { consumerOrganization(id: $id) { id } }', {
            id: organizationId,
          })
        )['consumerOrganization'],
      ).toBeNull()
    }
  })

  it('is left out of lists, searches and counts', async () => {
    const { slug, id, provider } = await givenMarketplace(house)
    const acme = await givenSignedUp(house, id, '50% off_Acme')
    const bolt = await givenSignedUp(house, id, 'Bolt')
    const list = async (token: string | null, args = '') =>
      (
        await query(
          token,
          `query ($slug: String!) { marketplace(slug: $slug) { consumerOrganizations${args} { totalCount nodes { name } } } }`,
          { slug },
        )
      )['marketplace'].consumerOrganizations
    expect(await list(provider.token)).toEqual({ totalCount: 2, nodes: [{ name: '50% off_Acme' }, { name: 'Bolt' }] })
    expect(await list(acme.token)).toEqual({ totalCount: 1, nodes: [{ name: '50% off_Acme' }] })
    expect(await list(bolt.token, '(search: "acme")')).toEqual({ totalCount: 0, nodes: [] })
    expect(await list(null)).toEqual({ totalCount: 0, nodes: [] })
    expect((await list(provider.token, '(search: "OFF_a")')).totalCount).toBe(1)
    expect((await list(provider.token, '(search: "0% ")')).totalCount).toBe(1)
    expect((await list(provider.token, '(search: "B%t")')).totalCount).toBe(0)
    expect((await list(provider.token, '(search: "\\u0000")')).totalCount).toBe(0)
    expect((await list(provider.token, '(state: DISABLED)')).totalCount).toBe(0)
    expect((await list(provider.token, '(state: ACTIVE, search: "bolt")')).totalCount).toBe(1)
  })

  it('is not in a developer’s audit log, and in an administrator’s only as far as it is theirs', async () => {
    const { id } = await givenMarketplace(house)
    const acme = await givenSignedUp(house, id)
    await givenSignedUp(house, id, 'Bolt')
    const developer = await givenMember(acme.token, acme.organization.id, ['DEVELOPER'])
    const log = async (token: string) =>
      (
        await query(
          token,
          'query ($id: ID!) { consumerOrganization(id: $id) { auditLog { totalCount nodes { action summary } } invitations { id } } }',
          { id: acme.organization.id },
        )
      )['consumerOrganization']
    expect((await log(developer.token)).auditLog.totalCount).toBe(0)
    const { auditLog } = await log(acme.token)
    expect(auditLog.nodes.map(({ action }: Answer) => action)).toEqual([
      'member.joined',
      'member.invited',
      'member.joined',
      'organization.created',
    ])
    expect(JSON.stringify(auditLog)).not.toContain('Bolt')
  })
})

describe('a repeated request with an idempotency key', () => {
  it('invites once, and answers the same', async () => {
    const { id } = await givenMarketplace(house)
    const acme = await givenSignedUp(house, id)
    await house.mails()
    const input = {
      organizationId: acme.organization.id,
      email: newAddress(),
      roles: ['DEVELOPER'],
      idempotencyKey: 'once',
    }
    const first = await mutate(acme.token, 'inviteMember', input, 'invitation { id }')
    expect(await mutate(acme.token, 'inviteMember', input, 'invitation { id }')).toEqual(first)
    expect(await house.mails()).toHaveLength(1)
    expect(codes(await mutate(acme.token, 'inviteMember', { ...input, roles: ['SUBSCRIBER'] }))).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
    ])
  })
})
