import type { CreateCustomer, UpdateCustomer } from '../parameters/customer.parameters.js'
import type { Draft } from './draft.js'
import { notThere } from './lookup.js'
import { mergedMetadata } from './metadata.js'
import { attach } from './payment-methods.js'
import type { Address, Customer, Shipping } from './records.js'
import { invalid } from './stripe-error.js'

const emptyAddress: Address = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }

/** A customer who is there; deleted ones are kept only to be shown as deleted. */
export function customerOf(draft: Draft, id: string, param = 'customer', status = 400): Customer {
  const customer = draft.get('customers', id)
  if (!customer || customer.deleted) throw notThere(draft.state, draft.asking.account, 'customers', id, param, status)
  draft.liveBy(customer.test_clock)
  return customer
}

export function createCustomer(draft: Draft, params: CreateCustomer): Customer {
  if (params.test_clock) draft.require('test_clocks', params.test_clock, 'test_clock', 400)
  draft.liveBy(params.test_clock ?? null)
  const { account } = draft.asking
  const blank: Customer = {
    id: draft.id('cus_', 14),
    account,
    created: draft.now,
    address: null,
    balance: 0,
    business_name: null,
    individual_name: null,
    currency: null,
    deleted: false,
    description: null,
    email: null,
    invoice_prefix: draft.id('', 8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null },
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: params.test_clock ?? null,
  }
  const customer = draft.put('customers', withParameters(draft, blank, params))
  const method = params.payment_method ? attach(draft, params.payment_method, customer) : null
  draft.emit('customer.created', 'customer', customer)
  if (method) draft.emit('payment_method.attached', 'payment_method', method)
  return customer
}

export function updateCustomer(draft: Draft, id: string, params: UpdateCustomer): Customer {
  const before = customerOf(draft, id, 'id', 404)
  return changeCustomer(draft, before, withParameters(draft, before, params))
}

/** Every change of a customer is told, with what it was before. */
export function changeCustomer(draft: Draft, before: Customer, after: Customer): Customer {
  if (JSON.stringify(before) === JSON.stringify(after)) return before
  const customer = draft.put('customers', after)
  draft.emit('customer.updated', 'customer', customer, before)
  return customer
}

export function deleteCustomer(draft: Draft, id: string): Customer {
  const before = customerOf(draft, id, 'id', 404)
  for (const item of draft.under('items', 'customer', id)) draft.drop('items', item.id)
  const customer = draft.put('customers', { ...before, deleted: true })
  // The event shows the customer as it was, because what is left of it has no content.
  draft.emit('customer.deleted', 'customer', before)
  return customer
}

function withParameters(draft: Draft, before: Customer, params: UpdateCustomer): Customer {
  const settings = params.invoice_settings ?? {}
  const method = settings.default_payment_method
  if (method && draft.get('payment_methods', method)?.customer !== before.id) {
    throw invalid(
      `The customer does not have a payment method with the ID ${method}. The payment method must be attached to ` +
        'the customer.',
      { code: 'resource_missing', param: 'invoice_settings[default_payment_method]' },
    )
  }
  checkEmail(params.email)
  const { metadata, invoice_settings: _, address, shipping, validate: __, expand: ___, ...plain } = params
  return {
    ...before,
    ...given(plain),
    address: address === undefined ? before.address : address && { ...emptyAddress, ...address },
    shipping: shipping === undefined ? before.shipping : shipping && shippingOf(shipping),
    preferred_locales:
      params.preferred_locales === undefined ? before.preferred_locales : (params.preferred_locales ?? []),
    tax_exempt: params.tax_exempt === undefined ? before.tax_exempt : (params.tax_exempt ?? 'none'),
    invoice_settings: { ...before.invoice_settings, ...given(settings) },
    metadata: mergedMetadata(before.metadata, metadata),
  }
}

function checkEmail(email: string | null | undefined): void {
  if (email && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    throw invalid(`Invalid email address: ${email}`, { code: 'email_invalid', param: 'email' })
  }
}

function shippingOf(given: NonNullable<UpdateCustomer['shipping']>): Shipping {
  return { name: given.name, phone: given.phone ?? null, address: { ...emptyAddress, ...given.address } }
}

/** Without what was not given, so that spreading it changes nothing else. */
export function given<T extends object>(params: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) as never
}
