import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { administrator, type Backend, startBackend } from '../support/backend.js'
import {
  AcceptInvitationDocument,
  CancelProductSubscriptionDocument,
  CreateApplicationDocument,
  CreateConsumerOrganizationDocument,
  CreateCredentialDocument,
  CreateGatewayTokenDocument,
  CreateMarketplaceDocument,
  InviteMemberDocument,
  InvoiceChangedDocument,
  MarketplaceOrganizationsDocument,
  NodeDocument,
  NodesDocument,
  OrganizationAuditLogDocument,
  OrganizationPeopleDocument,
  RemoveMemberDocument,
  ResendInvitationDocument,
  RevokeInvitationDocument,
  SetConsumerOrganizationStateDocument,
  SignInDocument,
  SignUpDocument,
  UpdateConsumerOrganizationDocument,
  UpdateMarketplaceDocument,
  UpdateMemberRolesDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import {
  auditLogOf,
  comer,
  givenColleague,
  givenInvitation,
  givenMember,
  givenRival,
  givenSignedUp,
  isSignedOut,
  neverWas,
  newAddress,
  newcomer,
  onAnotherDevice,
  organizationsIn,
  peopleOfOrganization,
  signInCodes,
} from '../support/people.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  joined,
  type Market,
  mark,
  password,
  whenPressed,
  whenSubscribed,
} from '../support/world.js'

const url = 'https://harbour.example'
const terms = { title: 'House rules', url: 'https://harbour.example/rules' }

let backend: Backend
/** Invitations only. */
let market: Market
/** Whoever comes may come in. */
let open: Market
beforeAll(async () => {
  backend = await startBackend()
  market = await givenMarketplace(backend, { url })
  open = await givenMarketplace(backend, { url, selfSignupAllowed: true })
})
afterAll(async () => {
  await backend.stop()
  expect(backend.failures()).toEqual([])
})

const setState = (organizationId: string, state: 'ACTIVE' | 'DENIED' | 'DISABLED' | 'CLOSED', reason?: string) =>
  market.provider.mutate(SetConsumerOrganizationStateDocument, { organizationId, state, reason })

describe('an organization that the provider makes', () => {
  test('gets its first administrator by invitation, and belongs to itself', async () => {
    const email = newAddress('ada')
    const { organization, invitation } = await market.provider.mutate(CreateConsumerOrganizationDocument, {
      marketplaceId: market.id,
      name: '  Acme & Söhne  ',
      billingEmail: email,
      administratorEmail: email,
    })
    expect(organization).toMatchObject({ name: 'Acme & Söhne', state: 'ACTIVE' })
    expect(invitation).toMatchObject({ email, roles: ['ADMINISTRATOR'] })
    const mail = await backend.mails.next(email, 'invitation')
    expect(mail.link).toBe(`${url}/invitations/${mail.token}`)
    expect(mail.text).toContain('Acme & Söhne')

    const client = backend.client()
    const input = { token: mail.token as string, givenName: 'Ada', familyName: 'Lovelace', password }
    const { tokens, viewer, membership } = await client.mutate(AcceptInvitationDocument, input)
    expect(viewer.user).toMatchObject({ email, emailVerified: true })
    expect(membership).toMatchObject({ roles: ['ADMINISTRATOR'], organization: { id: organization.id } })
    client.take(tokens)
    expect(await peopleOfOrganization(client, organization.id)).toMatchObject({
      billingEmail: email,
      invitations: [],
      members: { totalCount: 1, nodes: [{ roles: ['ADMINISTRATOR'], user: { email, givenName: 'Ada' } }] },
    })
    expect((await organizationsIn(market))?.nodes).toContainEqual({
      id: organization.id,
      name: 'Acme & Söhne',
      state: 'ACTIVE',
      billingEmail: email,
    })
  })

  test('may have nobody yet; the provider invites, and again when nobody came', async () => {
    const { data } = await market.provider.ask(CreateConsumerOrganizationDocument, {
      input: { marketplaceId: market.id, name: 'Later' },
    })
    expect(data?.createConsumerOrganization).toMatchObject({ invitation: null, userErrors: [] })
    const organizationId = data?.createConsumerOrganization.organization?.id as string
    for (let times = 0; times < 2; times += 1) {
      const email = newAddress()
      await market.provider.mutate(InviteMemberDocument, { organizationId, email, roles: ['ADMINISTRATOR'] })
      if (times === 1)
        expect((await peopleOfOrganization(await joined(backend, email), organizationId)).members.totalCount).toBe(1)
    }
  })

  test('is made by those who manage marketplaces, where organizations are allowed', async () => {
    const input = { marketplaceId: market.id, name: 'Acme' }
    const acme = await givenOrganization(market)
    const auditor = await givenColleague(market, ['AUDITOR', 'CATALOG_MANAGER'])
    for (const client of [acme.consumer, auditor.client]) {
      expect(await client.refused(CreateConsumerOrganizationDocument, input)).toMatchObject([{ code: 'NOT_ALLOWED' }])
    }
    const { client: manager } = await givenColleague(market, ['MARKETPLACE_MANAGER'])
    await manager.mutate(CreateConsumerOrganizationDocument, { ...input, administratorEmail: newAddress() })
    expect(await manager.refused(CreateConsumerOrganizationDocument, { ...input, name: ' \u0000' })).toMatchObject([
      { field: ['input', 'name'] },
    ])

    const closed = await givenMarketplace(backend, { consumerOrganizationsAllowed: false, selfSignupAllowed: true })
    const disabled = [
      { code: 'CONSUMER_ORGANIZATIONS_DISABLED', message: expect.any(String), field: ['input', 'marketplaceId'] },
    ]
    const about = { marketplaceId: closed.id, name: 'Acme' }
    expect(await market.provider.refused(CreateConsumerOrganizationDocument, about)).toEqual(disabled)
    expect(await backend.client().refused(SignUpDocument, comer(closed.id))).toEqual(disabled)
    expect((await organizationsIn(closed))?.totalCount).toBe(0)
  })
})

