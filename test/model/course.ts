import { periodOf, pricedPeriodOf, type Rhythm, type Schedule, type Span } from './calendar.js'
import type { ModelPlan } from './deeds.js'

/** Where a subscription stands among its periods. */
export class Course {
  /** From where the periods are counted; null where there are none. */
  anchorAt: number | null = null
  /** Null in a trial, and without periods. */
  number: number | null = null
  period: Span | null = null
  termEndsAt: number | null = null

  constructor(readonly zone: string) {}

  /** Something that needs no periods begins. */
  beginWithout(at: number): void {
    this.leave()
    this.anchorAt = at
  }

  /** A trial, at whose end the periods begin that are paid for. */
  beginTrial(plan: ModelPlan, at: number, until: number): void {
    Object.assign(this, { anchorAt: until, number: null, period: { start: at, end: until } })
    this.countTerm(plan)
  }

  begin(plan: ModelPlan, at: number): void {
    Object.assign(this, { anchorAt: at, number: 0 })
    this.period = periodOf(this.#schedule(plan), 0)
    this.countTerm(plan)
  }

  /** The next period, counted from the anchor and not from the one before. */
  goOn(plan: ModelPlan): void {
    this.number = (this.number as number) + 1
    this.period = periodOf(this.#schedule(plan), this.number)
  }

  /** The present period, or the first after the trial, is the first of the plan's term. */
  countTerm(plan: ModelPlan): void {
    const { termPeriods } = plan
    const last = (this.number ?? 0) + (termPeriods ?? 0) - 1
    this.termEndsAt = termPeriods === null ? null : periodOf(this.#schedule(plan), last).end
  }

  leave(): void {
    Object.assign(this, { anchorAt: null, number: null, period: null, termEndsAt: null })
  }

  /** The time that the whole price of the present period is for. */
  pricedPeriod(plan: ModelPlan): Span {
    return pricedPeriodOf(this.#schedule(plan), this.number as number)
  }

  #schedule({ price }: ModelPlan): Schedule {
    const { interval, count, anchor } = price as Rhythm
    return { interval, count, anchor, anchorAt: this.anchorAt as number, zone: this.zone }
  }
}

/** Plans of one rhythm share their periods. */
export function haveOneRhythm({ price: one }: ModelPlan, { price: other }: ModelPlan): boolean {
  if (!one || !other) return false
  return one.interval === other.interval && one.count === other.count && one.anchor === other.anchor
}
