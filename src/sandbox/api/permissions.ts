import { accountId } from '../ledger/mode.js'
import type { ApiKey, ObjectKind } from '../ledger/records.js'
import { invalid, StripeError } from '../ledger/stripe-error.js'

/** What a restricted key can be given, and how Stripe calls it in a refusal. */
const resources = {
  account: 'account',
  billing_portal: 'customer_portal',
  charges: 'charge',
  cli: 'stripecli_session',
  credit_notes: 'credit_note',
  customers: 'customer',
  events: 'event',
  invoiceitems: 'invoice_item',
  invoices: 'invoice',
  payment_intents: 'payment_intent',
  payment_methods: 'payment_method',
  test_clocks: 'test_clock',
  webhook_endpoints: 'webhook',
} as const

export type Resource = keyof typeof resources
export type Permission = `${Resource}:${'read' | 'write'}`

const readOf: Record<ObjectKind, Resource> = {
  account: 'account',
  'billing_portal.session': 'billing_portal',
  charge: 'charges',
  credit_note: 'credit_notes',
  customer: 'customers',
  invoice: 'invoices',
  invoice_payment: 'invoices',
  invoiceitem: 'invoiceitems',
  payment_intent: 'payment_intents',
  payment_method: 'payment_methods',
  'test_helpers.test_clock': 'test_clocks',
  webhook_endpoint: 'webhook_endpoints',
}

/** As Stripe calls it. */
export function permissionName(permission: Permission): string {
  const [resource, right] = permission.split(':') as [Resource, string]
  return `${resources[resource]}_${right}`
}

/** To write includes to read. */
export function has(key: ApiKey, permission: Permission): boolean {
  if (key.permissions === null || key.permissions.includes(permission)) return true
  const [resource, right] = permission.split(':')
  return right === 'read' && key.permissions.includes(`${resource}:write`)
}

export function demand(key: ApiKey, permission: Permission): void {
  if (has(key, permission)) return
  throw new StripeError(
    403,
    `The provided key '${masked(key.id)}' does not have the required permissions for this endpoint on account ` +
      `'${accountId(key.account)}'. Having the 'rak_${permissionName(permission)}' permission would allow this request to continue.`,
  )
}

export function demandToRead(key: ApiKey, kind: ObjectKind): void {
  demand(key, `${readOf[kind]}:read`)
}

export function masked(key: string): string {
  const start = /^([a-z]+_[a-z]+_)?/.exec(key)?.[0] ?? ''
  const hidden = Math.max(0, key.length - start.length - 4)
  return start + '*'.repeat(hidden) + key.slice(start.length + hidden)
}

export function readPermissions(given: unknown): string[] {
  if (!Array.isArray(given)) throw invalid('Missing required param: permissions.', { param: 'permissions' })
  for (const permission of given) {
    const [resource, right, more] = String(permission).split(':')
    if (resource && resource in resources && (right === 'read' || right === 'write') && more === undefined) continue
    const known = Object.keys(resources).join(', ')
    throw invalid(`Invalid permission: ${permission}. It is <resource>:read or :write, of ${known}.`, {
      param: 'permissions',
    })
  }
  return given as string[]
}
