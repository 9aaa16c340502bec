import Stripe from 'stripe'
import type { Backend } from './backend.js'
import { stripeOf } from './world.js'

/** What goes wrong on purpose, as `/_sandbox/faults` takes it. */
export interface Fault {
  match: { method?: string; path?: string; event?: string; object?: string; nth?: number }
  act: string
  times?: number
  [effect: string]: unknown
}

interface LoggedRequest {
  method: string
  path: string
  status: number | null
  account: string | null
}

interface StoredInvoice {
  id: string
  customer: string
  status: string
  total: number
  currency: string
  metadata: Record<string, string>
}

interface StoredDelivery {
  id: string
  event: string
  event_type: string
  attempts: Array<{ status: number | null }>
}

/** The side of the sandbox that Stripe does not have. */
export class SandboxControl {
  constructor(private readonly url: string) {}

  /** A restricted key that may do just that; of an account of its own where one is named. */
  async key(permissions: string[], account?: string, mode: 'test' | 'live' = 'test'): Promise<string> {
    const { key } = await this.#call<{ key: string }>('POST', 'keys', {
      permissions,
      mode,
      ...(account ? { account } : {}),
    })
    return key
  }

  fault(fault: Fault): Promise<unknown> {
    return this.#call('POST', 'faults', fault)
  }

  /** Whether it admits no more requests than Stripe does: 25 a second in test mode. */
  limits(rateLimits: boolean): Promise<unknown> {
    return this.#call('POST', 'settings', { rateLimits })
  }

  /** From now on nothing goes wrong any more. */
  mend(): Promise<unknown> {
    return this.#call('DELETE', 'faults')
  }

  async requests(): Promise<LoggedRequest[]> {
    const { data } = await this.#call<{ data: LoggedRequest[] }>('GET', 'requests?limit=1000')
    return data
  }

  async deliveries(query: string): Promise<StoredDelivery[]> {
    const { data } = await this.#call<{ data: StoredDelivery[] }>('GET', `deliveries?${query}&limit=1000`)
    return data
  }

  async table<Row = StoredInvoice>(name: 'invoices' | 'customers' | 'invoiceitems'): Promise<Row[]> {
    const state = await this.#call<Record<string, Row[]>>('GET', `state?table=${name}`)
    return state[name] ?? []
  }

  /** Stripe's invoices of one of ours: one, if all is well. */
  async invoicesOf(invoiceId: string): Promise<StoredInvoice[]> {
    return (await this.table('invoices')).filter(({ metadata }) => metadata.invoice_id === invoiceId)
  }

  /** The endpoint's new secret; the former one signs too, for a day. */
  async roll(endpointId: string): Promise<string> {
    const { secret } = await this.#call<{ secret: string }>('POST', `webhook_endpoints/${endpointId}/roll`)
    return secret
  }

  /** What a person does in Stripe's dashboard. */
  moveDueDate(stripeInvoiceId: string, to: Date): Promise<unknown> {
    return this.#call('POST', `invoices/${stripeInvoiceId}/due_date`, { to: to.toISOString() })
  }

  /** Resolves when all that was to be delivered has been. */
  rest(): Promise<unknown> {
    return this.#call('POST', 'clock', { advance: 'PT0S' })
  }

  async #call<Answer = unknown>(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.url}/_sandbox/${path}`, {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    })
    const answer = await response.text()
    if (!response.ok) throw new Error(`The sandbox's ${method} ${path} answered ${response.status}: ${answer}`)
    return JSON.parse(answer) as Answer
  }
}

/** What Stripe has of an invoice of ours: exactly one, with its lines. */
export async function standingAtStripe(backend: Backend, invoiceId: string): Promise<Stripe.Invoice> {
  const [stored, ...more] = await sandboxOf(backend).invoicesOf(invoiceId)
  if (!stored || more.length > 0) throw new Error(`Stripe has ${stored ? more.length + 1 : 'none'} of ${invoiceId}.`)
  return stripeOf(backend).invoices.retrieve(stored.id)
}

export function sandboxOf({ sandbox }: Backend): SandboxControl {
  return new SandboxControl(sandbox.url)
}

interface Letter {
  body: string | Buffer
  secret: string
  /** Seconds by which the time of its signature is off. */
  offBy?: number
}

/** What Stripe would send with a body, signed by the official SDK. */
export function signatureOf({ body, secret, offBy = 0 }: Letter): string {
  const timestamp = Math.floor(Date.now() / 1_000) + offBy
  return Stripe.webhooks.generateTestHeaderString({ payload: body.toString(), secret, timestamp })
}

/** Brings a signed body to an address, as Stripe does. */
export function whenStripeSends(url: string, letter: Letter): Promise<Response> {
  return post(url, letter.body, signatureOf(letter))
}

export function post(url: string, body: string | Buffer, signature?: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(signature ? { 'stripe-signature': signature } : {}),
    },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
}
