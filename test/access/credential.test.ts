import { describe, expect, it } from '@jest/globals'
import { type CredentialState, credentialStates, type SuspendedBy } from '../../src/access/access.entity.js'
import {
  type CredentialStep,
  changedCredential,
  credentialLifecycle,
  credentialStateAt,
  formerSecretEnd,
  futureInstant,
  overlapEnd,
  rotatable,
} from '../../src/access/credential.rules.js'

const now = new Date('2026-11-24T12:00:00Z')
const before = new Date(now.getTime() - 1)
const after = new Date(now.getTime() + 1)

describe("A credential's life", () => {
  const steps = ['activate', 'suspend', 'revoke', 'expire'] as const
  const expected: Record<CredentialState, Record<CredentialStep, CredentialState | '=' | '!'>> = {
    ACTIVE: { activate: '=', suspend: 'SUSPENDED', revoke: 'REVOKED', expire: 'EXPIRED' },
    SUSPENDED: { activate: 'ACTIVE', suspend: '=', revoke: 'REVOKED', expire: 'EXPIRED' },
    EXPIRED: { activate: '!', suspend: '!', revoke: 'REVOKED', expire: '=' },
    REVOKED: { activate: '!', suspend: '!', revoke: '=', expire: '=' },
  }

  for (const state of credentialStates) {
    for (const step of steps) {
      const outcome = expected[state][step]
      it(`${state}, ${step}: ${outcome}`, () => {
        const taken = credentialLifecycle.take(state, step)
        if (outcome === '!') expect(taken).toMatchObject({ ok: false, errors: [{ code: 'WRONG_STATE' }] })
        else if (outcome === '=') expect(taken).toEqual({ ok: true, value: { state, changed: false } })
        else expect(taken).toEqual({ ok: true, value: { state: outcome, changed: true } })
      })
    }
  }

  it('expires at its instant, not after it; what was revoked stays revoked', () => {
    for (const state of ['ACTIVE', 'SUSPENDED'] as const) {
      expect(credentialStateAt({ state, expiresAt: null }, now)).toBe(state)
      expect(credentialStateAt({ state, expiresAt: after }, now)).toBe(state)
      expect(credentialStateAt({ state, expiresAt: now }, now)).toBe('EXPIRED')
      expect(credentialStateAt({ state, expiresAt: before }, now)).toBe('EXPIRED')
    }
    expect(credentialStateAt({ state: 'REVOKED', expiresAt: before }, now)).toBe('REVOKED')
  })
})

describe('What people make of a credential', () => {
  interface Stored {
    state: CredentialState
    suspendedBy: SuspendedBy | null
    expired: boolean
  }
  type Outcome = { state: CredentialState; suspendedBy: SuspendedBy | null; changed: boolean } | string

  /** Said a second time, in words of its own: what the rule must answer for anything that can be stored. */
  function expectedOutcome(
    { state, suspendedBy, expired }: Stored,
    wanted: CredentialState,
    side: SuspendedBy,
  ): Outcome {
    if (wanted === 'EXPIRED') return 'INVALID'
    if (wanted === 'REVOKED') return { state: 'REVOKED', suspendedBy: null, changed: state !== 'REVOKED' }
    if (wanted === 'ACTIVE' && state === 'SUSPENDED' && suspendedBy === 'PROVIDER' && side === 'CONSUMER')
      return 'NOT_ALLOWED'
    if (state === 'REVOKED' || expired) return 'WRONG_STATE'
    if (wanted === 'ACTIVE') return { state: 'ACTIVE', suspendedBy: null, changed: state === 'SUSPENDED' }
    const by = suspendedBy === 'PROVIDER' ? 'PROVIDER' : side
    return { state: 'SUSPENDED', suspendedBy: by, changed: state === 'ACTIVE' || by !== suspendedBy }
  }

  const everything: Stored[] = [false, true].flatMap((expired) => [
    { state: 'ACTIVE', suspendedBy: null, expired },
    { state: 'SUSPENDED', suspendedBy: 'PROVIDER', expired },
    { state: 'SUSPENDED', suspendedBy: 'CONSUMER', expired },
    { state: 'REVOKED', suspendedBy: null, expired },
  ])

  for (const stored of everything) {
    for (const wanted of credentialStates) {
      for (const side of ['PROVIDER', 'CONSUMER'] as const) {
        const by = stored.suspendedBy ? ` by the ${stored.suspendedBy}` : ''
        it(`${stored.state}${by}${stored.expired ? ', expired' : ''}, to ${wanted} by the ${side}`, () => {
          const { state, suspendedBy, expired } = stored
          const changed = changedCredential(
            { state, suspendedBy, expiresAt: expired ? before : null },
            wanted,
            side,
            now,
          )
          const outcome = expectedOutcome(stored, wanted, side)
          if (typeof outcome !== 'string') expect(changed).toEqual({ ok: true, value: outcome })
          else expect(changed).toMatchObject({ ok: false, errors: [{ code: outcome, field: ['input', 'state'] }] })
        })
      }
    }
  }
})

describe('A rotation', () => {
  it('lets the former secret work on for 0 to 720 whole hours', () => {
    expect(overlapEnd(0, now)).toEqual({ ok: true, value: null })
    expect(overlapEnd(24, now)).toEqual({ ok: true, value: new Date('2026-11-25T12:00:00Z') })
    expect(overlapEnd(720, now)).toEqual({ ok: true, value: new Date('2026-12-24T12:00:00Z') })
    for (const hours of [-1, 721, 1.5, 2 ** 31 - 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(overlapEnd(hours, now)).toMatchObject({
        ok: false,
        errors: [{ code: 'INVALID', field: ['input', 'overlapHours'] }],
      })
    }
  })

  it('is for what can still work', () => {
    const stored = (state: CredentialState, expiresAt: Date | null = null) => ({ state, expiresAt, suspendedBy: null })
    expect(rotatable(stored('ACTIVE'), now)).toEqual({ ok: true, value: undefined })
    expect(rotatable(stored('SUSPENDED'), now)).toEqual({ ok: true, value: undefined })
    expect(rotatable(stored('ACTIVE', now), now)).toMatchObject({ ok: false, errors: [{ code: 'WRONG_STATE' }] })
    expect(rotatable(stored('REVOKED'), now)).toMatchObject({ ok: false, errors: [{ code: 'WRONG_STATE' }] })
  })

  it('shows the end of the former secret while it works, and no longer', () => {
    expect(formerSecretEnd({ formerDigest: 'd', formerSecretEndsAt: after }, now)).toEqual(after)
    expect(formerSecretEnd({ formerDigest: 'd', formerSecretEndsAt: now }, now)).toBeNull()
    expect(formerSecretEnd({ formerDigest: null, formerSecretEndsAt: null }, now)).toBeNull()
  })
})

describe('An expiry', () => {
  it('lies in the future, or is none', () => {
    expect(futureInstant(null, now, ['input', 'expiresAt'])).toEqual({ ok: true, value: null })
    expect(futureInstant(after, now, ['input', 'expiresAt'])).toEqual({ ok: true, value: after })
    for (const instant of [now, before]) {
      expect(futureInstant(instant, now, ['input', 'expiresAt'])).toMatchObject({
        ok: false,
        errors: [{ code: 'INVALID', field: ['input', 'expiresAt'] }],
      })
    }
  })
})
