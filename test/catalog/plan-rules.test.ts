import { describe, expect, it, test } from '@jest/globals'
import { type CountedQuota, estimateOf } from '../../src/catalog/estimate.rules.js'
import {
  type PlanRow,
  planStates,
  planTypes,
  type QuotaRow,
  quotaLimits,
  quotaPricings,
} from '../../src/catalog/plan.entity.js'
import {
  acceptablePlan,
  acceptablePrice,
  acceptableSayings,
  type GivenPlan,
  type GivenPrice,
  type PlanStep,
  planLifecycle,
  reworked,
  reworkProblems,
} from '../../src/catalog/plan.rules.js'
import { acceptableQuotas, type GivenQuota } from '../../src/catalog/quota.rules.js'
import { type Currency, currencies } from '../../src/kernel/currency.js'
import { decimal, plain } from '../../src/kernel/decimal.js'
import { amountText } from '../../src/kernel/money.js'
import type { Result } from '../../src/kernel/result.js'

const monthly: GivenPrice = {
  base: '25.00',
  setupFee: '0',
  currency: 'USD',
  interval: 'MONTH',
  intervalCount: 1,
  anchor: 'ANNIVERSARY',
}

const thousandCalls: GivenQuota = {
  unit: 'transactions',
  resourceIds: ['res_pets'],
  limit: 'STRICT',
  limitUnits: 1_000n,
  interval: 'MONTH',
  pricing: 'INCLUDED',
  tiers: [],
}

const business: GivenPlan = {
  name: 'Business',
  description: null,
  approval: 'AUTOMATIC',
  price: monthly,
  quotas: [thousandCalls],
  features: ['Support by mail'],
  termPeriods: null,
  trialDays: 0,
  paymentTermDays: 7,
  gracePeriodDays: 3,
  cancelWhenPastDue: false,
  requestForm: null,
}

/** Code and place of each error; none where it is accepted. */
function problemsOf(result: Result<unknown>): string[] {
  return result.ok ? [] : result.errors.map(({ code, field }) => `${code} ${field?.slice(1).join('.')}`)
}

const ofPlan = (changes: Partial<GivenPlan>, type: 'FREE' | 'PAID' | 'CUSTOM' = 'PAID') =>
  problemsOf(acceptablePlan(type, { ...business, ...changes }))
const ofPrice = (changes: Partial<GivenPrice>) =>
  problemsOf(acceptablePrice('PAID', { ...monthly, ...changes }, ['input', 'price']))
const ofQuota = (changes: Partial<GivenQuota>, type: 'FREE' | 'PAID' | 'CUSTOM' = 'PAID') =>
  problemsOf(
    acceptableQuotas(
      [{ ...thousandCalls, ...changes }],
      { type, currency: type === 'PAID' ? ('USD' as Currency) : null },
      ['input', 'quotas'],
    ),
  ).map((problem) => problem.replace('quotas.0.', ''))

describe('the life of a plan', () => {
  const outcomes: Record<(typeof planStates)[number], Record<PlanStep, string>> = {
    DRAFT: { activate: 'ACTIVE', deprecate: 'refused', archive: 'refused', describe: 'DRAFT', rework: 'DRAFT' },
    ACTIVE: { activate: 'ACTIVE', deprecate: 'DEPRECATED', archive: 'refused', describe: 'ACTIVE', rework: 'refused' },
    DEPRECATED: {
      activate: 'refused',
      deprecate: 'DEPRECATED',
      archive: 'ARCHIVED',
      describe: 'DEPRECATED',
      rework: 'refused',
    },
    ARCHIVED: {
      activate: 'refused',
      deprecate: 'refused',
      archive: 'ARCHIVED',
      describe: 'refused',
      rework: 'refused',
    },
  }

  it('knows every state and step', () => {
    expect(planLifecycle.states).toEqual(planStates)
    expect([...planLifecycle.steps].sort()).toEqual(['activate', 'archive', 'deprecate', 'describe', 'rework'])
    expect(planLifecycle.final).toEqual(['ARCHIVED'])
  })

  test.each(planStates.flatMap((state) => planLifecycle.steps.map((step) => [state, step] as const)))(
    'from %s by the step %s',
    (state, step) => {
      const taken = planLifecycle.take(state, step)
      expect(taken.ok ? taken.value.state : 'refused').toBe(outcomes[state][step])
      if (taken.ok) expect(taken.value.changed).toBe(taken.value.state !== state)
      else expect(taken.errors).toMatchObject([{ code: 'WRONG_STATE', message: expect.stringMatching(/\.$/) }])
    },
  )
})

