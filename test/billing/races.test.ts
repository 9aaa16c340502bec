import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import type { PlanRow } from '../../src/catalog/plan.entity.js'
import { Refused } from '../../src/kernel/result.js'
import { openRun, type RunHouse } from './run-house.js'

let house: RunHouse
let [basic, pro]: PlanRow[] = []
beforeAll(async () => {
  house = await openRun()
  basic = await house.plan({ name: 'Basic', cancelWhenPastDue: true })
  pro = await house.plan({ name: 'Pro', baseMinor: 9_000n })
})
afterAll(() => house.close())

interface Raced {
  readonly id: string
  readonly organizationId: string
  /** Of the last period, not paid yet; due at the instant at which the next period begins. */
  readonly invoiceId: string
}

const consumer = ({ organizationId }: Raced) => house.consumer(organizationId, 'ADMINISTRATOR', 'SUBSCRIBER')

/** What may happen to a subscription in the moment in which its period ends. */
const acts = {
  'a scheduler': () => house.newRun().runDue(),
  'another scheduler': () => house.newRun().runDue(),
  'cancel now': (raced: Raced) => house.service.cancel(consumer(raced), raced.id, 'NOW', null),
  'cancel at the end of the period': (raced: Raced) =>
    house.service.cancel(consumer(raced), raced.id, 'PERIOD_END', null),
  pay: (raced: Raced) => house.pay(raced.invoiceId),
  'change the plan': async (raced: Raced) => {
    const wish = { productSubscriptionId: raced.id, planId: (pro as PlanRow).id, when: 'PERIOD_END' as const }
    const scope = consumer(raced)
    const { token, obstacles } = await house.planChanges.preview(house.unitOfWork.reading(scope), wish)
    if (!token) throw new Refused(obstacles)
    return house.planChanges.change(scope, { previewToken: token })
  },
} satisfies Record<string, (raced: Raced) => Promise<unknown>>
type Act = keyof typeof acts
const schedulers: readonly Act[] = ['a scheduler', 'another scheduler']

/** A subscription at the very end of its second period, which nobody has paid; its grace ends then, too. */
async function given(): Promise<Raced> {
  const id = await house.subscription(basic as PlanRow)
  const { periodEnd, organizationId } = await house.look(id)
  house.clock.moveTo(periodEnd as Date)
  await house.run.runDue()
  const invoiceId = (await house.invoicesOf(id)).at(-1)?.id as string
  const second = (await house.look(id)).periodEnd as Date
  const dueAt = new Date(second.getTime() - 3 * 86_400_000)
  await house.invoiceIs(invoiceId, { status: 'OPEN', dueAt })
  house.clock.moveTo(second)
  return { id, organizationId, invoiceId }
}

/** Of two schedulers one finds something to do, whichever. */
async function outcome(raced: Raced, done: ReadonlyArray<readonly [Act, string]>): Promise<string> {
  const { state, standing, periodNumber, planId, scheduledPlanId, cancelAtPeriodEnd } = await house.look(raced.id)
  const invoices = await house.invoicesOf(raced.id)
  const told = invoices.map(({ reason, status, totalMinor }) => `${reason} ${status} ${totalMinor}`)
  const stands = [state, standing, periodNumber, planId === pro?.id, scheduledPlanId === pro?.id, cancelAtPeriodEnd]
  const answers = done.filter(([act]) => !schedulers.includes(act)).map(([act, answer]) => `${act}: ${answer}`)
  // Done with: the next story's schedulers have nothing to do for it.
  await sql`update product_subscription set state = 'CANCELED' where id = ${raced.id}`.execute(house.reading().kysely)
  return JSON.stringify([stands, told, answers.sort()])
}

async function doing(act: Act, raced: Raced): Promise<readonly [Act, string]> {
  try {
    await acts[act](raced)
    return [act, 'done']
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return [act, [...new Set(error.errors.map(({ code }) => code))].join()]
  }
}

function orders<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((first, at) => orders(items.toSpliced(at, 1)).map((rest) => [first, ...rest]))
}

function chosen<Item>(items: readonly Item[], count: number): Item[][] {
  if (count === 0) return [[]]
  return items.flatMap((item, at) => chosen(items.slice(at + 1), count - 1).map((rest) => [item, ...rest]))
}

const [scheduler, ...others] = Object.keys(acts) as [Act, ...Act[]]
const threes = chosen(others, 2).map((two) => [scheduler, ...two])

test.each(threes.map((three) => [three.join(', '), three] as const))(
  '%s at once: as if one had come after the other, in some order',
  async (_, three) => {
    const legal = new Map<string, string>()
    for (const order of orders(three)) {
      const raced = await given()
      const done: Array<readonly [Act, string]> = []
      for (const act of order) done.push(await doing(act, raced))
      legal.set(await outcome(raced, done), order.join(', then '))
    }
    for (const order of [three, three.toReversed(), ...orders(three).slice(2, 3)]) {
      const raced = await given()
      const done = await Promise.all(order.map((act) => doing(act, raced)))
      expect([...legal.keys()]).toContain(await outcome(raced, done))
    }
  },
)
