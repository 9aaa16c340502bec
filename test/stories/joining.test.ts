import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { administrator, type Backend, startBackend } from '../support/backend.js'
import {
  AcceptInvitationDocument,
  CreateApplicationDocument,
  CreateCredentialDocument,
  InvitationDocument,
  InviteMemberDocument,
  OrganizationPeopleDocument,
  RequestAccessDocument,
  ResendInvitationDocument,
  RevokeInvitationDocument,
  SetConsumerOrganizationStateDocument,
  SignInDocument,
  SignUpDocument,
  SubscribeDocument,
  SubscribePreviewDocument,
  UpdateConsumerOrganizationDocument,
  UpdateMarketplaceDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import {
  comer,
  givenInvitation,
  givenMember,
  givenSignedUp,
  isSignedOut,
  neverWas,
  newAddress,
  newcomer,
  organizationsIn,
  peopleOfOrganization,
  signInCodes,
} from '../support/people.js'
import { day, minute, StoryClock } from '../support/story-clock.js'
import {
  givenMarketplace,
  givenOffer,
  givenOrganization,
  joined,
  type Market,
  type Offer,
  password,
  whenSubscribed,
} from '../support/world.js'

const url = 'https://harbour.example'
const terms = { title: 'House rules', url: 'https://harbour.example/rules' }

let backend: Backend
/** Invitations only. */
let market: Market
/** Whoever comes may come in. */
let open: Market
const clock = new StoryClock()
beforeAll(async () => {
  backend = await startBackend({}, clock)
  market = await givenMarketplace(backend, { url })
  open = await givenMarketplace(backend, { url, selfSignupAllowed: true })
})
afterAll(async () => {
  await backend.stop()
  expect(backend.failures()).toEqual([])
})

const setState = (organizationId: string, state: 'ACTIVE' | 'DENIED' | 'DISABLED' | 'CLOSED', reason?: string) =>
  market.provider.mutate(SetConsumerOrganizationStateDocument, { organizationId, state, reason })

describe('signing up', () => {
  test('brings an organization and its administrator, signed in, to an unverified address', async () => {
    const { client, email, organization, userId } = await givenSignedUp(backend, open.id)
    expect(organization.state).toBe('ACTIVE')
    expect((await client.query(ViewerDocument)).viewer).toMatchObject({
      user: { id: userId, email, emailVerified: false },
      providerMemberships: [],
      memberships: [{ roles: ['ADMINISTRATOR'], organization: { id: organization.id, state: 'ACTIVE' } }],
    })
    expect((await backend.mails.next(email)).kind).toBe('verify-email')
    expect((await peopleOfOrganization(client, organization.id)).billingEmail).toBe(email)
  })

  test('is refused where members come by invitation only, and in no place that is none', async () => {
    const email = newAddress('ada')
    expect(await backend.client().refused(SignUpDocument, comer(market.id, { email }))).toEqual([
      { code: 'SELF_SIGNUP_DISABLED', message: expect.any(String), field: ['input', 'marketplaceId'] },
    ])
    for (const place of [neverWas(market.id), market.providerId, 'nonsense', '', '\0']) {
      expect(await backend.client().refused(SignUpDocument, comer(place, { email }))).toEqual([
        { code: 'NOT_FOUND', message: 'There is no such marketplace.', field: ['input', 'marketplaceId'] },
      ])
    }
    expect(await signInCodes(backend, email, market.id)).toEqual(['INVALID_CREDENTIALS'])
  })

  test('with an address that has an account is refused, and changes nothing of the account', async () => {
    const { email, client } = await givenSignedUp(backend, open.id)
    for (const word of [password, 'another fine long password']) {
      expect(await backend.client().refused(SignUpDocument, comer(open.id, { email, password: word }))).toEqual([
        { code: 'TAKEN', message: expect.any(String), field: ['input', 'email'] },
      ])
    }
    expect(await signInCodes(backend, email, open.id, 'another fine long password')).toEqual(['INVALID_CREDENTIALS'])
    expect((await client.query(ViewerDocument)).viewer?.memberships).toHaveLength(1)
  })

  test('asks for the terms as they are at that moment, which whoever is invited accepts too', async () => {
    const place = await givenMarketplace(backend, { url, selfSignupAllowed: true })
    const updated = await place.provider.mutate(UpdateMarketplaceDocument, { marketplaceId: place.id, terms })
    expect(updated.marketplace.terms).toEqual({ version: 1, title: terms.title })
    await place.provider.mutate(UpdateMarketplaceDocument, {
      marketplaceId: place.id,
      terms: { title: 'House rules', body: 'Be kind.' },
    })
    const email = newAddress('ada')
    for (const acceptedTermsVersion of [undefined, null, 0, 1, 3]) {
      const input = comer(place.id, { email, acceptedTermsVersion })
      expect(await backend.client().refused(SignUpDocument, input)).toEqual([
        {
          code: 'TERMS_NOT_ACCEPTED',
          message: 'Accept version 2 of «House rules» first.',
          field: ['input', 'acceptedTermsVersion'],
        },
      ])
    }
    expect((await organizationsIn(place))?.totalCount).toBe(0)
    const { client, id } = await givenSignedUp(backend, place.id, { email, acceptedTermsVersion: 2 })

    const { token, email: guest } = await givenInvitation(backend, client, id)
    const { invitation } = await backend.client().query(InvitationDocument, { token })
    expect(invitation?.terms).toEqual({ version: 2, title: 'House rules', url: null })
    expect(await backend.client().refused(AcceptInvitationDocument, { token, ...newcomer })).toMatchObject([
      { code: 'TERMS_NOT_ACCEPTED', field: ['input', 'acceptedTermsVersion'] },
    ])
    // Nobody has come of it, and the invitation is still good.
    expect(await signInCodes(backend, guest, place.id)).toEqual(['INVALID_CREDENTIALS'])
    await backend.client().mutate(AcceptInvitationDocument, { token, ...newcomer, acceptedTermsVersion: 2 })

    // Newer terms close nobody out who is in.
    await place.provider.mutate(UpdateMarketplaceDocument, { marketplaceId: place.id, terms })
    expect(await isSignedOut(client)).toBe(false)
    await place.provider.mutate(UpdateMarketplaceDocument, { marketplaceId: place.id, terms: null })
    await givenSignedUp(backend, place.id)
  })
})

describe('an organization that waits for approval', () => {
  let place: Market
  let offer: Offer
  beforeAll(async () => {
    place = await givenMarketplace(backend, { url, selfSignupAllowed: true, signupApprovalRequired: true })
    offer = await givenOffer(place, { type: 'FREE' })
  })

  test('may look around, get ready and invite, and may not subscribe until it is approved', async () => {
    const { client, email, id, organization } = await givenSignedUp(backend, place.id)
    expect(organization.state).toBe('PENDING_APPROVAL')
    expect(await signInCodes(backend, email, place.id)).toEqual([])
    expect((await client.query(ViewerDocument)).viewer?.memberships).toMatchObject([
      { organization: { id, state: 'PENDING_APPROVAL' } },
    ])
    await client.mutate(UpdateConsumerOrganizationDocument, { organizationId: id, name: 'Acme Inc.' })
    const bob = await givenMember(backend, client, id, ['DEVELOPER'])
    const { application } = await bob.client.mutate(CreateApplicationDocument, { organizationId: id, name: 'Finder' })
    await bob.client.mutate(CreateCredentialDocument, { applicationId: application.id, name: 'early' })

    const wish = { organizationId: id, planId: offer.planId }
    const { subscribePreview } = await client.query(SubscribePreviewDocument, { input: wish })
    expect(subscribePreview).toMatchObject({ token: null, obstacles: [{ code: 'WRONG_STATE' }] })
    const [refusal] = await client.refused(SubscribeDocument, wish)
    expect(refusal).toEqual(subscribePreview.obstacles[0])
    expect(
      await client.refused(SetConsumerOrganizationStateDocument, { organizationId: id, state: 'ACTIVE' }),
    ).toMatchObject([{ code: 'NOT_ALLOWED' }])
    for (const state of ['DISABLED', 'CLOSED', 'PENDING_APPROVAL'] as const) {
      expect(
        await place.provider.refused(SetConsumerOrganizationStateDocument, { organizationId: id, state }),
      ).toMatchObject([{ code: 'WRONG_STATE' }])
    }

    const { organization: approved } = await setState(id, 'ACTIVE')
    expect(approved.state).toBe('ACTIVE')
    const { productSubscription } = await client.mutate(SubscribeDocument, wish)
    await bob.client.mutate(RequestAccessDocument, {
      applicationId: application.id,
      resourceId: offer.resourceId,
      productSubscriptionId: productSubscription.id,
    })
  })

  test('that is denied is closed to its people, who may sign up again with their account', async () => {
    const { client, email, id, userId } = await givenSignedUp(backend, place.id)
    await setState(id, 'DENIED', 'Never heard of them.')
    expect(await isSignedOut(client)).toBe(true)
    const refusal = await backend.client().refused(SignInDocument, { email, password, marketplaceId: place.id })
    expect(refusal).toEqual([
      { code: 'NOT_ALLOWED', message: 'Your organization was not approved. You may sign up again.', field: null },
    ])
    // It tells only those who have shown who they are.
    expect(await signInCodes(backend, email, place.id, 'another fine long password')).toEqual(['INVALID_CREDENTIALS'])
    for (const state of ['ACTIVE', 'DISABLED', 'CLOSED'] as const) {
      expect(
        await place.provider.refused(SetConsumerOrganizationStateDocument, { organizationId: id, state }),
      ).toMatchObject([{ code: 'WRONG_STATE' }])
    }
    expect(
      await backend.client().refused(SignUpDocument, comer(place.id, { email, password: 'not the password' })),
    ).toMatchObject([{ code: 'TAKEN', field: ['input', 'email'] }])
    const again = await givenSignedUp(backend, place.id, { email })
    expect(again.userId).toBe(userId)
    expect(again.id).not.toBe(id)
    expect(
      (await again.client.query(ViewerDocument)).viewer?.memberships.map(({ organization }) => organization.id),
    ).toEqual([again.id])
    expect(await again.client.query(OrganizationPeopleDocument, { id })).toEqual({ consumerOrganization: null })
  })
})

describe('an invitation to an organization', () => {
  test('shows what it offers, and nothing more, until it can be accepted no longer', async () => {
    const hidden = await givenMarketplace(backend, { url, visibility: 'PROTECTED', description: 'Not for strangers.' })
    const acme = await givenOrganization(hidden)
    const { token, email, invitation } = await givenInvitation(backend, acme.consumer, acme.id, [
      'DEVELOPER',
      'SUBSCRIBER',
    ])
    const stranger = backend.client()
    expect((await stranger.query(InvitationDocument, { token })).invitation).toEqual({
      email,
      organizationName: acme.name,
      marketplaceName: 'Harbour',
      providerName: administrator.name,
      roles: ['DEVELOPER', 'SUBSCRIBER'],
      expiresAt: invitation.expiresAt,
      terms: null,
    })
    // By way of the marketplace a stranger gets no further than its front.
    const { data, errors } = await stranger.ask<Record<string, unknown>, object>(
      `query ($token: String!) { invitation(token: $token) { marketplace { id slug description products(first: 9) { totalCount }
        consumerOrganizations(first: 9) { totalCount } provider { members(first: 9) { totalCount } invitations { email } } } } }`,
      { token },
    )
    expect(errors).toEqual([])
    expect(data).toEqual({
      invitation: {
        marketplace: {
          id: hidden.id,
          slug: hidden.slug,
          description: null,
          products: { totalCount: 0 },
          consumerOrganizations: { totalCount: 0 },
          provider: { members: { totalCount: 0 }, invitations: [] },
        },
      },
    })
    for (const guess of [`${token}x`, token.slice(0, -1), invitation.id, '', '\0']) {
      expect(await stranger.query(InvitationDocument, { token: guess })).toEqual({ invitation: null })
    }
    await stranger.mutate(AcceptInvitationDocument, { token, ...newcomer })
    expect(await stranger.query(InvitationDocument, { token })).toEqual({ invitation: null })
  })

  test('is used once, and by nobody but who was invited', async () => {
    const acme = await givenOrganization(market)
    const { token, email } = await givenInvitation(backend, acme.consumer, acme.id)
    const passer = await givenOrganization(market, 'Passer')
    for (const client of [passer.consumer, acme.consumer, market.provider]) {
      expect(await client.refused(AcceptInvitationDocument, { token, ...newcomer })).toMatchObject([
        { code: 'NOT_ALLOWED', field: ['input', 'token'] },
      ])
    }
    expect((await peopleOfOrganization(acme.consumer, acme.id)).members.totalCount).toBe(1)
    const answers = await Promise.all(
      Array.from({ length: 3 }, () =>
        backend.client().ask(AcceptInvitationDocument, { input: { token, ...newcomer } }),
      ),
    )
    expect(answers.filter(({ data }) => data?.acceptInvitation.membership)).toHaveLength(1)
    expect(await backend.client().refused(AcceptInvitationDocument, { token, ...newcomer })).toMatchObject([
      { code: 'TOKEN_EXPIRED', field: ['input', 'token'] },
    ])
    expect(
      await acme.consumer.refused(InviteMemberDocument, { organizationId: acme.id, email, roles: ['DEVELOPER'] }),
    ).toMatchObject([{ code: 'TAKEN', field: ['input', 'email'] }])
    const { members } = await peopleOfOrganization(acme.consumer, acme.id)
    expect(members.nodes.map(({ user }) => user.email)).toEqual([acme.email, email])
  })

  test('is accepted by whoever is signed in with the invited address, who then belongs to both', async () => {
    const [acme, bell] = [await givenOrganization(market), await givenOrganization(market, 'Bell')]
    const free = await givenOffer(market, { type: 'FREE' })
    const { invitation } = await bell.consumer.mutate(InviteMemberDocument, {
      organizationId: bell.id,
      // Addresses are taken in any case.
      email: acme.email.toUpperCase(),
      roles: ['DEVELOPER'],
    })
    expect(invitation.email).toBe(acme.email)
    const token = (await backend.mails.next(acme.email)).token as string
    const stranger = backend.client()
    expect(
      await stranger.refused(AcceptInvitationDocument, { token, ...newcomer, password: 'not the password' }),
    ).toMatchObject([{ code: 'TAKEN', field: ['input', 'password'] }])
    const { data } = await acme.consumer.ask(AcceptInvitationDocument, { input: { token } })
    expect(data?.acceptInvitation).toMatchObject({
      tokens: null,
      membership: { roles: ['DEVELOPER'], organization: { id: bell.id } },
      userErrors: [],
    })
    const { viewer } = await acme.consumer.query(ViewerDocument)
    expect(viewer?.memberships.map(({ roles, organization }) => [organization.id, roles])).toEqual([
      [acme.id, ['ADMINISTRATOR']],
      [bell.id, ['DEVELOPER']],
    ])
    // What one may do in the one is no right in the other, and nothing of the one is told to the other's people.
    expect(
      await acme.consumer.refused(UpdateConsumerOrganizationDocument, { organizationId: bell.id, name: 'Mine' }),
    ).toMatchObject([{ code: 'NOT_ALLOWED' }])
    expect(
      await acme.consumer.refused(InviteMemberDocument, {
        organizationId: bell.id,
        email: newAddress(),
        roles: ['DEVELOPER'],
      }),
    ).toMatchObject([{ code: 'NOT_ALLOWED' }])
    expect(await bell.consumer.query(OrganizationPeopleDocument, { id: acme.id })).toEqual({
      consumerOrganization: null,
    })
    const { application } = await acme.consumer.mutate(CreateApplicationDocument, {
      organizationId: acme.id,
      name: 'Ours',
    })
    const { productSubscription } = await whenSubscribed(bell, free)
    const mixed = {
      applicationId: application.id,
      resourceId: free.resourceId,
      productSubscriptionId: productSubscription.id,
    }
    expect((await acme.consumer.refused(RequestAccessDocument, mixed)).length).toBeGreaterThan(0)
  })

  test('that is sent again has a new link, that is taken back has none, and neither is done twice', async () => {
    const acme = await givenOrganization(market)
    const { token, email, invitation } = await givenInvitation(backend, acme.consumer, acme.id)
    clock.pass(minute)
    const { invitation: again } = await acme.consumer.mutate(ResendInvitationDocument, { invitationId: invitation.id })
    expect(again).toMatchObject({ id: invitation.id, email, roles: ['DEVELOPER'] })
    expect(new Date(again.expiresAt).getTime()).toBeGreaterThan(new Date(invitation.expiresAt).getTime())
    expect(await backend.client().refused(AcceptInvitationDocument, { token, ...newcomer })).toMatchObject([
      { code: 'NOT_FOUND', field: ['input', 'token'] },
    ])
    const newer = (await backend.mails.next(email)).token as string
    const input = { invitationId: invitation.id }
    const { organization } = await acme.consumer.mutate(RevokeInvitationDocument, input)
    expect(organization).toEqual({ id: acme.id, invitations: [] })
    expect(await backend.client().refused(AcceptInvitationDocument, { token: newer, ...newcomer })).toMatchObject([
      { code: 'TOKEN_EXPIRED', message: 'This invitation was taken back.' },
    ])
    for (const refusal of [
      await acme.consumer.refused(RevokeInvitationDocument, input),
      await acme.consumer.refused(ResendInvitationDocument, input),
    ]) {
      expect(refusal).toMatchObject([{ code: 'WRONG_STATE', field: ['input', 'invitationId'] }])
    }
    expect((await peopleOfOrganization(acme.consumer, acme.id)).members.totalCount).toBe(1)
  })

  test('waits while the organization is disabled', async () => {
    const acme = await givenOrganization(market)
    const { token, email } = await givenInvitation(backend, acme.consumer, acme.id)
    await setState(acme.id, 'DISABLED')
    expect(await backend.client().query(InvitationDocument, { token })).toEqual({ invitation: null })
    expect(await backend.client().refused(AcceptInvitationDocument, { token, ...newcomer })).toMatchObject([
      { code: 'WRONG_STATE', field: ['input', 'token'] },
    ])
    expect(
      await market.provider.refused(InviteMemberDocument, { organizationId: acme.id, email, roles: ['DEVELOPER'] }),
    ).toMatchObject([{ code: 'WRONG_STATE', field: ['input', 'organizationId'] }])
    await setState(acme.id, 'ACTIVE')
    await backend.client().mutate(AcceptInvitationDocument, { token, ...newcomer })
    expect(await signInCodes(backend, email, market.id)).toEqual([])
  })
})

describe('an invitation that nobody took', () => {
  // Time moves on here, so whoever was signed in has to come again.
  test('has expired after seven days, is still listed, and is good again when it is sent again', async () => {
    const acme = await givenOrganization(market)
    const { token, email, invitation } = await givenInvitation(backend, acme.consumer, acme.id)
    clock.pass(7 * day + minute)
    expect(await backend.client().query(InvitationDocument, { token })).toEqual({ invitation: null })
    expect(await backend.client().refused(AcceptInvitationDocument, { token, ...newcomer })).toEqual([
      { code: 'TOKEN_EXPIRED', message: 'This invitation has expired: ask for a new one.', field: ['input', 'token'] },
    ])
    expect(await signInCodes(backend, email, market.id)).toEqual(['INVALID_CREDENTIALS'])
    await acme.consumer.signIn(acme.email, password, market.id)
    expect((await peopleOfOrganization(acme.consumer, acme.id)).invitations.map(({ id }) => id)).toEqual([
      invitation.id,
    ])
    await acme.consumer.mutate(ResendInvitationDocument, { invitationId: invitation.id })
    await joined(backend, email)
    expect(await signInCodes(backend, email, market.id)).toEqual([])
  })
})
