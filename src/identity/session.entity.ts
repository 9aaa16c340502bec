import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { shownToUser, systemOnly } from '../persistence/policies.js'
import { instant } from '../persistence/tenant-table.js'

export type SessionEndReason = 'signed out' | 'password reset' | 'refresh token reused' | 'nothing left to see'

/** One sign-in on one device: the family of all tokens that were refreshed from it. */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'session',
  ...shownToUser('user_id'),
  properties: {
    id: p.string().primary(),
    realm: p.string().primary(),
    userId: p.string(),
    createdAt: instant(),
    expiresAt: instant(),
    endedAt: instant().nullable(),
    endReason: p.string().$type<SessionEndReason>().nullable(),
  },
  indexes: [{ properties: ['userId'] }],
})
export type SessionRow = InferEntity<typeof Session>

/** A token of a session. Only its digest is kept. */
export const SessionToken = defineEntity({
  name: 'SessionToken',
  tableName: 'session_token',
  ...systemOnly(),
  properties: {
    digest: p.string().primary(),
    sessionId: p.string(),
    realm: p.string(),
    kind: p.string().$type<'access' | 'refresh'>(),
    expiresAt: instant(),
    /** A refresh token that comes a second time was stolen, or its answer was: the family ends. */
    usedAt: instant().nullable(),
  },
  indexes: [{ properties: ['sessionId'] }],
})
export type SessionTokenRow = InferEntity<typeof SessionToken>

/** A link in a mail: good once, and for a while. Only its digest is kept. */
export const MailedToken = defineEntity({
  name: 'MailedToken',
  tableName: 'mailed_token',
  ...systemOnly(),
  properties: {
    digest: p.string().primary(),
    realm: p.string(),
    purpose: p.string().$type<'verify email' | 'reset password'>(),
    userId: p.string(),
    expiresAt: instant(),
    usedAt: instant().nullable(),
  },
  indexes: [{ properties: ['userId'] }],
})
export type MailedTokenRow = InferEntity<typeof MailedToken>
