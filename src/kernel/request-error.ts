/** Why a whole request fails at the top level of a GraphQL answer: nothing that a person's input caused. */
export const requestErrorCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'RATE_LIMITED',
  'QUERY_TOO_COMPLEX',
  'RESYNC_REQUIRED',
  'SERVICE_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
] as const

export type RequestErrorCode = (typeof requestErrorCodes)[number]

/** The only kind of error whose message may reach a client outside of `userErrors`. */
export class RequestError extends Error {
  constructor(
    readonly code: RequestErrorCode,
    message: string,
    /** In seconds, with RATE_LIMITED, CONFLICT and SERVICE_UNAVAILABLE. */
    readonly retryAfter?: number,
  ) {
    super(message)
    this.name = 'RequestError'
  }
}

/** One wording for what is missing and for what is someone else's, so that neither can be told from the other. */
export function notFound(): RequestError {
  return new RequestError('NOT_FOUND', 'There is no such object, or it is not yours to see.')
}
