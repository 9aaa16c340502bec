import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import { newId } from '../../src/kernel/id.js'
import { Refused } from '../../src/kernel/result.js'
import { anonymous, type ConsumerScope } from '../../src/persistence/tenant-scope.js'
import type { ReportedUsage } from '../../src/usage/usage.rules.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { openUsageHouse, type UsageHouse } from './usage-house.js'

const at = (text: string) => new Date(text)
let database: TestDatabase
let house: UsageHouse
let numbers = 0

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  house = await openUsageHouse(database.url)
})
afterEach(() => house.close())

/** A call that was served a moment ago. */
function call(productSubscriptionId: string, resourceId: string, about: Partial<ReportedUsage> = {}): ReportedUsage {
  numbers += 1
  return { id: `call ${numbers}`, productSubscriptionId, resourceId, occurredAt: house.clock.now(), ...about }
}

const usedOf = async (subscription: string) => {
  const [quotas] = await house.standing.ofSubscriptions(house.reading(), [subscription])
  return quotas?.map(({ used }) => used)
}
const told = () => house.events.map(({ data }) => (data as { threshold: number }).threshold)

describe('a report', () => {
  it('counts each record once, however often and in however many calls it comes', async () => {
    const plan = await house.plan({}, {})
    const subscription = await house.subscription(plan.id)
    const [quota] = plan.quotas
    const one = call(subscription, quota.resourceId, { quantity: '0.1' })
    const other = call(subscription, quota.resourceId, { quantity: '0.2' })

    expect(await house.report(one, other, one)).toEqual({ accepted: 2, duplicates: 1, rejected: [] })
    expect(await house.report(one)).toEqual({ accepted: 0, duplicates: 1, rejected: [] })
    const again = await Promise.all([house.report(other, one), house.report(one, other)])
    expect(again).toEqual([1, 2].map(() => ({ accepted: 0, duplicates: 2, rejected: [] })))
    expect(await usedOf(subscription)).toEqual(['0.3'])
  })

  it('answers for what is known as before, even when it would be refused by now', async () => {
    const plan = await house.plan({}, {})
    const subscription = await house.subscription(plan.id)
    const record = call(subscription, plan.quotas[0].resourceId)
    await house.report(record)
    house.clock.advance(40 * 86_400_000)
    expect(await house.report(record)).toEqual({ accepted: 0, duplicates: 1, rejected: [] })
  })

  it('loses none of many that come at once, also where they are the same', async () => {
    const plan = await house.plan({}, { limit: 'UNLIMITED', limitUnits: null })
    const subscription = await house.subscription(plan.id)
    const records = Array.from({ length: 50 }, () => call(subscription, plan.quotas[0].resourceId))
    const reports = [records, records.toReversed(), records.slice(10), records.slice(0, 40).toReversed()]
    const answers = await Promise.all(reports.map((report) => house.report(...report)))
    expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(50)
    expect(await usedOf(subscription)).toEqual(['50'])
  })

  it('takes each record by itself', async () => {
    const plan = await house.plan({}, {})
    const subscription = await house.subscription(plan.id)
    const waiting = await house.subscription(plan.id, { state: 'PENDING_APPROVAL', startedAt: null, anchorAt: null })
    const [{ resourceId }] = plan.quotas
    house.subjects.keys.set('mk_1', subscription)
    const answer = await house.report(
      { ...call(subscription, resourceId), productSubscriptionId: null, credential: 'mk_1' },
      { ...call(subscription, resourceId), id: 'a', productSubscriptionId: null, credential: 'mk_2' },
      { ...call(newId('psub'), resourceId), id: 'b' },
      { ...call(subscription, 'nowhere'), id: 'c' },
      { ...call(subscription, newId('res')), id: 'd' },
      { ...call(subscription, resourceId), id: 'e', occurredAt: at('2026-01-31T11:00:00Z') },
      { ...call(waiting, resourceId), id: 'f' },
      { ...call(subscription, resourceId), id: 'g', occurredAt: at('2027-01-01T00:00:00Z') },
      { ...call(subscription, resourceId), id: 'h\0' },
      { ...call(subscription, resourceId), id: 'i', quantity: '0' },
    )
    expect(answer).toMatchObject({ accepted: 1, duplicates: 0 })
    expect(answer.rejected.map(({ id, code }) => [id, code]).sort()).toEqual([
      ['a', 'CREDENTIAL_UNKNOWN'],
      ['b', 'CREDENTIAL_UNKNOWN'],
      ['c', 'RESOURCE_UNKNOWN'],
      ['d', 'NOT_COVERED'],
      ['e', 'TOO_OLD'],
      ['f', 'TOO_OLD'],
      ['g', 'IN_FUTURE'],
      ['h\0', 'INVALID'],
      ['i', 'INVALID'],
    ])
    expect(await usedOf(subscription)).toEqual(['1'])
  })

  it('of another marketplace counts on nobody', async () => {
    const plan = await house.plan({}, {})
    const subscription = await house.subscription(plan.id, { marketplaceId: newId('mkt') })
    const { rejected } = await house.report(call(subscription, plan.quotas[0].resourceId))
    expect(rejected.map(({ code }) => code)).toEqual(['CREDENTIAL_UNKNOWN'])
    expect(await usedOf(subscription)).toEqual(['0'])
  })

  it('counts past a STRICT limit: the call was served', async () => {
    const plan = await house.plan({}, { limit: 'STRICT', limitUnits: 10n })
    const subscription = await house.subscription(plan.id)
    await house.report(call(subscription, plan.quotas[0].resourceId, { quantity: '12' }))
    const [[standing] = []] = await house.standing.ofSubscriptions(house.reading(), [subscription])
    expect(standing).toMatchObject({ used: '12', limitUnits: 10n, remaining: '0', cost: { minor: 0n } })
  })

  it('of too many records, or by a person, is refused whole', async () => {
    const plan = await house.plan({}, {})
    const subscription = await house.subscription(plan.id)
    const record = () => call(subscription, plan.quotas[0].resourceId)
    expect(await house.report(...Array.from({ length: 1_000 }, record))).toMatchObject({ accepted: 1_000 })
    await expect(house.report(...Array.from({ length: 1_001 }, record))).rejects.toThrow(Refused)
    const person = { kind: 'consumer', userId: 'u', organizations: new Map() } as unknown as ConsumerScope
    await expect(house.service.report(person, [record()])).rejects.toThrow(/NOT_ALLOWED/)
    await expect(house.service.report(anonymous, [record()])).rejects.toThrow(/gateway token/)
    expect(await usedOf(subscription)).toEqual(['1000'])
    expect(await house.report()).toEqual({ accepted: 0, duplicates: 0, rejected: [] })
  })
})

