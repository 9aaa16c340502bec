import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import { newId } from '../../src/kernel/id.js'
import { rows } from '../../src/persistence/tenant-repository.js'
import { system } from '../../src/persistence/tenant-scope.js'
import { ProductSubscription } from '../../src/subscriptions/product-subscription.entity.js'
import { openRun, type RunHouse } from './run-house.js'

let house: RunHouse
beforeEach(async () => {
  house = await openRun()
})
afterEach(() => house.close())
const at = (text: string) => new Date(text)
const to = (text: string) => house.clock.moveTo(at(text))
const names = () => house.events.map(({ name }) => name)

describe('Given a subscription of 31 January', () => {
  it('each month is invoiced at its end, counted from the anchor', async () => {
    const id = await house.subscription(await house.plan())
    for (const end of ['2026-02-28', '2026-03-31', '2026-04-30']) {
      to(`${end}T09:59:59.999Z`)
      expect(await house.run.runDue()).toBe(0)
      to(`${end}T10:00:00Z`)
      expect(await house.run.runDue()).toBe(1)
      expect(await house.run.runDue()).toBe(0)
    }
    expect(await house.told(id)).toEqual([
      ['SUBSCRIPTION_START', '2026-01-31', 2_500n],
      ['SUBSCRIPTION_CYCLE', '2026-02-28', 2_500n],
      ['SUBSCRIPTION_CYCLE', '2026-03-31', 2_500n],
      ['SUBSCRIPTION_CYCLE', '2026-04-30', 2_500n],
    ])
    expect(await house.look(id)).toMatchObject({
      periodNumber: 3,
      periodEnd: at('2026-05-31T10:00:00Z'),
      standing: 'GOOD',
    })
    expect(names().filter((name) => name === 'product-subscription.renewed')).toHaveLength(3)
    expect(names().filter((name) => name === 'invoice.created')).toHaveLength(4)
  })

  it('what was missed for three months is caught up in order, and is the same', async () => {
    const plan = await house.plan()
    const id = await house.subscription(plan)
    to('2026-05-01T00:00:00Z')
    expect(await house.run.runDue()).toBe(3)
    expect((await house.told(id)).map(([, start]) => start)).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
    ])
    const [, second] = await house.invoicesOf(id)
    expect(await house.invoicesOf(id)).toMatchObject([
      {},
      { periodEnd: at('2026-03-31T10:00:00Z') },
      { periodEnd: at('2026-04-30T10:00:00Z') },
      {},
    ])
    expect(await house.linesOf(second?.id ?? '')).toMatchObject([{ kind: 'BASE_PRICE', minor: 2_500n }])
  })

  it('a first invoice that nobody has written for two months is written, and the only one until it is paid', async () => {
    const id = await house.subscription(await house.plan({ setupFeeMinor: 500n }), { unpaid: true })
    to('2026-04-01T00:00:00Z')
    expect(await house.run.runDue()).toBe(2)
    expect(await house.told(id)).toEqual([['SUBSCRIPTION_START', '2026-01-31', 3_000n]])
    expect(await house.look(id)).toMatchObject({ periodNumber: 2, standing: 'AWAITING_FIRST_PAYMENT' })
    const [first] = await house.invoicesOf(id)
    await house.pay(first?.id ?? '')
    to('2026-04-30T10:00:00Z')
    await house.run.runDue()
    expect(await house.told(id)).toEqual([
      ['SUBSCRIPTION_START', '2026-01-31', 3_000n],
      ['SUBSCRIPTION_CYCLE', '2026-04-30', 2_500n],
    ])
  })

  it('a zero total is paid at once, without Stripe', async () => {
    const id = await house.subscription(await house.plan({ baseMinor: 0n }))
    to('2026-02-28T10:00:00Z')
    await house.run.runDue()
    const [, cycle] = await house.invoicesOf(id)
    expect(cycle).toMatchObject({
      status: 'PAID',
      syncStatus: 'NOT_NEEDED',
      billingIntegrationId: null,
      paidAt: house.clock.now(),
    })
    expect(await house.look(id)).toMatchObject({ standing: 'GOOD' })
  })
})