describe('a plan', () => {
  it('is stored as it was meant', () => {
    expect(acceptablePlan('PAID', { ...business, name: ' Business ', description: '  ' })).toEqual({
      ok: true,
      value: {
        name: 'Business',
        description: null,
        approval: 'AUTOMATIC',
        currency: 'USD',
        baseMinor: 2_500n,
        setupFeeMinor: 0n,
        interval: 'MONTH',
        intervalCount: 1,
        anchor: 'ANNIVERSARY',
        quotas: [{ ...thousandCalls, unitAmount: null, packageSize: null }],
        features: ['Support by mail'],
        termPeriods: null,
        trialDays: 0,
        paymentTermDays: 7,
        gracePeriodDays: 3,
        cancelWhenPastDue: false,
        requestForm: null,
      },
    })
  })

  it('says all that is wrong with it at once', () => {
    const wrong = {
      name: ' ',
      price: { ...monthly, base: '-1' },
      trialDays: -1,
      requestForm: { pattern: 'x' },
      features: ['\0'],
    }
    expect(ofPlan({ ...wrong, quotas: [{ ...thousandCalls, limitUnits: null }] })).toEqual([
      'REQUIRED name',
      'INVALID price.base',
      'REQUIRED quotas.0.limitUnits',
      'INVALID features.0',
      'INVALID trialDays',
      'INVALID requestForm.pattern',
    ])
  })

  test.each(planTypes)('of type %s has a price or none', (type) => {
    const isPaid = type === 'PAID'
    expect(ofPlan({ price: null }, type)).toEqual(isPaid ? ['REQUIRED price'] : [])
    expect(ofPlan({ price: monthly }, type)).toEqual(isPaid ? [] : ['INVALID price'])
  })

  test.each(['FREE', 'CUSTOM'] as const)(
    'of type %s has neither term nor trial, which are of billing periods',
    (type) => {
      const unpriced = { price: null }
      expect(ofPlan({ ...unpriced, termPeriods: 12 }, type)).toEqual(['INVALID termPeriods'])
      expect(ofPlan({ ...unpriced, trialDays: 14 }, type)).toEqual(['INVALID trialDays'])
    },
  )

  test.each([
    ['termPeriods', 1, 1_000],
    ['trialDays', 0, 730],
    ['paymentTermDays', 0, 365],
    ['gracePeriodDays', 0, 365],
  ] as const)('has %s from %d to %d', (key, least, most) => {
    expect(ofPlan({ [key]: least })).toEqual([])
    expect(ofPlan({ [key]: most })).toEqual([])
    expect(ofPlan({ [key]: least - 1 })).toEqual([`INVALID ${key}`])
    expect(ofPlan({ [key]: most + 1 })).toEqual([`INVALID ${key}`])
    expect(ofPlan({ [key]: least + 0.5 })).toEqual([`INVALID ${key}`])
  })

  const needed = ['name', 'approval', 'trialDays', 'paymentTermDays', 'gracePeriodDays', 'cancelWhenPastDue'] as const
  test.each(needed)('always has %s', (key) => {
    expect(ofPlan({ [key]: null })).toEqual([`REQUIRED ${key}`])
  })

  it('may be without quotas and features', () => {
    expect(ofPlan({ quotas: null, features: null })).toEqual([])
    expect(ofPlan({ quotas: [], features: [] })).toEqual([])
  })
})

