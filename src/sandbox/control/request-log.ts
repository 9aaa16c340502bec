import { type ApiRequest, header, type Reply } from '../api/api.js'
import { masked } from '../api/permissions.js'

const kept = 1000

export interface LoggedRequest {
  readonly id: string
  readonly at: string
  readonly method: string
  readonly path: string
  readonly params: string
  readonly key: string | null
  readonly account: string | null
  readonly idempotency_key: string | null
  readonly version: string | null
  readonly status: number | null
  readonly replayed: boolean
  readonly error: string | null
  readonly fault: string | null
  readonly latency_ms: number
}

/** The last requests to the API, newest first. */
export class RequestLog {
  readonly #requests: LoggedRequest[] = []
  readonly #realTime: () => number

  constructor(realTime: () => number) {
    this.#realTime = realTime
  }

  add(request: ApiRequest, reply: Reply | null, latency: number, fault: string | null): void {
    const authorization = header(request, 'authorization')?.replace(/^Bearer /i, '')
    this.#requests.push({
      id: request.id,
      at: new Date(this.#realTime()).toISOString(),
      method: request.method,
      path: request.path,
      params: request.form,
      key: authorization ? masked(authorization) : null,
      account: reply?.account ?? null,
      idempotency_key: header(request, 'idempotency-key') ?? null,
      version: header(request, 'stripe-version') ?? null,
      status: reply?.status ?? null,
      replayed: reply?.headers['Idempotent-Replayed'] === 'true',
      error: reply && reply.status >= 400 ? reply.body : null,
      fault,
      latency_ms: Math.round(latency * 100) / 100,
    })
    if (this.#requests.length > 2 * kept) this.#requests.splice(0, kept)
  }

  newest(limit: number): LoggedRequest[] {
    return this.#requests.slice(-Math.min(limit, kept)).reverse()
  }

  find(id: string): LoggedRequest | undefined {
    return this.#requests.findLast((request) => request.id === id)
  }

  clear(): void {
    this.#requests.length = 0
  }
}