describe('a member', () => {
  test('may do what the roles say, from the next request on; people are the administrators’ business', async () => {
    const acme = await givenOrganization(market)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['SUBSCRIBER'])
    const application = { organizationId: acme.id, name: 'Finder' }
    expect(await bob.client.refused(CreateApplicationDocument, application)).toMatchObject([{ code: 'NOT_ALLOWED' }])
    const { membership } = await acme.consumer.mutate(UpdateMemberRolesDocument, {
      membershipId: bob.membershipId,
      roles: ['DEVELOPER', 'DEVELOPER'],
    })
    expect(membership.roles).toEqual(['DEVELOPER'])
    await bob.client.mutate(CreateApplicationDocument, application)
    for (const refusal of [
      await bob.client.refused(UpdateMemberRolesDocument, { membershipId: bob.membershipId, roles: ['ADMINISTRATOR'] }),
      await bob.client.refused(RemoveMemberDocument, { membershipId: bob.membershipId }),
      await bob.client.refused(InviteMemberDocument, {
        organizationId: acme.id,
        email: newAddress(),
        roles: ['ADMINISTRATOR'],
      }),
      await bob.client.refused(UpdateConsumerOrganizationDocument, { organizationId: acme.id, name: 'Mine' }),
    ]) {
      expect(refusal).toMatchObject([{ code: 'NOT_ALLOWED', field: null }])
    }
    // Nor are open invitations and the audit log shown to them.
    await givenInvitation(backend, acme.consumer, acme.id)
    expect((await peopleOfOrganization(bob.client, acme.id)).invitations).toEqual([])
    expect((await peopleOfOrganization(acme.consumer, acme.id)).invitations).toHaveLength(1)
    const { consumerOrganization } = await bob.client.query(OrganizationAuditLogDocument, { id: acme.id, first: 10 })
    expect(consumerOrganization?.auditLog.nodes).toEqual([])
    expect((await peopleOfOrganization(bob.client, acme.id)).name).toBe(acme.name)
  })

  test('who administers alone can neither go nor give the role up, not even by the provider', async () => {
    const acme = await givenOrganization(market)
    const [only] = (await peopleOfOrganization(acme.consumer, acme.id)).members.nodes
    const membershipId = only?.id as string
    const last = [
      {
        code: 'LAST_ADMINISTRATOR',
        message: 'An organization always has an administrator: make somebody else one first.',
        field: ['input', 'membershipId'],
      },
    ]
    for (const client of [acme.consumer, market.provider]) {
      expect(await client.refused(RemoveMemberDocument, { membershipId })).toEqual(last)
      expect(await client.refused(UpdateMemberRolesDocument, { membershipId, roles: ['SUBSCRIBER'] })).toEqual(last)
    }
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    expect(await acme.consumer.refused(RemoveMemberDocument, { membershipId })).toEqual(last)
    await acme.consumer.mutate(UpdateMemberRolesDocument, { membershipId: bob.membershipId, roles: ['ADMINISTRATOR'] })
    await acme.consumer.mutate(RemoveMemberDocument, { membershipId })
    expect(await isSignedOut(acme.consumer)).toBe(true)
    expect((await peopleOfOrganization(bob.client, acme.id)).members.nodes.map(({ user }) => user.email)).toEqual([
      bob.email,
    ])
  })

  test('and another who take the role from each other at once leave one', async () => {
    const acme = await givenOrganization(market)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['ADMINISTRATOR'])
    const [own] = (await peopleOfOrganization(acme.consumer, acme.id)).members.nodes
    const roles = ['DEVELOPER' as const]
    await Promise.all([
      acme.consumer.ask(UpdateMemberRolesDocument, { input: { membershipId: bob.membershipId, roles } }),
      bob.client.ask(UpdateMemberRolesDocument, { input: { membershipId: own?.id as string, roles } }),
    ])
    const { members } = await peopleOfOrganization(market.provider, acme.id)
    expect(members.nodes.map((member) => member.roles).sort()).toEqual([['ADMINISTRATOR'], ['DEVELOPER']])
  })

  test('who is removed leaves what was made, and takes the password along when invited again', async () => {
    const acme = await givenOrganization(market)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const { application } = await bob.client.mutate(CreateApplicationDocument, {
      organizationId: acme.id,
      name: 'Finder',
    })
    const { organization } = await acme.consumer.mutate(RemoveMemberDocument, { membershipId: bob.membershipId })
    expect(organization.members.nodes.map(({ user }) => user.email)).toEqual([acme.email])
    expect(await isSignedOut(bob.client)).toBe(true)
    expect(
      await backend.client().refused(SignInDocument, { email: bob.email, password, marketplaceId: market.id }),
    ).toEqual([{ code: 'NOT_ALLOWED', message: 'You do not belong to any organization here any more.', field: null }])
    expect((await acme.consumer.query(NodeDocument, { id: application.id })).node?.id).toBe(application.id)

    const { email } = bob
    await acme.consumer.mutate(InviteMemberDocument, { organizationId: acme.id, email, roles: ['SUBSCRIBER'] })
    const token = (await backend.mails.next(email)).token as string
    const { tokens, viewer, membership } = await backend.client().mutate(AcceptInvitationDocument, { token, password })
    expect(viewer.user.id).toBe(bob.userId)
    expect(membership.roles).toEqual(['SUBSCRIBER'])
    bob.client.take(tokens)
    expect(await isSignedOut(bob.client)).toBe(false)
  })
})

