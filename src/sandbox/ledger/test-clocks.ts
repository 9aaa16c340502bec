import type { Draft } from './draft.js'
import { isLive } from './mode.js'
import type { TestClock } from './records.js'
import { invalid } from './stripe-error.js'

const twoYears = 2 * 366 * 86_400

export function createTestClock(draft: Draft, params: { frozen_time: number; name?: string }): TestClock {
  if (isLive(draft.asking.account)) throw invalid('Test clocks are only available in test mode.')
  const clock = draft.put('test_clocks', {
    id: draft.id('clock_'),
    account: draft.asking.account,
    created: draft.now,
    frozen_time: params.frozen_time,
    name: params.name ?? null,
    status: 'ready',
  })
  draft.emit('test_helpers.test_clock.created', 'test_helpers.test_clock', clock)
  return clock
}

export function startAdvance(draft: Draft, id: string, to: number): TestClock {
  const before = draft.require('test_clocks', id)
  if (before.status === 'advancing') throw invalid('The test clock is already advancing.')
  if (to <= before.frozen_time)
    throw invalid('The new frozen time must be after the current one.', { param: 'frozen_time' })
  if (to > before.frozen_time + twoYears) {
    throw invalid('You may not advance a test clock by more than two years at once.', { param: 'frozen_time' })
  }
  const clock = draft.put('test_clocks', { ...before, status: 'advancing' })
  draft.emit('test_helpers.test_clock.advancing', 'test_helpers.test_clock', clock)
  return clock
}

export function moveTestClock(draft: Draft, id: string, to: number, arrived: boolean): TestClock {
  const before = draft.require('test_clocks', id)
  const clock = draft.put('test_clocks', { ...before, frozen_time: to, status: arrived ? 'ready' : 'advancing' })
  if (arrived) draft.emit('test_helpers.test_clock.ready', 'test_helpers.test_clock', clock)
  return clock
}

export function deleteTestClock(draft: Draft, id: string): TestClock {
  const clock = draft.require('test_clocks', id)
  for (const customer of draft.under('customers', 'test_clock', id)) {
    if (!customer.deleted) draft.put('customers', { ...customer, deleted: true })
  }
  draft.drop('test_clocks', id)
  draft.emit('test_helpers.test_clock.deleted', 'test_helpers.test_clock', clock)
  return clock
}
