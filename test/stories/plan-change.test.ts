import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import {
  atStripe,
  day,
  givenReporter,
  givenSubscriber,
  hour,
  type InvoiceSeen,
  later,
  minute,
  monthsLater,
  subscriptionSeen,
  timeIn,
  whenAllRests,
  whenItIs,
  whenOver,
  whenPaid,
} from '../support/billing.js'
import {
  ActivateProductDocument,
  CancelProductSubscriptionDocument,
  ChangePlanDocument,
  CreateAssetDocument,
  type CreatePlanInput,
  DeprecatePlanDocument,
  PlanChangePreviewDocument,
  ReleaseAssetDocument,
  RequestAccessDocument,
  UpcomingInvoiceDocument,
  UpdateProductDocument,
} from '../support/generated/graphql.js'
import {
  givenBilling,
  givenFurtherPlan,
  givenGateway,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  type Offer,
  type PlanWish,
  whenAccessIsAskedFor,
  whenSubscribed,
} from '../support/world.js'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend()
})
afterAll(() => backend.stop())

/** What the story has begun, and is to be ended with it. */
const running: Array<[Market, string]> = []
afterEach(async () => {
  for (const [market, id] of running.splice(0)) await whenOver(market, id)
})

const priced = (base: string, more: Partial<CreatePlanInput['price'] & object> = {}) => ({
  price: { base, currency: 'USD', ...more },
})
const basic: PlanWish = { name: 'Basic', ...priced('30.00') }
const pro: PlanWish = (resource) => ({
  name: 'Pro',
  ...priced('90.00'),
  quotas: [{ resourceIds: [resource], limit: 'STRICT', limitUnits: '5000' }],
})

/** Acme has the first of the plans, and has paid for its first period. */
async function givenPlans(from: PlanWish, to: PlanWish) {
  const market = await givenMarketplace(backend)
  await givenBilling(market)
  const acme = await givenOrganization(market)
  const present = await givenOffer(market, from)
  const other = await givenFurtherPlan(market, present, to)
  const authorize = await givenGateway(market)
  const { id, key } = await givenSubscriber(market, acme, present)
  running.push([market, id])
  const seen = () => subscriptionSeen(acme.consumer, id)
  const pass = async () => {
    const answer = await authorize(key, present.basePath)
    return [answer.status, answer.headers.get('x-access-reason'), answer.headers.get('x-quota-remaining')]
  }
  const preview = async ({ planId }: Offer, when: 'NOW' | 'PERIOD_END') => {
    const { planChangePreview } = await acme.consumer.query(PlanChangePreviewDocument, {
      input: { productSubscriptionId: id, planId, when },
    })
    return planChangePreview
  }
  const change = async (offer: Offer, when: 'NOW' | 'PERIOD_END') => {
    const shown = await preview(offer, when)
    expect(shown.obstacles).toEqual([])
    const changed = await acme.consumer.mutate(ChangePlanDocument, { previewToken: shown.token as string })
    await whenAllRests(market)
    return { shown, ...changed }
  }
  return { market, acme, id, present, other, seen, pass, preview, change }
}

const minor = (amount: string) => BigInt(amount.replace('.', ''))
const total = (invoices: ReadonlyArray<{ total: { amount: string } }>) =>
  invoices.reduce((sum, invoice) => sum + minor(invoice.total.amount), 0n)

/** The share of an amount for the rest of a time, by hand: given back it is rounded down, charged it is rounded half up. */
function share(amount: bigint, at: Date, { start, end }: { start: string; end: string }, up: boolean): bigint {
  const [part, whole] = [BigInt(Date.parse(end) - at.getTime()), BigInt(Date.parse(end) - Date.parse(start))]
  return up ? (2n * amount * part + whole) / (2n * whole) : (amount * part) / whole
}
const linesOf = ({ lines }: { lines: ReadonlyArray<{ kind: string; amount: { amount: string } }> }) =>
  lines.map(({ kind, amount }) => [kind, minor(amount.amount)])

