import { describe, expect, it } from '@jest/globals'
import { acceptanceProblem, isOpen } from '../../src/organizations/invitation.rules.js'

const now = new Date('2026-11-24T10:00:00Z')
const before = new Date('2026-11-24T09:59:59.999Z')
const after = new Date('2026-11-24T10:00:00.001Z')
const fresh = { expiresAt: after, acceptedAt: null, revokedAt: null }

describe('an invitation', () => {
  it('can be accepted until the instant when it expires', () => {
    expect(acceptanceProblem(fresh, now)).toBeNull()
    expect(acceptanceProblem({ ...fresh, expiresAt: now }, now)).toMatchObject({ code: 'TOKEN_EXPIRED' })
    expect(acceptanceProblem({ ...fresh, expiresAt: before }, now)).toMatchObject({ code: 'TOKEN_EXPIRED' })
  })

  it.each([
    ['was accepted', { ...fresh, acceptedAt: before }, 'accepted already'],
    ['was taken back', { ...fresh, revokedAt: before }, 'taken back'],
    [
      'was accepted, and has expired since',
      { expiresAt: before, acceptedAt: before, revokedAt: null },
      'accepted already',
    ],
    ['was taken back, and has expired since', { expiresAt: before, acceptedAt: null, revokedAt: before }, 'taken back'],
  ])('that %s cannot, and says so', (_, invitation, words) => {
    expect(acceptanceProblem(invitation, now)).toMatchObject({
      code: 'TOKEN_EXPIRED',
      message: expect.stringContaining(words),
      field: ['input', 'token'],
    })
  })

  it('is open to be sent again until it is accepted or taken back, even when it has expired', () => {
    expect(isOpen(fresh)).toBe(true)
    expect(isOpen({ ...fresh, expiresAt: before })).toBe(true)
    expect(isOpen({ ...fresh, acceptedAt: before })).toBe(false)
    expect(isOpen({ ...fresh, revokedAt: before })).toBe(false)
  })
})
