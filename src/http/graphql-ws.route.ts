import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  parse,
} from 'graphql'
import type { Context as SocketContext, SubscribePayload } from 'graphql-ws'
import { type Extra, useServer } from 'graphql-ws/use/ws'
import type { Logger } from 'pino'
import { v4 as uuid } from 'uuid'
import { WebSocketServer } from 'ws'
import type { LoggedEvent } from '../events/event-log.js'
import type { Context } from '../graphql/context.js'
import { maskedError } from '../graphql/error-format.js'
import { limits, operationErrors } from '../graphql/limits.js'
import { withoutCursor } from '../graphql/live-variables.js'
import type { TrustedDocuments } from '../graphql/trusted-documents.js'
import type { Clock } from '../kernel/clock.js'
import { RequestError } from '../kernel/request-error.js'
import type { Scope } from '../persistence/tenant-scope.js'
import { groupKey, type LiveGroups } from '../realtime/live-groups.js'
import { LiveSource } from '../realtime/live-source.js'
import { Outbox } from './outbox.js'
import { Silence } from './silence.js'
import { closeCodes, type Sockets } from './sockets.js'

const protocol = 'graphql-transport-ws'
const largestMessage = 64 * 1024
const subscriptionsPerSocket = 50
const socketsPerUser = 20
const longestLifeInMs = 60 * 60 * 1_000

export interface GraphqlWsOptions {
  schema: GraphQLSchema
  live: LiveGroups
  sockets: Sockets
  scopeOf(accessToken: string | null): Promise<{ scope: Scope; expiresAt: Date | null }>
  contextFor(scope: Scope, requestId: string, address: string): Context
  originAllowed(origin: string | undefined): Promise<boolean>
  mayIntrospect(scope: Scope): boolean
  /** The only documents that may be executed; null where all may. */
  trusted: TrustedDocuments | null
  /** The transport's. */
  clock: Clock
  log: Logger
}

interface SocketState extends Record<PropertyKey, unknown> {
  scope: Scope
  outbox: Outbox
  forget: () => void
  expiry: NodeJS.Timeout
}

type Ctx = SocketContext<{ accessToken?: unknown }, Extra & Partial<SocketState>>

/** What only a server says. To the library a client that says it is a failure of ours, for the console. */
const serversMessages = new Set<unknown>(['connection_ack', 'next', 'error'])

function refusingServersMessages(key: string, value: unknown): unknown {
  if (key === '' && serversMessages.has((value as { type?: unknown } | null)?.type)) {
    throw new Error('Only a server sends this message.')
  }
  return value
}