describe('a change of plan at once', () => {
  test('upwards charges what was shown: the rest of the new price less the rest of the old', async () => {
    const { market, acme, id, other, seen, pass, change } = await givenPlans(basic, pro)
    const report = await givenReporter(market)
    const { currentPeriod } = await seen()
    await whenItIs(market, later(currentPeriod?.start as string, 10 * day))
    await report([{ productSubscriptionId: id, resourceId: other.resourceId, quantity: '999' }])
    expect(await pass()).toEqual([204, null, '1'])

    const { shown, invoice, productSubscription } = await change(other, 'NOW')
    const at = new Date(shown.effectiveAt)
    const period = currentPeriod as { start: string; end: string }
    expect(linesOf(shown.invoice as never)).toEqual([
      ['CREDIT', -share(3000n, at, period, false)],
      ['PRORATION', share(9000n, at, period, true)],
    ])
    expect(linesOf(invoice)).toEqual(linesOf(shown.invoice as never))
    expect(invoice).toMatchObject({ reason: 'PLAN_CHANGE', status: 'OPEN', total: shown.invoice?.total })
    expect(productSubscription).toMatchObject({ plan: { id: other.planId }, currentPeriod: period, state: 'ACTIVE' })
    // The key stays, and the new plan's quota begins at zero.
    expect(await pass()).toEqual([204, null, '5000'])
    const known = await atStripe(backend, [(await seen()).invoices.at(-1) as InvoiceSeen])
    expect(known.map((one) => BigInt(one.total))).toEqual([minor(invoice.total.amount)])

    await whenPaid(market, acme.consumer, id)
    await whenItIs(market, later(period.end, hour))
    expect((await seen()).invoices.at(-1)).toMatchObject({
      reason: 'SUBSCRIPTION_CYCLE',
      total: { amount: '90.00' },
      period: { start: period.end, end: monthsLater(period.start, 2).toISOString() },
    })
  })

  test('downwards pays nothing out: what is left is taken off the next invoices until it is used up', async () => {
    const { market, acme, id, other, seen, change } = await givenPlans(pro, basic)
    const { currentPeriod } = await seen()
    const period = currentPeriod as { start: string; end: string }
    await whenItIs(market, later(period.start, 2 * day))
    const { shown, invoice } = await change(other, 'NOW')
    const at = new Date(shown.effectiveAt)
    const back = share(9000n, at, period, false) - share(3000n, at, period, true)
    expect(linesOf(invoice)).toEqual([
      ['CREDIT', -share(9000n, at, period, false)],
      ['PRORATION', share(3000n, at, period, true)],
      ['CREDIT', back],
    ])
    // Nothing is to be paid, so Stripe never hears of it.
    expect(invoice).toMatchObject({ status: 'PAID', total: { amount: '0.00' }, sync: { status: 'NOT_NEEDED' } })
    const { productSubscription } = await acme.consumer.query(UpcomingInvoiceDocument, { productSubscriptionId: id })
    expect(minor(productSubscription?.upcomingInvoice?.total.amount as string)).toBe(back > 3000n ? 0n : 3000n - back)

    let credit = back
    for (const month of [1, 2, 3]) {
      await whenItIs(market, later(monthsLater(period.start, month), hour))
      await whenPaid(market, acme.consumer, id)
      const used = credit < 3000n ? credit : 3000n
      credit -= used
      const cycle = (await seen()).invoices.at(-1) as InvoiceSeen
      expect([cycle.status, minor(cycle.total.amount)]).toEqual(['PAID', 3000n - used])
      expect(linesOf(cycle)).toEqual([['BASE_PRICE', 3000n], ...(used > 0n ? [['CREDIT', -used]] : [])])
    }
    expect(credit).toBe(0n)
    // In all, what the two plans cost for the times in which they were had.
    expect(total((await seen()).invoices)).toBe(9000n - back + 3n * 3000n)
  })

  test('to and fro earns nothing', async () => {
    const { market, acme, id, present, other, seen, change } = await givenPlans(basic, pro)
    const { currentPeriod } = await seen()
    const period = currentPeriod as { start: string; end: string }
    await whenItIs(market, later(period.start, 5 * day + 7 * minute))
    const began = await timeIn(market)
    for (const offer of [other, present, other, present]) {
      await change(offer, 'NOW')
      await whenPaid(market, acme.consumer, id)
      await whenItIs(market, later(await timeIn(market), hour))
    }
    // What the last way back has left is used up by then.
    for (const month of [1, 2]) {
      await whenItIs(market, later(monthsLater(period.start, month), hour))
      await whenPaid(market, acme.consumer, id)
    }
    const { invoices } = await seen()
    // Half of the hours had the dear plan; whoever pays less than for that has earned something.
    const dear = later(began, 2 * hour)
    const least = 9000n + share(6000n, began, period, false) - share(6000n, dear, period, true)
    const paid = total(invoices)
    expect(paid).toBeGreaterThanOrEqual(least)
    expect(paid).toBeLessThanOrEqual(least + 20n)
    expect(invoices.every(({ status }) => status === 'PAID')).toBe(true)
  })

  test('to a plan of another rhythm begins a period of its own, and what was used so far is charged by the old', async () => {
    const metered: PlanWish = (resource) => ({
      ...priced('30.00'),
      quotas: [{ resourceIds: [resource], limit: 'LOOSE', limitUnits: '10', unitAmount: '0.50' }],
    })
    const { market, acme, id, other, seen, change } = await givenPlans(metered, priced('300.00', { interval: 'YEAR' }))
    const report = await givenReporter(market)
    const period = (await seen()).currentPeriod as { start: string; end: string }
    await whenItIs(market, later(period.start, 6 * day))
    await report([{ productSubscriptionId: id, resourceId: other.resourceId, quantity: '13' }])
    const { shown, invoice } = await change(other, 'NOW')
    const at = new Date(shown.effectiveAt)
    expect(linesOf(invoice)).toEqual([
      ['CREDIT', -share(3000n, at, period, false)],
      ['BASE_PRICE', 30_000n],
    ])
    const { invoices, currentPeriod } = await seen()
    expect(currentPeriod).toEqual({ start: shown.effectiveAt, end: monthsLater(shown.effectiveAt, 12).toISOString() })
    expect(invoices.slice(1).map(({ reason, total: { amount } }) => [reason, amount])).toEqual(
      expect.arrayContaining([
        ['SUBSCRIPTION_END', '1.50'],
        ['PLAN_CHANGE', shown.invoice?.total.amount],
      ]),
    )
    await whenPaid(market, acme.consumer, id)
    await whenItIs(market, later(period.end, 40 * day))
    expect((await seen()).invoices).toHaveLength(3)
  })

  test('is refused while something is owed, across currencies, and by a token that shows something else', async () => {
    const { market, acme, id, present, other, seen, preview, change } = await givenPlans(basic, pro)
    const euros = await givenFurtherPlan(market, present, { price: { base: '50.00', currency: 'EUR' } })
    expect((await preview(euros, 'NOW')).obstacles).toMatchObject([
      { code: 'WRONG_STATE', field: ['input', 'when'], message: expect.stringMatching(/another currency/) },
    ])
    expect((await preview(present, 'NOW')).obstacles).toMatchObject([{ code: 'INVALID', field: ['input', 'planId'] }])

    const [one, two] = [await preview(other, 'NOW'), await preview(other, 'NOW')]
    await acme.consumer.mutate(ChangePlanDocument, { previewToken: one.token as string })
    const [outdated] = await acme.consumer.refused(ChangePlanDocument, { previewToken: two.token as string })
    expect(outdated).toMatchObject({ code: 'PREVIEW_OUTDATED', field: ['input', 'previewToken'] })
    await whenAllRests(market)
    expect((await seen()).invoices).toHaveLength(2)
    expect(await preview(present, 'NOW')).toMatchObject({
      token: null,
      obstacles: [{ code: 'WRONG_STATE', message: expect.stringMatching(/^Pay what is open first/) }],
    })
    await whenPaid(market, acme.consumer, id)

    const early = await preview(present, 'NOW')
    await whenItIs(market, later(await timeIn(market), hour + minute))
    const [expired] = await acme.consumer.refused(ChangePlanDocument, { previewToken: early.token as string })
    expect(expired).toMatchObject({ code: 'PREVIEW_OUTDATED' })
    expect((await seen()).plan.id).toBe(other.planId)
    await change(present, 'NOW')
    expect((await seen()).plan.id).toBe(present.planId)
  })

  test('asked for twenty times at once happens once', async () => {
    const { acme, other, seen, preview, market } = await givenPlans(basic, pro)
    const { token } = await preview(other, 'NOW')
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => acme.consumer.mutate(ChangePlanDocument, { previewToken: token as string })),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await whenAllRests(market)
    const { invoices, plan } = await seen()
    expect([plan.id, invoices.length]).toEqual([other.planId, 2])
    expect(backend.failures()).toEqual([])
  })

  test('in a trial costs nothing; the plan that one has when it ends is charged', async () => {
    const market = await givenMarketplace(backend)
    await givenBilling(market)
    const acme = await givenOrganization(market)
    const present = await givenOffer(market, { ...basic, trialDays: 10 })
    const other = await givenFurtherPlan(market, present, pro)
    const { productSubscription } = await whenSubscribed(acme, present)
    const { id } = productSubscription
    running.push([market, id])
    const { planChangePreview } = await acme.consumer.query(PlanChangePreviewDocument, {
      input: { productSubscriptionId: id, planId: other.planId, when: 'NOW' },
    })
    expect(planChangePreview).toMatchObject({ invoice: null, obstacles: [] })
    await acme.consumer.mutate(ChangePlanDocument, { previewToken: planChangePreview.token as string })
    const { trialEndsAt } = await subscriptionSeen(acme.consumer, id)
    await whenItIs(market, later(trialEndsAt as string, hour))
    const { invoices, standing } = await subscriptionSeen(acme.consumer, id)
    expect(invoices).toMatchObject([{ reason: 'SUBSCRIPTION_START', total: { amount: '90.00' } }])
    expect(standing).toBe('GOOD')
  })
})

