import type { UserError } from '../kernel/result.js'

/** What decides whether an invitation, of either kind, can be accepted. */
export interface InvitationTimes {
  expiresAt: Date
  acceptedAt?: Date | null
  revokedAt?: Date | null
}

/** Neither accepted nor taken back. One that has expired is open: it can be sent again. */
export function isOpen({ acceptedAt, revokedAt }: InvitationTimes): boolean {
  return !acceptedAt && !revokedAt
}

/** Why it cannot be accepted; null when it can. */
export function acceptanceProblem({ expiresAt, acceptedAt, revokedAt }: InvitationTimes, now: Date): UserError | null {
  const ended = (message: string): UserError => ({ code: 'TOKEN_EXPIRED', message, field: ['input', 'token'] })
  if (acceptedAt) return ended('This invitation was accepted already: sign in.')
  if (revokedAt) return ended('This invitation was taken back.')
  if (expiresAt <= now) return ended('This invitation has expired: ask for a new one.')
  return null
}
