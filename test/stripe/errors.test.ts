import { describe, expect, it } from '@jest/globals'
import Stripe from 'stripe'
import { failureOf, isMissing, missingScope, outcomeOf, waitOf } from '../../src/stripe/stripe-errors.js'

type Raw = Parameters<typeof Stripe.errors.generateV1Error>[0]

function answered(statusCode: number, raw: Partial<Raw> & { headers?: Record<string, string> } = {}) {
  return Stripe.errors.generateV1Error({
    type: 'invalid_request_error',
    ...raw,
    statusCode,
    requestId: 'req_1',
  })
}

describe('A failure at Stripe', () => {
  it.each([
    [400, {}, 'refused'],
    [401, {}, 'refused'],
    [402, { type: 'card_error' }, 'refused'],
    [403, {}, 'refused'],
    [404, { code: 'resource_missing' }, 'refused'],
    [409, { code: 'idempotency_key_in_use' }, 'unknown'],
    [429, { code: 'rate_limit' }, 'unknown'],
    [429, { code: 'lock_timeout' }, 'unknown'],
    [400, { type: 'idempotency_error' }, 'unknown'],
    [500, { type: 'api_error' }, 'unknown'],
    [502, {}, 'unknown'],
    [503, {}, 'unknown'],
  ] as const)('with status %i %j is %s, whatever its text says', (status, raw, expected) => {
    for (const message of ['rate limit', 'timeout', 'invoice already paid', '']) {
      const outcome = outcomeOf(failureOf(answered(status, { ...raw, message })))
      expect(outcome.kind).toBe(expected)
    }
  })

  it('without an answer is unknown, and not one that Stripe has stored', () => {
    for (const error of [
      new Stripe.errors.StripeConnectionError({ message: 'reset', type: 'api_error' }),
      new Stripe.errors.StripeAPIError({
        message: 'Invalid JSON received from the Stripe API',
        type: 'api_error',
      }),
    ]) {
      expect(failureOf(error)).toMatchObject({ kind: 'unknown', answered: false, keySpent: false })
    }
  })

  it('that is a replay says that the key is spent', () => {
    const replay = answered(500, { headers: { 'idempotent-replayed': 'true' } })
    expect(failureOf(replay)).toMatchObject({ kind: 'unknown', answered: true, keySpent: true })
    expect(failureOf(answered(500))).toMatchObject({ keySpent: false })
    expect(failureOf(answered(400, { type: 'idempotency_error' }))).toMatchObject({ keySpent: true })
  })

  it('for want of a permission names it, in words that help, and never the key', () => {
    const message =
      "The provided key 'rk_test_*********0001' does not have the required permissions for this endpoint on account " +
      "'acct_1'. Having the 'rak_invoice_item_write' permission would allow this request to continue."
    expect(outcomeOf(failureOf(answered(403, { message })))).toEqual({
      kind: 'refused',
      message:
        'The restricted key lacks the permission rak_invoice_item_write. Give it “Invoice items: Write” in Stripe.',
      missingPermission: 'rak_invoice_item_write',
    })
    const unnamed = outcomeOf(failureOf(answered(403, { message: 'no' })))
    expect(unnamed).not.toHaveProperty('missingPermission')
    expect(missingScope('rak_customer_read and more')).toBe('rak_customer_read')
    expect(missingScope('nothing')).toBeNull()
  })

  it('tells a revoked key from an expired one, and quotes no key', () => {
    const revoked = failureOf(answered(401, { message: 'Invalid API Key provided: rk_test_abc' }))
    const expired = failureOf(
      answered(401, { code: 'api_key_expired', message: 'Expired API Key provided: rk_live_abc' }),
    )
    expect(revoked.message).not.toBe(expired.message)
    expect(`${revoked.message}${expired.message}`).not.toContain('rk_')
    expect(failureOf(answered(400, { message: 'rk_live_abcdef is odd' })).message).toBe('Stripe refuses this: … is odd')
  })

  it('that is none of Stripe’s is a fault of ours and goes on as it is', () => {
    const fault = new TypeError('of undefined')
    expect(() => failureOf(fault)).toThrow(fault)
  })

  it('is worth waiting for only where Stripe was busy', () => {
    expect(waitOf(answered(429, { headers: { 'retry-after': '2' } }), 0)).toEqual({
      milliseconds: 2_000,
      whole: true,
    })
    expect(waitOf(answered(429, { headers: { 'retry-after': '600' } }), 0)?.milliseconds).toBe(10_000)
    expect(waitOf(answered(429, { code: 'lock_timeout' }), 0)?.whole).toBe(false)
    const busy = waitOf(answered(409, { code: 'idempotency_key_in_use' }), 1)
    expect(busy?.whole).toBe(false)
    expect(busy?.milliseconds).toBeGreaterThanOrEqual(500)
    expect(busy?.milliseconds).toBeLessThanOrEqual(1_000)
    for (const status of [400, 401, 402, 403, 404, 409, 500, 503]) expect(waitOf(answered(status), 0)).toBeNull()
    expect(waitOf(new Error('mine'), 0)).toBeNull()
  })

  it('says when a thing is not there', () => {
    expect(isMissing(answered(404, { code: 'resource_missing' }))).toBe(true)
    expect(isMissing(answered(404))).toBe(false)
    expect(isMissing(new Error('resource_missing'))).toBe(false)
  })
})
