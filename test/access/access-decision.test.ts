import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { accessRequestStates, credentialStates } from '../../src/access/access.entity.js'
import {
  countedRequest,
  isUsedUp,
  remainingOf,
  requestBlocks,
  stepThatFollows,
  subscriptionBlocks,
  unknownCredential,
  verdictOn,
} from '../../src/access/access-decision.rules.js'
import {
  type AccessBlockCode,
  accessBlockCodes,
  type CallFacts,
  type CredentialFacts,
  type QuotaFacts,
  type RequestFacts,
} from '../../src/access/access-facts.js'
import { productStates } from '../../src/catalog/product.entity.js'
import { consumerOrganizationStates } from '../../src/organizations/consumer-organization.entity.js'
import { paymentStandings, productSubscriptionStates } from '../../src/subscriptions/product-subscription.entity.js'

const now = new Date('2026-11-24T12:00:00Z')
const past = new Date('2026-11-24T11:59:59Z')
const future = new Date('2026-11-24T12:00:01Z')

const quota = (about: Partial<QuotaFacts> = {}): QuotaFacts => ({
  quotaId: 'quo_1',
  limit: 'STRICT',
  limitUnits: '1000',
  used: '0',
  endsAt: null,
  ...about,
})

const request = (about: Partial<RequestFacts> = {}): RequestFacts => ({
  requestId: 'acr_1',
  requestState: 'GRANTED',
  subscriptionId: 'psub_1',
  subscriptionState: 'ACTIVE',
  standing: 'GOOD',
  accessClosesAt: null,
  unpaidInvoiceId: null,
  organizationState: 'ACTIVE',
  productState: 'ACTIVE',
  quota: quota(),
  ...about,
})

const credential = (about: Partial<CredentialFacts> = {}): CredentialFacts => ({
  credentialId: 'cred_1',
  state: 'ACTIVE',
  expiresAt: null,
  organizationState: 'ACTIVE',
  ...about,
})

const call = (about: Partial<CallFacts> = {}): CallFacts => ({
  credential: credential(),
  resourceId: 'res_1',
  requests: [request()],
  ...about,
})

const codes = (facts: CallFacts): AccessBlockCode[] => verdictOn(facts, now).reasons.map(({ code }) => code)

/** For each reason, facts with which it is the only one. */
const alone: Record<Exclude<AccessBlockCode, 'CREDENTIAL_UNKNOWN'>, CallFacts> = {
  CREDENTIAL_SUSPENDED: call({ credential: credential({ state: 'SUSPENDED' }) }),
  CREDENTIAL_EXPIRED: call({ credential: credential({ expiresAt: now }) }),
  CREDENTIAL_REVOKED: call({ credential: credential({ state: 'REVOKED' }) }),
  ORGANIZATION_DISABLED: call({ requests: [request({ organizationState: 'DISABLED' })] }),
  PRODUCT_ARCHIVED: call({ requests: [request({ productState: 'ARCHIVED' })] }),
  RESOURCE_UNKNOWN: call({ resourceId: null, requests: [] }),
  RESOURCE_NOT_IN_PLAN: call({ requests: [request({ quota: null })] }),
  NO_ACCESS_REQUEST: call({ requests: [] }),
  ACCESS_NOT_APPROVED: call({ requests: [request({ requestState: 'PENDING_APPROVAL' })] }),
  ACCESS_REVOKED: call({ requests: [request({ requestState: 'REVOKED' })] }),
  SUBSCRIPTION_NOT_APPROVED: call({ requests: [request({ subscriptionState: 'PENDING_APPROVAL' })] }),
  SUBSCRIPTION_ENDED: call({ requests: [request({ subscriptionState: 'CANCELED' })] }),
  SUSPENDED_BY_PROVIDER: call({ requests: [request({ subscriptionState: 'SUSPENDED' })] }),
  FIRST_INVOICE_UNPAID: call({ requests: [request({ standing: 'AWAITING_FIRST_PAYMENT' })] }),
  INVOICE_PAST_DUE: call({ requests: [request({ standing: 'PAST_DUE' })] }),
  QUOTA_EXCEEDED: call({ requests: [request({ quota: quota({ used: '1000' }) })] }),
}

