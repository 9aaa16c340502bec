import type { ObjectKind, TableName } from '../ledger/records.js'
import { invalid } from '../ledger/stripe-error.js'
import { render } from './newest.js'
import type { Rendered, Rendering } from './rendering.js'

const deepest = 4

const tables: Partial<Record<ObjectKind, TableName>> = {
  charge: 'charges',
  customer: 'customers',
  invoice: 'invoices',
  payment_intent: 'payment_intents',
  payment_method: 'payment_methods',
  'test_helpers.test_clock': 'test_clocks',
}

/** Which fields of which objects hold an id that can be replaced by the object. */
const references: Readonly<Record<string, Readonly<Record<string, ObjectKind>>>> = {
  invoice: {
    charge: 'charge',
    customer: 'customer',
    default_payment_method: 'payment_method',
    payment_intent: 'payment_intent',
    test_clock: 'test_helpers.test_clock',
  },
  invoiceitem: { customer: 'customer', invoice: 'invoice', test_clock: 'test_helpers.test_clock' },
  invoice_payment: { invoice: 'invoice' },
  payment: { payment_intent: 'payment_intent', charge: 'charge' },
  payment_intent: {
    customer: 'customer',
    invoice: 'invoice',
    latest_charge: 'charge',
    payment_method: 'payment_method',
  },
  charge: { customer: 'customer', invoice: 'invoice', payment_intent: 'payment_intent' },
  customer: { test_clock: 'test_helpers.test_clock' },
  invoice_settings: { default_payment_method: 'payment_method' },
  payment_method: { customer: 'customer' },
  credit_note: { customer: 'customer', invoice: 'invoice' },
}

/** Refuses what the key may not read. */
export type MayRead = (kind: ObjectKind) => void

export function expand(object: Rendered, paths: readonly string[], rendering: Rendering, mayRead: MayRead): Rendered {
  for (const path of paths) {
    const steps = path.split('.')
    const levels = steps.filter((step) => step !== 'data').length
    if (levels > deepest)
      throw invalid(`You cannot expand more than ${deepest} levels of a property. (${path})`, { param: 'expand' })
    follow(object, steps, path, { rendering, mayRead })
  }
  return object
}

interface Walk {
  readonly rendering: Rendering
  readonly mayRead: MayRead
}

function follow(
  within: Record<string, unknown>,
  steps: readonly string[],
  path: string,
  walk: Walk,
  name?: string,
): void {
  const [step, ...rest] = steps
  if (step === undefined) return
  // Only the newer versions have them; the older say `payment_intent` themselves.
  if (step === 'payments' && within.object === 'invoice' && !('payment_intent' in within))
    within.payments ??= paymentsOf(within, walk)
  const kind = references[name ?? String(within.object)]?.[step]
  const value = within[step]
  if (typeof value === 'string' && kind) within[step] = fetched(kind, value, walk)
  const inner = within[step]
  if (!kind && (inner === null || typeof inner !== 'object')) {
    throw invalid(`This property cannot be expanded (${path}).`, { param: 'expand' })
  }
  if (Array.isArray(inner)) for (const each of inner) follow(each as Record<string, unknown>, rest, path, walk)
  else if (inner !== null && typeof inner === 'object') {
    const hash = inner as Record<string, unknown>
    follow(hash, rest, path, walk, 'object' in hash ? undefined : step)
  }
}

function fetched(kind: ObjectKind, id: string, { rendering, mayRead }: Walk): unknown {
  mayRead(kind)
  const table = tables[kind]
  const row = table && rendering.state.tables[table].get(id)
  return row ? render(kind, row, rendering) : id
}

/** Only shown when asked for. */
function paymentsOf(invoice: Record<string, unknown>, { rendering }: Walk): object {
  const payments = [...rendering.state.tables.payment_intents.under('invoice', String(invoice.id))]
  return {
    object: 'list',
    data: payments.map((payment) => render('invoice_payment', payment, rendering)),
    has_more: false,
    url: `/v1/invoice_payments?invoice=${String(invoice.id)}`,
  }
}
