import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Followers } from '../../src/sandbox/control/followers.js'
import { Clock } from '../../src/sandbox/engine/clock.js'
import { emptyState } from '../../src/sandbox/ledger/state.js'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js'

describe('those who follow the clock', () => {
  test('are told when it is moved, and are waited for until they ask again', async () => {
    const followers = new Followers()
    const heard: string[] = []
    const listening = [followers.news('one', 5_000), followers.news('two', 5_000)]
    const told = followers.tell().then(() => heard.push('all know'))
    await Promise.all(listening)
    heard.push('told')
    void followers.news('one', 5_000)
    await Promise.resolve()
    heard.push('one is back')
    void followers.news('two', 5_000)
    await told
    expect(heard).toEqual(['told', 'one is back', 'all know'])
  })

  test('hear nothing for a while, and are not waited for any more once they are gone', async () => {
    const followers = new Followers()
    await followers.news('one', 5)
    await followers.tell()
    const listening = followers.news('gone', 5_000)
    await followers.tell()
    await listening
  })

  test('are as many as ask: one who asks twice is one', async () => {
    const followers = new Followers()
    const first = followers.news('one', 5_000)
    const second = followers.news('one', 5_000)
    await first
    const told = followers.tell()
    await second
    void followers.news('one', 1)
    await told
  })
})

describe("the sandbox's clock", () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox()
  })
  afterAll(() => sandbox.close())

  const clock = async (query = '') => {
    const answer = await fetch(`${sandbox.url}/_sandbox/clock${query}`)
    return Date.parse(((await answer.json()) as { now: string }).now)
  }
  const move = (advance: string) =>
    fetch(`${sandbox.url}/_sandbox/clock`, { method: 'POST', body: JSON.stringify({ advance }) })

  test('answers a follower when it is moved, with the new time', async () => {
    const before = await clock()
    const heard = clock('?follower=me&wait=10000')
    // Asked before the move: whoever answers at once has told the old time.
    await clock()
    await move('P1D')
    expect((await heard) - before).toBeGreaterThanOrEqual(86_400_000)
  })

  test('loses nothing of what it ticks while it is asked to rest', () => {
    let real = 1_000
    const ticking = new Clock(emptyState('seed'), () => real)
    ticking.standAt(ticking.now)
    real += 70
    ticking.goOnFrom(1_000)
    expect(ticking.now).toBe(1_070)
    ticking.standAt(ticking.now)
    real += 5
    ticking.goOnFrom(2_000)
    expect(ticking.now).toBe(2_000)
    real += 3
    expect(ticking.now).toBe(2_003)
  })
})
