import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import type { Client, Listener } from '../support/client.js'
import {
  AcceptInvitationDocument,
  CancelProductSubscriptionDocument,
  InviteMemberDocument,
  InviteProviderMemberDocument,
  InvoiceChangedDocument,
  ProductSubscriptionChangedDocument,
  RefreshSessionDocument,
  RemoveMemberDocument,
  RemoveProviderMemberDocument,
  SetConsumerOrganizationStateDocument,
  SignOutDocument,
  UpdateMemberRolesDocument,
  UpdateProviderMemberRolesDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import {
  givenColleague,
  givenMember,
  givenRival,
  givenSignedUp,
  isSignedOut,
  onAnotherDevice,
} from '../support/people.js'
import { minute, StoryClock, second } from '../support/story-clock.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  type Offer,
  type Organization,
  whenSubscribed,
} from '../support/world.js'

const signedOut = { code: 4401 }
const rightsChanged = { code: 4403 }

let backend: Backend
let market: Market
let offer: Offer
const clock = new StoryClock()
beforeAll(async () => {
  backend = await startBackend({}, clock)
  market = await givenMarketplace(backend)
  offer = await givenOffer(market, { type: 'FREE' })
})
afterAll(async () => {
  await backend.stop()
  expect(backend.failures()).toEqual([])
})

const listening = (client: Client, organizationId?: string) =>
  client.listen(ProductSubscriptionChangedDocument, organizationId ? { organizationId } : {})

/** Something happens to the organization that all of its people hear of, who are there. */
async function somethingHappens({ consumer, ...organization }: Organization): Promise<void> {
  const heard = await listening(consumer)
  const { productSubscription } = await whenSubscribed({ consumer, ...organization }, offer)
  const started = await heard.next()
  expect(started.productSubscription.id).toBe(productSubscription.id)
  await consumer.mutate(CancelProductSubscriptionDocument, {
    productSubscriptionId: productSubscription.id,
    when: 'NOW',
  })
  await heard.next(({ state }) => state === 'CANCELED')
  heard.stop()
}

/** The websocket has ended so, and nothing of what happens from now on came through it. */
async function endsWith(listener: Listener<unknown>, how: object, organization: Organization): Promise<void> {
  const heardSoFar = listener.received.length
  await somethingHappens(organization)
  expect(await listener.ending()).toMatchObject(how)
  expect(listener.received).toHaveLength(heardSoFar)
}

/** As a client does whose websocket was closed: with the token that it has. */
async function comesBack(client: Client): Promise<Listener<{ productSubscription: { id: string } }>> {
  await client.close()
  return listening(client)
}

describe('a member of one organization', () => {
  test('who is removed is signed out, hears nothing more, and cannot come back', async () => {
    const acme = await givenOrganization(market)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const heard = await listening(bob.client)
    const byId = await bob.client.listen(ProductSubscriptionChangedDocument, { organizationId: acme.id })
    await somethingHappens(acme)
    await heard.next(({ state }) => state === 'CANCELED')

    await acme.consumer.mutate(RemoveMemberDocument, { membershipId: bob.membershipId })
    await endsWith(heard, signedOut, acme)
    expect(await byId.ending()).toMatchObject(signedOut)
    expect(await isSignedOut(bob.client)).toBe(true)
    await bob.client.close()
    expect(await bob.client.subscribe(ProductSubscriptionChangedDocument, {}).ending()).toMatchObject(rightsChanged)
  })

  test('whose organization is disabled is signed out, and comes back with the same token when it is enabled', async () => {
    const acme = await givenOrganization(market)
    const rival = await givenOrganization(market, 'Rival')
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const heard = await Promise.all([bob.client, acme.consumer].map((client) => listening(client)))
    const elsewhere = await listening(rival.consumer)
    const provider = await listening(market.provider)

    await market.provider.mutate(SetConsumerOrganizationStateDocument, { organizationId: acme.id, state: 'DISABLED' })
    for (const listener of heard) await endsWith(listener, signedOut, rival)
    expect(await isSignedOut(bob.client)).toBe(true)
    expect(elsewhere.ended).toBeUndefined()
    expect(provider.ended).toBeUndefined()

    await market.provider.mutate(SetConsumerOrganizationStateDocument, { organizationId: acme.id, state: 'ACTIVE' })
    const again = await comesBack(bob.client)
    await acme.consumer.close()
    await somethingHappens(acme)
    await again.next()
  })

  test('who gets other roles comes back to hear what they allow', async () => {
    const paying = await givenMarketplace(backend)
    await givenBilling(paying)
    const acme = await givenOrganization(paying)
    const paid = await givenOffer(paying)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const asDeveloper = await bob.client.listen(InvoiceChangedDocument, {})

    await acme.consumer.mutate(UpdateMemberRolesDocument, { membershipId: bob.membershipId, roles: ['SUBSCRIBER'] })
    expect(await asDeveloper.ending()).toMatchObject(rightsChanged)
    await bob.client.close()
    const asSubscriber = await bob.client.listen(InvoiceChangedDocument, {})
    await whenSubscribed(acme, paid)
    await asSubscriber.next(({ change }) => change === 'OPENED')

    const told = asSubscriber.received.length
    await acme.consumer.mutate(UpdateMemberRolesDocument, { membershipId: bob.membershipId, roles: ['DEVELOPER'] })
    expect(await asSubscriber.ending()).toMatchObject(rightsChanged)
    expect(asSubscriber.received).toHaveLength(told)
    expect(asDeveloper.received).toEqual([])
  })

  test('who keeps the roles keeps the websocket', async () => {
    const acme = await givenOrganization(market)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const heard = await listening(bob.client)
    await acme.consumer.mutate(UpdateMemberRolesDocument, { membershipId: bob.membershipId, roles: ['DEVELOPER'] })
    await somethingHappens(acme)
    await heard.next()
    expect(heard.ended).toBeUndefined()
  })
})

