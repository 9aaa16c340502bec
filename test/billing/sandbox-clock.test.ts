import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { QueuedWork, SandboxTime } from '../../src/billing/sandbox-clock.port.js'
import { SandboxClockService } from '../../src/billing/sandbox-clock.service.js'
import { newId } from '../../src/kernel/id.js'
import { OneAtATime } from '../../src/persistence/one-at-a-time.js'
import { type ProviderRole, type Scope, system } from '../../src/persistence/tenant-scope.js'
import { openRun, type RunHouse } from './run-house.js'

const day = 86_400_000
let house: RunHouse
let steps: string[]
let service: SandboxClockService

/** A sandbox whose time is billing's; it has opened every invoice that was written by the time work is done. */
class Sandbox implements SandboxTime, QueuedWork {
  now = () => house.clock.now()

  async moveTo(instant: Date): Promise<number> {
    const skipped = instant.getTime() - this.now().getTime()
    steps.push(instant.toISOString())
    house.clock.moveTo(instant)
    return skipped
  }

  nextInMs = async () => null
  skipped = async () => undefined

  async done(): Promise<void> {
    for (const id of ids) {
      for (const { id: invoiceId, status } of await house.invoicesOf(id))
        if (status === 'DRAFT') await house.open(invoiceId, 7)
    }
  }
}
let ids: string[]

beforeEach(async () => {
  house = await openRun()
  ids = []
  steps = []
  service = serviceOf(new Sandbox())
})
afterEach(() => house.close())

function serviceOf(sandbox: Sandbox | null): SandboxClockService {
  return new SandboxClockService(
    sandbox,
    house.unitOfWork,
    house.run,
    house.sweep,
    house.issuing,
    sandbox ?? new Sandbox(),
    new OneAtATime(house.unitOfWork, 1),
  )
}
function person(...roles: ProviderRole[]): Scope {
  return {
    kind: 'provider',
    userId: newId('usr'),
    sessionId: newId('ses'),
    providers: new Map([[house.providerId, roles]]),
  }
}
const at = (text: string) => new Date(text)
async function refusal(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
    return null
  } catch (error) {
    return (error as { errors: Array<{ code: string; field: string[] | null }> }).errors.map(({ code, field }) => [
      code,
      field,
    ])
  }
}

describe('A jump of time', () => {
  it('halts wherever something falls due, so that it comes out as if lived through', async () => {
    const id = await house.subscription(await house.plan())
    ids = [id]
    await service.advance(person('ADMINISTRATOR'), at('2026-04-05T00:00:00Z'))
    expect(steps).toEqual([
      '2026-02-28T10:00:00.000Z',
      '2026-03-07T10:00:00.000Z',
      '2026-03-10T10:00:00.000Z',
      '2026-03-31T10:00:00.000Z',
      '2026-04-05T00:00:00.000Z',
    ])
    expect(await house.look(id)).toMatchObject({ standing: 'PAST_DUE', periodNumber: 2 })
    expect(await house.invoicesOf(id)).toMatchObject([
      { status: 'PAID' },
      { status: 'OPEN', dueAt: at('2026-03-07T10:00:00Z'), pastDueAt: at('2026-03-07T10:00:00Z') },
      { status: 'OPEN', dueAt: at('2026-04-07T10:00:00Z'), pastDueAt: null },
    ])
  })

  it('halts for what falls due while it halts, too', async () => {
    const plan = await house.plan()
    const tick = () => house.clock.moveTo(new Date(house.clock.now().getTime() + 3_000))
    ids = [await house.subscription(plan)]
    tick()
    tick()
    ids.push(await house.subscription(plan))
    class SlowSandbox extends Sandbox {
      override async done(): Promise<void> {
        await super.done()
        tick()
      }
    }
    service = serviceOf(new SlowSandbox())
    await service.advance(person('ADMINISTRATOR'), at('2026-03-06T00:00:00Z'))
    for (const id of ids) {
      const [, renewal] = await house.invoicesOf(id)
      const { periodStart, createdAt } = renewal as { periodStart: Date; createdAt: Date }
      expect(createdAt.getTime() - periodStart.getTime()).toBeLessThan(60_000)
    }
  })

  it('is the same in one jump and in many', async () => {
    const plan = await house.plan({ cancelWhenPastDue: true, interval: 'WEEK' })
    ids = [await house.subscription(plan)]
    await service.advance(person('ADMINISTRATOR'), at('2026-04-05T00:00:00Z'))
    const once = { told: await house.told(ids[0] as string), ...(await house.look(ids[0] as string)) }
    await house.close()
    house = await openRun()
    service = serviceOf(new Sandbox())
    const again = await house.plan({ cancelWhenPastDue: true, interval: 'WEEK' })
    ids = [await house.subscription(again)]
    for (let now = house.clock.now().getTime(); now < at('2026-04-05T00:00:00Z').getTime(); now += 2.5 * day) {
      await service.advance(person('ADMINISTRATOR'), new Date(now))
    }
    await service.advance(person('ADMINISTRATOR'), at('2026-04-05T00:00:00Z'))
    const often = { told: await house.told(ids[0] as string), ...(await house.look(ids[0] as string)) }
    const telling = ({ told, state, standing, endedAt, periodNumber }: typeof once) => ({
      told,
      state,
      standing,
      endedAt,
      periodNumber,
    })
    expect(telling(often)).toEqual(telling(once))
    expect(once).toMatchObject({ state: 'CANCELED', endedAt: at('2026-02-17T10:00:00Z') })
  }, 30_000)

  it('of two at once goes on after the first', async () => {
    ids = [await house.subscription(await house.plan())]
    const scope = person('ADMINISTRATOR')
    await Promise.all([
      service.advance(scope, at('2026-03-05T00:00:00Z')),
      service.advance(scope, at('2026-04-01T00:00:00Z')),
    ])
    expect(house.clock.now()).toEqual(at('2026-04-01T00:00:00Z'))
    expect(await house.invoicesOf(ids[0] as string)).toHaveLength(3)
  })
})

describe('Time is moved', () => {
  const to = new Date('2026-02-01T00:00:00Z')

  it("only by a provider's administrator", async () => {
    for (const scope of [person('MARKETPLACE_MANAGER'), person(), house.consumer(newId('org'), 'ADMINISTRATOR')]) {
      expect(await refusal(() => service.advance(scope, to))).toEqual([['NOT_ALLOWED', null]])
    }
    await expect(async () => service.advance({ kind: 'anonymous' }, to)).rejects.toThrow('Sign in first.')
    await expect(async () => service.advance(system, to)).rejects.toThrow('Sign in first.')
    expect(steps).toEqual([])
  })

  it('only forward, and two years at most', async () => {
    const scope = person('ADMINISTRATOR')
    for (const wrong of [
      '2026-01-31T09:59:59.999Z',
      '2028-02-03T10:00:00Z',
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
    ]) {
      expect(await refusal(() => service.advance(scope, at(wrong)))).toEqual([['INVALID', ['input', 'to']]])
    }
    expect(steps).toEqual([])
  })

  it('only where the sandbox serves', async () => {
    const without = serviceOf(null)
    expect(without.now()).toBeNull()
    expect(await refusal(() => without.advance(person('ADMINISTRATOR'), to))).toEqual([['WRONG_STATE', null]])
  })
})
