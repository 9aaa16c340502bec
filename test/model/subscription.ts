import type { Span } from './calendar.js'
import { Course, haveOneRhythm } from './course.js'
import { instant, type ModelPlan, type SubscriptionSeen } from './deeds.js'
import { isMore, rounded, roundedDown, whole } from './exact.js'
import {
  type Balances,
  creditOf,
  type Draft,
  day,
  type Invoice,
  isOwed,
  issued,
  type Line,
  seen,
  standingOf,
  voided,
} from './invoices.js'
import { type Currency, shareOf } from './rating.js'
import { type Beginning, Usage } from './usage.js'

export type State = 'PENDING_APPROVAL' | 'REJECTED' | 'ACTIVE' | 'SUSPENDED' | 'CANCELED' | 'EXPIRED'

/** What a subscription needs of the organization that has it. */
export interface Surroundings {
  readonly plans: readonly ModelPlan[]
  /** The marketplace's, by now. */
  zone: string
  readonly balances: Balances
  now: number
}

/** For so long usage of before the end is looked for. */
const lateFor = 36 * day

/** One subscription: its periods, what it has used, its invoices, and what becomes of it. */
export class Subscription {
  state: State = 'PENDING_APPROVAL'
  readonly invoices: Invoice[] = []
  readonly course: Course
  approvedByPerson = false
  scheduled: number | null = null
  cancelAtPeriodEnd = false
  startedAt: number | null = null
  endedAt: number | null = null
  trialEndsAt: number | null = null
  /** Whether what it last began with was a trial. */
  #beganWithTrial = false
  readonly #usage: Usage

  constructor(
    public plan: number,
    private readonly around: Surroundings,
  ) {
    this.course = new Course(around.zone)
    this.#usage = new Usage(around.plans)
  }

  get isRunning(): boolean {
    return this.state === 'PENDING_APPROVAL' || this.isInPeriods
  }

  get isInPeriods(): boolean {
    return this.state === 'ACTIVE' || this.state === 'SUSPENDED'
  }

  get terms(): ModelPlan {
    return this.around.plans[this.plan] as ModelPlan
  }

  get standing(): string {
    return this.#payment().standing
  }

  get owes(): boolean {
    return this.invoices.some(isOwed)
  }

  /** @param trialHad whether the organization had one of this product */
  start(trialHad: boolean): void {
    this.state = 'ACTIVE'
    this.startedAt = this.around.now
    this.#open(trialHad)
  }