/** GraphQL over websocket, by the `graphql-transport-ws` sub-protocol. */
export class GraphqlWsRoute {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  })
  readonly #dispose: () => void | Promise<void>

  constructor(private readonly options: GraphqlWsOptions) {
    const { dispose } = useServer<{ accessToken?: unknown }, Partial<SocketState>>(
      {
        connectionInitWaitTimeout: 5_000,
        jsonMessageReviver: refusingServersMessages,
        onConnect: (ctx) => this.#connected(ctx),
        onSubscribe: (ctx, id, payload) => this.#requested(ctx, id, payload),
        subscribe: (args) => this.#source(args) as never,
        onOperation: (ctx, id, payload, args, result) => this.#join(ctx, id, payload, args, result),
        onNext: (_ctx, _id, _payload, args, result) => this.#masked(args, result),
        onError: (_ctx, id, _payload, errors) => errors.map((error) => this.#mask(error, id).toJSON()),
        onClose: (ctx) => {
          const state = ctx.extra as Partial<SocketState>
          state.forget?.()
          clearTimeout(state.expiry)
        },
      },
      this.#server,
      15_000,
    )
    this.#dispose = dispose
  }

  attach(http: Server): void {
    http.on('upgrade', (request, socket, head) => {
      void this.#upgrade(request, socket, head).catch((error: unknown) => {
        this.options.log.warn({ err: error }, 'a websocket could not be opened')
        socket.destroy()
      })
    })
  }

  async close(): Promise<void> {
    await this.options.sockets.closeAll()
    await this.#dispose()
    this.#server.close()
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const path = (request.url ?? '').split('?')[0]
    if (path !== '/graphql') return refuseUpgrade(socket, '404 Not Found')
    if (!(await this.options.originAllowed(request.headers.origin))) return refuseUpgrade(socket, '403 Forbidden')
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      this.#server.emit('connection', ws, request)
      // The library writes every fault of a client to the console, for anybody to fill.
      ws.removeAllListeners('error')
      ws.on('error', (error) => this.options.log.debug({ err: error }, 'a websocket has failed'))
    })
  }

  /** Who asks is settled once, from the token that the first message brings. */
  async #connected(ctx: Ctx): Promise<boolean> {
    const token = ctx.connectionParams?.accessToken
    const { socket } = ctx.extra
    const { sockets, clock } = this.options
    try {
      const accessToken = typeof token === 'string' && token !== '' ? token : null
      const since = sockets.changes
      const { scope, expiresAt } = await this.options.scopeOf(accessToken)
      if ('userId' in scope && sockets.countOf(scope.userId) >= socketsPerUser) {
        socket.close(closeCodes.tooMany, 'Too many websockets')
        return true
      }
      if (socket.readyState !== socket.OPEN) return false
      const close = (code: number, reason: string): void => socket.close(code, reason)
      const lifetime = Math.min(
        longestLifeInMs,
        expiresAt ? expiresAt.getTime() - clock.now().getTime() : longestLifeInMs,
      )
      const state = ctx.extra as unknown as SocketState
      state.scope = scope
      const outbox = new Outbox(socket)
      state.outbox = outbox
      state.forget = sockets.add({ accessToken, scope, outbox, close }, since)
      state.expiry = setTimeout(() => close(closeCodes.refused, 'Token expired'), Math.max(0, lifetime))
      state.expiry.unref()
      return true
    } catch (error) {
      if (error instanceof RequestError && error.code === 'UNAUTHENTICATED') return false
      this.options.log.error({ err: error }, 'a websocket could not be authenticated')
      socket.close(closeCodes.overloaded, 'Try again')
      return true
    }
  }

  #requested(ctx: Ctx, id: string, payload: SubscribePayload): ExecutionArgs | readonly GraphQLError[] {
    const { socket, request, scope } = ctx.extra as Extra & SocketState
    if (Object.keys(ctx.subscriptions).length > subscriptionsPerSocket) {
      socket.close(closeCodes.tooMany, 'Too many subscriptions')
      return [new GraphQLError('Too many subscriptions.')]
    }
    const { schema, trusted } = this.options
    const { operationName, variables } = payload
    try {
      // Whoever sends the id of a trusted document instead leaves the text empty: the protocol asks for one.
      const document = parse(trusted?.textOf(payload) ?? payload.query, { maxTokens: limits.tokens })
      const introspection = this.options.mayIntrospect(scope)
      const errors = operationErrors({ schema, document, operationName, variables, introspection, trusted })
      if (errors.length > 0) return errors
      const contextValue = this.options.contextFor(scope, `${uuid()}/${id}`, addressOf(request))
      return { schema, document, operationName, variableValues: variables, contextValue }
    } catch (error) {
      if (error instanceof GraphQLError) return [error]
      throw error
    }
  }

  /** The events that a subscription means; they are executed by its group. */
  #source(args: ExecutionArgs): Promise<unknown> {
    return createSourceEventStream(args) as Promise<unknown>
  }

  #join(ctx: Ctx, id: string, payload: SubscribePayload, args: ExecutionArgs, result: unknown) {
    if (!(result instanceof LiveSource)) return undefined
    const { socket, scope, outbox } = ctx.extra as Extra & SocketState
    const variables = withoutCursor(args.document, payload.variables ?? {})
    const query = args.document.loc?.source.body ?? payload.query
    const key = groupKey({ query, operationName: payload.operationName ?? '', variables, scope })
    const context = args.contextValue as Context
    let leave = (): void => undefined
    const silence = new Silence(() => leave())
    const prefix = `{"id":${JSON.stringify(id)},"type":"next","payload":`
    leave = this.options.live.join(key, result, (event) => this.#execute(args, context, event), {
      next: (text) => outbox.push(`${prefix}${text}}`),
      fail: (error) => silence.fail(error),
      overloaded: () => socket.close(closeCodes.overloaded, 'Overloaded'),
    })
    return silence as never
  }

  /** One event, for everybody in the group; null when there is nothing for them to see any more. */
  async #execute(args: ExecutionArgs, context: Context, event: LoggedEvent): Promise<string | null> {
    context.renew()
    const result = await execute({ ...args, rootValue: event })
    if (!result.data && result.errors?.every(isNotFound)) return null
    return JSON.stringify(this.#masked(args, result))
  }

  #masked(args: ExecutionArgs, result: ExecutionResult): ExecutionResult {
    if (!result.errors) return result
    const { requestId } = args.contextValue as Context
    return { ...result, errors: result.errors.map((error) => this.#mask(error, requestId)) }
  }

  #mask(error: GraphQLError, requestId: string): GraphQLError {
    return maskedError(error, requestId, (original) =>
      this.options.log.error({ err: original, requestId }, 'an operation failed'),
    )
  }
}

function isNotFound(error: GraphQLError): boolean {
  return error.originalError instanceof RequestError && error.originalError.code === 'NOT_FOUND'
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown'
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
