import { Redis } from 'ioredis'
import pg from 'pg'
import type { Logger } from 'pino'

const channel = 'events'
const longestPauseInMs = 5_000

/**
 * Says «there is news in the event log», to this and every other process. It carries nothing, and may be lost:
 * readers look by themselves after a second at the latest.
 */
export interface Doorbell {
  /** Cheap, and never throws: many rings become one. */
  ring(): void
  listen(listener: () => void): void
  start(): Promise<void>
  close(): Promise<void>
}

/** What both doorbells share: who listens here, and that rings while one is under way become one more. */
abstract class BatchedDoorbell implements Doorbell {
  readonly #listeners: Array<() => void> = []
  #underWay = false
  #again = false

  protected constructor(protected readonly log: Logger) {}

  abstract start(): Promise<void>
  abstract close(): Promise<void>
  protected abstract send(): Promise<void>

  listen(listener: () => void): void {
    this.#listeners.push(listener)
  }

  ring(): void {
    // Those in this process need not wait for the way through the engine.
    this.heard()
    if (this.#underWay) {
      this.#again = true
      return
    }
    this.#underWay = true
    this.send()
      .catch((error: unknown) => this.log.warn({ err: error }, 'doorbell could not ring; readers poll'))
      .finally(() => {
        this.#underWay = false
        if (this.#again) {
          this.#again = false
          this.ring()
        }
      })
  }

  protected heard(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** The default: LISTEN and NOTIFY, outside of the transactions that write, because NOTIFY makes commits serial. */
export class PostgresDoorbell extends BatchedDoorbell {
  #client: pg.Client | null = null
  #closed = false
  #pauseInMs = 100

  constructor(
    private readonly url: string,
    log: Logger,
  ) {
    super(log)
  }

  async start(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, keepAlive: true })
    client.on('notification', () => this.heard())
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, null))
    await client.connect()
    await client.query(`listen ${channel}`)
    this.#client = client
    this.#pauseInMs = 100
  }

  async close(): Promise<void> {
    this.#closed = true
    const client = this.#client
    this.#client = null
    await client?.end()
  }

  protected async send(): Promise<void> {
    await this.#client?.query(`notify ${channel}`)
  }

  #lost(client: pg.Client, error: Error | null): void {
    if (this.#closed || (this.#client !== null && this.#client !== client)) return
    if (this.#client === client) {
      this.#client = null
      this.log.warn({ err: error }, 'doorbell lost its connection; readers poll until it is back')
      // Ended so that the connection that failed half-way does not stay open.
      client.end().catch(() => undefined)
    }
    setTimeout(() => {
      if (this.#closed || this.#client) return
      this.start().then(
        () => this.heard(),
        (failure: unknown) => {
          this.#pauseInMs = Math.min(this.#pauseInMs * 2, longestPauseInMs)
          this.#lost(client, failure as Error)
        },
      )
    }, this.#pauseInMs).unref()
  }
}

/** For many processes: the same over Redis, which keeps PostgreSQL free of listeners. */
export class RedisDoorbell extends BatchedDoorbell {
  readonly #publisher: Redis
  readonly #subscriber: Redis

  constructor(url: string, log: Logger) {
    super(log)
    const options = { lazyConnect: true, maxRetriesPerRequest: 1 }
    this.#publisher = new Redis(url, options)
    this.#subscriber = new Redis(url, { ...options, maxRetriesPerRequest: null })
    for (const client of [this.#publisher, this.#subscriber]) {
      client.on('error', (error) => log.warn({ err: error }, 'redis is out of reach; readers poll'))
    }
    this.#subscriber.on('message', () => this.heard())
    this.#subscriber.on('ready', () => this.heard())
  }

  /** Where Redis is out of reach, nobody waits for it: it is listened to as soon as it is back. */
  async start(): Promise<void> {
    const connecting = Promise.all([this.#publisher.connect(), this.#subscriber.connect()])
    const connected = await connecting.then(
      () => true,
      () => false,
    )
    const subscribing = this.#subscriber.subscribe(channel)
    if (connected) await subscribing
    else subscribing.catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#publisher.disconnect()
    this.#subscriber.disconnect()
  }

  protected async send(): Promise<void> {
    await this.#publisher.publish(channel, '')
  }
}
