import http from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as elapsed } from 'node:timers/promises'
import type { Api, ApiRequest, Reply } from './api/api.js'
import type { Control } from './control/control.js'
import type { RequestLog } from './control/request-log.js'
import type { Courier } from './engine/engine.js'
import type { Faults, RequestFault } from './faults/faults.js'
import { StripeError } from './ledger/stripe-error.js'
import { type Page, seeOther } from './pages/page.js'
import type { Pages } from './pages/pages.js'
import type { CliListeners } from './webhooks/cli-listeners.js'

const largestBody = 2 * 1024 * 1024
/** Longer than any client keeps a connection that it has not used. */
const keepAlive = 120_000

/** A request and what it was answered. */
export interface Exchange {
  readonly request: ApiRequest
  readonly reply: Reply
}

interface Parts {
  readonly api: Api
  readonly pages: Pages
  readonly control: Control
  readonly faults: Faults
  readonly courier: Courier
  readonly listeners: CliListeners
  readonly log: RequestLog
  readonly nextRequestId: () => string
  readonly watch: (exchange: Exchange) => void
}

/** Has the port; who comes now waits until there is somebody to answer. */
export async function listenAt(port: number, host: string): Promise<http.Server> {
  const server = http.createServer({ keepAliveTimeout: keepAlive, noDelay: true })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return server
}

export function serve(server: http.Server, parts: Parts): void {
  server.on('request', (request, response) => {
    handle(parts, request, response).catch((error: unknown) => {
      console.error('The sandbox failed at a request:', error)
      response.destroy()
    })
  })
  server.on('upgrade', (request, socket, head) => parts.listeners.upgrade(request, socket, head))
}

async function handle(parts: Parts, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox')
  const body = await bodyOf(request)
  if (body === null) return send(response, tooLarge())
  const method = request.method ?? 'GET'
  if (url.pathname === '/_sandbox' || url.pathname.startsWith('/_sandbox/')) {
    return send(response, await parts.control.answer(method, url, body))
  }
  if (url.pathname.startsWith('/i/') || url.pathname.startsWith('/p/')) {
    return send(response, parts.pages.answer(method, url, body))
  }
  if (url.pathname === '/') return send(response, seeOther('/_sandbox'))
  // Browsers ask for it by themselves.
  if (url.pathname === '/favicon.ico') return send(response, { status: 204, headers: {}, body: '' })
  const form = method === 'POST' ? body : url.search.slice(1)
  const { headers } = request
  await answerApi(parts, { id: parts.nextRequestId(), method, path: url.pathname, form, headers }, response)
}

async function answerApi(parts: Parts, request: ApiRequest, response: http.ServerResponse): Promise<void> {
  const started = performance.now()
  const fault = parts.faults.forRequest(request.method, request.path)
  const reply = fault ? await withFault(parts, request, fault, response) : parts.api.answer(request, null)
  parts.log.add(request, reply, performance.now() - started, fault?.act ?? null)
  if (reply && fault === null) parts.watch({ request, reply })
  if (!reply || fault?.act === 'cut_after_execution') {
    response.destroy()
    return
  }
  if (fault?.act === 'truncated') return truncate(response, reply)
  const body = fault?.act === 'malformed' ? reply.body.replaceAll('"', "'") : reply.body
  send(response, { ...reply, headers: { 'Content-Type': 'application/json', ...reply.headers }, body })
}

/** Null: there is no answer. While it lasts the idempotency key and the object are in use, as they are at Stripe. */
async function withFault(
  { api, courier }: Parts,
  request: ApiRequest,
  fault: RequestFault,
  response: http.ServerResponse,
): Promise<Reply | null> {
  if (fault.act === 'cut_before_execution') return null
  const slow = fault.act === 'delay' || fault.act === 'hang' || fault.act === 'deliver_first'
  const release = slow ? api.hold(request) : null
  try {
    if (fault.act === 'delay') await elapsed(fault.ms)
    if (fault.act === 'hang') return await new Promise((resolve) => response.once('close', () => resolve(null)))
    const reply = api.answer(request, fault, release !== null)
    if (fault.act === 'deliver_first') await courier.idle()
    return reply
  } finally {
    release?.()
  }
}

function truncate(response: http.ServerResponse, reply: Reply): void {
  const body = Buffer.from(reply.body)
  const headers = { 'Content-Type': 'application/json', ...reply.headers, 'Content-Length': String(body.length) }
  response.writeHead(reply.status, headers)
  const { socket } = response as { socket: Socket | null }
  response.write(body.subarray(0, body.length / 2), () => socket?.destroy())
}

/** Null when it is larger than anything that Stripe takes; the rest is not even read. */
async function bodyOf(request: http.IncomingMessage): Promise<string | null> {
  if (request.method === 'GET' || request.method === 'HEAD') return ''
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestBody) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(): Page {
  const refusal = new StripeError(413, 'Your request is too large.')
  return {
    status: 413,
    headers: { 'Content-Type': 'application/json', Connection: 'close' },
    body: JSON.stringify(refusal.body()),
  }
}

function send(response: http.ServerResponse, { status, headers, body }: Page): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  response.writeHead(status, { ...headers, 'Content-Length': String(length) })
  response.end(body)
}
