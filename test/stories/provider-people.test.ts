import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { administrator, type Backend, startBackend } from '../support/backend.js'
import {
  AcceptInvitationDocument,
  ConfigureBillingDocument,
  CreateGatewayTokenDocument,
  CreateMarketplaceDocument,
  CreateUnitDocument,
  InvitationDocument,
  InviteProviderMemberDocument,
  NodeDocument,
  NodesDocument,
  ProviderPeopleDocument,
  RemoveProviderMemberDocument,
  ResendInvitationDocument,
  RevokeInvitationDocument,
  SignInDocument,
  SignUpDocument,
  UpdateMarketplaceDocument,
  UpdateProviderMemberRolesDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import {
  auditLogOf,
  givenColleague,
  givenRival,
  isSignedOut,
  neverWas,
  newAddress,
  newcomer,
  onAnotherDevice,
} from '../support/people.js'
import { day, minute, StoryClock } from '../support/story-clock.js'
import { givenMarketplace, givenOrganization, type Market, mark, password, restrictedKey } from '../support/world.js'

let backend: Backend
let market: Market
const clock = new StoryClock()
beforeAll(async () => {
  backend = await startBackend({}, clock)
  market = await givenMarketplace(backend)
})
afterAll(async () => {
  await backend.stop()
  expect(backend.failures()).toEqual([])
})

async function invited(email = newAddress('col'), roles: ['CATALOG_MANAGER'] | ['AUDITOR'] = ['CATALOG_MANAGER']) {
  const { provider, providerId } = market
  const { invitation } = await provider.mutate(InviteProviderMemberDocument, { providerId, email, roles })
  const { token } = await backend.mails.next(email)
  return { email, invitation, token: token as string }
}

const peopleOf = async ({ provider, providerId }: Pick<Market, 'provider' | 'providerId'> = market) => {
  const people = (await provider.query(ProviderPeopleDocument, { id: providerId })).provider
  if (!people) throw new Error('There is no such provider.')
  return people
}

const worksHere = async (email: string) =>
  (await peopleOf()).members.nodes.find(({ user }) => user.email === email)?.roles ?? null

describe('a colleague', () => {
  test('is invited by mail, comes with names and a password, and may do exactly what the roles say', async () => {
    const { provider, providerId } = market
    const email = newAddress('Grace')
    const roles = ['CATALOG_MANAGER', 'AUDITOR', 'CATALOG_MANAGER'] as const
    const { invitation } = await provider.mutate(InviteProviderMemberDocument, { providerId, email, roles: [...roles] })
    // An address is kept in lower case, a role once.
    expect(invitation).toMatchObject({ email: email.toLowerCase(), roles: ['CATALOG_MANAGER', 'AUDITOR'] })
    expect((await peopleOf()).invitations).toContainEqual(invitation)
    const mail = await backend.mails.next(invitation.email)
    expect(mail).toMatchObject({ kind: 'provider-invitation', link: `${backend.url}/invitations/${mail.token}` })
    expect(mail.text).toContain(administrator.name)

    const stranger = backend.client()
    const { invitation: preview } = await stranger.query(InvitationDocument, { token: mail.token as string })
    expect(preview).toEqual({
      email: invitation.email,
      organizationName: null,
      marketplaceName: null,
      providerName: administrator.name,
      roles: [],
      expiresAt: invitation.expiresAt,
      terms: null,
    })

    const input = { token: mail.token as string, givenName: 'Grace', familyName: 'Hopper', password }
    const { tokens, viewer, providerMembership } = await stranger.mutate(AcceptInvitationDocument, input)
    expect(viewer.user).toMatchObject({ email: invitation.email, emailVerified: true })
    expect(providerMembership).toMatchObject({ roles: ['CATALOG_MANAGER', 'AUDITOR'], provider: { id: providerId } })
    stranger.take(tokens)
    const now = await stranger.query(ViewerDocument)
    expect(now.viewer).toMatchObject({
      user: { givenName: 'Grace', familyName: 'Hopper' },
      providerMemberships: [{ roles: ['CATALOG_MANAGER', 'AUDITOR'] }],
      memberships: [],
    })
    expect((await peopleOf()).invitations.map(({ id }) => id)).not.toContain(invitation.id)
    await onAnotherDevice(backend, invitation.email)

    // Whoever manages the catalog makes units; marketplaces and people are for others.
    await stranger.mutate(CreateUnitDocument, { providerId, name: `x-${mark()}`, title: 'Pages' })
    const refusals = [
      await stranger.refused(CreateMarketplaceDocument, { providerId, name: 'Mine', slug: `mine-${mark()}` }),
      await stranger.refused(UpdateMarketplaceDocument, { marketplaceId: market.id, name: 'Mine' }),
      await stranger.refused(InviteProviderMemberDocument, { providerId, email: newAddress(), roles: ['AUDITOR'] }),
      await stranger.refused(UpdateProviderMemberRolesDocument, {
        membershipId: providerMembership.id,
        roles: ['ADMINISTRATOR'],
      }),
    ]
    for (const refusal of refusals) {
      expect(refusal).toEqual([
        { code: 'NOT_ALLOWED', field: null, message: expect.stringMatching(/^This takes the role ADMINISTRATOR/) },
      ])
    }
    expect(await worksHere(invitation.email)).toEqual(['CATALOG_MANAGER', 'AUDITOR'])
  })

  test('who brings too little is told all of it, and leaves the invitation good', async () => {
    const { email, token } = await invited()
    const stranger = backend.client()
    const refused = await stranger.refused(AcceptInvitationDocument, { token, givenName: ' ', password: 'short' })
    expect(refused.map(({ code, field }) => [code, field?.[1]])).toEqual([
      ['REQUIRED', 'givenName'],
      ['REQUIRED', 'familyName'],
      ['INVALID', 'password'],
    ])
    expect(await worksHere(email)).toBeNull()
    expect(
      (await backend.client().ask(SignInDocument, { input: { email, password: 'short' } })).data?.signIn,
    ).toMatchObject({
      tokens: null,
      userErrors: [{ code: 'INVALID_CREDENTIALS' }],
    })
    await stranger.mutate(AcceptInvitationDocument, { token, ...newcomer })
    expect(await worksHere(email)).toEqual(['CATALOG_MANAGER'])
  })

  test('gets other roles, which hold from the next request on', async () => {
    const { provider, providerId } = market
    const { client, membershipId } = await givenColleague(market, ['CATALOG_MANAGER'])
    const unit = () => ({ providerId, name: `x-${mark()}`, title: 'Pages' })
    await client.mutate(CreateUnitDocument, unit())
    const roles = ['MARKETPLACE_MANAGER' as const]
    const { membership } = await provider.mutate(UpdateProviderMemberRolesDocument, { membershipId, roles })
    expect(membership.roles).toEqual(roles)
    expect(await client.refused(CreateUnitDocument, unit())).toMatchObject([{ code: 'NOT_ALLOWED' }])
    await client.mutate(UpdateMarketplaceDocument, { marketplaceId: market.id, description: 'Theirs now.' })
    expect(await provider.refused(UpdateProviderMemberRolesDocument, { membershipId, roles: [] })).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'roles'] },
    ])
    expect((await client.query(ViewerDocument)).viewer?.providerMemberships[0]?.roles).toEqual(roles)
  })

  test('who is removed is out at once, cannot sign in, and comes back by an invitation with the password of before', async () => {
    const { provider, providerId } = market
    const { client, email, membershipId } = await givenColleague(market, ['AUDITOR'])
    const { provider: after } = await provider.mutate(RemoveProviderMemberDocument, { membershipId })
    expect(after.members.nodes.map(({ user }) => user.email)).not.toContain(email)
    expect(await isSignedOut(client)).toBe(true)
    expect(await backend.client().refused(SignInDocument, { email, password })).toMatchObject([
      { code: 'NOT_ALLOWED', message: 'You do not work for any provider any more.', field: null },
    ])
    expect(await provider.refused(RemoveProviderMemberDocument, { membershipId })).toMatchObject([
      { code: 'NOT_FOUND', field: ['input', 'membershipId'] },
    ])

    await provider.mutate(InviteProviderMemberDocument, { providerId, email, roles: ['ACCESS_MANAGER'] })
    const token = (await backend.mails.next(email)).token as string
    // Somebody else who has the link cannot take the account over with a new password.
    const thief = backend.client()
    expect(
      await thief.refused(AcceptInvitationDocument, { token, ...newcomer, password: 'a password of my own' }),
    ).toMatchObject([{ code: 'TAKEN', field: ['input', 'password'] }])
    expect(await worksHere(email)).toBeNull()
    const { tokens } = await backend.client().mutate(AcceptInvitationDocument, { token, password })
    client.take(tokens)
    expect((await client.query(ViewerDocument)).viewer?.providerMemberships[0]?.roles).toEqual(['ACCESS_MANAGER'])
  })
})