describe('thresholds', () => {
  it('are told of once each in a period, jumped over or not', async () => {
    const plan = await house.plan({}, { limitUnits: 10n })
    const [{ resourceId, id: quotaId }] = plan.quotas
    const subscription = await house.subscription(plan.id)
    const use = (quantity: string) => house.report(call(subscription, resourceId, { quantity }))
    await use('4.999')
    expect(told()).toEqual([])
    await use('0.001')
    expect(told()).toEqual([50])
    await use('20')
    await use('1')
    expect(told()).toEqual([50, 80, 100])
    expect(house.events[0]).toMatchObject({
      name: 'quota.threshold-reached',
      subjectId: subscription,
      data: { quotaId, threshold: 50 },
    })

    house.clock.moveTo(at('2026-02-28T12:00:00Z'))
    await use('8')
    expect(told()).toEqual([50, 80, 100, 50, 80])
  })
})

describe('what a quota has used', () => {
  it('is by the interval that a call was served in, not by when it was reported', async () => {
    const plan = await house.plan({}, { interval: 'DAY' })
    const subscription = await house.subscription(plan.id)
    house.clock.moveTo(at('2026-02-01T12:00:01Z'))
    await house.report(
      call(subscription, plan.quotas[0].resourceId, { occurredAt: at('2026-02-01T11:59:59.999Z') }),
      call(subscription, plan.quotas[0].resourceId, { occurredAt: at('2026-02-01T12:00:00Z'), quantity: '5' }),
    )
    expect(await usedOf(subscription)).toEqual(['5'])
  })

  it('of several quotas stands in their order, with what it costs in the currency of the plan', async () => {
    const tiers = [
      { from: '1', to: '500', unitAmount: '2', flatFee: '0' },
      { from: '501', to: '5000', unitAmount: '1', flatFee: '10' },
      { from: '5001', to: null, unitAmount: '0.5', flatFee: '20' },
    ]
    const unlimited = { limit: 'UNLIMITED', limitUnits: null } as const
    const plan = await house.plan(
      {},
      { ...unlimited, pricing: 'GRADUATED', tiers },
      { ...unlimited, pricing: 'VOLUME', tiers },
      { limit: 'LOOSE', limitUnits: 1_000n, unitAmount: '0.01' },
    )
    const subscription = await house.subscription(plan.id)
    for (const { resourceId } of plan.quotas) await house.report(call(subscription, resourceId, { quantity: '5001' }))
    const free = await house.plan({ type: 'FREE', currency: null, baseMinor: null, interval: null, anchor: null }, {})
    const other = await house.subscription(free.id)
    const [mine, others] = await house.standing.ofSubscriptions(house.reading(), [subscription, other])
    expect(mine?.map(({ cost }) => cost)).toEqual(
      [553_050n, 252_050n, 4_001n].map((minor) => ({ minor, currency: 'USD' })),
    )
    expect(mine?.map(({ quotaId }) => quotaId)).toEqual(plan.quotas.map(({ id }) => id))
    expect(others).toMatchObject([{ used: '0', remaining: '1000', cost: null }])
  })

  it('in a trial costs nothing, and starts again with what is paid for', async () => {
    const plan = await house.plan({}, { limit: 'UNLIMITED', limitUnits: null, pricing: 'PER_UNIT', unitAmount: '1' })
    const trialEndsAt = at('2026-02-14T12:00:00Z')
    const subscription = await house.subscription(plan.id, { trialEndsAt, anchorAt: trialEndsAt })
    const [{ resourceId }] = plan.quotas
    await house.report(call(subscription, resourceId, { quantity: '7' }))
    const [[inTrial] = []] = await house.standing.ofSubscriptions(house.reading(), [subscription])
    expect(inTrial).toMatchObject({ used: '7', period: { end: trialEndsAt }, cost: { minor: 0n } })

    house.clock.moveTo(trialEndsAt)
    await house.report(call(subscription, resourceId, { quantity: '2' }))
    expect(await usedOf(subscription)).toEqual(['2'])
    const period = { start: trialEndsAt, end: at('2026-03-14T12:00:00Z') }
    expect(await house.chargeable.usageInPeriod(house.reading(), subscription, period)).toMatchObject([{ used: '2' }])
  })

  it('stays as it was when the subscription ends', async () => {
    const plan = await house.plan({}, { interval: 'DAY' })
    const subscription = await house.subscription(plan.id)
    await house.report(call(subscription, plan.quotas[0].resourceId))
    await house.change(subscription, { state: 'CANCELED', endedAt: at('2026-02-01T12:00:00Z') })
    house.clock.moveTo(at('2026-04-01T00:00:00Z'))
    expect(await usedOf(subscription)).toEqual(['1'])
  })

  it('is seen by those who see the subscription, and by nobody else', async () => {
    const plan = await house.plan({}, {})
    const subscription = await house.subscription(plan.id)
    const keys = [{ productSubscriptionId: subscription, quotaId: plan.quotas[0].id }]
    const stranger = house.unitOfWork.reading({ ...house.gateway, marketplaceId: newId('mkt') })
    expect(await house.standing.ofQuotas(stranger, keys)).toEqual([null])
    expect(await house.standing.ofSubscriptions(stranger, [subscription])).toEqual([[]])
    expect(await house.standing.ofQuotas(house.reading(), keys)).toMatchObject([{ ...keys[0], used: '0' }])
  })
})

