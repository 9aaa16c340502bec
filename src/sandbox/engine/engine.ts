import { apply, type Outcome } from '../ledger/apply.js'
import type { Command } from '../ledger/command.js'
import type { Asking } from '../ledger/draft.js'
import type { Delivery, Invoice, PaymentIntent, Row, StripeEvent } from '../ledger/records.js'
import { type Change, commit, empty, type State } from '../ledger/state.js'
import { nextInstant } from '../ledger/time.js'
import { Agenda, type Appointment } from './agenda.js'
import { Clock } from './clock.js'
import type { Journal } from './journal.js'

const longestWait = 3_600_000
const pruneEvery = 3_600_000
/** Of those that are taken over: what a version is told again from is a line of the journal. */
const rowsAtOnce = 100

/** Who brings events to their endpoints. */
export interface Courier {
  take(delivery: Delivery): void
  /** When nothing is under way any more. */
  idle(): Promise<void>
}

/** The one writer: decides by the reducer, writes the journal, commits, hands events on, and wakes when something is due. */
export class Engine {
  readonly clock: Clock
  readonly state: State
  readonly #journal: Journal | null
  readonly #agenda = new Agenda()
  readonly #hearers: ((events: readonly StripeEvent[]) => void)[] = []
  #courier: Courier | null = null
  #timer: NodeJS.Timeout | undefined
  #moving: Promise<unknown> = Promise.resolve()
  #isMoving = false
  #prunedAt = 0
  #closed = false

  constructor(state: State, journal: Journal | null, realTime: () => number) {
    this.state = state
    this.#journal = journal
    this.clock = new Clock(state, realTime)
  }

  /** Takes up what was under way when the sandbox was stopped. */
  start(courier: Courier): void {
    this.#courier = courier
    const { invoices, payment_intents, deliveries } = this.state.tables
    for (const invoice of invoices.values()) this.#plan({ table: 'invoices', id: invoice.id, row: invoice })
    for (const payment of payment_intents.values())
      this.#plan({ table: 'payment_intents', id: payment.id, row: payment })
    for (const delivery of deliveries.values()) {
      this.#plan({ table: 'deliveries', id: delivery.id, row: delivery })
      if (delivery.state === 'pending' && delivery.next_attempt_at === null) courier.take(delivery)
    }
    this.#wake()
  }

  /** In seconds, as everything at Stripe. */
  get now(): number {
    return Math.floor(this.clock.now / 1000)
  }

  execute(command: Command, asking: Asking): Outcome {
    const outcome = apply(this.state, command, asking, this.now)
    this.#record(outcome)
    return outcome
  }

  /** Told of every event, once it has happened. */
  onEvents(hearer: (events: readonly StripeEvent[]) => void): void {
    this.#hearers.push(hearer)
  }

  #record({ changes, sequence, events }: Pick<Outcome, 'changes' | 'sequence' | 'events'>): void {
    if (changes.length === 0) return
    if (this.#journal) this.#journal.write(this.state, sequence, changes)
    else {
      for (const change of changes) commit(this.state, change)
      this.state.sequence = sequence
    }
    for (const change of changes) this.#plan(change)
    this.#wake()
    for (const { table, row } of changes) {
      if (table === 'deliveries' && row && isNew(row as Delivery)) this.#courier?.take(row as Delivery)
    }
    if (events.length > 0) for (const hear of this.#hearers) hear(events)
  }

  #plan({ table, id, row }: Change): void {
    const appointment = row && appointmentOf(table, row)
    if (appointment) this.#agenda.add({ id, ...appointment })
  }

  #wake(): void {
    clearTimeout(this.#timer)
    const next = this.#agenda.next
    if (!next || this.#isMoving || this.#closed) return
    if (!this.clock.ticks && next.at > this.clock.now) return
    // Not at once, so that the answer to what made it due is composed before.
    this.#timer = setTimeout(() => this.#runDue(), Math.min(Math.max(0, next.at - this.clock.now), longestWait))
    this.#timer.unref()
  }

  #runDue(): void {
    this.#pruneNowAndThen()
    while (!this.#closed && this.#agenda.next && this.#agenda.next.at <= this.clock.now) this.#meet()
    this.#wake()
  }

  #meet(): void {
    const appointment = this.#agenda.take()
    if (!appointment) return
    if (appointment.kind === 'invoice') this.#meetInvoice(appointment)
    else if (appointment.kind === 'payment') this.#meetPayment(appointment)
    else this.#meetDelivery(appointment)
  }

