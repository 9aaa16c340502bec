import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { isKeyOf, isPublicId, keyPattern, newKey, parseKey, renewedKey } from '../../src/access/api-key.js'
import { checksum, randomSecret, randomText, sameDigest } from '../../src/access/issued-secret.js'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('A key', () => {
  it('tells its kind and mode to whoever reads it, and is found by scanners', () => {
    for (const [type, brand] of [['API_KEY', 'apk'] as const, ['OAUTH_CLIENT', 'apc'] as const]) {
      for (const mode of ['live', 'test'] as const) {
        const key = newKey(type, mode)
        const text = key.secret.reveal()
        expect(text).toMatch(keyPattern)
        expect(text).toMatch(new RegExp(`^${brand}_${mode}_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`))
        expect(key.publicId).toBe(text.slice(0, `${brand}_${mode}_`.length + 12))
        expect(key.last4).toBe(text.slice(-4))
        expect(isPublicId(key.publicId)).toBe(true)
      }
    }
  })

  it('is kept as a digest alone, and never shown by accident', () => {
    const key = newKey('API_KEY', 'live')
    const text = key.secret.reveal()
    expect(key.digest).toBe(digest(text))
    for (const shown of [JSON.stringify(key), inspect(key), String(key.secret)]) expect(shown).not.toContain(text)
    const { secret: _, ...kept } = key
    expect(Object.values(kept).some((value) => value.includes(text.slice(30)))).toBe(false)
  })

  it('that was issued is known by its form again', () => {
    const key = newKey('API_KEY', 'test')
    expect(parseKey(key.secret.reveal())).toEqual({ publicId: key.publicId, digest: key.digest })
  })

  it('that is renewed has the same start and another secret', () => {
    const key = newKey('API_KEY', 'live')
    const renewed = renewedKey(key.publicId)
    expect(renewed.publicId).toBe(key.publicId)
    expect(renewed.digest).not.toBe(key.digest)
    expect(parseKey(renewed.secret.reveal())).toEqual({ publicId: key.publicId, digest: renewed.digest })
  })

  it('with one letter wrong is none, wherever it is', () => {
    const text = newKey('API_KEY', 'live').secret.reveal()
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === 'x' ? 'y' : 'x'
      expect(parseKey(text.slice(0, at) + other + text.slice(at + 1))).toBeNull()
    }
  })

  it('is none with anything before, after or missing', () => {
    const text = newKey('API_KEY', 'live').secret.reveal()
    const broken = [
      ` ${text}`,
      `${text} `,
      `${text}\n`,
      `${text}\0`,
      `Bearer ${text}`,
      text.slice(1),
      text.slice(0, -1),
    ]
    for (const each of [
      ...broken,
      text.toUpperCase(),
      text.replace('live', 'test'),
      '',
      'apk_live__',
      `${text},${text}`,
    ]) {
      expect(parseKey(each)).toBeNull()
    }
  })

  it('is none of any text that nobody issued', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => parseKey(text) === null))
    fc.assert(
      fc.property(fc.stringMatching(/^apk_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/), (start) => {
        const right = checksum(start)
        expect(parseKey(start + right)).not.toBeNull()
        expect(parseKey(start + (right === '000000' ? '000001' : '000000'))).toBeNull()
      }),
    )
    expect(parseKey('a'.repeat(1_000_000))).toBeNull()
  })
})

describe('A readable start', () => {
  it('is nothing else', () => {
    for (const text of [
      '',
      'apk_live_',
      'apk_live_abc',
      'apx_live_0123456789ab',
      'apk_live_0123456789ab\0',
      'apk_live_0123456789ab\n',
    ]) {
      expect(isPublicId(text)).toBe(false)
    }
  })
})

describe('A key that a caller sent', () => {
  const key = newKey('API_KEY', 'live')
  const other = renewedKey(key.publicId)
  const presented = { publicId: key.publicId, digest: key.digest }

  it('is known by the digest that is kept', () => {
    expect(isKeyOf(presented, key.digest)).toBe(true)
    expect(isKeyOf(presented, other.digest)).toBe(false)
    expect(isKeyOf(presented, null)).toBe(false)
  })

  it('is not known by a digest of nothing but zeros, which stands where there is none', () => {
    expect(isKeyOf({ publicId: key.publicId, digest: '0'.repeat(64) }, null)).toBe(false)
  })

  it('is compared whole', () => {
    expect(sameDigest('abc', 'abc')).toBe(true)
    expect(sameDigest('abc', 'abd')).toBe(false)
    expect(sameDigest('abc', 'abcd')).toBe(false)
    expect(sameDigest('', '')).toBe(true)
  })
})

describe('A secret', () => {
  it('has 43 digits of base 62, and never comes twice', () => {
    const secrets = Array.from({ length: 1_000 }, randomSecret)
    expect(new Set(secrets).size).toBe(1_000)
    for (const secret of secrets) expect(secret).toMatch(/^[0-9A-Za-z]{43}$/)
  })

  it('draws every letter about as often as any other', () => {
    const counts = new Map<string, number>()
    for (const letter of randomText(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    expect(counts.size).toBe(62)
    // 1,000 expected, with a standard deviation of 32: eight of them are never reached.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(260)
  })

  it('has a checksum that is CRC-32 in base 62', () => {
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    const read = (text: string) => [...text].reduce((value, digit) => value * 62 + alphabet.indexOf(digit), 0)
    fc.assert(fc.property(fc.string(), (text) => read(checksum(text)) === crc32(text)))
    expect(checksum('')).toBe('000000')
  })
})
