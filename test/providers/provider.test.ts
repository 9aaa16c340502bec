import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Refused } from '../../src/kernel/result.js'
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
} from '../organizations/people-house.js'

let house: PeopleHouse
beforeAll(async () => {
  house = await openPeopleHouse()
})
afterAll(() => house.close())

const { query, mutate } = asking(() => house)
const joins =
  'viewer { user { email } providerMemberships { roles provider { name } } } tokens { accessToken } membership { id } providerMembership { id roles provider { id name } user { emailVerified } }'

/** Somebody who was invited to work for the provider, and has come. */
async function givenColleague(provider: { id: string; token: string }, roles: string[]) {
  const email = newAddress('cleo')
  await house.mails()
  await mutate(provider.token, 'inviteProviderMember', { providerId: provider.id, email, roles })
  const [mail] = await house.mails()
  const came = await mutate(
    null,
    'acceptInvitation',
    { token: mail?.token, givenName: 'Cleo', familyName: 'Clark', password },
    joins,
  )
  return {
    email,
    membershipId: came['providerMembership'].id as string,
    token: came['tokens'].accessToken as string,
    mail,
    came,
  }
}

describe('setting up a provider', () => {
  it('makes its administrator and what it counts', async () => {
    const provider = await givenProvider(house)
    const { viewer } = await query(
      provider.token,
      '{ viewer { user { email emailVerified } memberships { id } providerMemberships { roles provider { id name units { name title } } } } }',
    )
    expect(viewer).toEqual({
      user: { email: provider.email, emailVerified: true },
      memberships: [],
      providerMemberships: [
        {
          roles: ['ADMINISTRATOR'],
          provider: { id: provider.id, name: 'Northwind', units: [{ name: 'transactions', title: 'Transactions' }] },
        },
      ],
    })
  })

  it('takes an administrator who has an account, and leaves the password', async () => {
    const first = await givenProvider(house)
    await house.providers.create('Southwind', { email: first.email.toUpperCase(), password: 'another long password' })
    const { viewer } = await query(first.token, '{ viewer { providerMemberships { provider { name } } } }')
    expect(viewer.providerMemberships.map(({ provider }: Answer) => provider.name)).toEqual(['Northwind', 'Southwind'])
    await expect(house.sessions.signIn(first.email, 'another long password', null, '192.0.2.1')).rejects.toThrow(
      'INVALID_CREDENTIALS',
    )
  })

  it.each([
    ['', password],
    ['a\0b', password],
    ['a'.repeat(201), password],
    ['Northwind', 'short'],
  ])('refuses the name %j with the password %j, and makes nothing', async (name, word) => {
    const email = newAddress('root')
    await expect(house.providers.create(name, { email, password: word })).rejects.toBeInstanceOf(Refused)
    expect((await house.rowsOf('user_account')).filter((user) => user['email'] === email)).toEqual([])
  })
})