describe('a price', () => {
  test.each(['base', 'setupFee'] as const)('has a %s that its currency and Stripe can take', (key) => {
    const other = key === 'base' ? { setupFee: '0' } : { base: '0' }
    const of = (amount: string, currency = 'USD') => ofPrice({ ...other, [key]: amount, currency })
    expect(of('0')).toEqual([])
    expect(of('0.01')).toEqual([])
    expect(of('999999.99')).toEqual([])
    expect(of('25', 'JPY')).toEqual([])
    expect(of('1.230', 'KWD')).toEqual([])
    const wrong = [`INVALID price.${key}`]
    expect(of('-0.01')).toEqual(wrong)
    expect(of('0.001')).toEqual(wrong)
    expect(of('25.5', 'JPY')).toEqual(wrong)
    expect(of('1.234', 'KWD')).toEqual(wrong)
    expect(of('1000000.00')).toEqual(wrong)
    expect(of('9'.repeat(40))).toEqual(wrong)
    for (const none of ['', '25,00', '1e3', 'NaN', '+1', ' 25', '0x10', '\0']) expect(of(none)).toEqual(wrong)
  })

  it('has base price and set-up fee that fit on one invoice', () => {
    expect(ofPrice({ base: '999999.98', setupFee: '0.01' })).toEqual([])
    expect(ofPrice({ base: '999999.99', setupFee: '0.01' })).toEqual(['INVALID price.setupFee'])
  })

  it('may be nothing at all', () => {
    expect(ofPrice({ base: '0', setupFee: '0' })).toEqual([])
  })

  test.each([...currencies.keys()])('in %s is taken, or is refused for the currency', (code) => {
    expect([[], ['CURRENCY_NOT_SUPPORTED price.currency']]).toContainEqual(ofPrice({ base: '20', currency: code }))
  })

  test.each(['XXX', 'usd', 'US', '', 'BTN', 'KPW', '__proto__', 'toString'])('is refused in %p', (code) => {
    expect(ofPrice({ currency: code })).toEqual(['CURRENCY_NOT_SUPPORTED price.currency'])
  })

  test.each([
    ['DAY', 1_095],
    ['WEEK', 156],
    ['MONTH', 36],
    ['YEAR', 3],
  ] as const)('recurs within three years: by %s up to %d times', (interval, most) => {
    expect(ofPrice({ interval, intervalCount: 1 })).toEqual([])
    expect(ofPrice({ interval, intervalCount: most })).toEqual([])
    for (const intervalCount of [0, -1, most + 1]) {
      expect(ofPrice({ interval, intervalCount })).toEqual(['INVALID price.intervalCount'])
    }
  })
})