describe('an administrator', () => {
  test('who is the last can neither go nor give the role up; of two who remove each other at once one stays', async () => {
    const rival = await givenRival(backend)
    const [first] = (await peopleOf(rival)).members.nodes
    const membershipId = first?.id as string
    for (const refusal of [
      await rival.provider.refused(RemoveProviderMemberDocument, { membershipId }),
      await rival.provider.refused(UpdateProviderMemberRolesDocument, { membershipId, roles: ['AUDITOR'] }),
    ]) {
      expect(refusal).toEqual([
        {
          code: 'LAST_ADMINISTRATOR',
          message: 'A provider always has an administrator: make somebody else one first.',
          field: ['input', 'membershipId'],
        },
      ])
    }
    await rival.provider.mutate(UpdateProviderMemberRolesDocument, {
      membershipId,
      roles: ['ADMINISTRATOR', 'AUDITOR'],
    })

    const second = await givenColleague({ ...rival, backend }, ['ADMINISTRATOR'])
    const answers = await Promise.all([
      rival.provider.ask(RemoveProviderMemberDocument, { input: { membershipId: second.membershipId } }),
      second.client.ask(RemoveProviderMemberDocument, { input: { membershipId } }),
    ])
    const done = answers.filter(({ data }) => data?.removeProviderMember.userErrors.length === 0)
    expect(done).toHaveLength(1)
    const signedIn = [rival.provider, second.client]
    const gone = await Promise.all(signedIn.map((client) => isSignedOut(client)))
    expect(gone.filter(Boolean)).toHaveLength(1)
    const remaining = signedIn[gone.indexOf(false)] as typeof rival.provider
    const { members } = await peopleOf({ ...rival, provider: remaining })
    expect(members.nodes).toHaveLength(1)
    expect(members.nodes[0]?.roles).toContain('ADMINISTRATOR')
  })
})

