import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../src/kernel/secret.js'

describe('a secret', () => {
  const secret = new Secret('rk_test_51Habcdefgh')

  it('is told to whoever asks for it', () => {
    expect(secret.reveal()).toBe('rk_test_51Habcdefgh')
    expect(secret.last4).toBe('efgh')
  })

  it.each<[string, () => string]>([
    ['text', () => `${secret}`],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspection', () => inspect({ deep: { secret } }, { showHidden: true, depth: 10 })],
    ['an error', () => String(new Error(`no such key: ${secret}`))],
    ['a spread', () => JSON.stringify({ ...secret })],
  ])('does not get into %s', (_, written) => {
    expect(written()).not.toContain('rk_test')
    expect(written()).not.toContain('efgh')
  })

  it('shows no last characters where four are half of it', () => {
    expect(new Secret('1234567').last4).toBe('')
    expect(new Secret('12345678').last4).toBe('5678')
  })
})
