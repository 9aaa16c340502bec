import { expect, it } from '@jest/globals'
import { ShortMemory } from '../../src/access/short-memory.js'
import { MovableClock } from '../../src/kernel/clock.js'

it('keeps what it was told for its time, and no longer', () => {
  const clock = new MovableClock(new Date('2026-11-24T12:00:00Z'))
  const memory = new ShortMemory<string>(clock, 5_000)
  memory.keep('key', 'first')
  clock.advance(4_999)
  expect(memory.get('key')).toBe('first')
  memory.keep('key', 'second')
  clock.advance(4_999)
  expect(memory.get('key')).toBe('second')
  clock.advance(1)
  expect(memory.get('key')).toBeUndefined()
  expect(memory.get('another')).toBeUndefined()
})

it('forgets at once what it is told to', () => {
  const memory = new ShortMemory<string>(new MovableClock(new Date()), 5_000)
  memory.keep('key', 'value')
  memory.forget('key')
  expect(memory.get('key')).toBeUndefined()
})

it('makes room by forgetting the oldest, so that nobody fills it up', () => {
  const memory = new ShortMemory<number>(new MovableClock(new Date()), 5_000)
  for (let each = 0; each < 10_000; each += 1) memory.keep(`key ${each}`, each)
  memory.keep('key 0', 0)
  memory.keep('one more', -1)
  expect(memory.get('key 0')).toBe(0)
  expect(memory.get('key 1')).toBeUndefined()
  expect(memory.get('key 2')).toBe(2)
  expect(memory.get('one more')).toBe(-1)
})
