import { describe, expect, it } from '@jest/globals'
import { digestOf, PreviewTokens } from '../../src/subscriptions/preview-token.js'

const tokens = new PreviewTokens(Buffer.alloc(32, 1))
const at = new Date('2026-02-10T12:00:00Z')
const later = (minutes: number) => new Date(at.getTime() + minutes * 60_000)
const shown = { planId: 'plan_1', organizationId: 'org_1', at, digest: digestOf([1n, 'a']) }
const change = { productSubscriptionId: 'psub_1', planId: 'plan_1', when: 'NOW' as const, at, digest: digestOf([2n]) }

describe('A token for what was shown', () => {
  it('is taken back as it was given, for an hour', () => {
    expect(tokens.read(tokens.issue(shown), later(60))).toEqual(shown)
    expect(tokens.readChange(tokens.issueChange(change), later(60))).toEqual(change)
    expect(tokens.read(tokens.issue(shown), later(61))).toBeNull()
    expect(tokens.readChange(tokens.issueChange(change), later(61))).toBeNull()
  })

  it('may come from a machine whose clock is a minute ahead, not two', () => {
    expect(tokens.read(tokens.issue(shown), later(-1))).toEqual(shown)
    expect(tokens.read(tokens.issue(shown), later(-2))).toBeNull()
  })

  it('is good for nothing but what was shown', () => {
    expect(tokens.readChange(tokens.issue(shown), at)).toBeNull()
    expect(tokens.read(tokens.issueChange(change), at)).toBeNull()
  })

  it('cannot be made, or changed, by anybody else', () => {
    const token = tokens.issueChange(change)
    const [body, signature] = token.split('.') as [string, string]
    const forged = Buffer.from(JSON.stringify([at.getTime(), 'psub_2', 'plan_1', 'NOW', change.digest])).toString(
      'base64url',
    )
    const others = new PreviewTokens(Buffer.alloc(32, 2)).issueChange(change)
    for (const bad of [
      `${forged}.${signature}`,
      others,
      body,
      `${body}.`,
      '.',
      '',
      'a.b',
      `${body}.${signature}x`,
      'x'.repeat(5_000),
      '\0.\0',
      '\ud800.a',
    ]) {
      expect(tokens.readChange(bad, at)).toBeNull()
    }
    expect(tokens.readChange(token, at)).toEqual(change)
  })
})