describe('a member of two organizations', () => {
  async function givenBoth() {
    const acme = await givenOrganization(market)
    const bell = await givenOrganization(market, 'Bell')
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const alone = await listening(bob.client)
    await bell.consumer.mutate(InviteMemberDocument, {
      organizationId: bell.id,
      email: bob.email,
      roles: ['DEVELOPER'],
    })
    const { token } = await backend.mails.next(bob.email)
    const { data } = await bob.client.ask(AcceptInvitationDocument, { input: { token: token as string } })
    expect(data?.acceptInvitation).toMatchObject({ userErrors: [], tokens: null })
    return { acme, bell, bob, alone, membershipAtBell: data?.acceptInvitation.membership?.id as string }
  }

  test('hears of the second one as well: the websocket of before closes, to come back with both', async () => {
    const { acme, bell, bob, alone } = await givenBoth()
    expect(await alone.ending()).toMatchObject(rightsChanged)
    const both = await comesBack(bob.client)
    await somethingHappens(bell)
    await both.next()
    await somethingHappens(acme)
    await both.next()
  })

  test('who is removed from one comes back to the other, and hears of that alone', async () => {
    const { acme, bell, bob, membershipAtBell } = await givenBoth()
    const heard = await comesBack(bob.client)
    const ofBell = await bob.client.listen(ProductSubscriptionChangedDocument, { organizationId: bell.id })
    await bell.consumer.mutate(RemoveMemberDocument, { membershipId: membershipAtBell })
    await endsWith(heard, rightsChanged, bell)
    expect(await ofBell.ending()).toMatchObject(rightsChanged)

    const rest = await comesBack(bob.client)
    await somethingHappens(bell)
    await somethingHappens(acme)
    await rest.next()
    const { viewer } = await bob.client.query(ViewerDocument)
    expect(viewer?.memberships.map(({ organization }) => organization.id)).toEqual([acme.id])
    const organizations = new Set(rest.received.map(({ productSubscription }) => productSubscription.id))
    expect(organizations.size).toBe(1)
    const foreign = await bob.client.subscribe(ProductSubscriptionChangedDocument, { organizationId: bell.id }).ending()
    expect(JSON.stringify(foreign)).toContain('NOT_FOUND')
  })

  test('one of which is disabled comes back to the other', async () => {
    const { acme, bell, bob } = await givenBoth()
    const heard = await comesBack(bob.client)
    await market.provider.mutate(SetConsumerOrganizationStateDocument, { organizationId: bell.id, state: 'DISABLED' })
    expect(await heard.ending()).toMatchObject(rightsChanged)
    const rest = await comesBack(bob.client)
    await somethingHappens(acme)
    await rest.next()
  })
})

