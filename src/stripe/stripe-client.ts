import { createHash } from 'node:crypto'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import Stripe from 'stripe'
import type { Secret } from '../kernel/secret.js'
import { waitOf } from './stripe-errors.js'
import { type Lane, Pacer } from './stripe-pacing.js'

/** Sent with every request, so that what Stripe answers does not follow the account's own setting. */
export const stripeApiVersion = '2026-10-28.endive'

/** Nine tenths of what Stripe allows an account in a second. */
const requestsPerSecond = { test: 22, live: 90 }
const timeoutInMs = 8_000
const waitsAtMost = 3
const clientsAtMost = 1_000

export interface StripeClientOptions {
  /** `https://api.stripe.com`, or where something stands that speaks like it. */
  apiBase: string
  log: Logger
  timeoutInMs?: number
  requestsPerSecond?: number
}

/** One client for each key. Connections that share a key share its pace, because Stripe counts by account. */
export class StripeClients {
  readonly #byDigest = new Map<string, StripeClient>()
  readonly #agent: HttpAgent

  constructor(private readonly options: StripeClientOptions) {
    const secure = new URL(options.apiBase).protocol === 'https:'
    this.#agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  }

  of(key: Secret): StripeClient {
    // By digest, so that no map, and no dump of one, holds a key.
    const digest = createHash('sha256').update(key.reveal()).digest('base64url')
    const client = this.#byDigest.get(digest) ?? this.#connect(key)
    this.#byDigest.delete(digest)
    this.#byDigest.set(digest, client)
    if (this.#byDigest.size > clientsAtMost) this.#byDigest.delete(this.#byDigest.keys().next().value as string)
    return client
  }

  /** Ends idle connections, and those under way. */
  close(): void {
    this.#agent.destroy()
  }

  #connect(key: Secret): StripeClient {
    const { log } = this.options
    const base = new URL(this.options.apiBase)
    const secure = base.protocol === 'https:'
    const sdk = new Stripe(key.reveal(), {
      host: base.hostname,
      port: base.port === '' ? (secure ? 443 : 80) : Number(base.port),
      protocol: secure ? 'https' : 'http',
      apiVersion: stripeApiVersion,
      // To try again is decided where the intent is known; the SDK repeats what a stale socket swallowed.
      maxNetworkRetries: 0,
      timeout: this.options.timeoutInMs ?? timeoutInMs,
      telemetry: false,
      httpAgent: this.#agent,
    })
    sdk.on('response', ({ request_id: requestId, method, path, status, elapsed }: Stripe.ResponseEvent) => {
      // Without the query: it may hold an email address.
      log.debug({ requestId, method, path: path.split('?')[0], status, elapsed }, 'stripe answered')
    })
    const usual = requestsPerSecond[isLive(key) ? 'live' : 'test']
    return new StripeClient(sdk, new Pacer(this.options.requestsPerSecond ?? usual))
  }
}

/** Whether a key is for real money. */
export function isLive(key: Secret): boolean {
  return /^[a-z]{2}_live_/.test(key.reveal())
}

/** The SDK for one key, at a pace that Stripe allows. */
export class StripeClient {
  constructor(
    private readonly sdk: Stripe,
    private readonly pacer: Pacer,
  ) {}

  /**
   * Makes one request when it is its turn. Where Stripe says that it is too busy, or that the same request is
   * still under way, the same is asked again after a while, a few times.
   * @throws what the SDK throws
   */
  async call<Answer>(lane: Lane, request: (sdk: Stripe) => Promise<Answer>): Promise<Answer> {
    for (let waited = 0; ; waited += 1) {
      await this.pacer.turn(lane)
      try {
        return await request(this.sdk)
      } catch (error) {
        const pause = waitOf(error, waited)
        if (pause === null || waited >= waitsAtMost) throw error
        if (pause.whole) this.pacer.pause(pause.milliseconds)
        await wait(pause.milliseconds)
      }
    }
  }
}