describe('where an organization stands', () => {
  test('disabled, it is closed to its people and to nobody else, and comes back as it was', async () => {
    const [acme, bell] = [await givenOrganization(market), await givenOrganization(market, 'Bell')]
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    await bell.consumer.mutate(InviteMemberDocument, {
      organizationId: bell.id,
      email: bob.email,
      roles: ['DEVELOPER'],
    })
    const token = (await backend.mails.next(bob.email)).token as string
    await bob.client.ask(AcceptInvitationDocument, { input: { token } })

    const { organization } = await setState(acme.id, 'DISABLED', 'Invoices came back.')
    expect(organization).toEqual({ id: acme.id, name: acme.name, state: 'DISABLED' })
    expect(await isSignedOut(acme.consumer)).toBe(true)
    expect(
      await backend.client().refused(SignInDocument, { email: acme.email, password, marketplaceId: market.id }),
    ).toEqual([
      {
        code: 'NOT_ALLOWED',
        message: 'Your organization is disabled: ask the provider of this marketplace.',
        field: null,
      },
    ])
    // Whoever also belongs elsewhere goes on there, and finds nothing here.
    const elsewhere = await onAnotherDevice(backend, bob.email, market.id)
    for (const client of [bob.client, elsewhere]) {
      expect(await client.query(OrganizationPeopleDocument, { id: acme.id })).toEqual({ consumerOrganization: null })
      const { viewer } = await client.query(ViewerDocument)
      expect(viewer?.memberships.map((membership) => membership.organization.id)).toEqual([bell.id])
    }
    expect((await peopleOfOrganization(market.provider, acme.id)).state).toBe('DISABLED')
    const [seen] = await Promise.all([peopleOfOrganization(market.provider, acme.id), setState(acme.id, 'DISABLED')])
    expect(seen.members.totalCount).toBe(2)

    await setState(acme.id, 'ACTIVE')
    expect(await isSignedOut(acme.consumer)).toBe(false)
    expect(await signInCodes(backend, acme.email, market.id)).toEqual([])
    expect((await bob.client.query(ViewerDocument)).viewer?.memberships).toHaveLength(2)
  })

  test('closed, it is so for good, and only once nothing runs and nothing is owed', async () => {
    const paying = await givenMarketplace(backend, { url })
    await givenBilling(paying)
    const offer = await givenOffer(paying)
    const acme = await givenOrganization(paying)
    const heard = await acme.consumer.listen(InvoiceChangedDocument, {})
    const { productSubscription } = await whenSubscribed(acme, offer)
    const opened = await heard.next(({ change }) => change === 'OPENED')
    const input = { organizationId: acme.id, state: 'CLOSED' as const }
    const owing = await paying.provider.refused(SetConsumerOrganizationStateDocument, input)
    expect(owing.map(({ code, field }) => [code, field])).toEqual([
      ['IN_USE', ['input', 'state']],
      ['IN_USE', ['input', 'state']],
    ])
    expect(owing.map(({ message }) => message)).toEqual([
      'A subscription still runs: cancel first.',
      'An invoice is still owed: to be paid or voided first.',
    ])
    expect((await peopleOfOrganization(acme.consumer, acme.id)).state).toBe('ACTIVE')

    await whenPressed(opened.invoice.hostedUrl as string, 'card')
    await heard.next(({ change }) => change === 'PAID')
    expect(await paying.provider.refused(SetConsumerOrganizationStateDocument, input)).toMatchObject([
      { code: 'IN_USE' },
    ])
    // Not while it is disabled, either: what runs, runs.
    await setState(acme.id, 'DISABLED')
    expect(await paying.provider.refused(SetConsumerOrganizationStateDocument, input)).toMatchObject([
      { code: 'IN_USE' },
    ])
    await setState(acme.id, 'ACTIVE')
    await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: productSubscription.id,
      when: 'NOW',
    })
    await setState(acme.id, 'CLOSED')
    expect(await isSignedOut(acme.consumer)).toBe(true)
    expect(
      await backend.client().refused(SignInDocument, { email: acme.email, password, marketplaceId: paying.id }),
    ).toEqual([{ code: 'NOT_ALLOWED', message: 'Your organization is closed.', field: null }])
    for (const state of ['ACTIVE', 'DISABLED', 'DENIED'] as const) {
      expect(
        await paying.provider.refused(SetConsumerOrganizationStateDocument, { organizationId: acme.id, state }),
      ).toEqual([{ code: 'WRONG_STATE', message: 'The organization is closed for good.', field: null }])
    }
    expect(await peopleOfOrganization(paying.provider, acme.id)).toMatchObject({
      state: 'CLOSED',
      members: { totalCount: 1 },
    })
  })
})

