import { describe, expect, it } from '@jest/globals'
import { MovableClock } from '../../src/kernel/clock.js'

const noon = new Date('2026-01-31T12:00:00Z')
const later = new Date('2026-02-28T12:00:00Z')

describe('a movable clock', () => {
  it('stands still until it is moved', () => {
    const clock = new MovableClock(noon)
    expect(clock.now()).toEqual(noon)
    clock.moveTo(later)
    expect(clock.now()).toEqual(later)
    clock.advance(1)
    expect(clock.now().getTime()).toBe(later.getTime() + 1)
  })

  it('never goes back', () => {
    const clock = new MovableClock(later)
    clock.moveTo(noon)
    clock.advance(-1)
    clock.moveTo(new Date(Number.NaN))
    expect(clock.now()).toEqual(later)
  })

  it('hands out dates of which a change changes no time', () => {
    const clock = new MovableClock(noon)
    clock.now().setFullYear(1970)
    expect(clock.now()).toEqual(noon)
  })
})
