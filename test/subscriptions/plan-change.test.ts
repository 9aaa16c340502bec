import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { PlanRow } from '../../src/catalog/plan.entity.js'
import type { ChangeTiming } from '../../src/kernel/period.js'
import { openRun, type RunHouse } from '../billing/run-house.js'

let house: RunHouse
let silver: PlanRow
let gold: PlanRow
const free = {
  type: 'FREE',
  currency: null,
  baseMinor: null,
  setupFeeMinor: null,
  interval: null,
  intervalCount: null,
  anchor: null,
} as const

beforeEach(async () => {
  house = await openRun('2026-04-01T00:00:00Z')
  silver = await house.plan({ name: 'Silver', baseMinor: 3_000n })
  gold = await house.plan({ name: 'Gold', baseMinor: 6_000n })
})
afterEach(() => house.close())

const at = (text: string) => new Date(text)
const to = (text: string) => house.clock.moveTo(at(text))
const names = () => house.events.map(({ name }) => name)
const subscriberOf = async (id: string) => house.consumer((await house.look(id)).organizationId, 'SUBSCRIBER')

async function preview(id: string, plan: PlanRow, when: ChangeTiming = 'NOW') {
  const scope = await subscriberOf(id)
  return house.planChanges.preview({ ...house.reading(), scope }, { productSubscriptionId: id, planId: plan.id, when })
}
async function change(id: string, plan: PlanRow, when: ChangeTiming = 'NOW') {
  const shown = await preview(id, plan, when)
  expect(shown.obstacles).toEqual([])
  await house.planChanges.change(await subscriberOf(id), { previewToken: shown.token as string })
  return shown
}
async function payAll(id: string): Promise<void> {
  for (const { id: invoiceId, status } of await house.invoicesOf(id)) if (status !== 'PAID') await house.pay(invoiceId)
}
async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: { errors: Array<{ code: string }> }) => error.errors.map(({ code }) => code),
  )
}

describe('A dearer plan at once', () => {
  it('costs what was shown, also when it is taken most of an hour later', async () => {
    const id = await house.subscription(silver)
    to('2026-04-11T00:00:00Z')
    const shown = await preview(id, gold)
    expect(shown).toMatchObject({ effectiveAt: at('2026-04-11T00:00:00Z'), charge: { total: { minor: 2_000n } } })
    house.clock.advance(59 * 60_000)
    await house.planChanges.change(await subscriberOf(id), { previewToken: shown.token as string })
    expect(await house.told(id)).toEqual([
      ['SUBSCRIPTION_START', '2026-04-01', 3_000n],
      ['PLAN_CHANGE', '2026-04-11', 2_000n],
    ])
    expect(await house.look(id)).toMatchObject({
      planId: gold.id,
      periodEnd: at('2026-05-01T00:00:00Z'),
      periodNumber: 0,
      standing: 'GOOD',
    })
    expect(names()).toContain('product-subscription.plan-changed')
    await payAll(id)
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    expect((await house.told(id)).at(-1)).toEqual(['SUBSCRIPTION_CYCLE', '2026-05-01', 6_000n])
  })

  it('leaves what was used before to the end of the period, at the price of its own plan', async () => {
    const quota = await house.quota(silver.id, { unitAmount: '0.02' })
    const id = await house.subscription(silver)
    await house.use(id, quota, '100', { start: at('2026-04-01T00:00:00Z'), end: at('2026-05-01T00:00:00Z') })
    to('2026-04-11T00:00:00Z')
    await change(id, gold)
    await payAll(id)
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    const cycle = (await house.invoicesOf(id)).at(-1)
    expect(cycle?.totalMinor).toBe(6_200n)
    expect((await house.linesOf(cycle?.id ?? '')).map(({ description }) => description)[0]).toMatch(
      /^Silver, .*: calls: 100 × 0.02 USD$/,
    )
  })

  it('is not taken twice with one token, nor after an hour, nor by others', async () => {
    const id = await house.subscription(silver)
    const shown = await preview(id, gold)
    const other = house.consumer((await house.look(await house.subscription(silver))).organizationId, 'SUBSCRIBER')
    expect(await refusal(house.planChanges.change(other, { previewToken: shown.token as string }))).toEqual([
      'NOT_FOUND',
    ])
    await house.planChanges.change(await subscriberOf(id), { previewToken: shown.token as string })
    expect(
      await refusal(house.planChanges.change(await subscriberOf(id), { previewToken: shown.token as string })),
    ).toEqual(['PREVIEW_OUTDATED'])
    expect(await house.told(id)).toHaveLength(2)
    house.clock.advance(3_600_001)
    const late = await preview(id, silver)
    house.clock.advance(3_600_001)
    expect(await refusal(house.planChanges.change(await subscriberOf(id), { previewToken: late.token ?? '' }))).toEqual(
      ['PREVIEW_OUTDATED'],
    )
  })

  it('is refused while anything is owed, and nothing changes', async () => {
    const id = await house.subscription(silver)
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    const shown = await preview(id, gold)
    expect(shown).toMatchObject({ token: null, obstacles: [{ code: 'WRONG_STATE', field: ['input', 'when'] }] })
    expect((await preview(id, gold, 'PERIOD_END')).obstacles).toEqual([])
    expect(await house.look(id)).toMatchObject({ planId: silver.id })
  })

  it('that the organization has already is refused', async () => {
    const id = await house.subscription(silver)
    const { organizationId } = await house.look(id)
    await house.subscription(gold, { organizationId })
    expect((await preview(id, gold)).obstacles).toMatchObject([{ code: 'ALREADY_SUBSCRIBED' }])
  })

  it('is not for developers', async () => {
    const id = await house.subscription(silver)
    const scope = house.consumer((await house.look(id)).organizationId, 'DEVELOPER')
    const wish = { productSubscriptionId: id, planId: gold.id, when: 'NOW' as const }
    expect(await refusal(house.planChanges.preview({ ...house.reading(), scope }, wish))).toEqual(['NOT_ALLOWED'])
  })
})