describe('A call', () => {
  it('passes while there is no reason against it, and counts on its request', () => {
    const facts = call()
    expect(verdictOn(facts, now)).toEqual({ allowed: true, reasons: [], request: facts.requests[0] })
  })

  it.each(Object.entries(alone))('is stopped by %s alone', (code, facts) => {
    const verdict = verdictOn(facts, now)
    expect(verdict.allowed).toBe(false)
    expect(verdict.reasons.map((reason) => reason.code)).toEqual([code])
    expect(verdict.reasons[0]?.message).toMatch(/^[A-Z].*\.$/)
  })

  it('of a key that is not known has no other reason', () => {
    expect(unknownCredential).toMatchObject({ code: 'CREDENTIAL_UNKNOWN', invoiceId: null })
  })

  it('can be stopped by every code of the contract', () => {
    expect([...Object.keys(alone), 'CREDENTIAL_UNKNOWN'].sort()).toEqual([...accessBlockCodes].sort())
  })

  it('passes a minute before its key expires, and not at the instant', () => {
    expect(codes(call({ credential: credential({ expiresAt: future }) }))).toEqual([])
    expect(codes(call({ credential: credential({ expiresAt: now }) }))).toEqual(['CREDENTIAL_EXPIRED'])
    expect(codes(call({ credential: credential({ expiresAt: past }) }))).toEqual(['CREDENTIAL_EXPIRED'])
  })

  it('names the unpaid invoice where that is the reason, and only there', () => {
    for (const standing of ['AWAITING_FIRST_PAYMENT', 'PAST_DUE'] as const) {
      const facts = request({ standing, unpaidInvoiceId: 'inv_1', requestState: 'PENDING_APPROVAL' })
      expect(requestBlocks(facts).map(({ code, invoiceId }) => [code, invoiceId])).toEqual([
        ['ACCESS_NOT_APPROVED', null],
        [standing === 'PAST_DUE' ? 'INVOICE_PAST_DUE' : 'FIRST_INVOICE_UNPAID', 'inv_1'],
      ])
    }
  })

  it('passes within grace, in trial, and for free', () => {
    for (const standing of ['GRACE', 'NOT_REQUIRED', 'GOOD'] as const) {
      expect(codes(call({ requests: [request({ standing })] }))).toEqual([])
    }
  })

  it('is told of all reasons at once, whatever they are, each once', () => {
    const facts = fc.record({
      credential: fc.record({
        credentialId: fc.constant('cred_1'),
        state: fc.constantFrom(...credentialStates),
        expiresAt: fc.constantFrom(null, past, now, future),
        organizationState: fc.constant('ACTIVE' as const),
      }),
      request: fc.record({
        requestId: fc.constant('acr_1'),
        requestState: fc.constantFrom(...accessRequestStates),
        subscriptionId: fc.constant('psub_1'),
        subscriptionState: fc.constantFrom(...productSubscriptionStates),
        standing: fc.constantFrom(...paymentStandings),
        accessClosesAt: fc.constant(null),
        unpaidInvoiceId: fc.constant(null),
        organizationState: fc.constantFrom(...consumerOrganizationStates),
        productState: fc.constantFrom(...productStates),
        quota: fc.option(
          fc.record({
            quotaId: fc.constant('quo_1'),
            limit: fc.constantFrom('STRICT' as const, 'LOOSE' as const, 'UNLIMITED' as const),
            limitUnits: fc.constant('1000'),
            used: fc.constantFrom('0', '999', '999.999', '1000', '1000.000', '5000'),
            endsAt: fc.constant(null),
          }),
        ),
      }),
    })
    fc.assert(
      fc.property(facts, ({ credential: key, request: asked }) => {
        const expected = new Set<AccessBlockCode>()
        const when = (condition: boolean, code: AccessBlockCode) => condition && expected.add(code)
        when(key.state === 'SUSPENDED', 'CREDENTIAL_SUSPENDED')
        when(key.state === 'EXPIRED' || (key.expiresAt !== null && key.expiresAt <= now), 'CREDENTIAL_EXPIRED')
        when(key.state === 'REVOKED', 'CREDENTIAL_REVOKED')
        when(asked.organizationState !== 'ACTIVE', 'ORGANIZATION_DISABLED')
        when(asked.productState === 'ARCHIVED', 'PRODUCT_ARCHIVED')
        when(asked.quota === null, 'RESOURCE_NOT_IN_PLAN')
        when(['PENDING_APPROVAL', 'DENIED'].includes(asked.requestState), 'ACCESS_NOT_APPROVED')
        when(asked.requestState === 'REVOKED', 'ACCESS_REVOKED')
        when(['PENDING_APPROVAL', 'REJECTED'].includes(asked.subscriptionState), 'SUBSCRIPTION_NOT_APPROVED')
        when(['CANCELED', 'EXPIRED'].includes(asked.subscriptionState), 'SUBSCRIPTION_ENDED')
        when(asked.subscriptionState === 'SUSPENDED', 'SUSPENDED_BY_PROVIDER')
        when(asked.standing === 'AWAITING_FIRST_PAYMENT', 'FIRST_INVOICE_UNPAID')
        when(asked.standing === 'PAST_DUE', 'INVOICE_PAST_DUE')
        const { quota: counted } = asked
        when(counted?.limit === 'STRICT' && Number(counted.used) >= 1000, 'QUOTA_EXCEEDED')

        const verdict = verdictOn(call({ credential: key, requests: [asked] }), now)
        const told = verdict.reasons.map(({ code }) => code)
        expect(told).toHaveLength(new Set(told).size)
        expect(new Set(told)).toEqual(expected)
        expect(verdict.allowed).toBe(expected.size === 0)
      }),
      { numRuns: 1_000 },
    )
  })

  it('of a disabled organization says so, also where it asked for nothing or calls nothing', () => {
    const disabled = credential({ organizationState: 'DISABLED' })
    expect(codes(call({ credential: disabled, requests: [] }))).toEqual(['ORGANIZATION_DISABLED', 'NO_ACCESS_REQUEST'])
    expect(codes(call({ credential: disabled, resourceId: null, requests: [] }))).toEqual([
      'ORGANIZATION_DISABLED',
      'RESOURCE_UNKNOWN',
    ])
  })
})

