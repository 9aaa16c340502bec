import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js'
import { SandboxClock } from '../../src/sandbox-clock.js'

let sandbox: Sandbox
let time: SandboxClock
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())
beforeEach(async () => {
  time = new SandboxClock(sandbox.url, pino({ level: 'silent' }))
  await time.start()
})
afterEach(() => time.stop())

const day = 86_400_000

async function clock(body: object): Promise<number> {
  const answer = await fetch(`${sandbox.url}/_sandbox/clock`, { method: 'POST', body: JSON.stringify(body) })
  return Date.parse(((await answer.json()) as { now: string }).now)
}

test('the backend’s time stands still where the sandbox’s was stopped, to the millisecond, and goes on from there', async () => {
  await clock({ frozen: true })
  await time.follow()
  const stood = time.now().getTime()
  const there = await time.moveTo(new Date(stood + day))
  expect(there).toBeGreaterThan(day - 60_000)
  expect(there).toBeLessThanOrEqual(day)
  expect(time.now().getTime()).toBe(stood + day)
  // Asked again and again it is the same; and so it is for whoever comes later.
  await time.follow()
  expect(time.now().getTime()).toBe(stood + day)
  const later = new SandboxClock(sandbox.url, pino({ level: 'silent' }))
  await later.start()
  expect(later.now().getTime()).toBe(stood + day)
  await later.stop()

  await clock({ frozen: false })
  await time.follow()
  const goesOn = time.now().getTime()
  expect(goesOn).toBeGreaterThanOrEqual(stood + day)
  expect(goesOn).toBeLessThan(stood + 2 * day)
})