describe('A cheaper plan at once', () => {
  it('costs nothing now, and what is over is taken off the next invoice, once', async () => {
    const id = await house.subscription(gold)
    to('2026-04-16T00:00:00Z')
    const shown = await change(id, silver)
    expect(shown.charge?.total.minor).toBe(0n)
    const changed = (await house.invoicesOf(id)).at(-1)
    expect(changed).toMatchObject({ reason: 'PLAN_CHANGE', status: 'PAID', syncStatus: 'NOT_NEEDED' })
    for (const month of ['2026-05-01', '2026-06-01']) {
      to(`${month}T00:00:00Z`)
      await house.run.runDue()
      await payAll(id)
    }
    expect((await house.told(id)).map(([, , total]) => total)).toEqual([6_000n, 0n, 1_500n, 3_000n])
  })

  it('and back again earns nothing', async () => {
    const id = await house.subscription(silver)
    to('2026-04-07T13:17:23Z')
    await change(id, gold)
    await payAll(id)
    to('2026-04-07T13:17:24Z')
    await change(id, silver)
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    const paid = (await house.told(id)).reduce((all, [, , total]) => all + total, 0n)
    expect(paid).toBeGreaterThanOrEqual(6_000n)
  })

  it('that was a mistake: credit of a voided invoice counts again', async () => {
    const id = await house.subscription(gold)
    to('2026-04-16T00:00:00Z')
    await change(id, silver)
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    const used = (await house.invoicesOf(id)).at(-1)
    await house.invoiceIs(used?.id ?? '', { status: 'VOID' })
    to('2026-06-01T00:00:00Z')
    await house.run.runDue()
    expect((await house.told(id)).at(-1)).toEqual(['SUBSCRIPTION_CYCLE', '2026-06-01', 1_500n])
  })
})

describe('A plan of another rhythm at once', () => {
  it('begins a period of its own, and what was used so far is invoiced by the old plan', async () => {
    const quota = await house.quota(silver.id)
    const yearly = await house.plan({ name: 'Year', baseMinor: 30_000n, interval: 'YEAR' })
    const id = await house.subscription(silver)
    await house.use(id, quota, '500', { start: at('2026-04-01T00:00:00Z'), end: at('2026-05-01T00:00:00Z') })
    to('2026-04-16T00:00:00Z')
    const shown = await change(id, yearly)
    expect(shown.charge?.total.minor).toBe(28_500n)
    expect(await house.told(id)).toEqual(
      expect.arrayContaining([
        ['SUBSCRIPTION_END', '2026-04-01', 500n],
        ['PLAN_CHANGE', '2026-04-16', 28_500n],
      ]),
    )
    expect(await house.look(id)).toMatchObject({
      anchorAt: at('2026-04-16T00:00:00Z'),
      periodEnd: at('2027-04-16T00:00:00Z'),
    })
  })
})