describe("a provider's people", () => {
  it('come by invitation', async () => {
    const provider = await givenProvider(house)
    const { email, mail, came } = await givenColleague(provider, ['CATALOG_MANAGER', 'CATALOG_MANAGER'])
    expect(mail).toMatchObject({
      to: email,
      kind: 'provider-invitation',
      link: `http://127.0.0.1:4000/invitations/${mail?.token}`,
    })
    expect(came).toMatchObject({
      viewer: {
        user: { email },
        providerMemberships: [{ roles: ['CATALOG_MANAGER'], provider: { name: 'Northwind' } }],
      },
      membership: null,
      providerMembership: { roles: ['CATALOG_MANAGER'], provider: { id: provider.id }, user: { emailVerified: true } },
      userErrors: [],
    })
  })

  it('are shown what they are invited to', async () => {
    const provider = await givenProvider(house)
    await house.mails()
    const email = newAddress('cleo')
    await mutate(provider.token, 'inviteProviderMember', { providerId: provider.id, email, roles: ['AUDITOR'] })
    const [mail] = await house.mails()
    const { invitation } = await query(
      null,
      'query ($token: String!) { invitation(token: $token) { email roles providerName organizationName marketplaceName marketplace { id } terms { version } } }',
      { token: mail?.token },
    )
    expect(invitation).toEqual({
      email,
      roles: [],
      providerName: 'Northwind',
      organizationName: null,
      marketplaceName: null,
      marketplace: null,
      terms: null,
    })
  })

  it('may work for several providers, and see the new one at once', async () => {
    const [one, other] = [await givenProvider(house), await givenProvider(house)]
    await house.mails()
    await mutate(other.token, 'inviteProviderMember', { providerId: other.id, email: one.email, roles: ['AUDITOR'] })
    const [mail] = await house.mails()
    const joined = await mutate(one.token, 'acceptInvitation', { token: mail?.token }, joins)
    expect(joined).toMatchObject({ tokens: null, providerMembership: { provider: { id: other.id } }, userErrors: [] })
    expect(joined['viewer'].providerMemberships).toHaveLength(2)
  })

  it('are not consumers, even with one address', async () => {
    const { id, provider } = await givenMarketplace(house)
    await house.mails()
    const consumer = await givenSignedUp(house, id)
    await house.mails()
    await mutate(provider.token, 'inviteProviderMember', {
      providerId: provider.id,
      email: consumer.email,
      roles: ['AUDITOR'],
    })
    const [mail] = await house.mails()
    expect(codes(await mutate(consumer.token, 'acceptInvitation', { token: mail?.token }, joins))).toEqual([
      'NOT_ALLOWED',
    ])
    const came = await mutate(
      null,
      'acceptInvitation',
      { token: mail?.token, givenName: 'Ada', familyName: 'L', password: 'a different password' },
      joins,
    )
    expect(codes(came)).toEqual([])
    await expect(house.sessions.signIn(consumer.email, 'a different password', id, '192.0.2.1')).rejects.toThrow(
      'INVALID_CREDENTIALS',
    )
  })

  it('are let in, changed and removed by administrators alone', async () => {
    const provider = await givenProvider(house)
    const manager = await givenColleague(provider, ['MARKETPLACE_MANAGER'])
    const stranger = await givenProvider(house)
    const attempts = (by: string) =>
      Promise.all([
        mutate(by, 'inviteProviderMember', { providerId: provider.id, email: newAddress(), roles: ['AUDITOR'] }),
        mutate(by, 'updateProviderMemberRoles', { membershipId: manager.membershipId, roles: ['ADMINISTRATOR'] }),
        mutate(by, 'removeProviderMember', { membershipId: manager.membershipId }),
      ])
    expect((await attempts(manager.token)).map(codes)).toEqual([['NOT_ALLOWED'], ['NOT_ALLOWED'], ['NOT_ALLOWED']])
    expect((await attempts(stranger.token)).map(codes)).toEqual([['NOT_FOUND'], ['NOT_FOUND'], ['NOT_FOUND']])
  })

  it('see an invitation until it is taken back, which its link then is', async () => {
    const provider = await givenProvider(house)
    const email = newAddress('cleo')
    await house.mails()
    const { invitation } = await mutate(
      provider.token,
      'inviteProviderMember',
      { providerId: provider.id, email, roles: ['AUDITOR'] },
      'invitation { id email roles }',
    )
    const sent = await mutate(provider.token, 'resendInvitation', { invitationId: invitation.id }, 'invitation { id }')
    expect(sent).toMatchObject({ invitation: null, userErrors: [] })
    const [older, newer] = await house.mails()
    expect(
      codes(await mutate(null, 'acceptInvitation', { token: older?.token, givenName: 'C', familyName: 'C', password })),
    ).toEqual(['NOT_FOUND'])
    const open = async () =>
      (
        await query(provider.token, 'query ($id: ID!) { provider(id: $id) { invitations { id } } }', {
          id: provider.id,
        })
      )['provider'].invitations
    expect(await open()).toEqual([{ id: invitation.id }])
    expect(codes(await mutate(provider.token, 'revokeInvitation', { invitationId: invitation.id }))).toEqual([])
    expect(await open()).toEqual([])
    expect(
      codes(await mutate(null, 'acceptInvitation', { token: newer?.token, givenName: 'C', familyName: 'C', password })),
    ).toEqual(['TOKEN_EXPIRED'])
  })

  it('always have an administrator among them', async () => {
    const provider = await givenProvider(house)
    const { viewer } = await query(provider.token, '{ viewer { providerMemberships { id } } }')
    const membershipId = viewer.providerMemberships[0].id
    expect(codes(await mutate(provider.token, 'removeProviderMember', { membershipId }))).toEqual([
      'LAST_ADMINISTRATOR',
    ])
    expect(
      codes(await mutate(provider.token, 'updateProviderMemberRoles', { membershipId, roles: ['AUDITOR'] })),
    ).toEqual(['LAST_ADMINISTRATOR'])
    const other = await givenColleague(provider, ['ADMINISTRATOR'])
    const before = house.announced.length
    expect(
      await mutate(
        other.token,
        'updateProviderMemberRoles',
        { membershipId, roles: ['AUDITOR'] },
        'membership { roles }',
      ),
    ).toMatchObject({ membership: { roles: ['AUDITOR'] } })
    expect(house.announced.slice(before)).toMatchObject([
      { name: 'provider-member.roles-changed', providerId: provider.id, data: { userId: provider.session.userId } },
    ])
    expect(codes(await mutate(other.token, 'removeProviderMember', { membershipId: other.membershipId }))).toEqual([
      'LAST_ADMINISTRATOR',
    ])
  })

  it('are signed out at once when they are removed from the last provider', async () => {
    const provider = await givenProvider(house)
    const colleague = await givenColleague(provider, ['AUDITOR'])
    const before = house.announced.length
    expect(
      await mutate(
        provider.token,
        'removeProviderMember',
        { membershipId: colleague.membershipId },
        'provider { members { totalCount } }',
      ),
    ).toMatchObject({ provider: { members: { totalCount: 1 } } })
    expect(house.eventsSince(before)).toEqual(['session.ended', 'provider-member.removed'])
    await expect(query(colleague.token, '{ viewer { user { id } } }')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    await expect(house.sessions.signIn(colleague.email, password, null, '192.0.2.1')).rejects.toThrow('NOT_ALLOWED')
    await house.mails()
    await mutate(provider.token, 'inviteProviderMember', {
      providerId: provider.id,
      email: colleague.email,
      roles: ['AUDITOR'],
    })
    const [mail] = await house.mails()
    expect(codes(await mutate(null, 'acceptInvitation', { token: mail?.token, password }))).toEqual([])
  })
})

describe('a unit', () => {
  it('is made by those who manage the catalog, once for a name', async () => {
    const provider = await givenProvider(house)
    const catalog = await givenColleague(provider, ['CATALOG_MANAGER'])
    const auditor = await givenColleague(provider, ['AUDITOR'])
    const stranger = await givenProvider(house)
    const make = (by: string, name: string, title = 'Gigabytes') =>
      mutate(by, 'createUnit', { providerId: provider.id, name, title }, 'unit { name title }')
    expect(await make(catalog.token, 'x-gigabytes', ' Gigabytes ')).toMatchObject({
      unit: { name: 'x-gigabytes', title: 'Gigabytes' },
      userErrors: [],
    })
    expect((await make(provider.token, 'x-gigabytes')).userErrors).toMatchObject([
      { code: 'TAKEN', field: ['input', 'name'] },
    ])
    expect((await make(provider.token, 'gigabytes', '')).userErrors).toMatchObject([
      { field: ['input', 'name'] },
      { field: ['input', 'title'] },
    ])
    expect((await make(provider.token, 'x-a', 'a\0')).userErrors).toMatchObject([
      { code: 'INVALID', field: ['input', 'title'] },
    ])
    expect(codes(await make(auditor.token, 'x-other'))).toEqual(['NOT_ALLOWED'])
    expect(codes(await make(stranger.token, 'x-other'))).toEqual(['NOT_FOUND'])
  })
})