describe('a change of plan with the next period', () => {
  test('waits for it, can be taken back, and charges the old usage with the new price', async () => {
    const metered: PlanWish = (resource) => ({
      ...priced('30.00'),
      quotas: [{ resourceIds: [resource], limit: 'LOOSE', limitUnits: '10', unitAmount: '0.50' }],
    })
    const { market, id, acme, present, other, seen, pass, preview, change } = await givenPlans(metered, pro)
    const report = await givenReporter(market)
    const period = (await seen()).currentPeriod as { start: string; end: string }
    await report([{ productSubscriptionId: id, resourceId: other.resourceId, quantity: '30' }])
    const { shown, invoice } = await change(other, 'PERIOD_END')
    expect(shown).toMatchObject({ effectiveAt: period.end, invoice: { total: { amount: '90.00' } } })
    expect(invoice).toBeNull()
    expect(await seen()).toMatchObject({ plan: { id: present.planId }, scheduledPlan: { id: other.planId } })

    await change(present, 'PERIOD_END')
    expect(await seen()).toMatchObject({ plan: { id: present.planId }, scheduledPlan: null })
    await change(other, 'PERIOD_END')
    const upcoming = await acme.consumer.query(UpcomingInvoiceDocument, { productSubscriptionId: id })
    expect(upcoming.productSubscription?.upcomingInvoice?.total.amount).toBe('100.00')
    await whenItIs(market, later(period.end, hour))
    const { invoices, ...after } = await seen()
    expect(after).toMatchObject({ plan: { id: other.planId }, scheduledPlan: null, standing: 'GOOD' })
    expect(invoices[1]).toMatchObject({ reason: 'PLAN_CHANGE', total: { amount: '100.00' } })
    expect(linesOf(invoices[1] as InvoiceSeen)).toEqual([
      ['USAGE', 1000n],
      ['BASE_PRICE', 9000n],
    ])
    expect(await pass()).toEqual([204, null, '5000'])
    expect((await preview(present, 'PERIOD_END')).obstacles).toEqual([])
  })

  test('may begin another currency: the old usage on an invoice of its own', async () => {
    const metered: PlanWish = (resource) => ({
      ...priced('30.00'),
      quotas: [{ resourceIds: [resource], limit: 'LOOSE', limitUnits: '10', unitAmount: '0.50' }],
    })
    const { market, id, acme, other, seen, change } = await givenPlans(metered, {
      price: { base: '4000', currency: 'JPY' },
    })
    const report = await givenReporter(market)
    await report([{ productSubscriptionId: id, resourceId: other.resourceId, quantity: '12' }])
    const period = (await seen()).currentPeriod as { start: string; end: string }
    await change(other, 'PERIOD_END')
    await whenItIs(market, later(period.end, hour))
    const { invoices } = await seen()
    expect(invoices.slice(1).map(({ reason, total: sum }) => [reason, sum])).toEqual(
      expect.arrayContaining([
        ['SUBSCRIPTION_END', { amount: '1.00', currency: 'USD' }],
        ['PLAN_CHANGE', { amount: '4000', currency: 'JPY' }],
      ]),
    )
    const known = await atStripe(backend, invoices)
    expect(known.map(({ currency, total: sum }) => [currency, sum]).toSorted()).toEqual([
      ['jpy', 4000],
      ['usd', 100],
      ['usd', 3000],
    ])
    // Stripe's customers have one currency each.
    expect(new Set(known.map(({ customer }) => customer)).size).toBe(2)
    await whenPaid(market, acme.consumer, id)
    expect((await seen()).standing).toBe('GOOD')
  })
})