describe('A change at the end of the period', () => {
  it('waits, can be taken back, and costs the new price from then on', async () => {
    const id = await house.subscription(gold)
    await change(id, silver, 'PERIOD_END')
    expect(await house.look(id)).toMatchObject({ planId: gold.id, scheduledPlanId: silver.id })
    expect(await house.told(id)).toHaveLength(1)
    await change(id, gold, 'PERIOD_END')
    expect(await house.look(id)).toMatchObject({ scheduledPlanId: null })
    await change(id, silver, 'PERIOD_END')
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({
      planId: silver.id,
      scheduledPlanId: null,
      periodNumber: 1,
      periodEnd: at('2026-06-01T00:00:00Z'),
    })
    expect((await house.told(id)).at(-1)).toEqual(['PLAN_CHANGE', '2026-05-01', 3_000n])
  })

  it('comes after a cancellation, which wins', async () => {
    const id = await house.subscription(gold)
    await change(id, silver, 'PERIOD_END')
    await house.service.cancel(await subscriberOf(id), id, 'PERIOD_END', null)
    expect((await preview(id, silver, 'PERIOD_END')).obstacles).toMatchObject([{ code: 'WRONG_STATE' }])
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({ state: 'CANCELED', planId: gold.id })
    expect(await house.told(id)).toHaveLength(1)
  })

  it('is how a plan in another currency begins', async () => {
    const euro = await house.plan({ currency: 'EUR', baseMinor: 2_000n })
    const id = await house.subscription(gold)
    expect((await preview(id, euro)).obstacles).toMatchObject([{ code: 'WRONG_STATE' }])
    await change(id, euro, 'PERIOD_END')
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    expect((await house.invoicesOf(id)).at(-1)).toMatchObject({
      currency: 'EUR',
      totalMinor: 2_000n,
      reason: 'PLAN_CHANGE',
    })
  })
})

describe('From a plan without a price', () => {
  it('a paid one begins with set-up fee, first payment and all', async () => {
    const id = await house.subscription(await house.plan(free))
    const paid = await house.plan({ setupFeeMinor: 900n })
    to('2026-04-10T08:00:00Z')
    const shown = await change(id, paid, 'PERIOD_END')
    expect(shown).toMatchObject({ effectiveAt: at('2026-04-10T08:00:00Z'), charge: { total: { minor: 3_400n } } })
    expect(await house.told(id)).toEqual([['SUBSCRIPTION_START', '2026-04-10', 3_400n]])
    expect(await house.look(id)).toMatchObject({
      standing: 'AWAITING_FIRST_PAYMENT',
      anchorAt: at('2026-04-10T08:00:00Z'),
      periodNumber: 0,
    })
    await payAll(id)
    expect(await house.look(id)).toMatchObject({ standing: 'GOOD' })
  })

  it('and back to it nothing is owed any more, but what was stays owed', async () => {
    const nothing = await house.plan(free)
    const id = await house.subscription(gold)
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    const cycle = (await house.invoicesOf(id)).at(-1)
    await house.open(cycle?.id ?? '', 0)
    house.passDays(20)
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({ standing: 'PAST_DUE' })
    await change(id, nothing, 'PERIOD_END')
    to('2026-06-01T00:00:00Z')
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({
      planId: nothing.id,
      standing: 'NOT_REQUIRED',
      periodEnd: null,
      accessClosesAt: null,
    })
    expect((await house.invoicesOf(id)).map(({ status }) => status)).toEqual(['PAID', 'OPEN'])
  })

  it('to a paid one for the second time waits for its payment again', async () => {
    const nothing = await house.plan(free)
    const id = await house.subscription(gold)
    await change(id, nothing)
    expect(await house.look(id)).toMatchObject({ standing: 'NOT_REQUIRED' })
    house.passDays(3)
    await change(id, gold)
    expect(await house.look(id)).toMatchObject({ standing: 'AWAITING_FIRST_PAYMENT' })
  })
})

