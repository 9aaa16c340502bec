import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import { pino } from 'pino'
import type { GraphqlHttpRoute } from '../../src/http/graphql-http.route.js'
import type { GraphqlWsRoute } from '../../src/http/graphql-ws.route.js'
import { HttpServer } from '../../src/http/http-server.js'
import { freePort } from '../support/backend.js'

/** Long enough for an honest client on a busy machine, short enough to be waited for. */
const pace = { headersTimeout: 1_500, requestTimeout: 2_000, connectionsCheckingInterval: 50 }
const slowOnes = 100

describe('a client that takes its time', () => {
  let server: HttpServer
  let port: number
  let called = 0
  beforeAll(async () => {
    port = await freePort()
    const router = express.Router()
    router.post('/graphql', express.json(), (_request, response) => {
      called += 1
      response.json({ data: {} })
    })
    server = new HttpServer({
      host: '127.0.0.1',
      port,
      pace,
      graphql: { router: async () => router, close: async () => undefined } as unknown as GraphqlHttpRoute,
      websocket: { attach: () => undefined, close: async () => undefined } as unknown as GraphqlWsRoute,
      routers: [],
      originAllowed: async () => false,
      log: pino({ level: 'silent' }),
    })
    await server.start()
  })
  afterAll(() => server.stop())

  async function whoSends(start: string): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(start)
    return socket
  }

  const head = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  test.each([
    ['with its headers', `${head}X-Slow: `],
    ['with its first line', 'POST /gra'],
    ['with its body', `${head}Content-Length: 1000\r\n\r\n{"query":`],
    ['with a chunk of its body', `${head}Transfer-Encoding: chunked\r\n\r\n3e8\r\n{"query":`],
  ])('%s is cut off, a hundred of them too, and others are served meanwhile', async (_what, start) => {
    const before = called
    const slow = await Promise.all(Array.from({ length: slowOnes }, () => whoSends(start)))
    const cut = slow.map((socket) => text(socket))
    const served = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(served.status).toBe(200)
    for (const answer of await Promise.all(cut)) expect(answer).toMatch(/^(?:HTTP\/1\.1 408 |$)/)
    expect(called).toBe(before + 1)
  })
})
