import { describe, expect, it } from '@jest/globals'
import { Pacer, type Timing } from '../../src/stripe/stripe-pacing.js'

/** Time that only the test moves. */
class HandTime implements Timing {
  #now = 0
  #timers: Array<{ at: number; run: () => void }> = []

  now(): number {
    return this.#now
  }

  after(milliseconds: number, run: () => void): void {
    this.#timers.push({ at: this.#now + milliseconds, run })
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((one, other) => one.at - other.at)[0]
      if (!next) break
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await Promise.resolve()
    }
    this.#now = end
    await Promise.resolve()
  }
}

function paced(perSecond: number) {
  const time = new HandTime()
  const pacer = new Pacer(perSecond, time)
  const started: Array<[string, number]> = []
  const ask = (name: string, lane: 'interactive' | 'background' = 'interactive') =>
    pacer.turn(lane).then(() => void started.push([name, time.now()]))
  return { time, pacer, started, ask }
}

describe('The pace of requests', () => {
  it('lets a burst through at once, and never more than the limit within any second', async () => {
    const { time, started, ask } = paced(3)
    for (let request = 0; request < 10; request += 1) void ask(String(request))
    await time.pass(0)
    expect(started).toHaveLength(3)
    await time.pass(999)
    expect(started).toHaveLength(3)
    await time.pass(10_000)
    expect(started.map(([name]) => name)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    for (const [index, [, at]] of started.entries()) {
      const third = started[index + 3]
      if (third) expect(third[1] - at).toBeGreaterThanOrEqual(1_000)
    }
  })

  it('serves those who wait before a billing run that came first', async () => {
    const { time, started, ask } = paced(1)
    for (let invoice = 0; invoice < 3; invoice += 1) void ask(`run ${invoice}`, 'background')
    void ask('a person')
    await time.pass(10_000)
    expect(started.map(([name]) => name)).toEqual(['run 0', 'a person', 'run 1', 'run 2'])
  })

  it('spreads a billing run over the second, and holds its pace', async () => {
    const { time, started, ask } = paced(20)
    for (let invoice = 0; invoice < 100; invoice += 1) void ask(`run ${invoice}`, 'background')
    await time.pass(0)
    expect(started.length).toBeLessThanOrEqual(4)
    await time.pass(10_000)
    expect(started).toHaveLength(100)
    for (const [index, [, at]] of started.entries()) {
      const twentieth = started[index + 20]
      if (twentieth) expect(twentieth[1] - at).toBeGreaterThanOrEqual(1_000)
    }
    expect(started.at(-1)?.[1]).toBeLessThan(5_100)
  })

  it('lets somebody who comes into the middle of a billing run make five requests within half a second', async () => {
    for (const comes of [1, 130, 500, 777, 990, 1_500, 2_345]) {
      const { time, started, ask } = paced(22)
      for (let invoice = 0; invoice < 200; invoice += 1) void ask(`run ${invoice}`, 'background')
      await time.pass(comes)
      const steps = ['customer', 'draft', 'lines', 'finalize', 'read']
      const subscribing = steps.reduce((before, step) => before.then(() => ask(step)), Promise.resolve())
      for (let passed = 0; passed < 500; passed += 10) {
        await time.pass(10)
        // One request follows the answer to the one before.
        await new Promise(setImmediate)
      }
      expect(started.map(([name]) => name).filter((name) => steps.includes(name))).toEqual(steps)
      await subscribing
    }
  })

  it('stands still while Stripe wants a pause', async () => {
    const { time, pacer, started, ask } = paced(10)
    pacer.pause(2_000)
    pacer.pause(500)
    void ask('one')
    await time.pass(1_999)
    expect(started).toEqual([])
    await time.pass(1)
    expect(started).toEqual([['one', 2_000]])
  })
})
