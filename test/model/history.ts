import fc from 'fast-check'
import type { Interval, Rhythm } from './calendar.js'
import type { Button, Deed, ModelPlan, Timing } from './deeds.js'
import type { Currency, Pricing } from './rating.js'

/** A marketplace with one product on sale. */
export interface World {
  readonly zone: string
  readonly plans: readonly ModelPlan[]
}

/** What goes wrong between Stripe and the backend while people do things. */
export type Trouble = 'none' | 'lost' | 'repeated' | 'reordered' | 'restart'

/** A step of the common time: who moves, what happens to the webhooks of its last deeds, and how long it takes. */
export interface Step {
  /** A marketplace that is in another zone from now on; null where none is. */
  readonly moves: { readonly world: number; readonly zone: string } | null
  readonly trouble: Trouble
  readonly hours: number
}

/** One organization in one of the worlds: what it does in each step, one deed after another. */
export interface History {
  readonly world: number
  readonly steps: ReadonlyArray<readonly Deed[]>
}

/** Histories that are lived through at the same time, in the same worlds. */
export interface Season {
  readonly worlds: readonly World[]
  readonly steps: readonly Step[]
  readonly histories: readonly History[]
}

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'America/Havana',
  'Africa/Cairo',
  'Pacific/Apia',
]

/** Minor units that each currency can charge, and far above the least that Stripe does. */
const amounts: Record<Currency, fc.Arbitrary<bigint>> = {
  USD: fc.bigInt(500n, 30_000n),
  EUR: fc.bigInt(500n, 30_000n),
  JPY: fc.bigInt(500n, 30_000n),
  KWD: fc.bigInt(50n, 3_000n).map((tens) => tens * 10n),
}

const weighted = <Value>(...choices: Array<[weight: number, value: Value]>): fc.Arbitrary<Value> =>
  fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

const rhythm: fc.Arbitrary<Rhythm> = weighted<Rhythm>(
  [5, { interval: 'MONTH', count: 1, anchor: 'ANNIVERSARY' }],
  [3, { interval: 'MONTH', count: 1, anchor: 'CALENDAR' }],
  [1, { interval: 'MONTH', count: 3, anchor: 'CALENDAR' }],
  [1, { interval: 'WEEK', count: 2, anchor: 'ANNIVERSARY' }],
  [1, { interval: 'YEAR', count: 1, anchor: 'ANNIVERSARY' }],
  [1, { interval: 'DAY', count: 20, anchor: 'CALENDAR' }],
)

const unitAmount = fc.constantFrom('0.0333', '0.5', '1.005', '0.000125', '2')
const tiers = fc.constantFrom(
  [
    { to: 500n, unitAmount: '2', flatFee: '0' },
    { to: 5_000n, unitAmount: '1', flatFee: '10' },
    { to: null, unitAmount: '0.5', flatFee: '20' },
  ],
  [
    { to: 10n, unitAmount: '0', flatFee: '3' },
    { to: null, unitAmount: '0.125', flatFee: '0' },
  ],
)
const pricing: fc.Arbitrary<Pricing> = fc.oneof(
  fc.record({
    kind: fc.constant('INCLUDED' as const),
    limit: fc.constant('STRICT' as const),
    limitUnits: fc.constantFrom(100n, 1_000n),
  }),
  fc.record({
    kind: fc.constant('INCLUDED' as const),
    limit: fc.constant('LOOSE' as const),
    limitUnits: fc.constantFrom(10n, 500n),
    unitAmount,
  }),
  fc.record({ kind: fc.constant('PER_UNIT' as const), unitAmount }),
  fc.record({
    kind: fc.constant('PACKAGE' as const),
    unitAmount: fc.constantFrom('5', '12'),
    size: fc.constantFrom(1n, 100n),
  }),
  fc.record({ kind: fc.constantFrom('GRADUATED' as const, 'VOLUME' as const), tiers }),
)

