import { type Deed, type ModelPlan, nth, type Standing, type Timing } from './deeds.js'
import { day, type Invoice, isOwed } from './invoices.js'
import { Subscription, type Surroundings } from './subscription.js'

/** The codes by which a deed is refused; none where it is done. */
export type Answer = readonly string[]
const done: Answer = []
const wrongState: Answer = ['WRONG_STATE']

type OnInvoice = Extract<Deed, { do: 'pay' | 'void' | 'write off' | 'pay outside' }>

/** The rules of billing for one organization and the plans of one product, and nothing else. */
export class BillingModel {
  readonly #subscriptions: Subscription[] = []
  readonly #around: Surroundings

  constructor(plans: readonly ModelPlan[], zone: string, beginning: number) {
    this.#around = { plans, zone, balances: {}, now: beginning }
  }

  /** The marketplace is in another zone, which counts from the next period on. */
  moveTo(zone: string): void {
    this.#around.zone = zone
  }

  /** Lets time pass, and all that falls due in it happen at its instant. */
  advance(to: number): void {
    for (let next = this.#nextInstant(); next < to; next = this.#nextInstant()) this.#happen(next)
    this.#happen(to)
  }

  /** Null where there is nothing that it could be done to. */
  take(deed: Deed): Answer | null {
    if (deed.do === 'subscribe') return this.#subscribe(deed.plan)
    const subscription = nth(this.#subscriptions, deed.of)
    if (!subscription) return null
    const answer = this.#takeOn(subscription, deed)
    this.#settle()
    return answer
  }

  standing(): Standing {
    const reasons = this.#subscriptions.map((subscription) => subscription.blocks())
    const [only = [], ...more] = reasons
    return {
      subscriptions: this.#subscriptions.map((subscription) => subscription.seen()),
      allowed: reasons.some((blocks) => blocks.length === 0),
      reasons: more.length > 0 ? [] : only,
    }
  }

  #nextInstant(): number {
    const instants = this.#subscriptions.flatMap((subscription) => subscription.nextInstants())
    return Math.min(...instants.filter((at) => at > this.#around.now), Infinity)
  }

  #happen(at: number): void {
    this.#around.now = at
    this.#settle()
  }

  /** Stripe's news first, then what is unpaid, then ends of periods: the longest ago first. */
  #settle(): void {
    for (const subscription of this.#subscriptions) subscription.settleDebits()
    this.#cancelUnpaid()
    for (let due = this.#dueTurn(); due; due = this.#dueTurn()) {
      due.turn(due.scheduled !== null && this.#runs(due.scheduled))
    }
    this.#cancelUnpaid()
    for (const subscription of this.#subscriptions) subscription.chargeLate()
  }

  #cancelUnpaid(): void {
    for (const subscription of this.#subscriptions) subscription.cancelUnpaid()
  }

  #dueTurn(): Subscription | undefined {
    const end = ({ course }: Subscription) => course.period?.end ?? Infinity
    return this.#subscriptions
      .filter((subscription) => subscription.isInPeriods && end(subscription) <= this.#around.now)
      .toSorted((one, other) => end(one) - end(other))[0]
  }

  #takeOn(subscription: Subscription, deed: Exclude<Deed, { do: 'subscribe' }>): Answer | null {
    switch (deed.do) {
      case 'approve':
      case 'reject':
        return this.#decide(subscription, deed.do)
      case 'suspend':
      case 'resume':
        if (!subscription.isInPeriods) return wrongState
        subscription.state = deed.do === 'suspend' ? 'SUSPENDED' : 'ACTIVE'
        return done
      case 'cancel':
        return this.#cancel(subscription, deed.when)
      case 'keep':
        if (!subscription.isInPeriods) return wrongState
        subscription.cancelAtPeriodEnd = false
        return done
      case 'change':
        return this.#change(subscription, deed.plan, deed.when)
      case 'use':
        return subscription.use(deed.quantity, this.#around.now - deed.hoursAgo * 3_600_000) ? done : ['TOO_OLD']
      default:
        return this.#dealWith(subscription, deed)
    }
  }

  #subscribe(plan: number): Answer {
    if (this.#runs(plan)) return ['ALREADY_SUBSCRIBED']
    const subscription = new Subscription(plan, this.#around)
    if (subscription.terms.approval === 'AUTOMATIC') subscription.start(this.#trialHad)
    this.#subscriptions.push(subscription)
    return done
  }

  #decide(subscription: Subscription, decision: 'approve' | 'reject'): Answer {
    const { state } = subscription
    if (state !== 'PENDING_APPROVAL') {
      const agrees = decision === 'approve' ? subscription.isInPeriods : state === 'REJECTED'
      return agrees ? done : wrongState
    }
    if (decision === 'reject') subscription.state = 'REJECTED'
    else {
      subscription.approvedByPerson = true
      subscription.start(this.#trialHad)
    }
    return done
  }

  /** What nobody has paid for has no end of a period to wait for. */
  #cancel(subscription: Subscription, when: Timing): Answer {
    if (subscription.state === 'REJECTED') return wrongState
    if (!subscription.isRunning) return done
    const paidFor = subscription.course.period !== null && subscription.standing !== 'AWAITING_FIRST_PAYMENT'
    if (when === 'PERIOD_END' && paidFor) subscription.cancelAtPeriodEnd = true
    else subscription.end('CANCELED')
    return done
  }

  #change(subscription: Subscription, to: number, when: Timing): Answer {
    const obstacles = this.#obstacles(subscription, to, when)
    if (obstacles.length > 0) return [...new Set(obstacles)].sort()
    if (to === subscription.plan) subscription.scheduled = null
    else if (when === 'PERIOD_END' && subscription.course.period) subscription.scheduled = to
    else subscription.changeNow(to, this.#trialHad)
    return done
  }

  #obstacles(subscription: Subscription, to: number, when: Timing): string[] {
    const { plan, scheduled, course, terms } = subscription
    const next = this.#around.plans[to] as ModelPlan
    const obstacles: string[] = []
    const wrong = (is: boolean) => is && obstacles.push('WRONG_STATE')
    wrong(subscription.state !== 'ACTIVE')
    wrong(subscription.cancelAtPeriodEnd)
    // The present plan is named to take back a change that waits.
    if (to === plan) return scheduled !== null && when === 'PERIOD_END' ? obstacles : [...obstacles, 'INVALID']
    if (this.#runs(to)) obstacles.push('ALREADY_SUBSCRIBED')
    wrong(next.approval === 'MANUAL' && !subscription.approvedByPerson)
    if (subscription.standing === 'AWAITING_FIRST_PAYMENT') wrong(true)
    else if (when === 'NOW' || !course.period) {
      wrong(subscription.owes)
      const charged = terms.price && next.price && course.number !== null
      wrong(Boolean(charged) && terms.price?.currency !== next.price?.currency)
    }
    return obstacles
  }

  #dealWith(subscription: Subscription, deed: OnInvoice): Answer | null {
    const invoice = nth(subscription.invoices, deed.invoice)
    if (!invoice) return null
    if (deed.do === 'pay') return this.#pay(invoice, deed.button)
    if (invoice.status === 'PAID') return deed.do === 'pay outside' ? done : wrongState
    if (invoice.status === 'VOID') return deed.do === 'void' ? done : wrongState
    if (deed.do === 'write off') {
      invoice.status = 'UNCOLLECTIBLE'
      return done
    }
    if (invoice.debit) return ['BILLING_REFUSED']
    if (deed.do === 'void') subscription.void(invoice)
    else invoice.status = 'PAID'
    return done
  }

  /** On Stripe's page, which shows what is no longer to be paid and does nothing. */
  #pay(invoice: Invoice, button: Extract<Deed, { do: 'pay' }>['button']): Answer | null {
    if (!invoice.atStripe) return null
    if (!isOwed(invoice) || invoice.debit || button === 'card_declined') return done
    if (button === 'card') invoice.status = 'PAID'
    else invoice.debit = { settlesAt: this.#around.now + 4 * day, bounces: button === 'bank_debit_fails' }
    return done
  }

  #runs(plan: number): boolean {
    return this.#subscriptions.some((subscription) => subscription.plan === plan && subscription.isRunning)
  }

  /** Whether the organization had a trial of the product. */
  get #trialHad(): boolean {
    return this.#subscriptions.some(({ trialEndsAt }) => trialEndsAt !== null)
  }
}
