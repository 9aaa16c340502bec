import { describe, expect, it } from '@jest/globals'
import {
  type ConsumerOrganizationState,
  consumerOrganizationStates,
} from '../../src/organizations/consumer-organization.entity.js'
import {
  isOpenToMembers,
  maySignUpAgain,
  type OrganizationStep,
  organizationLifecycle,
  signInProblem,
  stepToState,
} from '../../src/organizations/consumer-organization.rules.js'

type Expected = ConsumerOrganizationState | 'stays' | 'refused'

const table: Record<ConsumerOrganizationState, Record<OrganizationStep, Expected>> = {
  PENDING_APPROVAL: { approve: 'ACTIVE', deny: 'DENIED', disable: 'refused', close: 'refused' },
  ACTIVE: { approve: 'stays', deny: 'refused', disable: 'DISABLED', close: 'CLOSED' },
  DISABLED: { approve: 'ACTIVE', deny: 'refused', disable: 'stays', close: 'CLOSED' },
  DENIED: { approve: 'refused', deny: 'stays', disable: 'refused', close: 'refused' },
  CLOSED: { approve: 'refused', deny: 'refused', disable: 'refused', close: 'stays' },
}

const cases = Object.entries(table).flatMap(([state, steps]) =>
  Object.entries(steps).map(
    ([step, expected]) => [state as ConsumerOrganizationState, step as OrganizationStep, expected] as const,
  ),
)

describe('an organization', () => {
  it('has every state and step in the table', () => {
    expect([...organizationLifecycle.states].sort()).toEqual([...consumerOrganizationStates].sort())
    expect(cases).toHaveLength(organizationLifecycle.states.length * organizationLifecycle.steps.length)
    expect(organizationLifecycle.initial).toEqual(['PENDING_APPROVAL'])
    expect(organizationLifecycle.final).toEqual(['DENIED', 'CLOSED'])
  })

  it.each(cases)('that is %s and is to %s: %s', (state, step, expected) => {
    const taken = organizationLifecycle.take(state, step)
    if (expected === 'refused') {
      expect(taken).toMatchObject({
        ok: false,
        errors: [{ code: 'WRONG_STATE', message: expect.stringMatching(/\.$/) }],
      })
    } else if (expected === 'stays') {
      expect(taken).toEqual({ ok: true, value: { state, changed: false } })
    } else {
      expect(taken).toEqual({ ok: true, value: { state: expected, changed: true } })
    }
  })

  it('is led to every state by one step, but never back to waiting', () => {
    expect(stepToState('ACTIVE')).toEqual({ ok: true, value: 'approve' })
    expect(stepToState('DENIED')).toEqual({ ok: true, value: 'deny' })
    expect(stepToState('DISABLED')).toEqual({ ok: true, value: 'disable' })
    expect(stepToState('CLOSED')).toEqual({ ok: true, value: 'close' })
    expect(stepToState('PENDING_APPROVAL')).toMatchObject({
      ok: false,
      errors: [{ code: 'WRONG_STATE', field: ['input', 'state'] }],
    })
  })

  it('lets its members in while it is active or waits for approval', () => {
    expect(consumerOrganizationStates.filter(isOpenToMembers)).toEqual(['PENDING_APPROVAL', 'ACTIVE'])
  })
})

describe('a consumer', () => {
  it('signs in where one organization is open, whatever the others are', () => {
    for (const open of ['ACTIVE', 'PENDING_APPROVAL'] as const) {
      for (const other of consumerOrganizationStates) expect(signInProblem([other, open])).toBeNull()
    }
  })

  it.each([
    [[], 'do not belong'],
    [['DISABLED'], 'is disabled'],
    [['DENIED'], 'sign up again'],
    [['CLOSED'], 'is closed'],
    [['CLOSED', 'DENIED'], 'sign up again'],
    [['DENIED', 'DISABLED', 'CLOSED'], 'is disabled'],
  ] as Array<[ConsumerOrganizationState[], string]>)('of %j cannot, and is told why', (states, words) => {
    expect(signInProblem(states)).toMatchObject({ code: 'NOT_ALLOWED', message: expect.stringContaining(words) })
  })

  it.each([
    [[], true],
    [['DENIED'], true],
    [['CLOSED'], true],
    [['CLOSED', 'DENIED'], true],
    [['DISABLED'], false],
    [['ACTIVE'], false],
    [['PENDING_APPROVAL'], false],
    [['DENIED', 'DISABLED'], false],
    [['DENIED', 'ACTIVE'], false],
  ] as Array<[ConsumerOrganizationState[], boolean]>)('of %j may sign up again: %s', (states, may) => {
    expect(maySignUpAgain(states)).toBe(may)
  })
})