describe('Usage', () => {
  const february = { start: at('2026-01-31T10:00:00Z'), end: at('2026-02-28T10:00:00Z') }

  it('of a period stands on the invoice of its end, once, and what is reported late on the next', async () => {
    const plan = await house.plan()
    const quota = await house.quota(plan.id)
    const id = await house.subscription(plan)
    await house.use(id, quota, '1200', february)
    to('2026-02-28T10:00:00Z')
    await house.run.runDue()
    await house.use(id, quota, '1300', february)
    to('2026-03-31T10:00:00Z')
    await house.run.runDue()
    to('2026-04-30T10:00:00Z')
    await house.run.runDue()
    expect((await house.told(id)).map(([, , total]) => total)).toEqual([2_500n, 3_700n, 2_600n, 2_500n])
    const [, , late] = await house.invoicesOf(id)
    expect((await house.linesOf(late?.id ?? ''))[0]?.description).toContain('reported late')
  })

  it('until the end stands on a last invoice; nothing comes after', async () => {
    const plan = await house.plan()
    const quota = await house.quota(plan.id)
    const id = await house.subscription(plan)
    await house.use(id, quota, '700', february)
    to('2026-02-10T10:00:00Z')
    const { organizationId } = await house.look(id)
    await house.service.cancel(house.consumer(organizationId, 'SUBSCRIBER'), id, 'NOW', null)
    const last = await house.issuing.issueLast(id)
    expect(last).toMatchObject({ reason: 'SUBSCRIPTION_END', totalMinor: 700n, periodEnd: at('2026-02-10T10:00:00Z') })
    expect((await house.issuing.issueLast(id))?.id).toBe(last?.id)
    to('2026-06-01T00:00:00Z')
    expect(await house.run.runDue()).toBe(0)
    expect(await house.told(id)).toHaveLength(2)
  })

  it('of what was never paid for is never charged, whenever it is reported, and is not looked for again', async () => {
    const plan = await house.plan()
    const quota = await house.quota(plan.id)
    const id = await house.subscription(plan, { unpaid: true })
    const first = await house.issuing.issueFirst(id)
    await house.open(first?.id ?? '', 7)
    await house.use(id, quota, '700', february)
    to('2026-02-10T10:00:00Z')
    const { organizationId } = await house.look(id)
    await house.service.cancel(house.consumer(organizationId, 'SUBSCRIBER'), id, 'NOW', null)
    expect(await house.issuing.issueLast(id)).toBeNull()
    // As Stripe does it, for the beginning that nobody has paid.
    await house.invoiceIs(first?.id ?? '', { status: 'VOID', voidedAt: house.clock.now() })
    expect(await house.issuing.issueLast(id)).toBeNull()
    expect(await house.issuing.issueLate()).toBe(0)
    await house.use(id, quota, '800', february)
    expect(await house.issuing.issueLate()).toBe(1)
    expect(await house.issuing.issueLate()).toBe(0)
    expect((await house.told(id)).map(([reason]) => reason)).toEqual(['SUBSCRIPTION_START'])
  })

  it('that is reported after the end stands on a further last invoice', async () => {
    const plan = await house.plan()
    const quota = await house.quota(plan.id)
    const id = await house.subscription(plan)
    await house.use(id, quota, '700', february)
    const { organizationId } = await house.look(id)
    await house.service.cancel(house.consumer(organizationId, 'SUBSCRIBER'), id, 'PERIOD_END', null)
    to('2026-02-28T10:00:00Z')
    await house.run.runDue()
    await house.use(id, quota, '750', february)
    to('2026-03-02T10:00:00Z')
    await house.issuing.issueLate()
    await house.issuing.issueLate()
    expect((await house.told(id)).map(([reason, , total]) => [reason, total])).toEqual([
      ['SUBSCRIPTION_START', 2_500n],
      ['SUBSCRIPTION_END', 700n],
      ['SUBSCRIPTION_END', 50n],
    ])
  })
})

