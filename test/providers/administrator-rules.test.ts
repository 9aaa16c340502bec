import { describe, expect, it } from '@jest/globals'
import { acceptableRoles, isLastAdministrator } from '../../src/providers/administrator.rules.js'
import { acceptableUnitName } from '../../src/providers/unit.rules.js'

const ada = { id: 'ada', roles: ['ADMINISTRATOR', 'SUBSCRIBER'] }
const bob = { id: 'bob', roles: ['ADMINISTRATOR'] }
const eve = { id: 'eve', roles: ['DEVELOPER'] }

describe('the last administrator', () => {
  it.each([
    ['alone', [ada], 'ada', true],
    ['among others who do not administer', [eve, ada], 'ada', true],
    ['one of two', [ada, bob], 'ada', false],
    ['somebody who does not administer', [ada, eve], 'eve', false],
    ['somebody where nobody administers yet', [eve], 'eve', false],
    ['somebody who is no member', [ada], 'bob', false],
  ])('%s', (_, members, id, isLast) => {
    expect(isLastAdministrator(members, id)).toBe(isLast)
  })
})

describe('roles', () => {
  it('are kept once each, in their order', () => {
    expect(acceptableRoles(['DEVELOPER', 'ADMINISTRATOR', 'DEVELOPER'])).toEqual({
      ok: true,
      value: ['DEVELOPER', 'ADMINISTRATOR'],
    })
  })

  it('are at least one', () => {
    expect(acceptableRoles([])).toMatchObject({ ok: false, errors: [{ code: 'REQUIRED', field: ['input', 'roles'] }] })
  })
})

describe("a unit's own name", () => {
  it.each(['x-a', 'x-gigabytes', 'x-2-way', `x-${'a'.repeat(60)}`])('may be %s', (name) => {
    expect(acceptableUnitName(name, ['input', 'name'])).toEqual({ ok: true, value: name })
  })

  it.each(['', 'x-', 'transactions', 'X-Calls', 'x-a b', 'x-a\n', 'x-ä', `x-${'a'.repeat(61)}`, 'x-\0'])(
    'is not %j',
    (name) => {
      expect(acceptableUnitName(name, ['input', 'name'])).toMatchObject({ ok: false, errors: [{ code: 'INVALID' }] })
    },
  )
})
