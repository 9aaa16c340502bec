import { describe, expect, it } from '@jest/globals'
import { digestOf, newToken, tokenKind } from '../../src/identity/token.js'

describe('a token', () => {
  it('says by its prefix what it is for', () => {
    for (const kind of ['mat', 'mrt', 'mvt', 'mpt', 'mit', 'mgt'] as const) {
      expect(tokenKind(newToken(kind).token)).toBe(kind)
    }
  })

  it('is 256 random bits, and never the same twice', () => {
    const tokens = Array.from({ length: 1_000 }, () => newToken('mat').token)
    expect(new Set(tokens).size).toBe(1_000)
    for (const token of tokens) expect(Buffer.from(token.slice(4), 'base64url')).toHaveLength(32)
  })

  it('is known by its digest, which does not hold it', () => {
    const { token, digest } = newToken('mrt')
    expect(digest).toBe(digestOf(token))
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(digest).not.toContain(token.slice(4, 12))
  })

  const good = newToken('mat').token
  it.each([
    ['nothing', ''],
    ['another prefix', good.replace('mat', 'sk_')],
    ['a character short', good.slice(0, -1)],
    ['a character long', `${good}a`],
    ['a line end', `${good}\n`],
    ['something before it', ` ${good}`],
    ['a NUL within', `${good.slice(0, 10)}\0${good.slice(11)}`],
    ['the prefix of every object', 'mat___proto__'],
  ])('is none with %s', (_, text) => {
    expect(tokenKind(text)).toBeNull()
  })
})
