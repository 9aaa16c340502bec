import { eventType } from '../events/event.js'
import type { AccessRequestState, CredentialState } from './access.entity.js'

/** From which state to which; the subject is the access request. */
export interface AccessStep {
  state: AccessRequestState
  previousState: AccessRequestState | null
  applicationId: string
  resourceId: string
  productSubscriptionId: string
}

/** Of a credential; the subject is the credential. */
export interface CredentialFact {
  applicationId: string
  state: CredentialState
}

export const accessRequested = eventType<AccessStep>('access.requested')
/** A person approved it, and something may still block it. */
export const accessWaiting = eventType<AccessStep>('access.waiting')
export const accessDenied = eventType<AccessStep>('access.denied')
/** Each time that access opens, for the first time or again. */
export const accessGranted = eventType<AccessStep>('access.granted')
export const accessSuspended = eventType<AccessStep>('access.suspended')
export const accessRevoked = eventType<AccessStep>('access.revoked')

/** What clients are told of as a change of access; that it was asked for, and waits, is no change of it yet. */
export const accessChangeNames = [accessDenied, accessGranted, accessSuspended, accessRevoked].map(({ name }) => name)

export const credentialCreated = eventType<CredentialFact>('credential.created')
export const credentialRotated = eventType<CredentialFact>('credential.rotated')
export const credentialChanged = eventType<CredentialFact>('credential.state-changed')