describe('where several things fall on one instant', () => {
  test('a cancellation goes before a change of plan, and the end of a term, too', async () => {
    const cancelled = await givenPlans(basic, pro)
    const over = await givenPlans({ ...basic, termPeriods: 1 }, pro)
    for (const { change, other } of [cancelled, over]) await change(other, 'PERIOD_END')
    await cancelled.acme.consumer.mutate(CancelProductSubscriptionDocument, { productSubscriptionId: cancelled.id })
    const { endsAt } = await over.seen()
    await whenItIs(over.market, later(endsAt as string, hour))
    for (const [{ seen, present }, state] of [
      [cancelled, 'CANCELED'],
      [over, 'EXPIRED'],
    ] as const) {
      const { invoices, ...ended } = await seen()
      expect(ended).toMatchObject({ state, plan: { id: present.planId }, scheduledPlan: null })
      expect(ended.endedAt).toBe(ended.endsAt)
      expect(invoices.map(({ reason }) => reason)).toEqual(['SUBSCRIPTION_START'])
    }
  })
})

describe('between a plan that costs nothing and one that does', () => {
  test('access waits for the first payment on the way up, and debts stay on the way down', async () => {
    const market = await givenMarketplace(backend)
    await givenBilling(market)
    const acme = await givenOrganization(market)
    const authorize = await givenGateway(market)
    const free = await givenOffer(market, { type: 'FREE', name: 'Free' })
    const paid = await givenFurtherPlan(market, free, { name: 'Paid', ...priced('30.00', { setupFee: '5.00' }) })
    const { productSubscription } = await whenSubscribed(acme, free)
    const { id } = productSubscription
    running.push([market, id])
    const { key } = await whenAccessIsAskedFor(acme, free, id)
    const pass = async () => {
      const answer = await authorize(key, free.basePath)
      return [answer.status, answer.headers.get('x-access-reason')]
    }
    const change = async (offer: Offer, when: 'NOW' | 'PERIOD_END' = 'NOW') => {
      const { planChangePreview } = await acme.consumer.query(PlanChangePreviewDocument, {
        input: { productSubscriptionId: id, planId: offer.planId, when },
      })
      expect(planChangePreview.obstacles).toEqual([])
      const previewToken = planChangePreview.token as string
      return { shown: planChangePreview, ...(await acme.consumer.mutate(ChangePlanDocument, { previewToken })) }
    }
    expect(await pass()).toEqual([204, null])

    const up = await change(paid)
    await whenAllRests(market)
    expect(up.shown.invoice?.total.amount).toBe('35.00')
    expect(up.invoice).toMatchObject({ reason: 'SUBSCRIPTION_START', total: { amount: '35.00' } })
    expect(await pass()).toEqual([403, 'FIRST_INVOICE_UNPAID'])
    expect(await subscriptionSeen(acme.consumer, id)).toMatchObject({ standing: 'AWAITING_FIRST_PAYMENT' })
    await whenPaid(market, acme.consumer, id)
    expect(await pass()).toEqual([204, null])

    await whenItIs(market, later(up.shown.effectiveAt, 35 * day))
    const owing = await subscriptionSeen(acme.consumer, id)
    expect(owing.invoices.at(-1)).toMatchObject({ status: 'OPEN', total: { amount: '30.00' } })
    await change(free, 'PERIOD_END')
    await whenItIs(market, later(owing.currentPeriod?.end as string, hour))
    const down = await subscriptionSeen(acme.consumer, id)
    expect(down).toMatchObject({ plan: { id: free.planId }, standing: 'NOT_REQUIRED', currentPeriod: null })
    expect(down.invoices.map(({ status }) => status)).toEqual(['PAID', 'OPEN'])
    expect(await pass()).toEqual([204, null])
    await whenItIs(market, later(owing.currentPeriod?.end as string, 60 * day))
    expect((await subscriptionSeen(acme.consumer, id)).invoices).toHaveLength(2)
  })
})