describe('a change', () => {
  test('takes what is given, clears what is null, and leaves the rest', async () => {
    const acme = await givenOrganization(market)
    const change = (changes: object) =>
      acme.consumer.mutate(UpdateConsumerOrganizationDocument, { organizationId: acme.id, ...changes })
    await change({ name: 'Acme Inc.' })
    expect(await peopleOfOrganization(acme.consumer, acme.id)).toMatchObject({
      name: 'Acme Inc.',
      billingEmail: acme.email,
    })
    await change({ billingEmail: 'Bills@acme.example' })
    expect(await peopleOfOrganization(acme.consumer, acme.id)).toMatchObject({
      name: 'Acme Inc.',
      billingEmail: 'bills@acme.example',
    })
    await change({ billingEmail: null })
    await change({})
    expect(await peopleOfOrganization(acme.consumer, acme.id)).toMatchObject({ name: 'Acme Inc.', billingEmail: null })
    for (const name of [null, '', '   ', 'x'.repeat(201)]) {
      const refusal = await acme.consumer.refused(UpdateConsumerOrganizationDocument, {
        organizationId: acme.id,
        name,
        billingEmail: acme.email,
      })
      expect(refusal).toMatchObject([{ field: ['input', 'name'] }])
    }
    expect((await peopleOfOrganization(acme.consumer, acme.id)).billingEmail).toBeNull()
  })

  test('of a marketplace is STALE for whoever read it before somebody else changed it', async () => {
    const { provider, id: marketplaceId } = await givenMarketplace(backend, { url, description: 'Boats.' })
    const { marketplace: read } = await provider.mutate(UpdateMarketplaceDocument, { marketplaceId })
    const { version } = read
    const answers = await Promise.all(
      ['One', 'Other'].map((name) =>
        provider.ask(UpdateMarketplaceDocument, { input: { marketplaceId, version, name } }),
      ),
    )
    const refusals = answers.flatMap(({ data }) => data?.updateMarketplace.userErrors ?? [])
    expect(refusals).toEqual([{ code: 'STALE', message: expect.any(String), field: ['input', 'version'] }])
    const winner = answers.flatMap(({ data }) => data?.updateMarketplace.marketplace ?? [])
    expect(winner).toHaveLength(1)
    expect(winner[0]?.version).toBe(version + 1)

    const { marketplace } = await provider.mutate(UpdateMarketplaceDocument, { marketplaceId, url: null })
    expect(marketplace).toMatchObject({ name: winner[0]?.name, url: null, version: version + 2 })
    expect(await provider.refused(UpdateMarketplaceDocument, { marketplaceId, version, terms })).toMatchObject([
      { code: 'STALE' },
    ])
    for (const setting of ['name', 'visibility', 'timeZone', 'selfSignupAllowed'] as const) {
      expect(await provider.refused(UpdateMarketplaceDocument, { marketplaceId, [setting]: null })).toMatchObject([
        { code: 'REQUIRED', field: ['input', setting] },
      ])
    }
    const { marketplace: after } = await provider.mutate(UpdateMarketplaceDocument, {
      marketplaceId,
      version: version + 2,
    })
    expect(after).toMatchObject({ name: winner[0]?.name, url: null, terms: null })
  })

  test('that is asked for again with its idempotency key is done once, and shows no secret twice', async () => {
    const key = mark()
    const about = {
      marketplaceId: market.id,
      name: `Twice ${key}`,
      administratorEmail: newAddress(),
      idempotencyKey: key,
    }
    const first = await market.provider.mutate(CreateConsumerOrganizationDocument, about)
    expect(await market.provider.mutate(CreateConsumerOrganizationDocument, about)).toEqual(first)
    const atOnce = { ...about, name: `At once ${key}`, idempotencyKey: mark() }
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => market.provider.ask(CreateConsumerOrganizationDocument, { input: atOnce })),
    )
    const ids = answers.map(({ data }) => data?.createConsumerOrganization.organization?.id)
    expect(new Set(ids).size).toBe(1)
    expect(await market.provider.refused(CreateConsumerOrganizationDocument, { ...about, name: 'Other' })).toEqual([
      { code: 'IDEMPOTENCY_KEY_REUSED', message: expect.any(String), field: ['input', 'idempotencyKey'] },
    ])
    const { slug } = market
    const found = await market.provider.query(MarketplaceOrganizationsDocument, { slug, search: key })
    expect(found.marketplace?.consumerOrganizations.totalCount).toBe(2)
    for (const idempotencyKey of ['', 'x'.repeat(256), '\0']) {
      expect(
        await market.provider.refused(CreateConsumerOrganizationDocument, { ...about, idempotencyKey }),
      ).toMatchObject([{ code: 'INVALID', field: ['input', 'idempotencyKey'] }])
    }

    const gateway = { marketplaceId: market.id, name: 'edge', idempotencyKey: key }
    const { gatewayToken, token } = await market.provider.mutate(CreateGatewayTokenDocument, gateway)
    const repeated = await market.provider.ask(CreateGatewayTokenDocument, { input: gateway })
    expect(repeated.data?.createGatewayToken).toEqual({ gatewayToken, token: null, userErrors: [] })
    expect(JSON.stringify(repeated)).not.toContain(token)

    const acme = await givenOrganization(market)
    const { application } = await acme.consumer.mutate(CreateApplicationDocument, {
      organizationId: acme.id,
      name: 'Finder',
    })
    const wanted = { applicationId: application.id, name: 'production', idempotencyKey: key }
    const { credential, secret } = await acme.consumer.mutate(CreateCredentialDocument, wanted)
    const again = await acme.consumer.ask(CreateCredentialDocument, { input: wanted })
    expect(again.data?.createCredential).toEqual({ credential, secret: null, userErrors: [] })
    expect(JSON.stringify(again)).not.toContain(secret)
    // What was refused was not done, so its key is free.
    const invitation = { organizationId: acme.id, email: newAddress(), idempotencyKey: key }
    expect(await acme.consumer.refused(InviteMemberDocument, { ...invitation, roles: [] })).toMatchObject([
      { code: 'REQUIRED' },
    ])
    await acme.consumer.mutate(InviteMemberDocument, { ...invitation, roles: ['DEVELOPER'] })
  })
})

