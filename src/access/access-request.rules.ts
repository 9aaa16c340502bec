import { defineLifecycle, noOp, refusal } from '../kernel/lifecycle.js'
import type { AccessRequestRow, AccessRequestState } from './access.entity.js'

/** `open` and `close` follow from the reasons against access; the others are people's. */
export type AccessRequestStep = 'approve' | 'deny' | 'open' | 'close' | 'revoke'

const wasDenied = refusal('WRONG_STATE', 'The access request was denied: it has to be made again.')
const wasRevoked = refusal('WRONG_STATE', 'Access was revoked: it has to be requested again.')
const isApproved = refusal('WRONG_STATE', 'The access request is approved already: revoke the access instead.')

/** Final are the refusals of people alone; whatever closes by itself can open again by itself. */
export const accessRequestLifecycle = defineLifecycle<AccessRequestState, AccessRequestStep>({
  initial: ['PENDING_APPROVAL', 'WAITING'],
  final: ['DENIED', 'REVOKED'],
  table: {
    PENDING_APPROVAL: { approve: 'WAITING', deny: 'DENIED', open: noOp, close: noOp, revoke: 'REVOKED' },
    DENIED: { approve: wasDenied, deny: noOp, open: noOp, close: noOp, revoke: wasDenied },
    WAITING: { approve: noOp, deny: isApproved, open: 'GRANTED', close: noOp, revoke: 'REVOKED' },
    GRANTED: { approve: noOp, deny: isApproved, open: noOp, close: 'SUSPENDED', revoke: 'REVOKED' },
    SUSPENDED: { approve: noOp, deny: isApproved, open: 'GRANTED', close: noOp, revoke: 'REVOKED' },
    REVOKED: { approve: wasRevoked, deny: wasRevoked, open: noOp, close: noOp, revoke: noOp },
  },
})

export interface AccessApproval {
  decision: 'APPROVED' | 'REJECTED'
  reason: string | null
  decidedAt: Date
  decidedByUserId: string | null
}

/** A person's decision, or that none was needed; null while it waits for one, and where it was revoked before any. */
export function approvalOf(request: AccessRequestRow): AccessApproval | null {
  const { decision, decisionReason, decidedAt, decidedByUserId, state, grantedAt, createdAt } = request
  if (decision && decidedAt) {
    return { decision, reason: decisionReason ?? null, decidedAt, decidedByUserId: decidedByUserId ?? null }
  }
  if (state === 'PENDING_APPROVAL' || (state === 'REVOKED' && !grantedAt)) return null
  return { decision: 'APPROVED', reason: null, decidedAt: createdAt, decidedByUserId: null }
}
