import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface WireRequest {
  method: string
  path: string
  params: Record<string, string>
  key: string | null
}

/** `cut` ends the connection without an answer, `truncated` in the middle of it; `hang` never answers. */
export type WireAnswer =
  | { status?: number; body: object; headers?: Record<string, string> }
  | 'cut'
  | 'hang'
  | 'malformed'
  | 'truncated'

/** Something that speaks HTTP where Stripe would, and answers as it is told: for what no server does on demand. */
export async function openWire() {
  const requests: WireRequest[] = []
  let answers: (request: WireRequest) => WireAnswer | Promise<WireAnswer> = () => ({ status: 404, body: {} })
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://wire')
    const body = request.method === 'POST' ? await text(request) : url.search.slice(1)
    const asked: WireRequest = {
      method: request.method ?? '',
      path: url.pathname.slice('/v1'.length),
      params: Object.fromEntries(new URLSearchParams(body)),
      key: (request.headers['idempotency-key'] as string | undefined) ?? null,
    }
    requests.push(asked)
    const answer = await answers(asked)
    if (answer === 'hang') return
    if (answer === 'cut') return void request.socket.destroy()
    if (answer === 'malformed') return void response.end('<html>')
    if (answer === 'truncated') {
      response.writeHead(200, { 'content-length': 1_000 })
      return void response.write('{"id":"cus_1"', () => request.socket.destroy())
    }
    response.writeHead(answer.status ?? 200, { 'request-id': `req_${requests.length}`, ...answer.headers })
    response.end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (how: typeof answers) => {
      requests.length = 0
      answers = how
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
export type Wire = Awaited<ReturnType<typeof openWire>>

export function refusal(status: number, error: object = {}, headers?: Record<string, string>): WireAnswer {
  return { status, body: { error: { type: 'invalid_request_error', message: 'No.', ...error } }, headers }
}