describe('a quota', () => {
  it('covers APIs, none of them twice in a plan', () => {
    expect(ofQuota({ resourceIds: [] })).toEqual(['REQUIRED resourceIds'])
    expect(ofQuota({ resourceIds: ['res_a', 'res_a'] })).toEqual(['INVALID resourceIds.1'])
    const two = [thousandCalls, { ...thousandCalls, resourceIds: ['res_cats', 'res_pets'] }]
    expect(ofPlan({ quotas: two })).toEqual(['INVALID quotas.1.resourceIds.1'])
    expect(ofQuota({ resourceIds: Array.from({ length: 201 }, (_, n) => `res_${n}`) })).toEqual([
      'LIMIT_REACHED resourceIds',
    ])
  })

  test.each(['STRICT', 'LOOSE'] as const)('with a limit that is %s has a number of units', (limit) => {
    const priced = { limit, pricing: 'PER_UNIT', unitAmount: '1' } as const
    expect(ofQuota({ ...priced, limitUnits: 1n })).toEqual([])
    expect(ofQuota({ ...priced, limitUnits: 2n ** 63n - 1n })).toEqual([])
    expect(ofQuota({ ...priced, limitUnits: null })).toEqual(['REQUIRED limitUnits'])
    expect(ofQuota({ ...priced, limitUnits: 0n })).toEqual(['INVALID limitUnits'])
    expect(ofQuota({ ...priced, limitUnits: -5n })).toEqual(['INVALID limitUnits'])
  })

  it('without a limit has no number', () => {
    expect(ofQuota({ limit: 'UNLIMITED', limitUnits: null })).toEqual([])
    expect(ofQuota({ limit: 'UNLIMITED', limitUnits: 1_000n })).toEqual(['INVALID limitUnits'])
  })

  const openTier = [{ to: null, unitAmount: '1', flatFee: '0' }]
  const full = { unitAmount: '0.01', packageSize: 100n, tiers: openTier }
  const none = { unitAmount: null, packageSize: null, tiers: [] }
  type PriceField = keyof typeof full
  const isNeeded: Record<(typeof quotaPricings)[number], (limit: string) => PriceField[]> = {
    INCLUDED: (limit) => (limit === 'LOOSE' ? ['unitAmount'] : []),
    PER_UNIT: () => ['unitAmount'],
    GRADUATED: () => ['tiers'],
    VOLUME: () => ['tiers'],
    PACKAGE: () => ['unitAmount', 'packageSize'],
  }
  const matrix = quotaPricings.flatMap((pricing) => quotaLimits.map((limit) => ({ pricing, limit })))

  test.each(matrix)(
    'of $pricing with a limit that is $limit is told by its own fields and no others',
    ({ pricing, limit }) => {
      const limited = { pricing, limit, limitUnits: limit === 'UNLIMITED' ? null : 10n }
      const own = isNeeded[pricing](limit)
      const right = { ...limited, ...none, ...Object.fromEntries(own.map((key) => [key, full[key]])) }
      expect(ofQuota(right)).toEqual([])
      for (const key of Object.keys(full) as PriceField[]) {
        if (own.includes(key)) expect(ofQuota({ ...right, [key]: none[key] })).toEqual([`REQUIRED ${key}`])
        else expect(ofQuota({ ...right, [key]: full[key] })).toEqual([`INVALID ${key}`])
      }
    },
  )

  test.each(matrix.flatMap((terms) => (['FREE', 'CUSTOM'] as const).map((type) => ({ ...terms, type }))))(
    'of $pricing with a limit that is $limit charges nothing in a plan that is $type',
    ({ pricing, limit, type }) => {
      const limited = { pricing, limit, limitUnits: limit === 'UNLIMITED' ? null : 10n }
      const forPricing = pricing === 'INCLUDED' ? [] : ['INVALID pricing']
      expect(ofQuota({ ...limited, ...none }, type)).toEqual(forPricing)
      expect(ofQuota({ ...limited, ...full }, type)).toEqual([
        ...forPricing,
        'INVALID unitAmount',
        'INVALID packageSize',
        'INVALID tiers',
      ])
    },
  )

  it('has a price as fine as one likes, within twelve decimals', () => {
    const of = (unitAmount: string) => ofQuota({ pricing: 'PER_UNIT', unitAmount })
    expect(of('0')).toEqual([])
    expect(of('0.000000000001')).toEqual([])
    expect(of('999999.99')).toEqual([])
    for (const wrong of ['-0.01', '0.0000000000001', '1000000', 'abc', '1e-3', ''])
      expect(of(wrong)).toEqual(['INVALID unitAmount'])
  })

  it('has packages of one unit or more', () => {
    const of = (packageSize: bigint) => ofQuota({ pricing: 'PACKAGE', unitAmount: '1', packageSize })
    expect(of(1n)).toEqual([])
    expect(of(0n)).toEqual(['INVALID packageSize'])
    expect(of(-1n)).toEqual(['INVALID packageSize'])
  })

  describe.each(['GRADUATED', 'VOLUME'] as const)('with tiers that are %s', (pricing) => {
    const tier = (to: bigint | null, unitAmount = '1', flatFee = '0') => ({ to, unitAmount, flatFee })
    const of = (...tiers: GivenQuota['tiers']) => ofQuota({ pricing, tiers })

    it('goes on from tier to tier without a gap, and without an end', () => {
      const quotas = [
        {
          ...thousandCalls,
          pricing,
          tiers: [tier(500n, '2.00'), tier(5_000n, '1', '10'), tier(null, '0.50', '20.00')],
        },
      ]
      const read = acceptableQuotas(quotas, { type: 'PAID', currency: 'USD' as Currency }, [])
      expect(read.ok && read.value[0]?.tiers).toEqual([
        { from: '1', to: '500', unitAmount: '2', flatFee: '0' },
        { from: '501', to: '5000', unitAmount: '1', flatFee: '10' },
        { from: '5001', to: null, unitAmount: '0.5', flatFee: '20' },
      ])
    })

    test.each<[string, Array<bigint | null>]>([
      ['whose last one ends', [500n, 5_000n]],
      ['whose only one ends', [500n]],
      ['one of which has no end before the last', [500n, null, null]],
      ['that fall', [500n, 400n, null]],
      ['two of which end together', [500n, 500n, null]],
      ['that end before they begin', [0n, null]],
      ['that end below zero', [-1n, null]],
    ])('is refused with tiers %s', (_, ends) => {
      expect(new Set(of(...ends.map((to) => tier(to))))).toEqual(new Set(['INVALID tiers']))
    })

    it('is refused with ends past counting', () => {
      expect(of(tier(2n ** 63n - 1n), tier(null))).toEqual(['INVALID tiers.0.to'])
    })

    it('has amounts that can be charged', () => {
      expect(of(tier(null, '0.0001', '0.01'))).toEqual([])
      expect(of(tier(null, '-1'))).toEqual(['INVALID tiers.0.unitAmount'])
      expect(of(tier(null, 'one'))).toEqual(['INVALID tiers.0.unitAmount'])
      expect(of(tier(null, '1', '-1'))).toEqual(['INVALID tiers.0.flatFee'])
      expect(of(tier(null, '1', '0.001'))).toEqual(['INVALID tiers.0.flatFee'])
      expect(of(tier(5n), tier(null, '1', '1000000'))).toEqual(['INVALID tiers.1.flatFee'])
    })

    it('has at most fifty', () => {
      const tiers = (count: number) =>
        Array.from({ length: count }, (_, n) => tier(n === count - 1 ? null : BigInt(n + 1)))
      expect(of(...tiers(50))).toEqual([])
      expect(of(...tiers(51))).toEqual(['LIMIT_REACHED tiers'])
    })
  })

  it('makes no more lines with the others than an invoice may have', () => {
    const graduated = (count: number, name: string): GivenQuota => ({
      ...thousandCalls,
      resourceIds: [name],
      pricing: 'GRADUATED',
      tiers: Array.from({ length: count }, (_, n) => ({
        to: n === count - 1 ? null : BigInt(n + 1),
        unitAmount: '1',
        flatFee: '1',
      })),
    })
    expect(ofPlan({ quotas: [graduated(50, 'a'), graduated(50, 'b'), graduated(20, 'c')] })).toEqual([])
    expect(ofPlan({ quotas: [graduated(50, 'a'), graduated(50, 'b'), graduated(21, 'c')] })).toEqual([
      'LIMIT_REACHED quotas',
    ])
    const many = Array.from({ length: 101 }, (_, n) => ({ ...thousandCalls, resourceIds: [`r${n}`] }))
    expect(ofPlan({ quotas: many.slice(1) })).toEqual([])
    expect(ofPlan({ quotas: many })).toEqual(['LIMIT_REACHED quotas'])
  })

  it('is looked at even where the price of its plan is wrong', () => {
    const quotas = [{ ...thousandCalls, pricing: 'PER_UNIT' as const, unitAmount: '-1' }]
    expect(ofPlan({ price: { ...monthly, currency: 'XXX' }, quotas })).toEqual([
      'CURRENCY_NOT_SUPPORTED price.currency',
      'INVALID quotas.0.unitAmount',
    ])
  })
})

