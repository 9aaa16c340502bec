import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import { day, givenSubscriber, later, subscriptionSeen, timeIn, whenAllRests, whenItIs } from '../support/billing.js'
import {
  ApproveProductSubscriptionDocument,
  CancelProductSubscriptionDocument,
  KeepProductSubscriptionDocument,
  RejectProductSubscriptionDocument,
  ResumeProductSubscriptionDocument,
  SuspendProductSubscriptionDocument,
} from '../support/generated/graphql.js'
import { givenColleague } from '../support/people.js'
import { givenAddressees, kindsTo, noticesTo, secretsMailed } from '../support/post.js'
import { givenOffer, whenSubscribed } from '../support/world.js'

describe('mails about a subscription', () => {
  let backend: Backend
  beforeAll(async () => {
    backend = await startBackend()
  })
  afterAll(() => backend.stop())

  test('tell those who may decide of what waits for them, and whoever has asked of the decision', async () => {
    const { market, acme, buyer, developer } = await givenAddressees(backend)
    const approver = await givenColleague(market, ['SUBSCRIPTION_APPROVER'])
    const auditor = await givenColleague(market, ['AUDITOR'])
    const decisions = {
      'subscription-approved': (decision: { productSubscriptionId: string; reason: string }) =>
        market.provider.mutate(ApproveProductSubscriptionDocument, decision),
      'subscription-rejected': (decision: { productSubscriptionId: string; reason: string }) =>
        market.provider.mutate(RejectProductSubscriptionDocument, decision),
    }
    for (const [kind, decide] of Object.entries(decisions)) {
      const offer = await givenOffer(market, { type: 'FREE', approval: 'MANUAL' })
      const { productSubscription } = await whenSubscribed({ ...acme, consumer: developer.client }, offer)
      await whenAllRests(market)
      const waits = (await noticesTo(backend, approver.email)).at(-1)
      expect(waits).toMatchObject({ kind: 'subscription-requested', token: null })
      expect(waits?.text).toContain('Acme would like to subscribe to')
      await decide({ productSubscriptionId: productSubscription.id, reason: 'As agreed.' })
      await whenAllRests(market)
      const decided = (await noticesTo(backend, developer.email)).at(-1)
      expect(decided?.kind).toBe(kind)
      expect(decided?.text).toContain('The reason given: As agreed.')
    }
    expect(await kindsTo(backend, approver.email)).toEqual(['subscription-requested', 'subscription-requested'])
    expect(await kindsTo(backend, auditor.email)).toEqual([])
    expect(await kindsTo(backend, buyer.email)).toEqual([])
  })

  test('tell that the provider has closed access, and has opened it', async () => {
    const { market, acme, buyer } = await givenAddressees(backend)
    const { id: productSubscriptionId } = await givenSubscriber(market, acme, await givenOffer(market))
    for (const _ of ['once', 'again']) {
      await market.provider.mutate(SuspendProductSubscriptionDocument, {
        productSubscriptionId,
        reason: 'Too many calls.',
      })
      await whenAllRests(market)
      await market.provider.mutate(ResumeProductSubscriptionDocument, { productSubscriptionId })
      await whenAllRests(market)
    }
    const once = ['access-closed', 'access-open-again']
    expect(await kindsTo(backend, buyer.email)).toEqual([...once, ...once])
    expect((await noticesTo(backend, buyer.email))[0]?.text).toContain('The reason given: Too many calls.')
  })

  test('tell that a subscription ends, and that it has ended', async () => {
    const { market, acme, buyer, developer } = await givenAddressees(backend)
    const canceled = await givenSubscriber(market, acme, await givenOffer(market))
    const kept = await givenSubscriber(market, acme, await givenOffer(market))
    const term = await givenSubscriber(market, acme, await givenOffer(market, { termPeriods: 1 }))
    for (const { id: productSubscriptionId } of [canceled, kept]) {
      await acme.consumer.mutate(CancelProductSubscriptionDocument, { productSubscriptionId, when: 'PERIOD_END' })
    }
    await acme.consumer.mutate(KeepProductSubscriptionDocument, { productSubscriptionId: kept.id })
    const { currentPeriod } = await subscriptionSeen(acme.consumer, canceled.id)
    const end = currentPeriod?.end as string
    await whenItIs(market, later(await timeIn(market), 60_000))
    expect(await kindsTo(backend, buyer.email)).toEqual(['subscription-ends'])
    expect((await noticesTo(backend, buyer.email))[0]?.text).toContain('that can be taken back')

    await whenItIs(market, later(end, -2.9 * day))
    expect(await kindsTo(backend, buyer.email)).toEqual(['subscription-ends', 'subscription-ends'])
    const { endsAt } = await subscriptionSeen(acme.consumer, term.id)
    await whenItIs(market, later(endsAt as string, 60_000))
    expect((await kindsTo(backend, buyer.email)).slice(2)).toEqual(['subscription-ended', 'subscription-ended'])
    expect(await kindsTo(backend, developer.email)).toEqual([])
  })

  test('and hold no secret', async () => {
    expect(await secretsMailed(backend)).toEqual([])
    expect(backend.complaints).toEqual([])
  })
})