describe('an invitation to a provider', () => {
  test('is accepted once, also at once', async () => {
    const { email, token } = await invited()
    const answers = await Promise.all(
      Array.from({ length: 4 }, () =>
        backend.client().ask(AcceptInvitationDocument, { input: { token, ...newcomer } }),
      ),
    )
    const refusals = answers.flatMap(({ data }) => data?.acceptInvitation.userErrors ?? [])
    expect(answers.every(({ errors }) => errors.length === 0)).toBe(true)
    expect(refusals).toHaveLength(3)
    for (const { code } of refusals) expect(['TOKEN_EXPIRED', 'TAKEN']).toContain(code)
    expect(await backend.client().refused(AcceptInvitationDocument, { token, ...newcomer })).toEqual([
      { code: 'TOKEN_EXPIRED', message: 'This invitation was accepted already: sign in.', field: ['input', 'token'] },
    ])
    expect((await peopleOf()).members.nodes.filter(({ user }) => user.email === email)).toHaveLength(1)
    const { providerId, provider } = market
    expect(
      await provider.refused(InviteProviderMemberDocument, { providerId, email, roles: ['AUDITOR'] }),
    ).toMatchObject([{ code: 'TAKEN', field: ['input', 'email'] }])
  })

  test('is for the invited address: nobody else who is signed in takes it, and it stays good', async () => {
    const { email, token } = await invited()
    const colleague = await givenColleague(market, ['AUDITOR'])
    const acme = await givenOrganization(market)
    for (const client of [market.provider, colleague.client, acme.consumer]) {
      expect(await client.refused(AcceptInvitationDocument, { token, ...newcomer })).toMatchObject([
        { code: 'NOT_ALLOWED', field: ['input', 'token'] },
      ])
    }
    expect(await worksHere(email)).toBeNull()
    expect(await worksHere(colleague.email)).toEqual(['AUDITOR'])
    // The same address in a marketplace is somebody else.
    const { consumer } = await givenConsumerAt(email)
    expect(await consumer.refused(AcceptInvitationDocument, { token })).toMatchObject([{ code: 'NOT_ALLOWED' }])
    await backend.client().mutate(AcceptInvitationDocument, { token, ...newcomer })
    expect(await worksHere(email)).toEqual(['CATALOG_MANAGER'])
  })

  test('that is taken back ends, for its preview too, and cannot be taken back or sent again', async () => {
    const { email, token, invitation } = await invited()
    const input = { invitationId: invitation.id }
    const { data } = await market.provider.ask(RevokeInvitationDocument, { input })
    expect(data?.revokeInvitation).toEqual({ organization: null, userErrors: [] })
    expect(await backend.client().query(InvitationDocument, { token })).toEqual({ invitation: null })
    expect(await backend.client().refused(AcceptInvitationDocument, { token, ...newcomer })).toMatchObject([
      { code: 'TOKEN_EXPIRED', message: 'This invitation was taken back.' },
    ])
    for (const refusal of [
      await market.provider.refused(RevokeInvitationDocument, input),
      await market.provider.refused(ResendInvitationDocument, input),
    ]) {
      expect(refusal).toMatchObject([{ code: 'WRONG_STATE', field: ['input', 'invitationId'] }])
    }
    expect(await worksHere(email)).toBeNull()
  })

  test('that is sent again has a new link; the former one is unknown', async () => {
    const { email, token, invitation } = await invited()
    clock.pass(minute)
    const input = { invitationId: invitation.id }
    const { data } = await market.provider.ask(ResendInvitationDocument, { input })
    expect(data?.resendInvitation).toEqual({ invitation: null, userErrors: [] })
    const again = (await backend.mails.next(email)).token as string
    expect(again).not.toBe(token)
    expect(await backend.client().query(InvitationDocument, { token })).toEqual({ invitation: null })
    const former = await backend.client().refused(AcceptInvitationDocument, { token, ...newcomer })
    expect(former).toMatchObject([{ code: 'NOT_FOUND', field: ['input', 'token'] }])
    const neverSent = await backend
      .client()
      .refused(AcceptInvitationDocument, { token: `mit_${'A'.repeat(43)}`, ...newcomer })
    expect(former).toEqual(neverSent)
    const listed = (await peopleOf()).invitations.find(({ id }) => id === invitation.id)
    expect(new Date(listed?.expiresAt as string).getTime()).toBeGreaterThan(new Date(invitation.expiresAt).getTime())
    await backend.client().mutate(AcceptInvitationDocument, { token: again, ...newcomer })
    expect(await worksHere(email)).toEqual(['CATALOG_MANAGER'])
  })

  test('is asked for twice with one idempotency key, and sent once', async () => {
    const { provider, providerId } = market
    const email = newAddress('col')
    const input = { providerId, email, roles: ['AUDITOR' as const], idempotencyKey: mark() }
    const [first, second] = [
      await provider.mutate(InviteProviderMemberDocument, input),
      await provider.mutate(InviteProviderMemberDocument, input),
    ]
    expect(second).toEqual(first)
    expect((await peopleOf()).invitations.filter((invitation) => invitation.email === email)).toHaveLength(1)
    const other = { ...input, roles: ['ADMINISTRATOR' as const] }
    expect(await provider.refused(InviteProviderMemberDocument, other)).toEqual([
      { code: 'IDEMPOTENCY_KEY_REUSED', message: expect.any(String), field: ['input', 'idempotencyKey'] },
    ])
    expect((await peopleOf()).invitations.filter((invitation) => invitation.email === email)).toHaveLength(1)
    // Somebody else's key is another key.
    const rival = await givenRival(backend)
    await rival.provider.mutate(InviteProviderMemberDocument, { ...other, providerId: rival.providerId })
  })

  test('that has expired is refused, and good again when it is sent again', async () => {
    const { email, token, invitation } = await invited()
    clock.pass(7 * day + minute)
    expect(await backend.client().query(InvitationDocument, { token })).toEqual({ invitation: null })
    expect(await backend.client().refused(AcceptInvitationDocument, { token, ...newcomer })).toMatchObject([
      { code: 'TOKEN_EXPIRED', message: 'This invitation has expired: ask for a new one.' },
    ])
    expect(await isSignedOut(market.provider)).toBe(true)
    await market.provider.signIn(administrator.email, administrator.password)
    await market.provider.ask(ResendInvitationDocument, { input: { invitationId: invitation.id } })
    const again = (await backend.mails.next(email)).token as string
    await backend.client().mutate(AcceptInvitationDocument, { token: again, ...newcomer })
    expect(await worksHere(email)).toEqual(['CATALOG_MANAGER'])
  })

  async function givenConsumerAt(email: string) {
    const other = await givenMarketplace(backend, { selfSignupAllowed: true })
    const consumer = backend.client()
    const about = { ...newcomer, email, organizationName: 'Acme', marketplaceId: other.id }
    consumer.take((await consumer.mutate(SignUpDocument, about)).tokens)
    return { consumer }
  }
})

