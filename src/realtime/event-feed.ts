import type { Logger } from 'pino'
import type { EventCursor, EventLog, LoggedEvent } from '../events/event-log.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { Doorbell } from './doorbell.js'

const batch = 500
const pollInMs = 1_000

/**
 * Reads the event log once for all who listen in this process, and hands each event to them in order. It
 * starts where the log stands; what came before is read from the log itself.
 */
export class EventFeed {
  readonly #listeners = new Set<(event: LoggedEvent) => void>()
  #position: EventCursor = { transactionId: 0n, sequence: 0n }
  #reading: Promise<void> | null = null
  #again = false
  #timer: NodeJS.Timeout | null = null
  #stopped = true

  constructor(
    private readonly eventLog: EventLog,
    private readonly open: () => Reading,
    doorbell: Doorbell,
    private readonly log: Logger,
  ) {
    doorbell.listen(() => this.#wake())
  }

  /** Everything up to here has been handed out. */
  get position(): EventCursor {
    return this.#position
  }

  async start(): Promise<void> {
    this.#position = await this.eventLog.now(this.open())
    this.#stopped = false
    this.#timer = setInterval(() => this.#wake(), pollInMs)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer) clearInterval(this.#timer)
    await this.#reading
  }

  /** @returns how to stop listening */
  listen(listener: (event: LoggedEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** What came after the cursor, for those who were away. */
  missed(cursor: EventCursor, limit: number): Promise<LoggedEvent[]> {
    return this.eventLog.after(this.open(), cursor, limit)
  }

  oldest(): Promise<EventCursor | null> {
    return this.eventLog.oldest(this.open())
  }

  now(): Promise<EventCursor> {
    return this.eventLog.now(this.open())
  }

  #wake(): void {
    if (this.#stopped) return
    if (this.#reading) {
      this.#again = true
      return
    }
    this.#reading = this.#read()
      .catch((error: unknown) => this.log.warn({ err: error }, 'the event log could not be read; trying again'))
      .finally(() => {
        this.#reading = null
        if (this.#again) {
          this.#again = false
          this.#wake()
        }
      })
  }

  async #read(): Promise<void> {
    for (;;) {
      const events = await this.eventLog.after(this.open(), this.#position, batch)
      for (const event of events) {
        this.#position = event.cursor
        for (const listener of this.#listeners) this.#hand(listener, event)
      }
      if (events.length < batch) return
    }
  }

  #hand(listener: (event: LoggedEvent) => void, event: LoggedEvent): void {
    try {
      listener(event)
    } catch (error) {
      // One who fails must not keep the event from the others.
      this.log.error({ err: error, event: event.name }, 'a listener of the event feed failed')
    }
  }
}

export function isAfter(one: EventCursor, other: EventCursor): boolean {
  if (one.transactionId !== other.transactionId) return one.transactionId > other.transactionId
  return one.sequence > other.sequence
}
