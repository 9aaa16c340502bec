import { createServer, type Server } from 'node:http'
import express, { type ErrorRequestHandler, type Router } from 'express'
import helmet from 'helmet'
import type { Logger } from 'pino'
import { unavailableMessage } from '../graphql/error-format.js'
import { CannotStart } from '../kernel/cannot-start.js'
import type { RequestErrorCode } from '../kernel/request-error.js'
import { isUnavailable } from '../persistence/unavailable.js'
import type { GraphqlHttpRoute } from './graphql-http.route.js'
import type { GraphqlWsRoute } from './graphql-ws.route.js'
import { currentRequestId, requestIds } from './request-id.js'

const drainInMs = 15_000
const sweepInMs = 100

/** How long a client may take, in milliseconds. */
export interface ClientPace {
  headersTimeout: number
  /** For the whole request, its body included. */
  requestTimeout: number
  /** How often it is looked: what Node does by itself, every 30 seconds, is less often than the two above promise. */
  connectionsCheckingInterval: number
}

const usualPace: ClientPace = { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 1_000 }

export interface HttpServerOptions {
  host: string
  port: number
  graphql: GraphqlHttpRoute
  websocket: GraphqlWsRoute
  /** In their order: those that read raw bodies, gateways, health. */
  routers: readonly Router[]
  originAllowed(origin: string | undefined): Promise<boolean>
  pace?: ClientPace
  log: Logger
}

/** The one port: GraphQL over HTTP and websocket, webhooks, gateways, health. */
export class HttpServer {
  #server: Server | null = null

  constructor(private readonly options: HttpServerOptions) {}

  async start(): Promise<void> {
    const app = express()
    app.disable('x-powered-by')
    app.disable('etag')
    app.use(requestIds)
    app.use(helmet({ contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] }, useDefaults: false } }))
    app.use(this.#crossOrigin())
    for (const router of this.options.routers) app.use(router)
    app.use(await this.options.graphql.router())
    app.use((_request, response) => void response.status(404).json({ error: 'There is nothing at this address.' }))
    app.use(this.#failed())
    const server = createServer(
      { ...usualPace, ...this.options.pace, keepAliveTimeout: 65_000, maxHeaderSize: 16 * 1024 },
      app,
    )
    this.options.websocket.attach(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(this.#cannotListen(cause)))
      server.listen(this.options.port, this.options.host, resolve)
    })
    this.#server = server
  }

  #cannotListen(cause: NodeJS.ErrnoException): CannotStart {
    const { host, port } = this.options
    const reason =
      cause.code === 'EADDRINUSE' ? `port ${port} is in use` : `${host}:${port} cannot be listened at (${cause.code})`
    return new CannotStart(
      `The API did not start: ${reason}. Choose another with PORT and HOST, or stop what uses it.`,
      { cause },
    )
  }

  /** Takes nothing new, ends websockets, lets running requests finish. */
  async stop(): Promise<void> {
    const server = this.#server
    if (!server) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    await this.options.websocket.close()
    // Whose request is answered meanwhile would else be kept open for the next one.
    const sweep = setInterval(() => server.closeIdleConnections(), sweepInMs)
    const cut = setTimeout(() => server.closeAllConnections(), drainInMs)
    await closed
    clearInterval(sweep)
    clearTimeout(cut)
    await this.options.graphql.close()
  }

  /** Browsers may call from the allowed origins. No cookie is ever read, so no credentials are allowed. */
  #crossOrigin(): express.RequestHandler {
    return async (request, response, next) => {
      const { origin } = request.headers
      if (origin === undefined) return next()
      response.vary('Origin')
      if (await this.options.originAllowed(origin)) {
        response.setHeader('Access-Control-Allow-Origin', origin)
        response.setHeader('Access-Control-Expose-Headers', 'X-Request-Id')
      }
      if (request.method !== 'OPTIONS') return next()
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST')
      response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type, Apollo-Require-Preflight')
      response.setHeader('Access-Control-Max-Age', '600')
      response.status(204).end()
    }
  }

  #failed(): ErrorRequestHandler {
    return (error: unknown, _request, response, next) => {
      if (response.headersSent) return next(error)
      const { status, code, message } = failureOf(error)
      const requestId = currentRequestId()
      if (status >= 500) this.options.log.error({ err: error, requestId }, 'a request failed')
      if (status === 503) response.setHeader('Retry-After', '2')
      response.status(status).json({ errors: [{ message, extensions: { code, requestId } }] })
    }
  }
}

function failureOf(error: unknown): { status: number; code: RequestErrorCode; message: string } {
  const { status = 500 } = (error ?? {}) as { status?: number }
  if (status === 413) return { status, code: 'BAD_USER_INPUT', message: 'The body is too large.' }
  if (status >= 400 && status < 500) return { status, code: 'BAD_USER_INPUT', message: 'This is no valid request.' }
  if (isUnavailable(error)) return { status: 503, code: 'SERVICE_UNAVAILABLE', message: unavailableMessage }
  return { status: 500, code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on our side.' }
}
