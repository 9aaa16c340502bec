import { describe, expect, it } from '@jest/globals'
import {
  modeOfKey,
  portalProblem,
  webhookApiVersions,
  webhookEvents,
  webhookEventsOptional,
  webhookSecretProblem,
} from '../../src/billing/billing-integration.rules.js'
import { stripeApiVersion } from '../../src/stripe/stripe-client.js'
import { concernsUs } from '../../src/stripe/stripe-event.translator.js'

describe('A key', () => {
  it.each([
    ['rk_test_sandbox_restricted_0001', true, 'SANDBOX'],
    ['rk_test_51Abcdefghij', false, 'TEST'],
    ['rk_live_51Abcdefghij', false, 'LIVE'],
  ])('%s, with the sandbox: %s, is of mode %s', (key, sandboxed, mode) => {
    expect(modeOfKey(key, sandboxed)).toEqual({ ok: true, value: mode })
  })

  it.each([
    ['rk_live_51Abcdefghij', true, /sandbox takes test keys only/],
    ['sk_test_51Abcdefghij', false, /secret key/],
    ['sk_live_51Abcdefghij', true, /secret key/],
    ['pk_test_51Abcdefghij', false, /publishable key/],
    ['whsec_51Abcdefghij', false, /starts with rk_test_ or rk_live_/],
    ['rk_prod_51Abcdefghij', false, /starts with rk_test_ or rk_live_/],
    ['rk_test_short', false, /starts with rk_test_ or rk_live_/],
    [`rk_test_${'a'.repeat(256)}`, false, /starts with rk_test_ or rk_live_/],
    ['rk_test_with\0inside_it', false, /starts with rk_test_ or rk_live_/],
    ['rk_test_51Abcdefghij\n', false, /starts with rk_test_ or rk_live_/],
    ['', false, /starts with rk_test_ or rk_live_/],
  ])('%j, with the sandbox: %s, is refused', (key, sandboxed, message) => {
    const mode = modeOfKey(key, sandboxed)
    const told = mode.ok ? [] : mode.errors
    expect(told).toEqual([
      { code: 'INVALID', message: expect.stringMatching(message), field: ['input', 'restrictedKey'] },
    ])
  })

  it('is never repeated in what is said about it', () => {
    for (const key of ['sk_live_verySecret123', 'pk_live_verySecret123', 'rk_prod_verySecret123']) {
      expect(JSON.stringify(modeOfKey(key, false))).not.toContain('verySecret')
    }
  })
})

describe('A signing secret', () => {
  it.each([
    ['whsec_0123456789abcdef', true],
    [`whsec_${'aZ09+/=_-'.repeat(4)}`, true],
    ['whsec_short', false],
    ['0123456789abcdef', false],
    ['whsec_0123456789abcde\n', false],
    ['whsec_0123456789 abcdef', false],
    [`whsec_${'a'.repeat(256)}`, false],
    ['', false],
  ])('%j is one: %s', (secret, isOne) => {
    const problem = webhookSecretProblem(secret)
    expect(problem === null).toBe(isOne)
    if (problem) expect(problem).toMatchObject({ code: 'INVALID', field: ['input', 'webhookSecret'] })
  })
})

describe('A customer-portal link', () => {
  const sandbox = 'http://127.0.0.1:4010'

  it.each([
    ['https://billing.stripe.com/p/login/abc', null, true],
    ['https://billing.stripe.com/p/login/abc', sandbox, true],
    ['http://127.0.0.1:4010/p/login/test_sandbox', sandbox, true],
    ['http://127.0.0.1:4010/p/login/test_sandbox', null, false],
    ['http://127.0.0.1:4011/p/login/test_sandbox', sandbox, false],
    ['https://127.0.0.1:4010/p/login/test_sandbox', sandbox, false],
    ['http://billing.stripe.com/p/login/abc', null, false],
    ['https://billing.stripe.com:8443/p/login/abc', null, false],
    ['https://billing.stripe.com.evil.example/p/login', null, false],
    ['https://evil.example/https://billing.stripe.com/', null, false],
    ['https://billing.stripe.com@evil.example/p/login', null, false],
    ['javascript:alert(1)', sandbox, false],
    ['', sandbox, false],
  ])('%s, with the sandbox at %s, is one: %s', (address, at, isOne) => {
    const problem = portalProblem(address, at)
    expect(problem === null).toBe(isOne)
    if (problem) expect(problem).toMatchObject({ code: 'INVALID', field: ['input', 'customerPortalUrl'] })
  })
})

describe('What an endpoint is to be made with', () => {
  it('are the four events that must be enough, in Stripe’s spelling', () => {
    expect([...webhookEvents].sort()).toEqual([
      'invoice.finalized',
      'invoice.marked_uncollectible',
      'invoice.paid',
      'invoice.voided',
    ])
  })

  it('are events that mean something to us, each named once', () => {
    const all = [...webhookEvents, ...webhookEventsOptional]
    expect(all.filter((type) => !concernsUs(type))).toEqual([])
    expect(new Set(all).size).toBe(all.length)
  })

  it('are versions from 2022-11-15 on, our own first', () => {
    expect(webhookApiVersions[0]).toBe(stripeApiVersion)
    expect(webhookApiVersions).toEqual(expect.arrayContaining(['2024-06-20', '2022-11-15']))
  })
})