describe('Where an application has several requests for an API', () => {
  const open = request({ requestId: 'acr_open', subscriptionId: 'psub_open' })

  it.each(Object.entries(alone).filter(([, { requests }]) => requests.length === 1))(
    'what stops one (%s) never closes what another covers',
    (code, { credential: key, requests }) => {
      const expected = code.startsWith('CREDENTIAL') ? [code] : []
      const stopped = requests[0] as RequestFacts
      for (const both of [
        [stopped, open],
        [open, stopped],
      ]) {
        expect(codes(call({ credential: key, requests: both }))).toEqual(expected)
      }
    },
  )

  it('the reasons are those of the one that is nearest to passing, decided ones last', () => {
    const unpaid = request({ requestId: 'acr_unpaid', standing: 'PAST_DUE', subscriptionState: 'SUSPENDED' })
    const revoked = request({ requestId: 'acr_revoked', requestState: 'REVOKED' })
    const denied = request({ requestId: 'acr_denied', requestState: 'DENIED' })
    expect(countedRequest([revoked, unpaid, denied])?.requestId).toBe('acr_unpaid')
    expect(countedRequest([revoked])?.requestId).toBe('acr_revoked')
    expect(countedRequest([])).toBeNull()
  })

  it('of two that pass, the newer counts', () => {
    expect(countedRequest([open, request({ requestId: 'acr_newer' })])?.requestId).toBe('acr_newer')
  })

  it('a used-up quota of one leads to the other', () => {
    const usedUp = request({ requestId: 'acr_used_up', quota: quota({ used: '1000' }) })
    expect(countedRequest([open, usedUp])?.requestId).toBe('acr_open')
    expect(verdictOn(call({ requests: [open, usedUp] }), now).allowed).toBe(true)
  })
})

describe('An access request', () => {
  it('is open or closed by the reasons that do not belong to a key or to a count', () => {
    for (const { requests } of Object.values(alone)) {
      for (const facts of requests) {
        expect(stepThatFollows(facts)).toBe(requestBlocks(facts).length === 0 ? 'open' : 'close')
      }
    }
    expect(stepThatFollows(request({ quota: quota({ used: '1000' }) }))).toBe('open')
    expect(stepThatFollows(request({ standing: 'PAST_DUE' }))).toBe('close')
  })
})

describe('A subscription', () => {
  it('has the reasons that concern all its APIs', () => {
    expect(subscriptionBlocks(request({ quota: null, requestState: 'REVOKED' }))).toEqual([])
    const worst = { organizationState: 'DISABLED', productState: 'ARCHIVED', subscriptionState: 'CANCELED' } as const
    const blocks = subscriptionBlocks(request({ ...worst, standing: 'PAST_DUE', unpaidInvoiceId: 'inv_9' }))
    expect(blocks.map(({ code, invoiceId }) => [code, invoiceId])).toEqual([
      ['ORGANIZATION_DISABLED', null],
      ['PRODUCT_ARCHIVED', null],
      ['SUBSCRIPTION_ENDED', null],
      ['INVOICE_PAST_DUE', 'inv_9'],
    ])
  })
})

describe('A quota', () => {
  it('is used up at its limit, to the last decimal, and only where it is STRICT', () => {
    expect(isUsedUp(quota({ used: '999.999999999999999999' }))).toBe(false)
    expect(isUsedUp(quota({ used: '1000.000' }))).toBe(true)
    expect(isUsedUp(quota({ used: '0', limitUnits: '0' }))).toBe(true)
    expect(isUsedUp(quota({ limitUnits: '9007199254740993', used: '9007199254740992.5' }))).toBe(false)
    expect(isUsedUp(quota({ limit: 'LOOSE', used: '5000' }))).toBe(false)
    expect(isUsedUp(quota({ limit: 'UNLIMITED', limitUnits: null, used: '5000' }))).toBe(false)
  })

  it('leaves what is not used, never less than nothing, and no number where it is unlimited', () => {
    expect(remainingOf(quota({ used: '0.5' }))).toBe('999.5')
    expect(remainingOf(quota({ used: '1000' }))).toBe('0')
    expect(remainingOf(quota({ limit: 'LOOSE', used: '2000' }))).toBe('0')
    expect(remainingOf(quota({ limitUnits: '9223372036854775807', used: '0' }))).toBe('9223372036854775807')
    expect(remainingOf(quota({ limit: 'UNLIMITED', limitUnits: null }))).toBeNull()
  })
})