function plan(currency: Currency, quotaInterval: Interval): fc.Arbitrary<ModelPlan> {
  const price = fc
    .tuple(amounts[currency], fc.oneof(fc.constant(0n), amounts[currency]), rhythm)
    .map(([base, setupFee, rhythm]) => ({ ...rhythm, base, setupFee, currency }))
  const paid = fc.record<ModelPlan>({
    approval: weighted<'AUTOMATIC' | 'MANUAL'>([6, 'AUTOMATIC'], [1, 'MANUAL']),
    price,
    trialDays: weighted([4, 0], [1, 14]),
    termPeriods: weighted<number | null>([5, null], [1, 3]),
    paymentTermDays: weighted([1, 0], [4, 7], [1, 30]),
    graceDays: weighted([1, 0], [4, 3]),
    cancelWhenPastDue: weighted([4, false], [1, true]),
    pricing,
    quotaInterval: fc.constant(quotaInterval),
  })
  const free: ModelPlan = {
    approval: 'AUTOMATIC',
    price: null,
    trialDays: 0,
    termPeriods: null,
    paymentTermDays: 7,
    graceDays: 3,
    cancelWhenPastDue: false,
    pricing: { kind: 'INCLUDED', limit: 'STRICT', limitUnits: 500n },
    quotaInterval,
  }
  return fc.oneof({ weight: 6, arbitrary: paid }, { weight: 1, arbitrary: fc.constant(free) })
}

export const world: fc.Arbitrary<World> = fc
  .tuple(
    weighted<Currency>([4, 'USD'], [1, 'JPY'], [1, 'KWD']),
    weighted<Interval>([4, 'MONTH'], [1, 'DAY'], [1, 'YEAR']),
  )
  .chain(([currency, interval]) => {
    const other = weighted<Currency>([4, currency], [1, 'EUR'])
    return fc.record<World>({
      zone: fc.constantFrom(...zones),
      plans: fc.tuple(
        plan(currency, interval),
        plan(currency, 'MONTH'),
        other.chain((currency) => plan(currency, interval)),
      ),
    })
  })

const of = weighted([9, 0], [1, 1])
const invoice = weighted([8, 0], [2, 1], [1, 2])
const timing = fc.constantFrom<Timing>('NOW', 'PERIOD_END')
const planNumber = fc.nat(2)

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('pay' as const),
      of,
      invoice,
      button: weighted<Button>([6, 'card'], [1, 'card_declined'], [2, 'bank_debit'], [1, 'bank_debit_fails']),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      of,
      quantity: fc.constantFrom('1', '7.25', '99', '501', '5001', '20000'),
      hoursAgo: fc.constantFrom(0, 0, 1, 30, 200),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), of, plan: planNumber, when: timing }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('subscribe' as const), plan: planNumber }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), of, when: timing }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('keep' as const, 'suspend' as const, 'resume' as const), of }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('approve' as const, 'reject' as const), of }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('void' as const, 'write off' as const, 'pay outside' as const),
      of,
      invoice,
    }),
  },
)

const subscribing = planNumber.map((plan): Deed => ({ do: 'subscribe', plan }))
const paying: fc.Arbitrary<Deed> = weighted<Deed>(
  [4, { do: 'pay', of: 0, invoice: 0, button: 'card' }],
  [1, { do: 'approve', of: 0 }],
  [1, { do: 'pay', of: 0, invoice: 0, button: 'bank_debit' }],
)
const someDeeds = fc.array(deed, { maxLength: 2 })

const step = (worlds: number): fc.Arbitrary<Step> =>
  fc.record({
    moves: fc.option(fc.record({ world: fc.nat(worlds - 1), zone: fc.constantFrom(...zones) }), { freq: 2 }),
    trouble: weighted<Trouble>([4, 'none'], [2, 'lost'], [1, 'repeated'], [1, 'reordered'], [1, 'restart']),
    hours: weighted([1, 1], [1, 30], [2, 6 * 24], [3, 12 * 24], [3, 17 * 24], [4, 35 * 24]),
  })

/** So many histories in so many worlds, each of so many steps. */
export function season({ worlds, histories, steps }: Record<keyof Season, number>): fc.Arbitrary<Season> {
  const history = fc
    .tuple(
      fc.nat(worlds - 1),
      fc.tuple(subscribing, paying),
      fc.array(someDeeds, { minLength: steps - 1, maxLength: steps - 1 }),
    )
    .map(([world, first, more]): History => ({ world, steps: [first, ...more] }))
  return fc.record({
    worlds: fc.array(world, { minLength: worlds, maxLength: worlds }),
    steps: fc.array(step(worlds), { minLength: steps, maxLength: steps }),
    histories: fc.array(history, { minLength: histories, maxLength: histories }),
  })
}

/** The season of a seed, and always the same. */
export function seasonOf(seed: number, size: Record<keyof Season, number>): Season {
  const [made] = fc.sample(season(size), { seed, numRuns: 1 })
  return made as Season
}