describe('somebody who works for two providers', () => {
  test('comes to the second one with the session of the first, and sees each for itself', async () => {
    const rival = await givenRival(backend)
    const { client, email, userId } = await givenColleague(market, ['AUDITOR'])
    await rival.provider.mutate(InviteProviderMemberDocument, {
      providerId: rival.providerId,
      email,
      roles: ['CATALOG_MANAGER'],
    })
    const { token } = await backend.mails.next(email)
    const { data } = await client.ask(AcceptInvitationDocument, { input: { token: token as string } })
    expect(data?.acceptInvitation).toMatchObject({
      tokens: null,
      viewer: { user: { id: userId } },
      providerMembership: { roles: ['CATALOG_MANAGER'], provider: { id: rival.providerId } },
      userErrors: [],
    })
    const unit = { name: `x-${mark()}`, title: 'Pages' }
    await client.mutate(CreateUnitDocument, { ...unit, providerId: rival.providerId })
    expect(await client.refused(CreateUnitDocument, { ...unit, providerId: market.providerId })).toMatchObject([
      { code: 'NOT_ALLOWED' },
    ])
    // Leaving one of them ends neither the session nor the other.
    const there = data?.acceptInvitation.providerMembership?.id as string
    await rival.provider.mutate(RemoveProviderMemberDocument, { membershipId: there })
    const { viewer } = await client.query(ViewerDocument)
    expect(viewer?.providerMemberships.map(({ provider }) => provider.id)).toEqual([market.providerId])
    expect(await client.query(ProviderPeopleDocument, { id: rival.providerId })).toEqual({ provider: null })
  })
})