describe('a plan that covers less', () => {
  test('says which APIs in use are lost, and closes those alone', async () => {
    const market = await givenMarketplace(backend)
    await givenBilling(market)
    const acme = await givenOrganization(market)
    const authorize = await givenGateway(market)
    const offer = await givenOffer(market, basic)
    const further = await givenFurtherResource(market, offer)
    const wide = await givenFurtherPlan(market, offer, (resource) => ({
      name: 'Wide',
      ...priced('50.00'),
      quotas: [{ resourceIds: [resource, further.resourceId], limit: 'UNLIMITED' }],
    }))
    const { id, key, applicationId } = await givenSubscriber(market, acme, wide)
    running.push([market, id])
    await acme.consumer.mutate(RequestAccessDocument, {
      applicationId,
      resourceId: further.resourceId,
      productSubscriptionId: id,
    })
    await whenAllRests(market)
    expect((await authorize(key, further.basePath)).status).toBe(204)

    const { planChangePreview } = await acme.consumer.query(PlanChangePreviewDocument, {
      input: { productSubscriptionId: id, planId: offer.planId, when: 'NOW' },
    })
    expect(planChangePreview.lostResources).toEqual([{ id: further.resourceId, name: 'Toys' }])
    await acme.consumer.mutate(ChangePlanDocument, { previewToken: planChangePreview.token as string })
    await whenAllRests(market)
    expect((await authorize(key, offer.basePath)).status).toBe(204)
    const lost = await authorize(key, further.basePath)
    expect([lost.status, lost.headers.get('x-access-reason')]).toEqual([403, 'RESOURCE_NOT_IN_PLAN'])
  })
})

