import { describe, expect, it } from '@jest/globals'
import { type AccessRequestRow, type AccessRequestState, accessRequestStates } from '../../src/access/access.entity.js'
import { type AccessRequestStep, accessRequestLifecycle, approvalOf } from '../../src/access/access-request.rules.js'

const steps = ['approve', 'deny', 'open', 'close', 'revoke'] as const

/** What each step leads to from each state: a state, `=` where nothing changes, `!` where it is refused. */
const expected: Record<AccessRequestState, Record<AccessRequestStep, AccessRequestState | '=' | '!'>> = {
  PENDING_APPROVAL: { approve: 'WAITING', deny: 'DENIED', open: '=', close: '=', revoke: 'REVOKED' },
  DENIED: { approve: '!', deny: '=', open: '=', close: '=', revoke: '!' },
  WAITING: { approve: '=', deny: '!', open: 'GRANTED', close: '=', revoke: 'REVOKED' },
  GRANTED: { approve: '=', deny: '!', open: '=', close: 'SUSPENDED', revoke: 'REVOKED' },
  SUSPENDED: { approve: '=', deny: '!', open: 'GRANTED', close: '=', revoke: 'REVOKED' },
  REVOKED: { approve: '!', deny: '!', open: '=', close: '=', revoke: '=' },
}

describe('An access request', () => {
  it('has every state of the contract, and begins asked for or approved', () => {
    expect([...accessRequestLifecycle.states].sort()).toEqual([...accessRequestStates].sort())
    expect([...accessRequestLifecycle.steps].sort()).toEqual([...steps].sort())
    expect(accessRequestLifecycle.initial).toEqual(['PENDING_APPROVAL', 'WAITING'])
    expect(accessRequestLifecycle.final).toEqual(['DENIED', 'REVOKED'])
  })

  for (const state of accessRequestStates) {
    for (const step of steps) {
      const outcome = expected[state][step]
      it(`that is ${state} is asked to ${step}: ${outcome}`, () => {
        const taken = accessRequestLifecycle.take(state, step)
        if (outcome === '!') {
          expect(taken).toMatchObject({ ok: false, errors: [{ code: 'WRONG_STATE', field: null }] })
          return
        }
        expect(taken).toEqual({
          ok: true,
          value: outcome === '=' ? { state, changed: false } : { state: outcome, changed: true },
        })
      })
    }
  }

  it('never opens for the reasons alone: what nobody has approved, was denied or revoked stays as it is', () => {
    for (const state of ['PENDING_APPROVAL', 'DENIED', 'REVOKED'] as const) {
      expect(accessRequestLifecycle.take(state, 'open')).toEqual({ ok: true, value: { state, changed: false } })
    }
  })

  it('opens and closes by itself as often as need be', () => {
    let state: AccessRequestState = 'WAITING'
    const walked = (['open', 'close', 'close', 'open', 'open', 'close', 'open'] as const).map((step) => {
      const taken = accessRequestLifecycle.take(state, step)
      if (!taken.ok) throw new Error('refused')
      state = taken.value.state
      return state
    })
    expect(walked).toEqual(['GRANTED', 'SUSPENDED', 'SUSPENDED', 'GRANTED', 'GRANTED', 'SUSPENDED', 'GRANTED'])
  })
})

describe('The approval of an access request', () => {
  const createdAt = new Date('2026-11-24T10:00:00Z')
  const decidedAt = new Date('2026-11-24T11:00:00Z')
  const request = (about: Partial<AccessRequestRow>) => ({ createdAt, grantedAt: null, ...about }) as AccessRequestRow

  it('is what a person decided', () => {
    const decided = {
      decision: 'REJECTED',
      decisionReason: 'Not for sale.',
      decidedAt,
      decidedByUserId: 'usr_1',
    } as const
    expect(approvalOf(request({ state: 'DENIED', ...decided }))).toEqual({
      decision: 'REJECTED',
      reason: 'Not for sale.',
      decidedAt,
      decidedByUserId: 'usr_1',
    })
  })

  it('has no decider where none was needed', () => {
    for (const state of ['WAITING', 'GRANTED', 'SUSPENDED'] as const) {
      expect(approvalOf(request({ state }))).toEqual({
        decision: 'APPROVED',
        reason: null,
        decidedAt: createdAt,
        decidedByUserId: null,
      })
    }
    expect(approvalOf(request({ state: 'REVOKED', grantedAt: decidedAt }))).toMatchObject({ decision: 'APPROVED' })
  })

  it('is none while nobody has decided, and where it was revoked before', () => {
    expect(approvalOf(request({ state: 'PENDING_APPROVAL' }))).toBeNull()
    expect(approvalOf(request({ state: 'REVOKED' }))).toBeNull()
  })
})