describe('what is another provider’s', () => {
  test('does not exist: not by its id, not in a query, not for a change, in the words for what never was', async () => {
    const rival = await givenRival(backend)
    const { provider, providerId } = market
    const colleague = await givenColleague(market, ['AUDITOR'])
    const { invitation } = await invited()
    const { unit } = await provider.mutate(CreateUnitDocument, { providerId, name: `x-${mark()}`, title: 'Pages' })
    const [entry] = await auditLogOf(market)
    const acme = await givenOrganization(market)
    const theirs = await givenMarketplaceOf(rival)
    const ids = [providerId, colleague.membershipId, colleague.userId, invitation.id, entry?.id as string, unit.id]
    expect((await provider.query(NodesDocument, { ids })).nodes.map((node) => node?.id)).toEqual(ids)
    // A consumer is shown units with the quotas of plans, and reads them again.
    const seenByConsumers = ids.map((id) => (id === unit.id ? { __typename: 'Unit', id } : null))
    expect((await acme.consumer.query(NodesDocument, { ids })).nodes).toEqual(seenByConsumers)
    for (const stranger of [rival.provider, theirs.consumer, backend.client()]) {
      expect((await stranger.query(NodesDocument, { ids })).nodes).toEqual(ids.map(() => null))
      for (const id of ids)
        expect(await stranger.ask(NodeDocument, { id })).toEqual(await stranger.ask(NodeDocument, { id: neverWas(id) }))
      expect(await stranger.query(ProviderPeopleDocument, { id: providerId })).toEqual({ provider: null })
    }

    const { client: eve } = await givenColleague({ ...rival, backend }, ['AUDITOR'])
    expect(await acme.consumer.query(ProviderPeopleDocument, { id: providerId })).toEqual({ provider: null })
    for (const stranger of [rival.provider, eve, acme.consumer, theirs.consumer]) {
      const changes = [
        (id: string) => stranger.refused(UpdateProviderMemberRolesDocument, { membershipId: id, roles: ['AUDITOR'] }),
        (id: string) => stranger.refused(RemoveProviderMemberDocument, { membershipId: id }),
      ]
      for (const change of changes) await sameAsNeverWas(change, colleague.membershipId)
      await sameAsNeverWas((id) => stranger.refused(RevokeInvitationDocument, { invitationId: id }), invitation.id)
      await sameAsNeverWas((id) => stranger.refused(ResendInvitationDocument, { invitationId: id }), invitation.id)
      await sameAsNeverWas(
        (id) =>
          stranger.refused(InviteProviderMemberDocument, { providerId: id, email: newAddress(), roles: ['AUDITOR'] }),
        providerId,
      )
    }
    await sameAsNeverWas(
      (id) => rival.provider.refused(CreateUnitDocument, { providerId: id, name: `x-${mark()}`, title: 'Mine' }),
      providerId,
    )
    await sameAsNeverWas(
      (id) =>
        rival.provider.refused(CreateMarketplaceDocument, { providerId: id, name: 'Mine', slug: `mine-${mark()}` }),
      providerId,
    )
    expect(await worksHere(colleague.email)).toEqual(['AUDITOR'])
    expect((await peopleOf()).invitations.map(({ id }) => id)).toContain(invitation.id)
    // Nor does a place tell who works elsewhere: inviting them is no different.
    await rival.provider.mutate(InviteProviderMemberDocument, {
      providerId: rival.providerId,
      email: colleague.email,
      roles: ['AUDITOR'],
    })
  })

  async function givenMarketplaceOf({ provider, providerId }: Awaited<ReturnType<typeof givenRival>>) {
    const about = { providerId, name: 'Rivals', slug: `rivals-${mark()}`, url: 'https://rivals.example' }
    const { marketplace } = await provider.mutate(CreateMarketplaceDocument, about)
    return givenOrganization({ backend, provider, providerId, id: marketplace.id, slug: marketplace.slug })
  }

  async function sameAsNeverWas(change: (id: string) => Promise<Array<{ code: string }>>, id: string): Promise<void> {
    const refusal = await change(id)
    expect(refusal).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(await change(neverWas(id))).toEqual(refusal)
  }
})