  #meetInvoice({ id, at }: Appointment): void {
    const invoice = this.state.tables.invoices.get(id)
    if (!invoice || appointmentOf('invoices', invoice)?.at !== at) return
    this.execute({ do: 'invoice.let_time_pass', id }, { account: invoice.account, request: null })
  }

  #meetPayment({ id, at }: Appointment): void {
    const payment = this.state.tables.payment_intents.get(id)
    if (!payment || appointmentOf('payment_intents', payment)?.at !== at) return
    this.execute({ do: 'payment.settle', id }, { account: payment.account, request: null })
  }

  #meetDelivery({ id, at }: Appointment): void {
    const delivery = this.state.tables.deliveries.get(id)
    if (delivery && appointmentOf('deliveries', delivery)?.at === at) this.#courier?.take(delivery)
  }

  #pruneNowAndThen(): void {
    if (this.clock.now - this.#prunedAt < pruneEvery) return
    this.#prunedAt = this.clock.now
    for (const account of this.state.tables.accounts.values()) {
      this.execute({ do: 'state.prune' }, { account: account.id, request: null })
    }
  }

  /** Forward only. What falls due on the way happens at its time and in its order, and what it sends is sent. */
  moveTo(instant: number): Promise<number> {
    const moved = this.#moving.then(() => this.#move(instant))
    this.#moving = moved.catch(() => {})
    return moved
  }

  async #move(instant: number): Promise<number> {
    this.#isMoving = true
    this.clock.standAt(this.clock.now)
    try {
      await this.#courier?.idle()
      for (let next = this.#agenda.next; next && next.at <= instant; next = this.#agenda.next) {
        this.clock.standAt(next.at)
        while (this.#agenda.next && this.#agenda.next.at <= this.clock.now) this.#meet()
        await this.#courier?.idle()
      }
    } finally {
      this.clock.goOnFrom(instant)
      this.#journal?.writeClock(this.state)
      this.#isMoving = false
      this.#runDue()
    }
    return this.clock.now
  }

  /** Until it is told to tick again nothing falls due, unless the clock is moved. */
  stopClock(): void {
    this.clock.stop()
    this.#journal?.writeClock(this.state)
    this.#wake()
  }

  tickClock(): void {
    this.clock.tick()
    this.#journal?.writeClock(this.state)
    this.#wake()
  }

  /** A test clock moves only what lives by it; who asked is answered before it arrives. */
  advanceTestClock(id: string, to: number): void {
    setImmediate(() => {
      const clock = this.state.tables.test_clocks.get(id)
      if (!clock || this.#closed) return
      const asking = { account: clock.account, request: null }
      for (let next = this.#nextOn(id, to); next; next = this.#nextOn(id, to)) {
        this.execute({ do: 'test_clock.move', id, to: Math.max(next.at, clock.frozen_time), arrived: false }, asking)
        this.execute(next.command, asking)
      }
      this.execute({ do: 'test_clock.move', id, to, arrived: true }, asking)
    })
  }

  #nextOn(testClock: string, until: number): { at: number; command: Command } | null {
    let first: { at: number; command: Command } | null = null
    const consider = (at: number | null, command: Command) => {
      if (at !== null && at <= until && (!first || at < first.at)) first = { at, command }
    }
    for (const invoice of this.state.tables.invoices.under('test_clock', testClock)) {
      consider(nextInstant(invoice), { do: 'invoice.let_time_pass', id: invoice.id })
      const payment = invoice.payment_intent && this.state.tables.payment_intents.get(invoice.payment_intent)
      if (payment) consider(payment.settles_at, { do: 'payment.settle', id: payment.id })
    }
    return first
  }

  /** As it was on the first day. */
  reset(): void {
    empty(this.state)
    this.#agenda.clear()
    this.#journal?.reset(this.state)
  }

  /** Takes over what another sandbox, or this one at another time, held. Its ids go on from there. */
  load(rows: readonly Change[], sequence: number): void {
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      this.#record({ changes: rows.slice(from, from + rowsAtOnce), sequence, events: [] })
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#journal?.close()
  }
}

function isNew(delivery: Delivery): boolean {
  return delivery.state === 'pending' && delivery.attempts.length === 0
}

/** What lives by a test clock of its own is left to that clock. */
function appointmentOf(table: string, row: Row): Omit<Appointment, 'id'> | null {
  if (table === 'invoices') {
    const at = (row as Invoice).test_clock === null ? nextInstant(row as Invoice) : null
    return at === null ? null : { at: at * 1000, kind: 'invoice' }
  }
  if (table === 'payment_intents') {
    const { settles_at, test_clock } = row as PaymentIntent
    return settles_at === null || test_clock !== null ? null : { at: settles_at * 1000, kind: 'payment' }
  }
  if (table === 'deliveries') {
    const { state, next_attempt_at } = row as Delivery
    return state !== 'pending' || next_attempt_at === null ? null : { at: next_attempt_at, kind: 'delivery' }
  }
  return null
}
