import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import Stripe from 'stripe'
import { Secret } from '../../src/kernel/secret.js'
import { signer } from '../../src/stripe/stripe-signature.js'

const now = new Date('2026-11-24T12:00:00.900Z')
const seconds = Math.floor(now.getTime() / 1_000)
const acme = { name: 'Acme', secrets: [new Secret('whsec_acme_present'), new Secret('whsec_acme_former')] }
const other = { name: 'Other', secrets: [new Secret('whsec_other')] }
const payload = '{"id":"evt_1","object":"event"}'

function header(secret: string, { at = seconds, of = payload, scheme = 'v1' } = {}): string {
  return Stripe.webhooks.generateTestHeaderString({ payload: of, secret, timestamp: at, scheme })
}

function v1(secret: string): string {
  return header(secret).split(',')[1] as string
}

function signerOf(headerText: string | undefined, body = payload) {
  return signer(Buffer.from(body), headerText, [other, acme], now)?.name ?? null
}

describe('Who has signed a webhook', () => {
  it('is the one whose secret fits, the present one or the former', () => {
    expect(signerOf(header('whsec_acme_present'))).toBe('Acme')
    expect(signerOf(header('whsec_acme_former'))).toBe('Acme')
    expect(signerOf(header('whsec_other'))).toBe('Other')
    expect(signerOf(header('whsec_stranger'))).toBeNull()
  })

  it('is found by any of several signatures, in either order, while a secret is rolled', () => {
    const [good, bad] = [v1('whsec_acme_present'), v1('whsec_stranger')]
    expect(signerOf(`t=${seconds},${good},${bad}`)).toBe('Acme')
    expect(signerOf(`t=${seconds},${bad},${good}`)).toBe('Acme')
    expect(signerOf(`t=${seconds},${bad},${bad}`)).toBeNull()
  })

  it('is nobody for v0 alone, which is a decoy', () => {
    const decoy = header('whsec_acme_present', { scheme: 'v0' })
    expect(signerOf(decoy)).toBeNull()
    expect(signerOf(`${header('whsec_stranger')},v0=${v1('whsec_acme_present').slice(3)}`)).toBeNull()
    expect(signerOf(`${header('whsec_acme_present')},v0=${'0'.repeat(64)}`)).toBe('Acme')
  })

  it.each([
    [-300, 'Acme'],
    [-301, null],
    [300, 'Acme'],
    [301, null],
    [86_400, null],
    [-3_600, null],
  ])('with a time that is %i seconds off is %s', (off, expected) => {
    expect(signerOf(header('whsec_acme_present', { at: seconds + off }))).toBe(expected)
  })

  it('depends on every byte: text beyond ASCII, odd spacing, line ends', () => {
    for (const body of ['{"name":"Žižek & Søn — 株式会社"}', '{ "a" :\t1 }', '{"a":\r\n1}\r\n', '{"b":1,"a":2}']) {
      const signed = header('whsec_acme_present', { of: body })
      expect(signerOf(signed, body)).toBe('Acme')
    }
    const crlf = '{"a":\r\n1}'
    expect(signerOf(header('whsec_acme_present', { of: crlf }), crlf.replace('\r\n', '\n'))).toBeNull()
    const spaced = '{ "a": 1.0 }'
    expect(signerOf(header('whsec_acme_present', { of: spaced }), JSON.stringify(JSON.parse(spaced)))).toBeNull()
  })

  it.each([
    undefined,
    '',
    't=',
    `t=${seconds}`,
    v1('whsec_acme_present'),
    `t=${seconds},v1=`,
    `t=${seconds},v1=žž`,
    `t=${seconds},v1=${'A'.repeat(64)}`,
    `t=${seconds},t=${seconds - 9_000},${v1('whsec_acme_present')}`,
    `t=abc,${header('whsec_acme_present')}`,
    `${header('whsec_acme_present')},x=${'y'.repeat(5_000)}`,
    `t=-${seconds},${v1('whsec_acme_present')}`,
  ])('is nobody for the header %j', (headerText) => {
    expect(signerOf(headerText)).toBeNull()
  })

  it('is nobody where a secret is blank, or the body is empty', () => {
    const blank = { secrets: [new Secret(''), new Secret('  ')] }
    expect(signer(Buffer.from(payload), header(' '), [blank], now)).toBeNull()
    expect(signerOf(header('whsec_acme_present', { of: '' }), '')).toBeNull()
  })

  it('never throws, and is never found by chance', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (text, bytes) => {
        expect(signer(Buffer.from(bytes), text, [acme], now)).toBeNull()
        expect(signer(Buffer.from(bytes), `t=${seconds},${text}`, [acme], now)).toBeNull()
      }),
    )
  })
})
