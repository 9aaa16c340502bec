import { defineLifecycle, noOp, refusal } from '../kernel/lifecycle.js'
import { ok, type Result, refuse } from '../kernel/result.js'
import type { CredentialRow, CredentialState, SuspendedBy } from './access.entity.js'

export type CredentialStep = 'activate' | 'suspend' | 'revoke' | 'expire'

const hasExpired = refusal('WRONG_STATE', 'The credential has expired: make a new one.')
const isRevoked = refusal('WRONG_STATE', 'The credential was revoked for good: make a new one.')

/** `expire` is nobody's step: EXPIRED follows from the time, and is never stored. */
export const credentialLifecycle = defineLifecycle<CredentialState, CredentialStep>({
  initial: 'ACTIVE',
  final: ['REVOKED'],
  table: {
    ACTIVE: { activate: noOp, suspend: 'SUSPENDED', revoke: 'REVOKED', expire: 'EXPIRED' },
    SUSPENDED: { activate: 'ACTIVE', suspend: noOp, revoke: 'REVOKED', expire: 'EXPIRED' },
    EXPIRED: { activate: hasExpired, suspend: hasExpired, revoke: 'REVOKED', expire: noOp },
    REVOKED: { activate: isRevoked, suspend: isRevoked, revoke: noOp, expire: noOp },
  },
})

export type StoredCredential = Pick<CredentialRow, 'state' | 'expiresAt' | 'suspendedBy'>

/** As it is at an instant: one that expires at noon does not work at noon. */
export function credentialStateAt(
  { state, expiresAt }: Pick<StoredCredential, 'state' | 'expiresAt'>,
  now: Date,
): CredentialState {
  return state !== 'REVOKED' && expiresAt && expiresAt <= now ? 'EXPIRED' : state
}

/** Until when the former secret works; null where there is none, or not any more. */
export function formerSecretEnd(
  { formerDigest, formerSecretEndsAt }: Pick<CredentialRow, 'formerDigest' | 'formerSecretEndsAt'>,
  now: Date,
): Date | null {
  return formerDigest && formerSecretEndsAt && formerSecretEndsAt > now ? formerSecretEndsAt : null
}

export interface CredentialChange {
  state: CredentialState
  suspendedBy: SuspendedBy | null
  changed: boolean
}

/**
 * What a person makes of a credential. A provider's suspension is lifted by the provider alone, or it would
 * stop nobody; it also takes over a suspension of the consumer's own. The provider may lift either.
 */
export function changedCredential(
  credential: StoredCredential,
  wanted: CredentialState,
  side: SuspendedBy,
  now: Date,
): Result<CredentialChange> {
  const field = ['input', 'state']
  const step = stepTo(wanted)
  if (!step) return refuse('INVALID', 'A credential expires by itself: suspend it or revoke it.', field)
  const suspendedBy = credential.suspendedBy ?? null
  if (step === 'activate' && suspendedBy === 'PROVIDER' && side === 'CONSUMER' && credential.state === 'SUSPENDED') {
    return refuse('NOT_ALLOWED', 'The provider suspended this credential: only the provider can enable it.', field)
  }
  const taken = credentialLifecycle.take(credentialStateAt(credential, now), step)
  if (!taken.ok) return { ok: false, errors: taken.errors.map((error) => ({ ...error, field })) }
  const { state, changed } = taken.value
  if (state !== 'SUSPENDED') return ok({ state: changed ? state : credential.state, suspendedBy: null, changed })
  const nowSuspendedBy = suspendedBy === 'PROVIDER' ? 'PROVIDER' : side
  return ok({ state, suspendedBy: nowSuspendedBy, changed: changed || nowSuspendedBy !== suspendedBy })
}

const mostOverlapHours = 720

/** Until when the former secret works on after a rotation; null when it ends at once. */
export function overlapEnd(overlapHours: number, now: Date): Result<Date | null> {
  if (!Number.isInteger(overlapHours) || overlapHours < 0 || overlapHours > mostOverlapHours) {
    return refuse('INVALID', `The overlap is 0 to ${mostOverlapHours} hours.`, ['input', 'overlapHours'])
  }
  return ok(overlapHours === 0 ? null : new Date(now.getTime() + overlapHours * 3_600_000))
}

/** Whether a credential can get a new secret: one that opens nothing any more cannot. */
export function rotatable(credential: StoredCredential, now: Date): Result<void> {
  const state = credentialStateAt(credential, now)
  if (state === 'REVOKED') return { ok: false, errors: [isRevoked.refused] }
  if (state === 'EXPIRED') return { ok: false, errors: [hasExpired.refused] }
  return ok(undefined)
}

export function futureInstant(instant: Date | null, now: Date, field: string[]): Result<Date | null> {
  if (instant !== null && instant <= now) return refuse('INVALID', 'This must lie in the future.', field)
  return ok(instant)
}

function stepTo(state: CredentialState): CredentialStep | null {
  switch (state) {
    case 'ACTIVE':
      return 'activate'
    case 'SUSPENDED':
      return 'suspend'
    case 'REVOKED':
      return 'revoke'
    case 'EXPIRED':
      return null
  }
}
