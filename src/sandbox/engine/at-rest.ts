import type { ObjectKind, Row, StoredAnswer, StripeEvent, TableName } from '../ledger/records.js'
import {
  type AnswerHead,
  baseOfAnswer,
  baseOfEvent,
  decodeAnswer,
  decodeEvent,
  type EventHead,
  type RestOfAnswer,
  type RestOfEvent,
} from './encoding.js'
import type { Shelf } from './shelf.js'

/** Where the rest of a row is written. */
export interface Spot {
  readonly shelf: Shelf
  /** Where the line begins that tells of it: the versions in it are those of that line. */
  readonly line: number
  readonly at: number
  readonly length: number
}

function written({ shelf, at, length }: Spot): string {
  return shelf.file.read(at, length)
}

/** As it was written, where it would be written so again: what it refers to has not changed since. */
function stillWritten(spot: Spot, baseOf: (written: string) => [TableName, string] | null): string | null {
  const text = written(spot)
  const base = baseOf(text)
  return base === null || spot.shelf.lastTold(...base) <= spot.line ? text : null
}

/** An event of which only so much is at hand as lists are filtered by; the rest is read when it is asked for. */
export class EventAtRest implements StripeEvent {
  readonly id: string
  readonly account: string
  readonly created: number
  readonly type: string
  #spot: Spot

  constructor([, , id, account, created, type]: EventHead, spot: Spot) {
    this.id = id
    this.account = account
    this.created = created
    this.type = type
    this.#spot = spot
  }

  /** It is written elsewhere from now on. */
  moveTo(spot: Spot): void {
    this.#spot = spot
  }

  get stillWritten(): string | null {
    return stillWritten(this.#spot, baseOfEvent)
  }

  get kind(): ObjectKind {
    return this.#rest.kind
  }

  get object(): Row {
    return this.#rest.object
  }

  get previous(): Row | null {
    return this.#rest.previous
  }

  get request(): StripeEvent['request'] {
    return this.#rest.request
  }

  get pending_webhooks(): number {
    return this.#rest.pending_webhooks
  }

  toJSON(): StripeEvent {
    const { id, account, created, type } = this
    return { id, account, created, type, ...this.#rest }
  }

  get #rest(): RestOfEvent {
    const spot = this.#spot
    return spot.shelf.recalled(spot.at, () => decodeEvent(spot.shelf.standingAt(spot.line), written(spot)))
  }
}

/** The answer to a request with an idempotency key, of which the same is true. */
export class AnswerAtRest implements StoredAnswer {
  readonly id: string
  readonly account: string
  readonly created: number
  #spot: Spot

  constructor([, , id, account, created]: AnswerHead, spot: Spot) {
    this.id = id
    this.account = account
    this.created = created
    this.#spot = spot
  }

  moveTo(spot: Spot): void {
    this.#spot = spot
  }

  get stillWritten(): string | null {
    return stillWritten(this.#spot, baseOfAnswer)
  }

  get fingerprint(): string {
    return this.#rest.fingerprint
  }

  get request(): string {
    return this.#rest.request
  }

  get status(): number {
    return this.#rest.status
  }

  get body(): string | null {
    return this.#rest.body
  }

  get kind(): ObjectKind | null {
    return this.#rest.kind
  }

  get object(): Row | null {
    return this.#rest.object
  }

  get version(): string {
    return this.#rest.version
  }

  toJSON(): StoredAnswer {
    const { id, account, created } = this
    return { id, account, created, ...this.#rest }
  }

  get #rest(): RestOfAnswer {
    const spot = this.#spot
    return spot.shelf.recalled(spot.at, () => decodeAnswer(spot.shelf.standingAt(spot.line), written(spot)))
  }
}
