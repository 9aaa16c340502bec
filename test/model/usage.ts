import { periodAt, type Span } from './calendar.js'
import type { ModelPlan } from './deeds.js'
import { type Exact, exact, isMore, isNothing, minus, plus, whole } from './exact.js'
import type { Line } from './invoices.js'
import { amountOf, type Currency, partsOf, sumOf } from './rating.js'

interface Record {
  readonly at: number
  readonly quantity: Exact
}

/** What was used of one plan's quota in one of its own intervals. */
interface Counter {
  readonly plan: number
  readonly interval: Span
  readonly chargeable: boolean
  readonly records: Record[]
  invoiced: Exact
}

/** From what a quota's intervals are counted. */
export interface Beginning {
  readonly startedAt: number
  readonly trialEndsAt: number | null
  readonly anchorAt: number
  readonly zone: string
}

/** All that a subscription has used, and how much of it stands on invoices. */
export class Usage {
  readonly #counters: Counter[] = []

  constructor(private readonly plans: readonly ModelPlan[]) {}

  add(plan: number, at: number, quantity: string, beginning: Beginning): void {
    const counter = this.#counterAt(plan, at, beginning)
    counter.records.push({ at, quantity: exact(quantity) })
  }

  /** Of the interval that it is now. */
  used(plan: number, now: number, beginning: Beginning): Exact {
    const interval = this.#intervalAt(plan, now, beginning)
    const counter = this.#counters.find((each) => each.plan === plan && each.interval.start === interval.start)
    return sumOf((counter?.records ?? []).map(({ quantity }) => quantity))
  }

  /** Whether anything that occurred until then is on no invoice. */
  isDue(until: number): boolean {
    return this.#counters.some((counter) => isDue(counter, until))
  }

  /**
   * What no invoice has charged, as lines, and from now on one has. Each interval is priced as a whole, less what it was
   * charged before; sums never cross currencies.
   * @param of the invoice's time: what is of intervals before it was reported late, and stands on lines of its own
   */
  settle(of: Span, currency: Currency): Line[] {
    const charged = new Map<string, { plan: number; unitAmount: string; quantities: Exact[] }>()
    for (const counter of this.#inOrder()) {
      if (!isDue(counter, of.end)) continue
      const { price, pricing } = this.plans[counter.plan] as ModelPlan
      const used = usedUntil(counter, of.end)
      const late = counter.interval.end <= of.start
      if (price?.currency === currency) {
        for (const { name, quantity, unitAmount } of partsOf(pricing, used))
          gather(counter.plan, late, name, unitAmount, quantity)
        for (const { name, quantity, unitAmount } of partsOf(pricing, counter.invoiced))
          gather(counter.plan, late, name, unitAmount, minus(whole(0n), quantity))
      }
      counter.invoiced = used
    }
    return [...charged.values()].flatMap(({ unitAmount, quantities }) => {
      const quantity = sumOf(quantities)
      if (isNothing(quantity) || isNothing(exact(unitAmount))) return []
      const amount = amountOf(quantity, unitAmount, currency)
      return [{ kind: amount < 0n ? ('CREDIT' as const) : ('USAGE' as const), amount, span: of }]
    })

    function gather(plan: number, late: boolean, name: string, unitAmount: string, quantity: Exact) {
      const key = [plan, late, name].join()
      const known = charged.get(key) ?? { plan, unitAmount, quantities: [] }
      known.quantities.push(quantity)
      charged.set(key, known)
    }
  }

  #inOrder(): Counter[] {
    return this.#counters.toSorted((one, other) => one.plan - other.plan || one.interval.start - other.interval.start)
  }

  #counterAt(plan: number, at: number, beginning: Beginning): Counter {
    const interval = this.#intervalAt(plan, at, beginning)
    const known = this.#counters.find((each) => each.plan === plan && each.interval.start === interval.start)
    if (known) return known
    const { trialEndsAt } = beginning
    const inTrial = trialEndsAt !== null && interval.start < trialEndsAt
    const chargeable = this.plans[plan]?.price !== null && !inTrial
    const counter: Counter = { plan, interval, chargeable, records: [], invoiced: whole(0n) }
    this.#counters.push(counter)
    return counter
  }

  /**
   * Counted from where the periods are. What comes before that has intervals of its own, the last cut short: a trial's
   * end, and the anchor, each begin a count anew.
   */
  #intervalAt(plan: number, at: number, { startedAt, trialEndsAt, anchorAt, zone }: Beginning): Span {
    const { quotaInterval, price } = this.plans[plan] as ModelPlan
    const counted = { interval: quotaInterval, count: 1, anchor: price?.anchor ?? ('ANNIVERSARY' as const), zone }
    if (at >= anchorAt) return periodAt({ ...counted, anchorAt }, at)
    const afterTrial = trialEndsAt !== null && at >= trialEndsAt
    const begun = afterTrial ? trialEndsAt : startedAt
    const { start, end } = periodAt({ ...counted, anchorAt: begun }, at)
    const next = trialEndsAt !== null && !afterTrial ? Math.min(trialEndsAt, anchorAt) : anchorAt
    return { start, end: Math.min(end, next) }
  }
}

function isDue(counter: Counter, until: number): boolean {
  return counter.chargeable && counter.interval.start < until && isMore(usedUntil(counter, until), counter.invoiced)
}

function usedUntil({ records, interval }: Counter, until: number): Exact {
  const counted = interval.end <= until ? records : records.filter(({ at }) => at < until)
  return counted.map(({ quantity }) => quantity).reduce(plus, whole(0n))
}