  /** What is to be paid for begins: with a trial where the plan has one and the organization had none, else at once. */
  #open(trialHad: boolean): void {
    const { now, zone } = this.around
    const { price, trialDays } = this.terms
    this.#beganWithTrial = price !== null && trialDays > 0 && !trialHad
    if (!price) this.course.beginWithout(now, zone)
    else if (this.#beganWithTrial) {
      this.trialEndsAt = now + trialDays * day
      this.course.beginTrial(this.terms, now, this.trialEndsAt, zone)
    } else this.#begin(now)
  }

  /** The first period that is paid for. The set-up fee is charged at such a beginning alone. */
  #begin(at: number): void {
    this.course.begin(this.terms, at, this.around.zone)
    this.#issue('SUBSCRIPTION_START', [...this.#setupLines(), ...this.#baseLines()])
  }

  // ——— What people do

  /** Whether it counts: what was before the start, or long ago, does not. */
  use(quantity: string, at: number): boolean {
    const { startedAt } = this
    if (startedAt === null || at < startedAt - 5 * 60_000 || this.around.now - at > 35 * day) return false
    this.#usage.add(this.plan, Math.max(at, startedAt), quantity, this.#beginning())
    return true
  }

  void(invoice: Invoice): void {
    voided(invoice, this.around.balances, this.around.now)
  }

  changeNow(to: number, trialHad: boolean): void {
    const [from, next] = [this.terms, this.around.plans[to] as ModelPlan]
    this.scheduled = null
    const inTrial = this.trialEndsAt !== null && this.around.now < this.trialEndsAt
    const stays = haveOneRhythm(from, next)
    if (from.price && !inTrial && !stays) this.#chargeUsageSoFar()
    const back = next.price && from.price && !inTrial ? this.#givenBack(next.price.currency) : []
    this.plan = to
    if (!next.price) this.course.leave()
    else if (!from.price) this.#open(trialHad)
    else if (inTrial) this.course.countTerm(next)
    else if (stays) this.#changeWithin(back)
    else {
      this.course.begin(next, this.around.now, this.around.zone)
      this.#issue('PLAN_CHANGE', [...back, ...this.#baseLines()])
    }
  }

  #changeWithin(back: Line[]): void {
    this.course.countTerm(this.terms)
    const rest = { start: this.around.now, end: this.#period.end }
    this.#issue('PLAN_CHANGE', [...back, ...this.#priceLines('PRORATION', rest)], rest)
  }

  /** The rest of the price that stands on the newest invoice, rounded down. */
  #givenBack(currency: Currency): Line[] {
    const { now } = this.around
    const newest = this.invoices.findLast(({ reason }) => reason !== 'SUBSCRIPTION_END')
    if (!newest || newest.status === 'VOID' || newest.currency !== currency) return []
    const priced = newest.lines.find(({ kind }) => kind === 'BASE_PRICE' || kind === 'PRORATION')
    if (!priced) return []
    const { start, end } = priced.span
    const left = Math.min(Math.max(end - now, 0), end - start)
    const amount = shareOf(priced.amount, left, end - start, currency, roundedDown)
    return amount > 0n ? [{ kind: 'CREDIT', amount: -amount, span: { start: now, end } }] : []
  }

  #chargeUsageSoFar(): void {
    const { start } = this.#period
    if (start < this.around.now && this.#chargesUsage) this.#issueUsage({ start, end: this.around.now })
  }

  // ——— What time brings

  /** When something happens by itself after now, if nobody does anything. */
  nextInstants(): number[] {
    const { period } = this.course
    return [
      ...(this.isInPeriods && period ? [period.end] : []),
      ...this.invoices.flatMap(({ debit }) => (debit ? [debit.settlesAt] : [])),
      ...(this.isInPeriods && this.terms.cancelWhenPastDue ? [this.#payment().closesAt ?? Infinity] : []),
    ]
  }

  settleDebits(): void {
    for (const invoice of this.invoices) {
      if (!invoice.debit || invoice.debit.settlesAt > this.around.now) continue
      if (!invoice.debit.bounces) invoice.status = 'PAID'
      invoice.debit = null
      this.#voidForNothing()
    }
  }

  /** Where the plan says so, after grace, and never while a payment is under way. */
  cancelUnpaid(): void {
    if (!this.isInPeriods || !this.terms.cancelWhenPastDue || this.standing !== 'PAST_DUE') return
    if (!this.invoices.some((invoice) => isOwed(invoice) && invoice.debit)) this.end('CANCELED')
  }

  /**
   * The end of a period: cancel before expire before change of plan before renewal.
   * @param runsScheduled whether the organization has the plan that it was to go over to already
   */
  turn(runsScheduled: boolean): void {
    const { end } = this.#period
    const { termEndsAt } = this.course
    const mayChange = this.standing !== 'AWAITING_FIRST_PAYMENT' && !runsScheduled
    if (this.cancelAtPeriodEnd) this.end('CANCELED', end)
    else if (termEndsAt !== null && termEndsAt <= end) this.end('EXPIRED', end)
    else if (this.scheduled === null) this.#renew(end)
    else if (mayChange) this.#changeAtEnd(this.scheduled, end)
    else this.end('CANCELED', end)
  }

  #renew(at: number): void {
    if (this.course.number === null) {
      this.#begin(at)
      return
    }
    const former = this.#period
    const waits = this.standing === 'AWAITING_FIRST_PAYMENT'
    this.course.goOn(this.terms, this.around.zone)
    // Nothing is delivered before the first payment, so nothing more is invoiced.
    if (waits) return
    this.#issue('SUBSCRIPTION_CYCLE', [...this.#usage.settle(former, this.#currency), ...this.#baseLines()])
  }

  #changeAtEnd(to: number, at: number): void {
    const [from, next] = [this.terms, this.around.plans[to] as ModelPlan]
    const former = this.#period
    const trial = this.course.number === null
    const together = next.price !== null && next.price.currency === from.price?.currency
    const usage = !trial && together ? this.#usage.settle(former, this.#currency) : []
    if (!trial && !together) this.#issueUsage(former)
    Object.assign(this, { plan: to, scheduled: null })
    if (!next.price) {
      this.course.leave()
    } else if (trial) {
      this.#begin(at)
    } else {
      if (haveOneRhythm(from, next)) {
        this.course.goOn(next, this.around.zone)
        this.course.countTerm(next)
      } else this.course.begin(next, at, this.around.zone)
      this.#issue('PLAN_CHANGE', [...usage, ...this.#baseLines()])
    }
  }

  // ——— Ends

  end(state: 'CANCELED' | 'EXPIRED', at = this.around.now): void {
    const charges = this.#chargesUsage
    const { period } = this.course
    Object.assign(this, { state, endedAt: at, cancelAtPeriodEnd: false, scheduled: null })
    if (charges && period && period.start < at) this.#issueUsage({ start: period.start, end: at })
    this.#voidForNothing()
  }

  /** Of a beginning that was never paid nothing was delivered. What is paid in the same moment stays paid. */
  #voidForNothing(): void {
    if (this.endedAt === null || this.#beganWithTrial) return
    for (const invoice of this.invoices) {
      if (invoice.reason === 'SUBSCRIPTION_START' && invoice.status === 'OPEN' && !invoice.debit) this.void(invoice)
    }
  }

  #endedUnpaid(endedAt: number): boolean {
    const first = this.invoices.findLast(({ reason }) => reason === 'SUBSCRIPTION_START')
    if (this.#beganWithTrial || !first) return false
    return isOwed(first) || (first.status === 'VOID' && (first.voidedAt as number) >= endedAt)
  }

  /** What was reported after the end, of before it. Of what was never paid for nothing was delivered. */
  chargeLate(): void {
    const { endedAt, startedAt } = this
    const { now } = this.around
    if (endedAt === null || startedAt === null || now - endedAt > lateFor || !this.#usage.isDue(endedAt)) return
    const used = { start: endedAt, end: endedAt }
    if (this.#endedUnpaid(endedAt)) {
      this.#usage.settle(used, this.#currency)
      return
    }
    const last = this.invoices.findLast(({ reason }) => reason === 'SUBSCRIPTION_END')
    const start = last ? last.period.end : endedAt
    this.#issueUsage(used, { start, end: Math.max(now, start + 1) })
  }

  // ——— Invoices

  /** @param used the time whose usage is charged; the invoice's own unless another is given */
  #issueUsage(used: Span, period = used): void {
    const lines = this.#usage.settle(used, this.#currency)
    if (lines.reduce((sum, { amount }) => sum + amount, 0n) > 0n) this.#issue('SUBSCRIPTION_END', lines, period)
  }

  #issue(reason: Draft['reason'], lines: Line[], period = this.#period): void {
    const { balances, now } = this.around
    const currency = this.#currency
    const draft = { reason, period, lines, currency, termDays: this.terms.paymentTermDays }
    this.invoices.push(issued(draft, creditOf(this.invoices, currency), balances, now))
  }

  #setupLines(): Line[] {
    const { setupFee = 0n } = this.terms.price ?? {}
    return setupFee > 0n ? [{ kind: 'SETUP_FEE', amount: setupFee, span: this.#period }] : []
  }

  #baseLines(): Line[] {
    return this.#priceLines('BASE_PRICE', this.#period)
  }

  /** The share of the price that is for a time, rounded half up. */
  #priceLines(kind: 'BASE_PRICE' | 'PRORATION', span: Span): Line[] {
    const { price } = this.terms
    if (!price || price.base === 0n) return []
    const priced = this.course.pricedPeriod(this.terms)
    const [left, length] = [priced.end - span.start, priced.end - priced.start]
    return [{ kind, amount: shareOf(price.base, left, length, price.currency, rounded), span }]
  }

  // ——— What follows

  seen(): SubscriptionSeen {
    const { period, termEndsAt } = this.course
    const { standing, closesAt } = this.#payment()
    const endsAt = this.endedAt ?? (this.cancelAtPeriodEnd ? (period?.end ?? null) : termEndsAt)
    return {
      state: this.state,
      standing,
      plan: this.plan,
      scheduledPlan: this.scheduled,
      cancelAtPeriodEnd: this.cancelAtPeriodEnd,
      period: period && `${instant(period.start)} ${instant(period.end)}`,
      endsAt: instant(endsAt),
      accessClosesAt: instant(closesAt),
      invoices: this.invoices.map(seen),
    }
  }

  /** All reasons why a call does not pass. */
  blocks(): string[] {
    const agreement: Partial<Record<State, string>> = {
      PENDING_APPROVAL: 'SUBSCRIPTION_NOT_APPROVED',
      REJECTED: 'SUBSCRIPTION_NOT_APPROVED',
      SUSPENDED: 'SUSPENDED_BY_PROVIDER',
      CANCELED: 'SUBSCRIPTION_ENDED',
      EXPIRED: 'SUBSCRIPTION_ENDED',
    }
    const payment: Record<string, string> = {
      AWAITING_FIRST_PAYMENT: 'FIRST_INVOICE_UNPAID',
      PAST_DUE: 'INVOICE_PAST_DUE',
    }
    const quota = this.#isUsedUp() ? 'QUOTA_EXCEEDED' : undefined
    return [agreement[this.state], payment[this.standing], quota].flatMap((reason) => reason ?? [])
  }

  #isUsedUp(): boolean {
    const { pricing } = this.terms
    if (pricing.kind !== 'INCLUDED' || pricing.limit !== 'STRICT' || this.startedAt === null) return false
    return !isMore(whole(pricing.limitUnits), this.#usage.used(this.plan, this.around.now, this.#beginning()))
  }

  #payment() {
    if (this.startedAt === null) return { standing: 'NOT_REQUIRED' as const, closesAt: null }
    // A trial that was broken off never comes to its end.
    const brokenOff = this.endedAt !== null && this.trialEndsAt !== null && this.endedAt < this.trialEndsAt
    if (brokenOff) return { standing: 'NOT_REQUIRED' as const, closesAt: null }
    const trial = { trialEndsAt: this.trialEndsAt, hadTrial: this.#beganWithTrial }
    return standingOf(this.terms, trial, this.invoices, this.around.now)
  }

  /** Nothing is charged that was used in a trial, or before the first payment. */
  get #chargesUsage(): boolean {
    return this.course.number !== null && this.standing !== 'AWAITING_FIRST_PAYMENT'
  }

  get #period(): Span {
    return this.course.period as Span
  }

  get #currency(): Currency {
    return this.terms.price?.currency as Currency
  }

  #beginning(): Beginning {
    const start = this.startedAt as number
    const { anchorAt, zone } = this.course
    return { startedAt: start, trialEndsAt: this.trialEndsAt, anchorAt: anchorAt ?? start, zone }
  }
}