describe('a session', () => {
  test('that is signed out closes its own websockets, and no others', async () => {
    const acme = await givenOrganization(market)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const phone = await onAnotherDevice(backend, bob.email, market.id)
    const [here, there] = [await listening(bob.client), await listening(phone)]
    await bob.client.mutate(SignOutDocument, undefined as never)
    await endsWith(here, signedOut, acme)
    await there.next()
    expect(there.ended).toBeUndefined()
  })

  test('whose refresh token came twice closes its websockets', async () => {
    const acme = await givenOrganization(market)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const heard = await listening(bob.client)
    const refreshToken = bob.client.refreshToken as string
    const { tokens } = await bob.client.mutate(RefreshSessionDocument, { refreshToken })
    // The websocket of before goes on with the token that it came with.
    await somethingHappens(acme)
    await heard.next()
    expect(heard.ended).toBeUndefined()
    bob.client.take(tokens)
    await backend.client().refused(RefreshSessionDocument, { refreshToken })
    await endsWith(heard, signedOut, acme)
  })

  test('closes its websocket when the token ends that it came with, and goes on with a new one', async () => {
    const acme = await givenOrganization(market)
    const bob = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    clock.pass(15 * minute - second)
    const heard = await listening(bob.client)
    expect(await heard.ending()).toMatchObject(rightsChanged)
    const { tokens } = await backend.client().mutate(RefreshSessionDocument, {
      refreshToken: bob.client.refreshToken as string,
    })
    bob.client.take(tokens)
    const again = await comesBack(bob.client)
    acme.consumer.take(
      (await backend.client().mutate(RefreshSessionDocument, { refreshToken: acme.consumer.refreshToken as string }))
        .tokens,
    )
    await acme.consumer.close()
    await somethingHappens(acme)
    await again.next()
  })
})

describe('a colleague at the provider', () => {
  // The clock has moved since: whoever was signed in has to come again.
  beforeAll(async () => {
    market = await givenMarketplace(backend)
    offer = await givenOffer(market, { type: 'FREE' })
  })

  test('who is removed hears nothing more; who gets other roles comes back', async () => {
    const acme = await givenOrganization(market)
    const [eve, col] = [await givenColleague(market, ['AUDITOR']), await givenColleague(market, ['CATALOG_MANAGER'])]
    const [heardByEve, heardByCol] = [await listening(eve.client), await listening(col.client)]
    await somethingHappens(acme)
    for (const listener of [heardByEve, heardByCol]) await listener.next(({ state }) => state === 'CANCELED')

    await market.provider.mutate(RemoveProviderMemberDocument, { membershipId: eve.membershipId })
    await endsWith(heardByEve, signedOut, acme)
    expect(await isSignedOut(eve.client)).toBe(true)
    expect(heardByCol.ended).toBeUndefined()

    await market.provider.mutate(UpdateProviderMemberRolesDocument, {
      membershipId: col.membershipId,
      roles: ['SUBSCRIPTION_APPROVER'],
    })
    expect(await heardByCol.ending()).toMatchObject(rightsChanged)
    const again = await comesBack(col.client)
    await somethingHappens(acme)
    await again.next()
  })

  test('who comes to work for another provider as well hears of both', async () => {
    const acme = await givenOrganization(market)
    const rival = await givenRival(backend)
    const col = await givenColleague(market, ['AUDITOR'])
    const heard = await listening(col.client)
    await rival.provider.mutate(InviteProviderMemberDocument, {
      providerId: rival.providerId,
      email: col.email,
      roles: ['AUDITOR'],
    })
    const { token } = await backend.mails.next(col.email)
    const { data } = await col.client.ask(AcceptInvitationDocument, { input: { token: token as string } })
    expect(data?.acceptInvitation.userErrors).toEqual([])
    expect(await heard.ending()).toMatchObject(rightsChanged)
    const again = await comesBack(col.client)
    await somethingHappens(acme)
    await again.next()
  })
})

describe('an organization that signed up', () => {
  test('keeps its websockets when it is approved, and loses them when it is denied', async () => {
    const open = await givenMarketplace(backend, { selfSignupAllowed: true, signupApprovalRequired: true })
    const coming = async () => {
      const { client, id } = await givenSignedUp(backend, open.id)
      return { client, organizationId: id, heard: await listening(client) }
    }
    const [approved, denied] = [await coming(), await coming()]
    await open.provider.mutate(SetConsumerOrganizationStateDocument, {
      organizationId: approved.organizationId,
      state: 'ACTIVE',
    })
    await open.provider.mutate(SetConsumerOrganizationStateDocument, {
      organizationId: denied.organizationId,
      state: 'DENIED',
    })
    expect(await denied.heard.ending()).toMatchObject(signedOut)
    expect(approved.heard.ended).toBeUndefined()
    expect(await isSignedOut(approved.client)).toBe(false)
  })
})
