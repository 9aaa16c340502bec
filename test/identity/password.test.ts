import { describe, expect, it } from '@jest/globals'
import { acceptablePassword, hashPassword, verifyPassword } from '../../src/identity/password.js'

const field = ['input', 'password']
const errorOf = (password: string) => {
  const read = acceptablePassword(password, field)
  return read.ok ? null : read.errors[0]
}

describe('a password', () => {
  it('has 12 to 200 characters, whatever they are', () => {
    expect(errorOf('a'.repeat(12))).toBeNull()
    expect(errorOf('a'.repeat(200))).toBeNull()
    expect(errorOf('            ')).toBeNull()
    expect(errorOf('\0'.repeat(12))).toBeNull()
    // Counted as people see them, not in halves.
    expect(errorOf('🔑'.repeat(200))).toBeNull()
  })

  it('is refused when it is shorter or longer', () => {
    expect(errorOf('a'.repeat(11))).toMatchObject({ code: 'INVALID', field })
    expect(errorOf('a'.repeat(201))).toMatchObject({ code: 'INVALID', field })
    expect(errorOf('🔑'.repeat(11))).toMatchObject({ code: 'INVALID', field })
    expect(errorOf('')).toMatchObject({ code: 'INVALID', field })
  })

  it('verifies against its own hash, and against no other', async () => {
    const stored = await hashPassword('correct horse battery')
    expect(await verifyPassword('correct horse battery', stored)).toBe(true)
    expect(await verifyPassword('correct horse batterY', stored)).toBe(false)
    expect(await verifyPassword('', stored)).toBe(false)
  })

  it('is stored salted, in a form that says how', async () => {
    const [one, other] = await Promise.all([
      hashPassword('correct horse battery'),
      hashPassword('correct horse battery'),
    ])
    expect(one).not.toBe(other)
    for (const stored of [one, other]) {
      expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
      expect(stored).not.toContain('correct')
    }
  })

  it('is one whatever keyboard it was typed on', async () => {
    const stored = await hashPassword('cre\u0301me bru\u0302le\u0301e')
    expect(await verifyPassword('cr\u00e9me br\u00fbl\u00e9e', stored)).toBe(true)
  })

  it('of full length counts to its last character', async () => {
    const long = '🔑'.repeat(199)
    const stored = await hashPassword(`${long}a`)
    expect(await verifyPassword(`${long}a`, stored)).toBe(true)
    expect(await verifyPassword(`${long}b`, stored)).toBe(false)
  })

  it('still verifies when it was hashed at another cost', async () => {
    // Made with m=1024, t=1: the cost is read from what is stored.
    const { argon2Sync } = await import('node:crypto')
    const nonce = Buffer.from('0123456789abcdef')
    const tag = argon2Sync('argon2id', {
      message: 'an old password',
      nonce,
      memory: 1_024,
      passes: 1,
      parallelism: 1,
      tagLength: 32,
    })
    const unpadded = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
    const stored = `$argon2id$v=19$m=1024,t=1,p=1$${unpadded(nonce)}$${unpadded(tag)}`
    expect(await verifyPassword('an old password', stored)).toBe(true)
    expect(await verifyPassword('another password', stored)).toBe(false)
  })

  it('of nobody never fits, not even the one that the stand-in would have', async () => {
    expect(await verifyPassword('', null)).toBe(false)
    expect(await verifyPassword('\0'.repeat(12), null)).toBe(false)
  })

  it('that is stored in an unknown form is an error, not a refusal', async () => {
    await expect(verifyPassword('correct horse battery', '$2b$10$abcdef')).rejects.toThrow('unknown form')
  })
})