describe('In a trial', () => {
  it('the plan changes for nothing, and the new one is what begins', async () => {
    const trial = await house.plan({ trialDays: 14 })
    const id = await house.subscription(trial)
    house.passDays(3)
    const shown = await change(id, gold)
    expect(shown.charge).toBeNull()
    expect(await house.told(id)).toEqual([])
    to('2026-04-15T00:00:00Z')
    await house.run.runDue()
    expect(await house.told(id)).toEqual([['SUBSCRIPTION_START', '2026-04-15', 6_000n]])
  })
})

describe('A plan that the provider takes off sale', () => {
  const deprecate = (strategy: 'KEEP' | 'CANCEL' | 'MIGRATE', when: ChangeTiming, target?: PlanRow) =>
    house.deprecated.follow(gold.id, { strategy, when, targetPlanId: target?.id ?? null })

  it('keeps its subscriptions', async () => {
    const id = await house.subscription(gold)
    await deprecate('KEEP', 'NOW')
    expect(await house.look(id)).toMatchObject({
      state: 'ACTIVE',
      planId: gold.id,
      scheduledPlanId: null,
      cancelAtPeriodEnd: false,
    })
  })

  it('or ends them, now or with their periods; what waits for approval at once', async () => {
    const [one, other] = [await house.subscription(gold), await house.subscription(silver)]
    const pending = await house.subscription(gold, {
      unpaid: true,
      state: 'PENDING_APPROVAL',
      standing: 'NOT_REQUIRED',
      startedAt: null,
      periodNumber: null,
      periodStart: null,
      periodEnd: null,
      anchorAt: null,
    })
    await deprecate('CANCEL', 'PERIOD_END')
    expect(await house.look(one)).toMatchObject({
      state: 'ACTIVE',
      cancelAtPeriodEnd: true,
      endsAt: at('2026-05-01T00:00:00Z'),
    })
    expect(await house.look(pending)).toMatchObject({ state: 'CANCELED' })
    await deprecate('CANCEL', 'NOW')
    expect(await house.look(one)).toMatchObject({ state: 'CANCELED' })
    expect(await house.look(other)).toMatchObject({ state: 'ACTIVE', cancelAtPeriodEnd: false })
  })

  it('or takes them over to another plan, each once, however often it is told', async () => {
    const [one, other] = [await house.subscription(gold), await house.subscription(gold)]
    house.passDays(15)
    await deprecate('MIGRATE', 'NOW', silver)
    await deprecate('MIGRATE', 'NOW', silver)
    for (const id of [one, other]) {
      expect(await house.look(id)).toMatchObject({ state: 'ACTIVE', planId: silver.id })
      expect((await house.told(id)).map(([reason]) => reason)).toEqual(['SUBSCRIPTION_START', 'PLAN_CHANGE'])
    }
  })

  it('with their periods', async () => {
    const id = await house.subscription(gold)
    await deprecate('MIGRATE', 'PERIOD_END', silver)
    await deprecate('MIGRATE', 'PERIOD_END', silver)
    expect(await house.look(id)).toMatchObject({ planId: gold.id, scheduledPlanId: silver.id })
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({ planId: silver.id })
  })

  it('but what nobody has paid for goes over only once it is paid, and ends with its period if it is not', async () => {
    const [paid, unpaid] = [
      await house.subscription(gold, { unpaid: true }),
      await house.subscription(gold, { unpaid: true }),
    ]
    for (const id of [paid, unpaid]) await house.issuing.issueFirst(id)
    await deprecate('MIGRATE', 'NOW', silver)
    expect(await house.look(paid)).toMatchObject({ planId: gold.id, scheduledPlanId: silver.id })
    await payAll(paid)
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    expect(await house.look(paid)).toMatchObject({ state: 'ACTIVE', planId: silver.id })
    expect(await house.look(unpaid)).toMatchObject({ state: 'CANCELED', planId: gold.id })
  })

  it('and whoever has the other plan already keeps that one', async () => {
    const id = await house.subscription(gold)
    const { organizationId } = await house.look(id)
    const kept = await house.subscription(silver, { organizationId })
    await deprecate('MIGRATE', 'NOW', silver)
    expect(await house.look(id)).toMatchObject({ state: 'CANCELED' })
    expect(await house.look(kept)).toMatchObject({ state: 'ACTIVE' })
  })
})