describe('what is another’s', () => {
  test('does not exist: not by its id, not in a query, not for a change, in the words for what never was', async () => {
    const acme = await givenOrganization(market)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const { invitation } = await givenInvitation(backend, acme.consumer, acme.id)
    const log = await acme.consumer.query(OrganizationAuditLogDocument, { id: acme.id, first: 100 })
    const entries = log.consumerOrganization?.auditLog.nodes ?? []
    const ids = [acme.id, bob.membershipId, bob.userId, invitation.id, ...entries.map(({ id }) => id)]
    for (const client of [acme.consumer, market.provider]) {
      expect((await client.query(NodesDocument, { ids })).nodes.map((node) => node?.id)).toEqual(ids)
    }

    const rival = await givenRival(backend)
    const { marketplace } = await rival.provider.mutate(CreateMarketplaceDocument, {
      providerId: rival.providerId,
      name: 'Rivals',
      slug: `rivals-${mark()}`,
    })
    const neighbour = await givenOrganization(market, 'Neighbour')
    const abroad = await givenOrganization(open, 'Abroad')
    const far = await givenOrganization({ ...market, ...rival, id: marketplace.id }, 'Far')
    const strangers = [neighbour.consumer, abroad.consumer, far.consumer, rival.provider]
    for (const stranger of [...strangers, backend.client()]) {
      expect((await stranger.query(NodesDocument, { ids })).nodes).toEqual(ids.map(() => null))
      expect(await stranger.query(OrganizationPeopleDocument, { id: acme.id })).toEqual({ consumerOrganization: null })
      expect(await stranger.query(OrganizationAuditLogDocument, { id: acme.id })).toEqual({
        consumerOrganization: null,
      })
      const { marketplace: seen } = await stranger.query(MarketplaceOrganizationsDocument, { slug: market.slug })
      const names = seen?.consumerOrganizations.nodes.map(({ id }) => id)
      expect(names).toEqual(stranger === neighbour.consumer ? [neighbour.id] : [])
      expect(seen?.consumerOrganizations.totalCount).toBe(names?.length)
    }

    for (const stranger of strangers) {
      const organizationId = acme.id
      await sameAsNeverWas(organizationId, (id) =>
        stranger.refused(UpdateConsumerOrganizationDocument, { organizationId: id, name: 'Mine' }),
      )
      await sameAsNeverWas(organizationId, (id) =>
        stranger.refused(SetConsumerOrganizationStateDocument, { organizationId: id, state: 'CLOSED' }),
      )
      await sameAsNeverWas(organizationId, (id) =>
        stranger.refused(InviteMemberDocument, { organizationId: id, email: newAddress(), roles: ['ADMINISTRATOR'] }),
      )
      await sameAsNeverWas(invitation.id, (id) => stranger.refused(ResendInvitationDocument, { invitationId: id }))
      await sameAsNeverWas(invitation.id, (id) => stranger.refused(RevokeInvitationDocument, { invitationId: id }))
      await sameAsNeverWas(bob.membershipId, (id) => stranger.refused(RemoveMemberDocument, { membershipId: id }))
      await sameAsNeverWas(bob.membershipId, (id) =>
        stranger.refused(UpdateMemberRolesDocument, { membershipId: id, roles: ['ADMINISTRATOR'] }),
      )
    }
    // The front of a marketplace is seen by all, and changed by its own people alone.
    for (const stranger of [abroad.consumer, far.consumer, rival.provider]) {
      await sameAsNeverWas(market.id, (id) =>
        stranger.refused(UpdateMarketplaceDocument, { marketplaceId: id, name: 'Mine' }),
      )
      await sameAsNeverWas(market.id, (id) =>
        stranger.refused(CreateConsumerOrganizationDocument, { marketplaceId: id, name: 'Mine' }),
      )
    }
    // An id of another kind names nothing.
    for (const id of [acme.id, 'nonsense', '', '\0', 'org_\ud800']) {
      expect(await acme.consumer.refused(RemoveMemberDocument, { membershipId: id })).toMatchObject([
        { code: 'NOT_FOUND' },
      ])
      expect(await acme.consumer.refused(RevokeInvitationDocument, { invitationId: id })).toMatchObject([
        { code: 'NOT_FOUND' },
      ])
    }

    expect(await peopleOfOrganization(acme.consumer, acme.id)).toMatchObject({
      name: acme.name,
      state: 'ACTIVE',
      members: { nodes: [{ roles: ['ADMINISTRATOR'] }, { id: bob.membershipId, roles: ['DEVELOPER'] }] },
      invitations: [{ id: invitation.id, expiresAt: invitation.expiresAt }],
    })
  })

  async function sameAsNeverWas(id: string, change: (id: string) => Promise<Array<{ code: string }>>): Promise<void> {
    const refusal = await change(id)
    expect(refusal).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(await change(neverWas(id))).toEqual(refusal)
  }
})