describe('Ends', () => {
  it('a cancellation that waits ends it at the boundary itself, however late that is noticed', async () => {
    const id = await house.subscription(await house.plan())
    const { organizationId } = await house.look(id)
    await house.service.cancel(house.consumer(organizationId, 'SUBSCRIBER'), id, 'PERIOD_END', 'too dear')
    to('2026-03-15T00:00:00Z')
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({
      state: 'CANCELED',
      endedAt: at('2026-02-28T10:00:00Z'),
      stateReason: 'too dear',
      cancelAtPeriodEnd: false,
    })
    expect(await house.told(id)).toHaveLength(1)
    expect(names()).toContain('product-subscription.canceled')
  })

  it('a term of two periods is two periods', async () => {
    const id = await house.subscription(await house.plan({ termPeriods: 2 }))
    to('2026-12-01T00:00:00Z')
    expect(await house.run.runDue()).toBe(2)
    expect(await house.look(id)).toMatchObject({ state: 'EXPIRED', endedAt: at('2026-03-31T10:00:00Z') })
    expect(await house.told(id)).toHaveLength(2)
  })

  it('a cancellation that is taken back leaves the term', async () => {
    const id = await house.subscription(await house.plan({ termPeriods: 2 }))
    const { organizationId } = await house.look(id)
    const subscriber = house.consumer(organizationId, 'SUBSCRIBER')
    await house.service.cancel(subscriber, id, 'PERIOD_END', null)
    expect(await house.look(id)).toMatchObject({ endsAt: at('2026-02-28T10:00:00Z') })
    await house.service.keep(subscriber, id)
    expect(await house.look(id)).toMatchObject({ endsAt: at('2026-03-31T10:00:00Z'), cancelAtPeriodEnd: false })
  })

  it('a trial becomes a paid subscription, whose first invoice has its due date and grace', async () => {
    const id = await house.subscription(await house.plan({ trialDays: 14 }))
    expect(await house.told(id)).toEqual([])
    to('2026-02-14T10:00:00Z')
    await house.run.runDue()
    expect(await house.told(id)).toEqual([['SUBSCRIPTION_START', '2026-02-14', 2_500n]])
    expect(await house.look(id)).toMatchObject({ standing: 'GOOD', periodNumber: 0 })
    const [first] = await house.invoicesOf(id)
    await house.open(first?.id ?? '', 7)
    house.passDays(7)
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({ standing: 'GRACE' })
    house.passDays(3)
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({ standing: 'PAST_DUE' })
  })
})

describe('What is not paid', () => {
  it('is past due at its due date, and closes access when grace has passed, to the millisecond', async () => {
    const id = await house.subscription(await house.plan())
    to('2026-02-28T10:00:00Z')
    await house.run.runDue()
    const [, cycle] = await house.invoicesOf(id)
    await house.open(cycle?.id ?? '', 7)
    const seen: string[] = []
    for (const instant of [
      '2026-03-07T09:59:59.999Z',
      '2026-03-07T10:00:00Z',
      '2026-03-10T09:59:59.999Z',
      '2026-03-10T10:00:00Z',
    ]) {
      to(instant)
      await house.run.runDue()
      seen.push((await house.look(id)).standing)
    }
    expect(seen).toEqual(['GOOD', 'GRACE', 'GRACE', 'PAST_DUE'])
    expect(names().filter((name) => name === 'invoice.past-due')).toHaveLength(1)
    await house.pay(cycle?.id ?? '')
    expect(await house.look(id)).toMatchObject({ standing: 'GOOD', accessClosesAt: null })
  })

  it('goes on being invoiced', async () => {
    const id = await house.subscription(await house.plan())
    to('2026-02-28T10:00:00Z')
    await house.run.runDue()
    const [, cycle] = await house.invoicesOf(id)
    await house.open(cycle?.id ?? '', 7)
    to('2026-03-31T10:00:00Z')
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({ state: 'ACTIVE', standing: 'PAST_DUE' })
    expect(await house.told(id)).toHaveLength(3)
  })

  it('is cancelled instead where the plan says so, once, and not invoiced any more', async () => {
    const id = await house.subscription(await house.plan({ cancelWhenPastDue: true }))
    to('2026-02-28T10:00:00Z')
    await house.run.runDue()
    const [, cycle] = await house.invoicesOf(id)
    await house.open(cycle?.id ?? '', 7)
    to('2026-05-01T00:00:00Z')
    await house.run.runDue()
    expect(await house.look(id)).toMatchObject({ state: 'CANCELED', standing: 'PAST_DUE' })
    expect(await house.told(id)).toHaveLength(2)
    expect(names().filter((name) => name === 'product-subscription.canceled')).toHaveLength(1)
  })
})

