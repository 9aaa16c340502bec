import { lookUp } from '../ledger/lookup.js'
import type { Customer, PaymentMethod } from '../ledger/records.js'
import { invalid } from '../ledger/stripe-error.js'
import {
  attachPaymentMethod,
  createCustomer,
  createPaymentMethod,
  createPortalSession,
  listCustomers,
  listPaymentMethods,
  searchCustomers,
  updateCustomer,
} from '../parameters/customer.parameters.js'
import { retrieve } from '../parameters/platform.parameters.js'
import { page, within } from './listing.js'
import { type Call, deleted, perform, performed, type Route, rendered, route } from './route.js'
import { search } from './search.js'

function customerById({ engine, asking }: Call<unknown>, id: string): Customer {
  return lookUp(engine.state, asking.account, 'customers', id)
}

function customersOf({ engine, asking }: Call<unknown>, index: string, key: string): Iterable<Customer> {
  return index === 'account'
    ? engine.state.tables.customers.newest('account', asking.account)
    : engine.state.tables.customers.newest(index, key)
}

function paymentMethods(call: Call<{ limit?: number; type?: string }>, customer: string, url: string) {
  customerById(call, customer)
  const { type } = call.params
  return page<PaymentMethod>(call.params, {
    rows: call.engine.state.tables.payment_methods.newest('customer', customer),
    noun: 'PaymentMethod',
    url,
    matches: (method) => type === undefined || method.type === type,
    show: (method) => rendered(call, 'payment_method', method),
  })
}

export const customerRoutes: Route[] = [
  route('POST', '/v1/customers', 'customers:write', createCustomer, (call) =>
    performed(call, 'customer', { do: 'customer.create', params: call.params }),
  ),
  route('GET', '/v1/customers', 'customers:read', listCustomers, (call) => {
    const { created, email, test_clock } = call.params
    const [index, key] = email ? ['email', email] : test_clock ? ['test_clock', test_clock] : ['account', '']
    return page(call.params, {
      rows: customersOf(call, index, key),
      noun: 'customer',
      url: '/v1/customers',
      matches: (customer) =>
        !customer.deleted &&
        customer.account === call.asking.account &&
        customer.test_clock === (test_clock ?? null) &&
        within(customer.created, created),
      show: (customer) => rendered(call, 'customer', customer),
    })
  }),
  route('GET', '/v1/customers/search', 'customers:read', searchCustomers, (call) =>
    search(call, {
      rows: call.engine.state.tables.customers.newest('account', call.asking.account),
      url: '/v1/customers/search',
      isThere: (customer) => !customer.deleted,
      fields: { email: 'text', name: 'text', phone: 'text', created: 'number' },
      show: (customer) => rendered(call, 'customer', customer),
    }),
  ),
  route('GET', '/v1/customers/:id', 'customers:read', retrieve, (call) => ({
    kind: 'customer',
    object: customerById(call, call.path.id as string),
  })),
  route('POST', '/v1/customers/:id', 'customers:write', updateCustomer, (call) =>
    performed(call, 'customer', { do: 'customer.update', id: call.path.id as string, params: call.params }),
  ),
  route('DELETE', '/v1/customers/:id', 'customers:write', {}, (call) => {
    perform(call, { do: 'customer.delete', id: call.path.id as string })
    return deleted('customer', call.path.id as string)
  }),
  route('GET', '/v1/customers/:id/payment_methods', 'payment_methods:read', listPaymentMethods, (call) =>
    paymentMethods(call, call.path.id as string, `/v1/customers/${call.path.id}/payment_methods`),
  ),
  route('GET', '/v1/payment_methods', 'payment_methods:read', listPaymentMethods, (call) => {
    if (!call.params.customer)
      throw invalid('Missing required param: customer.', { code: 'parameter_missing', param: 'customer' })
    return paymentMethods(call, call.params.customer, '/v1/payment_methods')
  }),
  route('POST', '/v1/payment_methods', 'payment_methods:write', createPaymentMethod, (call) => {
    const { card, metadata } = call.params
    if (!card) throw invalid('Missing required param: card.', { code: 'parameter_missing', param: 'card' })
    return performed(call, 'payment_method', {
      do: 'payment_method.create',
      token: card.token,
      metadata: metadata ?? {},
    })
  }),
  route('GET', '/v1/payment_methods/:id', 'payment_methods:read', retrieve, (call) => ({
    kind: 'payment_method',
    object: lookUp(call.engine.state, call.asking.account, 'payment_methods', call.path.id as string),
  })),
  route('POST', '/v1/payment_methods/:id/attach', 'payment_methods:write', attachPaymentMethod, (call) =>
    performed(call, 'payment_method', {
      do: 'payment_method.attach',
      id: call.path.id as string,
      customer: call.params.customer,
    }),
  ),
  route('POST', '/v1/payment_methods/:id/detach', 'payment_methods:write', retrieve, (call) =>
    performed(call, 'payment_method', { do: 'payment_method.detach', id: call.path.id as string }),
  ),
  route('POST', '/v1/billing_portal/sessions', 'billing_portal:write', createPortalSession, (call) => {
    const { customer, return_url = null, locale = null } = call.params
    return performed(call, 'billing_portal.session', { do: 'portal_session.create', customer, return_url, locale })
  }),
]