describe('the audit log', () => {
  test('says who did what to an organization, to its administrators and the provider, and holds no secret', async () => {
    const ada = await givenSignedUp(backend, open.id)
    const { client, id } = ada
    const first = await givenInvitation(backend, client, id)
    await client.mutate(ResendInvitationDocument, { invitationId: first.invitation.id })
    const token = (await backend.mails.next(first.email)).token as string
    const bob = backend.client()
    const { tokens, membership, viewer } = await bob.mutate(AcceptInvitationDocument, { token, ...newcomer })
    await market.provider.mutate(UpdateMemberRolesDocument, { membershipId: membership.id, roles: ['SUBSCRIBER'] })
    await client.mutate(UpdateConsumerOrganizationDocument, { organizationId: id, name: 'Acme Inc.' })
    await setState(id, 'DISABLED', 'A look into the books.')
    await setState(id, 'ACTIVE')
    await client.mutate(RemoveMemberDocument, { membershipId: membership.id })
    // What was refused, or changed nothing, is no entry.
    await setState(id, 'ACTIVE')
    await client.refused(RemoveMemberDocument, { membershipId: membership.id })

    const { consumerOrganization } = await client.query(OrganizationAuditLogDocument, { id, first: 100 })
    const log = consumerOrganization?.auditLog.nodes.toReversed() ?? []
    expect(log.map(({ action, actor, subjectId }) => [action, actor?.email, subjectId])).toEqual([
      ['organization.created', ada.email, id],
      ['member.joined', ada.email, expect.stringMatching(/^mem_/)],
      ['member.invited', ada.email, first.invitation.id],
      ['invitation.sent-again', ada.email, first.invitation.id],
      ['member.joined', first.email, membership.id],
      ['member.roles-changed', administrator.email, membership.id],
      ['organization.updated', ada.email, id],
      ['organization.state-changed', administrator.email, id],
      ['organization.state-changed', administrator.email, id],
      ['member.removed', ada.email, membership.id],
    ])
    expect(log[4]?.actor?.id).toBe(viewer.user.id)
    expect(log[7]?.summary).toContain('Reason: A look into the books.')
    const whole = await auditLogOf(market)
    const ids = new Set(log.map((entry) => entry.id))
    expect(whole.filter((entry) => ids.has(entry.id))).toEqual(log)

    const text = JSON.stringify(whole)
    const secrets = [first.token, token, password, ...Object.values(tokens), client.accessToken, client.refreshToken]
    for (const secret of secrets) expect(text).not.toContain(secret)
  })
})