describe('changing a plan that was activated', () => {
  const stands: GivenPlan = {
    ...business,
    price: { ...monthly, setupFee: '10.00' },
    quotas: [{ ...thousandCalls, limit: 'LOOSE', unitAmount: '0.0100', resourceIds: ['res_a', 'res_b'] }],
    requestForm: { type: 'object', title: 'About you' },
  }
  const changes: Partial<GivenPlan> = {
    name: 'Other',
    approval: 'MANUAL',
    price: { ...monthly, base: '26' },
    quotas: [],
    termPeriods: 12,
    trialDays: 1,
    paymentTermDays: 8,
    gracePeriodDays: 4,
    cancelWhenPastDue: true,
    requestForm: null,
  }

  test.each(Object.keys(changes) as Array<keyof GivenPlan>)('%s is refused, and may be named as it stands', (key) => {
    const wanted = { [key]: changes[key] }
    expect(reworkProblems('DRAFT', stands, wanted)).toEqual([])
    for (const state of ['ACTIVE', 'DEPRECATED', 'ARCHIVED'] as const) {
      expect(reworkProblems(state, stands, wanted)).toMatchObject([{ code: 'WRONG_STATE', field: ['input', key] }])
      expect(reworkProblems(state, stands, { [key]: stands[key] })).toEqual([])
    }
  })

  it('knows the same thing by other words', () => {
    const price = {
      anchor: 'ANNIVERSARY',
      base: '25',
      currency: 'USD',
      interval: 'MONTH',
      intervalCount: 1,
      setupFee: '10.000',
    } as const
    const quotas = [
      { ...thousandCalls, limit: 'LOOSE', unitAmount: '0.01', packageSize: null, resourceIds: ['res_b', 'res_a'] },
    ] as const
    expect(reworked(stands, { price, quotas, requestForm: { title: 'About you', type: 'object' } })).toEqual([])
  })

  it('takes description and features', () => {
    expect(reworkProblems('ACTIVE', stands, { description: 'New', features: [] })).toEqual([])
    expect(acceptableSayings({ description: 'New', features: null })).toEqual({
      ok: true,
      value: { description: 'New', features: [] },
    })
    expect(problemsOf(acceptableSayings({ description: '\0', features: [''] }))).toEqual([
      'INVALID description',
      'REQUIRED features.0',
    ])
  })
})