/** A second API of an offer's product. */
async function givenFurtherResource(
  { provider, providerId }: Market,
  { assetId, productId, basePath }: Awaited<ReturnType<typeof givenOffer>>,
) {
  const { asset } = await provider.mutate(CreateAssetDocument, {
    providerId,
    name: `Toys of ${basePath}`,
    resources: [{ name: 'Toys', basePath: `${basePath}-toys` }],
  })
  await provider.mutate(ReleaseAssetDocument, { assetId: asset.id, releaseType: 'MAJOR' })
  await provider.mutate(UpdateProductDocument, { productId, assets: [{ assetId }, { assetId: asset.id }] })
  await provider.mutate(ActivateProductDocument, { productId, releaseType: 'MINOR' })
  return { resourceId: asset.resources[0]?.id as string, basePath: `${basePath}-toys` }
}

describe('a plan that goes off sale', () => {
  test('takes its subscriptions over to another with their periods, or ends them, and the keys stay', async () => {
    const { market, acme, present, other, seen, pass } = await givenPlans(basic, pro)
    const period = (await seen()).currentPeriod as { start: string; end: string }
    const input = { planId: present.planId, strategy: 'MIGRATE' as const, targetPlanId: other.planId }
    await market.provider.mutate(DeprecatePlanDocument, input)
    // Broken off and asked for again it comes to the same.
    await market.provider.mutate(DeprecatePlanDocument, input)
    await whenAllRests(market)
    expect(await seen()).toMatchObject({ plan: { id: present.planId }, scheduledPlan: { id: other.planId } })
    await whenItIs(market, later(period.end, hour))
    const { invoices, plan } = await seen()
    expect(plan.id).toBe(other.planId)
    expect(invoices.map(({ reason, total: { amount } }) => [reason, amount])).toEqual([
      ['SUBSCRIPTION_START', '30.00'],
      ['PLAN_CHANGE', '90.00'],
    ])
    expect(await pass()).toEqual([204, null, '5000'])
    await market.provider.mutate(DeprecatePlanDocument, { planId: other.planId, strategy: 'CANCEL', when: 'NOW' })
    await whenAllRests(market)
    expect(await seen()).toMatchObject({ state: 'CANCELED' })
    expect((await pass()).slice(0, 1)).toEqual([403])
    expect(acme.id).toBeTruthy()
  })
})
