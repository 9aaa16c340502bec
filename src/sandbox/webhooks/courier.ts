import type { Courier, Engine } from '../engine/engine.js'
import type { EventFault, Faults } from '../faults/faults.js'
import type { Delivery, StripeEvent, WebhookEndpoint } from '../ledger/records.js'
import { renderEvent } from '../render/event.js'
import type { Rendered } from '../render/rendering.js'
import type { Settings } from '../settings.js'
import { lettersFor, signed } from './letter.js'
import { type Posted, Postman } from './post.js'
import { waitAfter } from './retry-schedule.js'

const atOnce = 16
/** Enough for one to arrive before the next leaves. */
const betweenReordered = 10

interface Queue {
  running: number
  readonly waiting: Delivery[]
}

/** What a fault keeps back for one endpoint, until it is over. */
interface Held {
  count: number
  readonly over: Promise<void>
}

/** Brings events to their endpoints: a queue for each, each attempt signed anew, and again later where it failed. */
export class WebhookCourier implements Courier {
  readonly #engine: Engine
  readonly #settings: Settings
  readonly #faults: Faults
  readonly #baseUrl: () => string
  readonly #postman = new Postman()
  readonly #queues = new Map<string, Queue>()
  readonly #held = new Map<string, Held>()
  #underWay = 0
  #whenIdle: (() => void)[] = []
  #closed = false

  constructor(engine: Engine, settings: Settings, faults: Faults, baseUrl: () => string) {
    this.#engine = engine
    this.#settings = settings
    this.#faults = faults
    this.#baseUrl = baseUrl
  }

  take(delivery: Delivery): void {
    const queue = this.#queues.get(delivery.endpoint) ?? { running: 0, waiting: [] }
    this.#queues.set(delivery.endpoint, queue)
    queue.waiting.push(delivery)
    this.#underWay += 1
    this.#pump(queue)
  }

  idle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  close(): void {
    this.#closed = true
    this.#postman.close()
  }

  #pump(queue: Queue): void {
    while (!this.#closed && queue.running < atOnce) {
      const delivery = queue.waiting.shift()
      if (!delivery) return
      queue.running += 1
      void this.#deliver(delivery).finally(() => {
        queue.running -= 1
        this.#arrived()
        this.#pump(queue)
      })
    }
  }

  #arrived(): void {
    this.#underWay -= 1
    if (this.#underWay > 0) return
    const waiting = this.#whenIdle
    this.#whenIdle = []
    for (const resolve of waiting) resolve()
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { events, webhook_endpoints } = this.#engine.state.tables
    const event = events.get(delivery.event)
    const endpoint = webhook_endpoints.get(delivery.endpoint)
    if (!event || !endpoint || endpoint.status === 'disabled') {
      return this.#withhold(delivery, 'The endpoint is switched off.')
    }
    const fault = this.#faults.forEvent(event)
    if (fault?.act === 'drop') return this.#withhold(delivery, 'Dropped by a fault.')
    if (fault?.act === 'never_made') return this.#unmake(event)
    if (fault?.act === 'reorder' || fault?.act === 'burst') return this.#hold(delivery, endpoint, fault)
    if (fault?.act === 'delay') await elapsed(fault.ms)
    return this.#send(delivery, endpoint, fault)
  }

  async #send(delivery: Delivery, endpoint: WebhookEndpoint, fault: EventFault | null): Promise<void> {
    const event = this.#engine.state.tables.events.get(delivery.event)
    // While it waited it was forgotten.
    if (!event) return
    const version = endpoint.api_version ?? this.#settings.defaultVersion
    for (const letter of lettersFor((other) => this.#rendered(event, other ?? version), fault)) {
      const timestamp = Math.floor(this.#engine.clock.realNow / 1000) + letter.shift
      const secrets = letter.secrets ?? this.#secretsOf(endpoint)
      const valid = letter.second === null ? secrets : [letter.second, ...secrets]
      const posted = await this.#postman.post(endpoint.url, signed(letter.body, valid, timestamp), letter.body)
      if (this.#closed) return
      this.#record(delivery, posted, waitAfter(delivery.attempts.length + 1, this.#settings.retries))
    }
  }

  #rendered(event: StripeEvent, version: string): Rendered {
    const { state } = this.#engine
    return renderEvent(event, { state, version, baseUrl: this.#baseUrl(), now: event.created, inEvent: true })
  }

  #unmake({ id, account }: StripeEvent): void {
    this.#engine.execute({ do: 'event.unmake', id }, { account, request: null })
  }

  #secretsOf({ secret, rolled }: WebhookEndpoint): string[] {
    return rolled && rolled.until > this.#engine.now ? [secret, rolled.secret] : [secret]
  }

  /** Kept for a while, then all are sent at once, from the first or from the last. */
  async #hold(delivery: Delivery, endpoint: WebhookEndpoint, fault: EventFault): Promise<void> {
    const held = this.#held.get(endpoint.id) ?? this.#startHolding(endpoint.id, fault.ms)
    const place = held.count++
    await held.over
    const after = fault.act === 'reorder' ? held.count - 1 - place : 0
    await elapsed(after * betweenReordered)
    return this.#send(delivery, endpoint, null)
  }

  #startHolding(endpoint: string, ms: number): Held {
    const held = { count: 0, over: elapsed(ms).then(() => void this.#held.delete(endpoint)) }
    this.#held.set(endpoint, held)
    return held
  }

  #record(delivery: Delivery, posted: Posted, wait: number | null): void {
    const known = this.#engine.state.tables.deliveries.get(delivery.id)
    if (!known) return
    const attempt = { at: this.#engine.clock.realNow, ...posted }
    const next_attempt_at = wait === null ? null : this.#engine.clock.now + wait
    const asking = { account: delivery.account, request: null }
    this.#engine.execute({ do: 'delivery.attempted', id: delivery.id, attempt, next_attempt_at }, asking)
  }

  #withhold({ id, account }: Delivery, why: string): void {
    if (!this.#engine.state.tables.deliveries.get(id)) return
    const at = this.#engine.clock.realNow
    this.#engine.execute({ do: 'delivery.withheld', id, at, why }, { account, request: null })
  }
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
