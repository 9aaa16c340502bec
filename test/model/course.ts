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

  constructor(public zone: string) {}

  /** Something that needs no periods begins. */
  beginWithout(at: number, zone: string): void {
    this.leave()
    Object.assign(this, { anchorAt: at, zone })
  }

  /** A trial, at whose end the periods begin that are paid for. */
  beginTrial(plan: ModelPlan, at: number, until: number, zone: string): void {
    Object.assign(this, { anchorAt: until, number: null, period: { start: at, end: until }, zone })
    this.countTerm(plan)
  }

  begin(plan: ModelPlan, at: number, zone: string): void {
    Object.assign(this, { anchorAt: at, number: 0, zone })
    this.period = periodOf(this.#schedule(plan), 0)
    this.countTerm(plan)
  }

  /** The next period, counted from the anchor and not from the one before. */
  goOn(plan: ModelPlan, zone: string): void {
    const next = (this.number as number) + 1
    if (zone === this.zone) {
      this.number = next
      this.period = periodOf(this.#schedule(plan), next)
    } else this.#goOnIn(zone, plan, next)
  }

  /**
   * From here on by another zone's calendar, in which the anchor may lie in another unit: to the end that is nearest to
   * where it would have been, and with as many periods left.
   */
  #goOnIn(zone: string, plan: ModelPlan, next: number): void {
    const before = this.#schedule(plan)
    const start = (this.period as Span).end
    const usualEnd = periodOf(before, next).end
    const termEndsAt = this.termEndsAt ?? 0
    let left = 0
    while (periodOf(before, next + left).end < termEndsAt) left += 1
    this.zone = zone
    const endOf = (number: number) => periodOf(this.#schedule(plan), number).end
    const off = (number: number) => Math.abs(endOf(number) - usualEnd)
    this.number = [next, next - 1, next + 1].toSorted((one, other) => off(one) - off(other))[0] as number
    this.period = { start, end: endOf(this.number) }
    if (this.termEndsAt !== null) this.termEndsAt = endOf(this.number + left)
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
    const period = this.period as Span
    return period.start === this.anchorAt ? pricedPeriodOf(this.#schedule(plan), 0) : period
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