describe('what invoices have still to charge', () => {
  const february = { start: at('2026-01-31T12:00:00Z'), end: at('2026-02-28T12:00:00Z') }
  const march = { start: february.end, end: at('2026-03-31T12:00:00Z') }
  const settle = (subscription: string, period: typeof march) =>
    house.unitOfWork.run(house.reading().scope, (transaction) =>
      house.chargeable.settleUsage(transaction, subscription, period),
    )

  async function given(interval: 'DAY' | 'WEEK' | 'MONTH' | 'YEAR') {
    const plan = await house.plan(
      {},
      { interval, limit: 'UNLIMITED', limitUnits: null, pricing: 'PER_UNIT', unitAmount: '1' },
    )
    const subscription = await house.subscription(plan.id)
    const [{ resourceId }] = plan.quotas
    const use = (occurredAt: string, quantity: string) =>
      house.report(call(subscription, resourceId, { occurredAt: at(occurredAt), quantity }))
    return { subscription, use }
  }

  it('is each unit once, late or not', async () => {
    const { subscription, use } = await given('MONTH')
    house.clock.moveTo(at('2026-02-28T12:00:05Z'))
    await use('2026-02-10T00:00:00Z', '5')
    await use('2026-02-28T12:00:00Z', '100')
    expect(await house.chargeable.usageInPeriod(house.reading(), subscription, february)).toEqual([
      { quotaId: expect.any(String), interval: february, used: '5', invoiced: '0', late: false },
    ])
    expect(await settle(subscription, february)).toMatchObject([{ used: '5', invoiced: '0' }])
    expect(await settle(subscription, february)).toEqual([])

    await use('2026-02-27T00:00:00Z', '2')
    house.clock.moveTo(march.end)
    expect(await settle(subscription, march)).toMatchObject([
      { interval: february, used: '7', invoiced: '5', late: true },
      { interval: march, used: '100', invoiced: '0', late: false },
    ])
    expect(await settle(subscription, march)).toEqual([])
  })

  it('of an interval longer than the period goes by its end, and on from what was charged before', async () => {
    const { subscription, use } = await given('YEAR')
    house.clock.moveTo(at('2026-03-01T00:00:00Z'))
    await use('2026-02-10T00:00:00Z', '5')
    await use('2026-02-28T12:00:00Z', '3')
    expect(await settle(subscription, february)).toMatchObject([{ used: '5', invoiced: '0', late: false }])
    expect(await settle(subscription, march)).toMatchObject([{ used: '8', invoiced: '5', late: false }])
  })

  it('comes by interval where a period has many', async () => {
    const { subscription, use } = await given('DAY')
    house.clock.moveTo(february.end)
    for (const day of ['01', '02', '03']) await use(`2026-02-${day}T00:00:00Z`, `1${day}`)
    const due = await settle(subscription, february)
    expect(due.map(({ used }) => used)).toEqual(['101', '102', '103'])
  })

  it('is rolled back with the invoice that was to charge it', async () => {
    const { subscription, use } = await given('MONTH')
    await use('2026-01-31T12:00:00Z', '5')
    const failing = house.unitOfWork.run(house.reading().scope, async (transaction) => {
      await house.chargeable.settleUsage(transaction, subscription, february)
      throw new Error('No invoice.')
    })
    await expect(failing).rejects.toThrow('No invoice.')
    expect(await settle(subscription, february)).toHaveLength(1)
  })

  it('of a subscription that has ended is looked for, without what was served after its end', async () => {
    const { subscription, use } = await given('MONTH')
    const endedAt = at('2026-02-10T00:00:00Z')
    const due = () => house.chargeable.endedWithUsageDue(house.reading(), house.clock.now(), 10)
    house.clock.moveTo(at('2026-02-11T00:00:00Z'))
    await use('2026-02-09T00:00:00Z', '5')
    expect(await due()).not.toContain(subscription)
    await house.change(subscription, { state: 'CANCELED', endedAt })
    await use('2026-02-10T00:00:00Z', '100')
    expect(await due()).toContain(subscription)
    expect(await settle(subscription, { start: february.start, end: endedAt })).toMatchObject([{ used: '5' }])
    expect(await due()).not.toContain(subscription)
    await use('2026-02-09T23:59:59.999Z', '1')
    expect(await due()).toContain(subscription)
    expect(await settle(subscription, { start: endedAt, end: endedAt })).toMatchObject([{ used: '6', invoiced: '5' }])
  })

  it('equals a recount of the records', async () => {
    // Of all that the stories above have left.
    const { rows: differing } = await sql`
      select * from (
        select product_subscription_id, quota_id, sum(used) as counted from quota_counter group by 1, 2
      ) k full join (
        select product_subscription_id, quota_id, sum(quantity) as recorded from usage_record group by 1, 2
      ) r using (product_subscription_id, quota_id)
      where counted is distinct from recorded`.execute(house.reading().kysely)
    expect(differing).toEqual([])
  })
})