describe('Many at once', () => {
  it('five schedulers bill 700 subscriptions of three missed months each once', async () => {
    const plan = await house.plan()
    const first = await house.subscription(plan)
    const row = await house.look(first)
    const copies = Array.from({ length: 699 }, () => ({
      ...row,
      id: newId('psub'),
      organizationId: newId('org'),
      answers: null,
    }))
    await rows(house.reading(), ProductSubscription).insertInto('ProductSubscription').values(copies).execute()
    to('2026-04-30T10:00:00Z')
    const taken = await Promise.all(Array.from({ length: 5 }, () => house.newRun().runDue()))
    expect(taken.reduce((all, one) => all + one, 0)).toBe(2_100)
    expect(await house.countInvoices()).toBe(2_101)
    const { rows: stray } = await sql`
      select id from product_subscription where period_number <> 3 or period_end <> '2026-05-31T10:00:00Z'`.execute(
      house.reading().kysely,
    )
    expect(stray).toEqual([])
  })

  it('one that cannot be billed keeps nobody waiting, and is billed when it can be', async () => {
    const plan = await house.plan()
    const [one, broken, other] = [
      await house.subscription(plan),
      await house.subscription(plan),
      await house.subscription(plan),
    ]
    const setPlan = (planId: string) =>
      rows(house.reading(), ProductSubscription)
        .updateTable('ProductSubscription')
        .set({ planId })
        .where('id', '=', broken)
        .execute()
    await setPlan('plan_gone')
    to('2026-02-28T10:00:00Z')
    await house.run.runDue()
    expect(
      [await house.told(one), await house.told(broken), await house.told(other)].map((list) => list.length),
    ).toEqual([2, 1, 2])
    expect(await house.look(broken)).toMatchObject({ periodNumber: 0 })
    await setPlan(plan.id)
    expect(await house.run.runDue()).toBe(1)
    expect(await house.told(broken)).toHaveLength(2)
  })

  it('one that somebody is just cancelling is waited for, and then left alone', async () => {
    const id = await house.subscription(await house.plan())
    to('2026-02-28T10:00:00Z')
    let go = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    let locked = () => {}
    const isLocked = new Promise<void>((resolve) => (locked = resolve))
    const { organizationId } = await house.look(id)
    const cancelling = house.unitOfWork.run(system, async () => {
      await house.service.cancel(house.consumer(organizationId, 'SUBSCRIBER'), id, 'NOW', null)
      locked()
      await gate
    })
    await isLocked
    const running = house.run.runDue()
    const first = await Promise.race([
      running.then(() => 'run'),
      new Promise((resolve) => setImmediate(() => resolve('waits'))),
    ])
    go()
    await cancelling
    expect(await running).toBe(0)
    expect(first).toBe('waits')
    expect(await house.look(id)).toMatchObject({ state: 'CANCELED' })
    expect(await house.told(id)).toHaveLength(1)
  })
})

describe('Looking ahead', () => {
  it('the upcoming invoice is what the real one will be', async () => {
    const plan = await house.plan()
    const quota = await house.quota(plan.id)
    const id = await house.subscription(plan)
    await house.use(id, quota, '4321', { start: at('2026-01-31T10:00:00Z'), end: at('2026-02-28T10:00:00Z') })
    to('2026-02-28T09:59:59Z')
    const [upcoming] = await house.upcoming.ofSubscriptions(house.reading(), [id])
    to('2026-02-28T10:00:00Z')
    await house.run.runDue()
    const [, real] = await house.invoicesOf(id)
    expect(upcoming?.total.minor).toBe(6_821n)
    expect(real?.totalMinor).toBe(6_821n)
    expect(upcoming?.period).toEqual({ start: real?.periodStart, end: real?.periodEnd })
    expect(upcoming?.lines.map(({ description }) => description)).toEqual(
      (await house.linesOf(real?.id ?? '')).map(({ description }) => description),
    )
  })

  it('there is none of what has no price, and none after the end', async () => {
    const free = await house.plan({
      type: 'FREE',
      currency: null,
      baseMinor: null,
      setupFeeMinor: null,
      interval: null,
      intervalCount: null,
      anchor: null,
    })
    const [one, ended] = [await house.subscription(free), await house.subscription(await house.plan())]
    const { organizationId } = await house.look(ended)
    const scope = house.consumer(organizationId, 'SUBSCRIBER')
    await house.service.cancel(scope, ended, 'PERIOD_END', null)
    expect(await house.upcoming.ofSubscriptions(house.reading(), [one, ended, 'psub_none'])).toEqual([null, null, null])
  })
})
