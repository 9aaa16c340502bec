import Stripe from 'stripe'
import type { Outcome } from '../billing/billing.port.js'

interface About {
  /** May be shown to the provider's people: names no key. */
  message: string
  status: number | null
  code: string | null
  /** The parameter that Stripe complains of. */
  param: string | null
  requestId: string | null
}

/** How a request failed, told by class, status and code; Stripe's wording changes and decides nothing. */
export type StripeFailure = Terminal | Retryable | Unknown

/** It was not done, and the same again would fail again. */
export interface Terminal extends About {
  kind: 'terminal'
  /** The scope of the restricted key that is missing, such as `rak_invoice_write`. */
  missingPermission: string | null
}
/** It was certainly not done: the same may be asked again. */
export interface Retryable extends About {
  kind: 'retryable'
  retryAfterMs: number
}
/** It may have been done. */
export interface Unknown extends About {
  kind: 'unknown'
  retryAfterMs: number
  /** Stripe itself answered with a failure, which it may have stored under the key. */
  answered: boolean
  /** It certainly has: the key is good for nothing more. */
  keySpent: boolean
}

const longestPauseInMs = 10_000
const longestQuote = 300

/** @throws the error itself where it does not come from Stripe: it is a fault of ours */
export function failureOf(error: unknown): StripeFailure {
  if (!(error instanceof Stripe.errors.StripeError)) throw error
  const about: About = {
    message: quoted(error.message),
    status: error.statusCode ?? null,
    code: error.code ?? null,
    param: error.param ?? null,
    requestId: error.requestId ?? null,
  }
  if (error instanceof Stripe.errors.StripeRateLimitError) {
    const message = 'Stripe takes no more requests of this account at the moment.'
    return { ...about, kind: 'retryable', message, retryAfterMs: retryAfter(error) ?? 5_000 }
  }
  if (error instanceof Stripe.errors.StripeIdempotencyError) {
    const message = 'Stripe knows this request from before in another form.'
    return { ...about, kind: 'unknown', message, retryAfterMs: 5_000, answered: true, keySpent: true }
  }
  const { status } = about
  if (status === null || status < 400 || status === 409 || status >= 500) return unclear(error, about)
  if (error instanceof Stripe.errors.StripeAuthenticationError) return { ...about, ...wrongKey(about.code) }
  if (error instanceof Stripe.errors.StripePermissionError) return { ...about, ...notPermitted(error.message) }
  return {
    ...about,
    kind: 'terminal',
    message: `Stripe refuses this: ${about.message}`,
    missingPermission: null,
  }
}

export function outcomeOf(failure: StripeFailure): Outcome<never> {
  if (failure.kind !== 'terminal') {
    return { kind: 'unknown', message: failure.message, retryAfterMs: failure.retryAfterMs }
  }
  const { message, missingPermission } = failure
  return missingPermission === null ? { kind: 'refused', message } : { kind: 'refused', message, missingPermission }
}

/** Whether what was asked for is not there (any more). */
export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing'
}

/**
 * How long to wait before the very same request is worth making again; null where that would not help.
 * @returns whole: whether the account, and not just this request, should pause
 */
export function waitOf(error: unknown, waited: number): { milliseconds: number; whole: boolean } | null {
  if (!(error instanceof Stripe.errors.StripeError)) return null
  const busy = error instanceof Stripe.errors.StripeRateLimitError
  if (!busy && error.code !== 'idempotency_key_in_use') return null
  const doubling = 250 * 2 ** waited * (1 + Math.random())
  const milliseconds = Math.min(retryAfter(error) ?? doubling, longestPauseInMs)
  return { milliseconds, whole: busy && error.code !== 'lock_timeout' }
}

/** The scope that a refusal names, such as `rak_invoice_write`; it stands nowhere but in the message. */
export function missingScope(message: string): string | null {
  return /\brak_[a-z0-9_]+_(?:read|write)\b/.exec(message)?.[0] ?? null
}

function unclear(error: Stripe.errors.StripeError, about: About): Unknown {
  const answered = about.status !== null && about.status >= 500
  const message = answered
    ? 'Stripe has trouble at the moment.'
    : about.status === 409
      ? 'Stripe is still at work on the same request.'
      : 'Stripe could not be reached, or its answer was lost.'
  const keySpent = answered && error.headers?.['idempotent-replayed'] === 'true'
  return { ...about, kind: 'unknown', message, retryAfterMs: 5_000, answered, keySpent }
}

function wrongKey(code: string | null): Pick<Terminal, 'kind' | 'message' | 'missingPermission'> {
  const message =
    code === 'api_key_expired'
      ? 'The restricted key has expired. Make a new one in Stripe and enter it here.'
      : 'Stripe does not know the restricted key: it was revoked, or it is mistyped. Enter the present one.'
  return { kind: 'terminal', message, missingPermission: null }
}

function notPermitted(text: string): Pick<Terminal, 'kind' | 'message' | 'missingPermission'> {
  const scope = missingScope(text)
  const message =
    scope === null
      ? 'The restricted key may not do this. Give it “Customers: Write” and “Invoices: Write” in Stripe.'
      : `The restricted key lacks the permission ${scope}. Give it “${labelOf(scope)}” in Stripe.`
  return { kind: 'terminal', message, missingPermission: scope }
}

/** `rak_invoice_item_write` as Stripe's dashboard shows it: Invoice items: Write. */
function labelOf(scope: string): string {
  const words = scope.slice('rak_'.length).split('_')
  const right = words.pop() ?? ''
  const resource = `${words.join(' ')}s`
  return `${capital(resource)}: ${capital(right)}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What Stripe says, without any key that it may name, and of a length for people. */
function quoted(message: string): string {
  return message.replace(/\b(?:sk|rk|pk)_(?:test|live)_\S+/g, '…').slice(0, longestQuote)
}

function retryAfter(error: Stripe.errors.StripeError): number | null {
  const seconds = Number(error.headers?.['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null
}
