import { ok, type Result, refuse, type UserError } from '../kernel/result.js'
import type { BillingMode } from './billing-integration.entity.js'

/** The four that must be enough: each says that an invoice has come to another status. */
export const webhookEvents = ['invoice.finalized', 'invoice.paid', 'invoice.voided', 'invoice.marked_uncollectible']

/** Those that tell more sooner. */
export const webhookEventsOptional = [
  'invoice.payment_failed',
  'invoice.finalization_failed',
  'invoice.updated',
  'invoice.deleted',
  'invoice.sent',
  'invoice.overdue',
  'customer.deleted',
  'payment_intent.processing',
  'charge.dispute.created',
  'charge.dispute.closed',
]

/** The recommended one first: what our own requests are made in. */
export const webhookApiVersions = ['2026-10-28.endive', '2024-06-20', '2022-11-15']

const restrictedKeyForm = /^rk_(test|live)_[A-Za-z0-9_]{8,255}$/
const webhookSecretForm = /^whsec_[A-Za-z0-9+/=_-]{16,255}$/

/**
 * The mode that a restricted key says, or why it is none that we take. An unrestricted key could do anything to
 * the account, so it is never stored, nor repeated.
 */
export function modeOfKey(key: string, sandboxed: boolean): Result<BillingMode> {
  const field = ['input', 'restrictedKey']
  if (key.startsWith('sk_')) {
    const message =
      'This is a secret key: it could do anything to your Stripe account. Make a restricted key with ' +
      'Customers: write and Invoices: write, and delete this one if it has been shown to anybody.'
    return refuse('INVALID', message, field)
  }
  if (key.startsWith('pk_')) {
    return refuse('INVALID', 'This is a publishable key: it cannot make invoices. Make a restricted key.', field)
  }
  const mode = restrictedKeyForm.exec(key)?.[1]
  if (!mode) return refuse('INVALID', 'A restricted key starts with rk_test_ or rk_live_.', field)
  if (mode === 'live') {
    if (!sandboxed) return ok('LIVE')
    return refuse('INVALID', 'The sandbox takes test keys only: a live key does not belong here.', field)
  }
  return ok(sandboxed ? 'SANDBOX' : 'TEST')
}

export function webhookSecretProblem(secret: string): UserError | null {
  if (webhookSecretForm.test(secret)) return null
  const message = "A signing secret starts with whsec_: Stripe shows it on the webhook endpoint's page."
  return { code: 'INVALID', message, field: ['input', 'webhookSecret'] }
}

/** Only Stripe's own sign-in pages, and the sandbox's where it serves: a link here is one that people trust. */
export function portalProblem(address: string, sandbox: string | null): UserError | null {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url?.protocol === 'https:' && url.hostname === 'billing.stripe.com' && url.port === '') return null
  if (url && sandbox !== null && url.origin === new URL(sandbox).origin) return null
  const message = "This is no customer-portal link: Stripe's start with https://billing.stripe.com/."
  return { code: 'INVALID', message, field: ['input', 'customerPortalUrl'] }
}
