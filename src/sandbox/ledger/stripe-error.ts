export type ErrorType = 'invalid_request_error' | 'card_error' | 'idempotency_error' | 'api_error'

export interface ErrorDetail {
  type?: ErrorType
  code?: string
  param?: string
  decline_code?: string
  /** What Stripe shows beside the message. */
  shown?: Record<string, unknown>
}

/** An answer that is not the wanted one, as Stripe words it. */
export class StripeError extends Error {
  readonly status: number
  readonly detail: ErrorDetail

  constructor(status: number, message: string, detail: ErrorDetail = {}) {
    super(message)
    this.status = status
    this.detail = detail
  }

  /** @param requestLogUrl where the one whose key it was reads more about the request */
  body(requestLogUrl?: string): object {
    const { type = 'invalid_request_error', code, param, decline_code, shown } = this.detail
    return {
      error: {
        ...(code && { code, doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}` }),
        ...(decline_code && { decline_code }),
        message: this.message,
        ...(param && { param }),
        ...shown,
        ...(requestLogUrl && { request_log_url: requestLogUrl }),
        type,
      },
    }
  }
}

export function invalid(message: string, detail: ErrorDetail = {}): StripeError {
  return new StripeError(400, message, detail)
}

export function missing(kind: string, id: string, param = 'id', status = 404): StripeError {
  return new StripeError(status, `No such ${kind}: '${id}'`, { code: 'resource_missing', param })
}
