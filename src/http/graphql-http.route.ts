import { ApolloServer, type ApolloServerPlugin, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import { expressMiddleware } from '@as-integrations/express5'
import express, { type RequestHandler, type Router } from 'express'
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import type { Context } from '../graphql/context.js'
import { maskedError } from '../graphql/error-format.js'
import { limits, operationErrors } from '../graphql/limits.js'
import type { TrustedDocuments } from '../graphql/trusted-documents.js'
import { RequestError } from '../kernel/request-error.js'
import type { Scope } from '../persistence/tenant-scope.js'
import { isUnavailable } from '../persistence/unavailable.js'
import { graphiqlPage, wantsPage } from './graphiql.js'
import { currentRequestId } from './request-id.js'

export interface GraphqlHttpOptions {
  schema: GraphQLSchema
  scopeOf(accessToken: string | null): Promise<{ scope: Scope }>
  contextFor(scope: Scope, requestId: string, address: string): Context
  mayIntrospect(scope: Scope): boolean
  graphiql: boolean
  /** The only documents that may be executed; null where all may. */
  trusted: TrustedDocuments | null
  log: Logger
}

/** GraphQL over HTTP, as its specification has it; a browser gets the explorer. */
export class GraphqlHttpRoute {
  readonly #apollo: ApolloServer<Context>

  constructor(private readonly options: GraphqlHttpOptions) {
    const { schema, trusted, log } = options
    this.#apollo = new ApolloServer<Context>({
      schema,
      // Who may ask for the schema depends on the viewer, so the rule below decides it.
      introspection: true,
      // `jsonAlone` and GET's queries keep forged requests out.
      csrfPrevention: false,
      // By the rules of both transports instead, see `#bounds`.
      dangerouslyDisableValidation: true,
      allowBatchedHttpRequests: false,
      // Where documents are named by an operator, clients add none.
      ...(trusted ? { persistedQueries: false as const } : {}),
      includeStacktraceInErrorResponses: false,
      hideSchemaDetailsFromClientErrors: false,
      stopOnTerminationSignals: false,
      parseOptions: { maxTokens: limits.tokens },
      formatError: (_formatted, error) => {
        const thrown = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })
        return this.#mask(thrown)
      },
      // The explorer is our own: Apollo's page would be loaded from elsewhere.
      plugins: [
        ...(trusted ? [namesInstead(trusted)] : []),
        this.#bounds(),
        answersWithStatus,
        ApolloServerPluginLandingPageDisabled(),
      ],
      logger: log,
    })
  }

  async router(): Promise<Router> {
    await this.#apollo.start()
    const router = express.Router()
    router.get('/graphql', (request, response, next) => {
      if (!this.options.graphiql || !wantsPage(request)) return next()
      graphiqlPage(response)
    })
    router.use(
      '/graphql',
      jsonAlone,
      express.json({ limit: limits.bodyBytes, type: jsonTypes }),
      expressMiddleware(this.#apollo, {
        context: async ({ req }) => {
          const scope = await this.#viewer(req.headers.authorization)
          return this.options.contextFor(scope, currentRequestId(), req.ip ?? 'unknown')
        },
      }),
    )
    return router
  }

  async close(): Promise<void> {
    await this.#apollo.stop()
  }

  /** A token that has ended is 401, never treated as none. */
  async #viewer(authorization: string | undefined): Promise<Scope> {
    try {
      const { scope } = await this.options.scopeOf(bearerToken(authorization))
      return scope
    } catch (error) {
      throw new GraphQLError('', { originalError: error as Error, extensions: { http: { status: statusOf(error) } } })
    }
  }

  /** Valid, and within the same bounds as on the websocket, before anything is executed. */
  #bounds(): ApolloServerPlugin<Context> {
    const { schema, mayIntrospect, trusted } = this.options
    return {
      requestDidStart: async () => ({
        responseForOperation: async ({ document, operationName, request, contextValue }) => {
          const introspection = mayIntrospect(contextValue.scope)
          const variables = request.variables ?? {}
          const found = operationErrors({ schema, document, operationName, variables, introspection, trusted })
          if (found.length === 0) return null
          const errors = found.map((error) => this.#mask(error))
          return { http: { status: 400, headers: new HeaderMap() }, body: { kind: 'single', singleResult: { errors } } }
        },
      }),
    }
  }

  #mask(error: GraphQLError): GraphQLFormattedError {
    return maskedError(error, currentRequestId(), (original, requestId) =>
      this.options.log.error({ err: original, requestId }, 'an operation failed'),
    ).toJSON()
  }
}

function statusOf(error: unknown): number {
  if (!(error instanceof RequestError)) return isUnavailable(error) ? 503 : 500
  return error.code === 'UNAUTHENTICATED' ? 401 : error.code === 'RATE_LIMITED' ? 429 : 503
}

const jsonTypes = ['application/json', 'application/graphql+json']

/**
 * Forms and plain texts are what browsers post for any page without asking us first. A GET changes nothing, since it
 * takes no mutation, and nothing that identifies a person is sent with it.
 */
const jsonAlone: RequestHandler = (request, response, next) => {
  if (request.method !== 'POST' || request.is(jsonTypes)) return next()
  const message = 'Send the operation as JSON, with the content-type application/json.'
  const errors = [{ message, extensions: { code: 'BAD_USER_INPUT', requestId: currentRequestId() } }]
  response.status(415).json({ errors })
}

/** A client may send the id of a trusted document instead of its text. */
function namesInstead(trusted: TrustedDocuments): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async ({ request }) => {
      const { query, extensions } = request
      const text = trusted.textOf({ query, extensions, documentId: documentIdOf(request.http) })
      if (text !== undefined) request.query = text
      delete request.extensions?.persistedQuery
    },
  }
}

function documentIdOf(http: HTTPGraphQLRequest | undefined): unknown {
  if (http?.method === 'GET') return new URLSearchParams(http.search).get('documentId') ?? undefined
  return (http?.body as { documentId?: unknown } | undefined)?.documentId
}

/**
 * A client that does not ask for `application/graphql-response+json` gets 200 for every well-formed request,
 * as GraphQL over HTTP has it; and a session that has ended is 401 either way.
 */
const answersWithStatus: ApolloServerPlugin<Context> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response, source }) => {
      const accept = request.http?.headers.get('accept') ?? ''
      const wellFormed = source !== undefined
      if (response.http.status === 400 && wellFormed && !accept.includes('application/graphql-response+json')) {
        response.http.status = 200
      }
    },
  }),
}

/** @throws RequestError UNAUTHENTICATED for an authorization of another kind: it is never treated as none */
export function bearerToken(header: string | undefined): string | null {
  if (header === undefined || header === '') return null
  const match = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header)
  if (match?.[1]) return match[1]
  throw new RequestError('UNAUTHENTICATED', 'Send `Authorization: Bearer <accessToken>`.')
}
