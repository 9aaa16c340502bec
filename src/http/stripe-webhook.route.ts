import type { IncomingMessage } from 'node:http'
import express, { type Request, type Response, type Router } from 'express'
import type { Logger } from 'pino'
import type { WebhookConnection, WebhookConnections } from '../billing/billing.port.js'
import type { Clock } from '../kernel/clock.js'
import { isRecord } from '../stripe/invoice-reading.js'
import { envelopeOf } from '../stripe/stripe-event.translator.js'
import type { StripeInbox } from '../stripe/stripe-inbox.js'
import { signer } from '../stripe/stripe-signature.js'

const largestBody = 1024 * 1024
/** An address that is flooded writes this often, not more. */
const notedEveryMs = 1_000
const notedAtMost = 10_000
const lingerInMs = 2_000

// What is answered never depends on what was sent: whoever guesses learns nothing.
const badSignature = 'The signature does not fit, or its time is more than 300 seconds off.\n'
const noEvent = 'This is no event.\n'
const thinEvent = 'This is a thin event. The endpoint must send snapshot events.\n'
const tooLarge = 'The body is larger than 1 MiB.\n'

export interface StripeWebhookOptions {
  connections: WebhookConnections
  inbox: StripeInbox
  /** Transport's. */
  clock: Clock
  log: Logger
}

/** Where Stripe tells what happened: for one connection, and for all on the shared address. */
export function stripeWebhookRoutes(options: StripeWebhookOptions): Router {
  const route = new StripeWebhookRoute(options)
  const router = express.Router()
  router.post('/integrations/stripe', (request, response) => route.shared(request, response))
  router.post('/integrations/stripe/:billingIntegrationId', (request, response) =>
    route.ofOne(request, response, request.params.billingIntegrationId),
  )
  return router
}

class StripeWebhookRoute {
  readonly #notedAt = new Map<string, number>()

  constructor(private readonly options: StripeWebhookOptions) {}

  async ofOne(request: Request, response: Response, id: string): Promise<void> {
    const body = await this.#body(request, response)
    if (!body) return
    const connection = await this.options.connections.find(id)
    await this.#receive(request, response, body, connection ? [connection] : [], connection)
  }

  /** The connection is the one whose secret fits. What the invoice says is only which to try first. */
  async shared(request: Request, response: Response): Promise<void> {
    const body = await this.#body(request, response)
    if (!body) return
    const all = await this.options.connections.all()
    const named = all.length > 1 ? hintIn(body) : null
    const hinted = named === null ? null : (all.find(({ id }) => id === named) ?? null)
    const ordered = hinted ? [hinted, ...all.filter((connection) => connection !== hinted)] : all
    await this.#receive(request, response, body, ordered, hinted ?? (all.length === 1 ? (all[0] ?? null) : null))
  }

  async #receive(
    request: Request,
    response: Response,
    body: Buffer,
    candidates: readonly WebhookConnection[],
    presumed: WebhookConnection | null,
  ): Promise<void> {
    const { connections, clock, inbox } = this.options
    const now = clock.now()
    const connection = signer(body, headerOf(request), candidates, now)
    if (!connection) {
      if (presumed)
        await this.#note('signature failed', presumed.id, now, () => connections.signatureFailed(presumed.id, now))
      return answer(response, 400, badSignature)
    }
    const text = body.toString('utf8')
    const parsed = parsedJson(text)
    if (isRecord(parsed) && parsed.object === 'v2.core.event') return answer(response, 400, thinEvent)
    const event = envelopeOf(parsed)
    if (!event) return answer(response, 400, noEvent)
    const noted = this.#note('received', connection.id, now, () => connections.received(connection.id, now))
    await Promise.all([inbox.store(connection, event, text), noted])
    response.status(200).json({ received: true })
  }

  /** The raw bytes; null when they are too many, which is answered before they are read whole. */
  async #body(request: Request, response: Response): Promise<Buffer | null> {
    const body = Number(request.headers['content-length'] ?? 0) > largestBody ? null : await boundedBody(request)
    if (body) return body
    answer(response, 413, tooLarge)
    // The rest is thrown away for a moment: a connection that is cut at once takes the answer with it.
    request.resume()
    const cut = setTimeout(() => request.destroy(), lingerInMs).unref()
    request.once('close', () => clearTimeout(cut))
    return null
  }

  /** When something last happened is for people to see: it may be a second old, and never fails a webhook. */
  async #note(what: string, id: string, now: Date, write: () => Promise<void>): Promise<void> {
    const key = `${what} ${id}`
    const before = this.#notedAt.get(key)
    if (before !== undefined && Math.abs(now.getTime() - before) < notedEveryMs) return
    if (this.#notedAt.size >= notedAtMost) this.#notedAt.clear()
    this.#notedAt.set(key, now.getTime())
    try {
      await write()
    } catch (error) {
      this.options.log.warn({ err: error, billingIntegration: id }, `that a webhook ${what} could not be noted`)
    }
  }
}

/** Null as soon as the bound is passed. */
async function boundedBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      size += chunk.length
      if (size <= largestBody) return void chunks.push(chunk)
      request.off('data', take)
      resolve(null)
    }
    request.on('data', take)
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    request.once('close', () => reject(Object.assign(new Error('The request was cut off.'), { status: 400 })))
  })
}

/** The connection that our invoices' metadata names. Searched, because what is not verified is not parsed. */
function hintIn(body: Buffer): string | null {
  return /"billing_integration_id"\s*:\s*"(bint_[0-9a-z]{26})"/.exec(body.toString('latin1'))?.[1] ?? null
}

function headerOf(request: IncomingMessage): string | undefined {
  const header = request.headers['stripe-signature']
  return Array.isArray(header) ? undefined : header
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function answer(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain').send(text)
}
