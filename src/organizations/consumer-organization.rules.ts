import { defineLifecycle, noOp, refusal } from '../kernel/lifecycle.js'
import { ok, type Result, refuse, type UserError } from '../kernel/result.js'
import type { ConsumerOrganizationState } from './consumer-organization.entity.js'

export type OrganizationStep = 'approve' | 'deny' | 'disable' | 'close'

const denied = refusal('WRONG_STATE', 'The organization was refused at sign-up: it can only sign up again.')
const closed = refusal('WRONG_STATE', 'The organization is closed for good.')
const waits = refusal('WRONG_STATE', 'The organization still waits for approval.')
const decided = refusal('WRONG_STATE', 'The organization was approved already; it can be disabled.')

/** `approve` also takes back a disabling: either makes an organization ACTIVE. */
export const organizationLifecycle = defineLifecycle<ConsumerOrganizationState, OrganizationStep>({
  initial: 'PENDING_APPROVAL',
  final: ['DENIED', 'CLOSED'],
  table: {
    PENDING_APPROVAL: { approve: 'ACTIVE', deny: 'DENIED', disable: waits, close: waits },
    ACTIVE: { approve: noOp, deny: decided, disable: 'DISABLED', close: 'CLOSED' },
    DISABLED: { approve: 'ACTIVE', deny: decided, disable: noOp, close: 'CLOSED' },
    DENIED: { approve: denied, deny: noOp, disable: denied, close: denied },
    CLOSED: { approve: closed, deny: closed, disable: closed, close: noOp },
  },
})

const stepTo: Record<ConsumerOrganizationState, OrganizationStep | null> = {
  PENDING_APPROVAL: null,
  ACTIVE: 'approve',
  DENIED: 'deny',
  DISABLED: 'disable',
  CLOSED: 'close',
}

/** The step that leads to the state that was asked for. */
export function stepToState(state: ConsumerOrganizationState): Result<OrganizationStep> {
  const step = stepTo[state]
  return step ? ok(step) : refuse('WRONG_STATE', 'Nothing goes back to waiting for approval.', ['input', 'state'])
}

/** Whether its members may come in: those who wait for approval may see that they do. */
export function isOpenToMembers(state: ConsumerOrganizationState): boolean {
  return state === 'ACTIVE' || state === 'PENDING_APPROVAL'
}

/**
 * Why a consumer cannot sign in; null when they can.
 * @param states of all the organizations that the person belongs to
 */
export function signInProblem(states: readonly ConsumerOrganizationState[]): UserError | null {
  if (states.some(isOpenToMembers)) return null
  const problem = (message: string): UserError => ({ code: 'NOT_ALLOWED', message, field: null })
  if (states.includes('DISABLED'))
    return problem('Your organization is disabled: ask the provider of this marketplace.')
  if (states.includes('DENIED')) return problem('Your organization was not approved. You may sign up again.')
  if (states.includes('CLOSED')) return problem('Your organization is closed.')
  return problem('You do not belong to any organization here any more.')
}

/**
 * Whether somebody who has an account may sign up again with it: all that the person belonged to has ended for
 * good. Whoever is disabled is to talk to the provider, not to come in by another door.
 */
export function maySignUpAgain(states: readonly ConsumerOrganizationState[]): boolean {
  return states.every((state) => state === 'DENIED' || state === 'CLOSED')
}