describe('an estimate', () => {
  const plan = { name: 'Business', currency: 'USD', baseMinor: 10_000n } as PlanRow
  const quota = (about: Partial<QuotaRow>): CountedQuota => ({
    quota: {
      id: 'quo_a',
      limit: 'UNLIMITED',
      limitUnits: null,
      unitAmount: null,
      packageSize: null,
      tiers: [],
      ...about,
    } as QuotaRow,
    unit: 'transactions',
  })
  const tiers = [
    { from: '1', to: '500', unitAmount: '2', flatFee: '0' },
    { from: '501', to: '5000', unitAmount: '1', flatFee: '10' },
    { from: '5001', to: null, unitAmount: '0.5', flatFee: '20' },
  ]
  const of = (about: Partial<QuotaRow>, units: string, base = 0n) => {
    const { total } = estimateOf({ ...plan, baseMinor: base }, [quota(about)], new Map([['quo_a', decimal(units)]]))
    return total && amountText(total)
  }

  test.each([
    ['GRADUATED', '5001', '5530.50'],
    ['VOLUME', '5001', '2520.50'],
    ['GRADUATED', '0', '0.00'],
    ['VOLUME', '0', '0.00'],
    ['GRADUATED', '500', '1000.00'],
    ['GRADUATED', '501', '1011.00'],
    ['VOLUME', '500', '1000.00'],
    ['VOLUME', '501', '511.00'],
  ] as const)('by %s of %s units is exactly %s', (pricing, units, total) => {
    expect(of({ pricing, tiers }, units)).toBe(total)
  })

  it('is the base price alone where all is included', () => {
    for (const units of ['0', '1000', '10000']) expect(of({ pricing: 'INCLUDED' }, units, 10_000n)).toBe('100.00')
  })

  it('is so much for each unit', () => {
    expect(of({ pricing: 'PER_UNIT', unitAmount: '0.01' }, '1000')).toBe('10.00')
    expect(of({ pricing: 'PER_UNIT', unitAmount: '0.01' }, '10000')).toBe('100.00')
    expect(of({ pricing: 'PER_UNIT', unitAmount: '0.0001' }, '3000000000')).toBe('300000.00')
  })

  it('counts past a loose limit, and packages that were begun', () => {
    const loose = { pricing: 'INCLUDED', limit: 'LOOSE', limitUnits: 1_000n, unitAmount: '0.02' } as const
    expect(of(loose, '1000')).toBe('0.00')
    expect(of(loose, '1500')).toBe('10.00')
    expect(of({ pricing: 'PACKAGE', packageSize: 100n, unitAmount: '3' }, '101')).toBe('6.00')
  })

  it('shows the base price first, then tier by tier, and adds up', () => {
    const { lines, total } = estimateOf(
      plan,
      [quota({ pricing: 'GRADUATED', tiers })],
      new Map([['quo_a', decimal('5001')]]),
    )
    expect(
      lines.map(({ quantity, unitAmount, amount }) => [plain(quantity), plain(unitAmount), amountText(amount)]),
    ).toEqual([
      ['1', '100', '100.00'],
      ['500', '2', '1000.00'],
      ['4500', '1', '4500.00'],
      ['1', '10', '10.00'],
      ['1', '0.5', '0.50'],
      ['1', '20', '20.00'],
    ])
    expect(lines[0]?.description).toBe('Business, base price')
    expect(total && amountText(total)).toBe('5630.50')
  })

  it('is nothing for a plan without a price', () => {
    const free = { name: 'Free', currency: null, baseMinor: null } as unknown as PlanRow
    expect(estimateOf(free, [quota({ pricing: 'INCLUDED' })], new Map([['quo_a', decimal('7')]]))).toEqual({
      lines: [],
      total: null,
    })
  })
})
