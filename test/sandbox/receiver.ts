import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type Stripe from 'stripe'
import type { Contract } from './contract/contract.js'

export interface Received {
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  readonly event: Stripe.Event
}

/** An endpoint as a marketplace has one. It answers what it is told to, and waits for what is to come. */
export class Receiver {
  readonly received: Received[] = []
  /** The status of the next answers; 200 when there are no more. */
  readonly answers: number[] = []
  readonly #server: http.Server
  #waiting: { count: number; type: string | null; resolve: (all: Received[]) => void }[] = []

  private constructor(contract: Contract | undefined) {
    this.#server = http.createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => {
        body += chunk
      })
      request.on('end', () => {
        response.writeHead(this.answers.shift() ?? 200, { Location: '/elsewhere' }).end('{"ok":true}')
        const event = JSON.parse(body) as Stripe.Event
        contract?.object({ ...event }, String(event.api_version), 'sent')
        this.received.push({ headers: request.headers, body, event })
        this.#check()
      })
    })
  }

  /** @param contract what all that is sent is held against */
  static async start(contract?: Contract): Promise<Receiver> {
    const receiver = new Receiver(contract)
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks`
  }

  get types(): string[] {
    return this.received.map(({ event }) => event.type)
  }

  /** Those of a type, as soon as there are so many. */
  until(type: string | null, count = 1): Promise<Received[]> {
    return new Promise((resolve) => {
      this.#waiting.push({ count, type, resolve })
      this.#check()
    })
  }

  /** The first of a type. */
  async first(type: string): Promise<Received> {
    return (await this.until(type))[0] as Received
  }

  forget(): void {
    this.received.length = 0
  }

  #check(): void {
    this.#waiting = this.#waiting.filter(({ count, type, resolve }) => {
      const those = this.received.filter(({ event }) => type === null || event.type === type)
      if (those.length < count) return true
      resolve(those)
      return false
    })
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

/** A control address of the sandbox. */
export async function control(
  url: string,
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/_sandbox/${path}`, { method, ...(body && { body: JSON.stringify(body) }) })
  const told = (await answer.json()) as Record<string, unknown> & { error?: { message: string } }
  if (!answer.ok) throw new Error(told.error?.message)
  return told
}

/** What a promise is refused with. */
export async function refusal(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await promise
  } catch (error) {
    return error as Stripe.errors.StripeError
  }
  throw new Error('It was not refused.')
}