describe('the audit log of a provider', () => {
  test('says who did what, and holds no secret', async () => {
    const rival = await givenRival(backend)
    const { provider, providerId } = rival
    const email = newAddress('col')
    const { invitation } = await provider.mutate(InviteProviderMemberDocument, {
      providerId,
      email,
      roles: ['AUDITOR'],
    })
    const first = (await backend.mails.next(email)).token as string
    await provider.ask(ResendInvitationDocument, { input: { invitationId: invitation.id } })
    const second = (await backend.mails.next(email)).token as string
    const colleague = backend.client()
    const accepted = await colleague.mutate(AcceptInvitationDocument, { token: second, ...newcomer })
    const membershipId = accepted.providerMembership.id
    await provider.mutate(UpdateProviderMemberRolesDocument, { membershipId, roles: ['CATALOG_MANAGER'] })
    colleague.take(accepted.tokens)
    const { unit } = await colleague.mutate(CreateUnitDocument, { providerId, name: `x-${mark()}`, title: 'Pages' })
    const { marketplace } = await provider.mutate(CreateMarketplaceDocument, {
      providerId,
      name: 'Rivals',
      slug: `rivals-${mark()}`,
    })
    const webhookSecret = 'whsec_0123456789abcdef0123456789abcdef'
    await provider.mutate(ConfigureBillingDocument, { marketplaceId: marketplace.id, restrictedKey, webhookSecret })
    const { token } = await provider.mutate(CreateGatewayTokenDocument, { marketplaceId: marketplace.id, name: 'edge' })
    await provider.mutate(RemoveProviderMemberDocument, { membershipId })
    const withdrawn = await provider.mutate(InviteProviderMemberDocument, { providerId, email, roles: ['AUDITOR'] })
    await provider.ask(RevokeInvitationDocument, { input: { invitationId: withdrawn.invitation.id } })
    const third = (await backend.mails.next(email)).token as string
    // What was refused did not happen.
    await provider.refused(RemoveProviderMemberDocument, { membershipId })

    const log = await auditLogOf(rival)
    const told = log.map(({ action, actor, subjectId }) => [action, actor?.email ?? null, subjectId])
    const [{ id: own } = { id: '' }] = (await peopleOf(rival)).members.nodes
    expect(told.filter(([action]) => !String(action).startsWith('billing'))).toEqual([
      ['provider.created', null, providerId],
      ['provider-member.joined', rival.email, own],
      ['provider-member.invited', rival.email, invitation.id],
      ['provider-invitation.sent-again', rival.email, invitation.id],
      ['provider-member.joined', email, membershipId],
      ['provider-member.roles-changed', rival.email, membershipId],
      ['unit.created', email, unit.id],
      ['marketplace.created', rival.email, marketplace.id],
      ['gateway-token.created', rival.email, expect.any(String)],
      ['provider-member.removed', rival.email, membershipId],
      ['provider-member.invited', rival.email, withdrawn.invitation.id],
      ['provider-invitation.revoked', rival.email, withdrawn.invitation.id],
    ])
    expect(told.filter(([action]) => String(action).startsWith('billing')).map(([, actor]) => actor)).toEqual([
      rival.email,
    ])
    const text = JSON.stringify(log)
    const secrets = [first, second, third, token, restrictedKey, webhookSecret, password]
    for (const { accessToken, refreshToken } of [accepted.tokens, provider])
      secrets.push(accessToken as string, refreshToken as string)
    for (const secret of secrets) expect(text).not.toContain(secret)
    for (const { summary } of log) expect(summary).toMatch(/^.+\.$/)
    // It is the provider's own: one who works elsewhere finds no entry by its id.
    for (const { id } of log) expect((await market.provider.query(NodeDocument, { id })).node).toBeNull()
  })
})
