import type Stripe from 'stripe'
import { releases } from './contract/schemas.js'

type Method = (...args: unknown[]) => Promise<unknown>

/** Calls that came later than the release, made as its own are. */
const later: Readonly<Record<string, { method: 'GET' | 'POST'; fullPath: string }>> = {
  addLines: { method: 'POST', fullPath: '/v1/invoices/{invoice}/add_lines' },
  updateLines: { method: 'POST', fullPath: '/v1/invoices/{invoice}/update_lines' },
  removeLines: { method: 'POST', fullPath: '/v1/invoices/{invoice}/remove_lines' },
}

/** One release of the official SDK, and the API version that it speaks. */
export interface Sdk {
  readonly version: string
  /** Before 2025-03-31, which is where the invoice changed most. */
  readonly isBeforeBasil: boolean
  open(url: string, key: string, apiVersion?: string): Stripe
}

async function sdkOf(version: string, packageName: string): Promise<Sdk> {
  // By a name that the compiler does not see: older releases declare themselves as the module `stripe`.
  const { default: Release } = (await import(packageName)) as { default: typeof Stripe }
  return {
    version,
    isBeforeBasil: version < '2025-03-31',
    open(url, key, apiVersion = version) {
      const { hostname, port } = new URL(url)
      const stripe = new Release(key, {
        host: hostname,
        port: Number(port),
        protocol: 'http',
        maxNetworkRetries: 0,
        telemetry: false,
        apiVersion: apiVersion as never,
      })
      return withLaterCalls(stripe, Release)
    },
  }
}

function withLaterCalls(stripe: Stripe, Release: typeof Stripe): Stripe {
  const invoices = stripe.invoices as unknown as Record<string, Method>
  for (const [name, call] of Object.entries(later)) invoices[name] ??= methodOf(Release, call)
  const accounts = stripe.accounts as unknown as Record<string, Method>
  accounts.retrieveCurrent ??= () => accounts.retrieve?.() as Promise<unknown>
  return stripe
}

/** As the older releases make theirs. */
function methodOf(Release: typeof Stripe, call: object): Method {
  return (Release.StripeResource as unknown as { method(call: object): Method }).method(call)
}

/** The newest, and the two that the API versions of Stripe's own guides come with. */
export const sdks: readonly Sdk[] = await Promise.all(
  Object.entries(releases).map(([version, packageName]) => sdkOf(version, packageName)),
)
