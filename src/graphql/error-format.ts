import { GraphQLError } from 'graphql'
import { ArgumentValidationError } from 'type-graphql'
import { RequestError } from '../kernel/request-error.js'
import { isUnavailable } from '../persistence/unavailable.js'

/** Codes that graphql-js and Apollo give to requests that are no valid requests; their texts name only the schema. */
const requestFaults = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
])
/** Codes that clients know as they are. */
const knownFaults = new Set(['PERSISTED_QUERY_NOT_FOUND', 'PERSISTED_QUERY_NOT_SUPPORTED', 'QUERY_TOO_COMPLEX'])

export const unavailableMessage = 'The service is overloaded or restarting: try again.'
const lockNotAvailable = '55P03'

/**
 * What of an error a client may see: our own request errors and the faults of the request itself. All else
 * becomes one sentence with the request's id, and goes to `report` as it was.
 */
export function maskedError(
  error: GraphQLError,
  requestId: string,
  report: (original: unknown, requestId: string) => void,
): GraphQLError {
  const original = originalOf(error)
  const position = { nodes: error.nodes, source: error.source, positions: error.positions, path: error.path }
  if (original instanceof RequestError) {
    const { code, message, retryAfter } = original
    return new GraphQLError(message, {
      ...position,
      extensions: { code, ...(retryAfter === undefined ? {} : { retryAfter }) },
    })
  }
  if (original instanceof ArgumentValidationError) {
    return new GraphQLError('An argument is not valid.', { ...position, extensions: { code: 'BAD_USER_INPUT' } })
  }
  if (original instanceof GraphQLError) {
    const code = faultOf(original, error.path !== undefined)
    // Around the fault of a variable stands which one it is.
    if (code) return new GraphQLError(withoutValues(error.message), { ...position, extensions: { code } })
  }
  report(original, requestId)
  if ((original as { code?: unknown } | null)?.code === lockNotAvailable) {
    return new GraphQLError('Something else is changing this right now: try again.', {
      ...position,
      extensions: { code: 'CONFLICT', retryAfter: 1 },
    })
  }
  if (isUnavailable(original)) {
    return new GraphQLError(unavailableMessage, {
      ...position,
      extensions: { code: 'SERVICE_UNAVAILABLE', retryAfter: 2, requestId },
    })
  }
  return new GraphQLError(`Something went wrong on our side. Reference: ${requestId}`, {
    ...position,
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  })
}

/** The library quotes values that it refuses, and the whole input around one: there may be a password or a key in it. */
function withoutValues(message: string): string {
  return message
    .replace(/( cannot represent [\w -]*value): [\s\S]*$/, '$1.')
    .replace(/(Expected value of type "[^"]*"), found [\s\S]*$/, '$1.')
    .replace(/ got invalid value [\s\S]* at "(\w[\w.[\]]*)"; /, ' got an invalid value at "$1"; ')
    .replace(/ got invalid value [\s\S]*; /, ' got an invalid value; ')
}

/** The code of a fault of the request; null for what is our own fault. */
function faultOf({ extensions: { code }, nodes }: GraphQLError, whileExecuting: boolean): string | null {
  // A value that does not fit its type is about our data, unless it stands in the document.
  if (code === undefined) return whileExecuting && !nodes ? null : 'BAD_USER_INPUT'
  if (typeof code !== 'string') return null
  return knownFaults.has(code) ? code : requestFaults.has(code) ? 'BAD_USER_INPUT' : null
}

function originalOf(error: GraphQLError): unknown {
  let current: unknown = error
  while (current instanceof GraphQLError && current.originalError) current = current.originalError
  return current
}
