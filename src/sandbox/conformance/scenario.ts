export type Params = {
  readonly [name: string]: string | number | boolean | Params | readonly Params[] | readonly string[]
}

/** One request. `{step.field}` stands for what an earlier step was answered with. */
export interface Step {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly params?: Params
  /** Asked with the key that may only write customers and invoices. */
  readonly restricted?: boolean
}

const lines = [
  { amount: 2500, description: 'Base price' },
  { amount: -50, description: 'Credit' },
]
const sent = { customer: '{buyer.id}', currency: 'usd', collection_method: 'send_invoice', days_until_due: 14 }

/** What a marketplace does with Stripe, what it does wrong, and the questions that only Stripe itself can answer. */
export const scenario: readonly Step[] = [
  {
    name: 'buyer',
    method: 'POST',
    path: '/v1/customers',
    params: { name: 'Conformance', email: 'conformance@example.com' },
  },
  { name: 'draft', method: 'POST', path: '/v1/invoices', params: sent },
  { name: 'lines', method: 'POST', path: '/v1/invoices/{draft.id}/add_lines', params: { lines } },
  { name: 'open', method: 'POST', path: '/v1/invoices/{draft.id}/finalize', params: { auto_advance: false } },
  { name: 'again', method: 'POST', path: '/v1/invoices/{draft.id}/finalize' },
  { name: 'late line', method: 'POST', path: '/v1/invoices/{draft.id}/add_lines', params: { lines } },
  { name: 'late deletion', method: 'DELETE', path: '/v1/invoices/{draft.id}' },
  { name: 'note', method: 'POST', path: '/v1/invoices/{draft.id}', params: { metadata: { note: 'after' } } },
  {
    name: 'declined',
    method: 'POST',
    path: '/v1/invoices/{draft.id}/pay',
    params: { payment_method: 'pm_card_chargeCustomerFail' },
  },
  { name: 'sent', method: 'POST', path: '/v1/invoices/{draft.id}/send' },
  { name: 'outside', method: 'POST', path: '/v1/invoices/{draft.id}/pay', params: { paid_out_of_band: true } },
  { name: 'paid twice', method: 'POST', path: '/v1/invoices/{draft.id}/pay', params: { paid_out_of_band: true } },
  { name: 'void of a paid one', method: 'POST', path: '/v1/invoices/{draft.id}/void' },
  { name: 'read', method: 'GET', path: '/v1/invoices/{draft.id}' },

  { name: 'small', method: 'POST', path: '/v1/invoices', params: sent },
  {
    name: 'small line',
    method: 'POST',
    path: '/v1/invoices/{small.id}/add_lines',
    params: { lines: [{ amount: 30 }] },
  },
  { name: 'small finalized', method: 'POST', path: '/v1/invoices/{small.id}/finalize' },
  { name: 'empty', method: 'POST', path: '/v1/invoices', params: sent },
  { name: 'empty finalized', method: 'POST', path: '/v1/invoices/{empty.id}/finalize' },

  { name: 'second', method: 'POST', path: '/v1/invoices', params: sent },
  { name: 'second line', method: 'POST', path: '/v1/invoices/{second.id}/add_lines', params: { lines } },
  { name: 'second open', method: 'POST', path: '/v1/invoices/{second.id}/finalize' },
  { name: 'written off', method: 'POST', path: '/v1/invoices/{second.id}/mark_uncollectible' },
  { name: 'void after all', method: 'POST', path: '/v1/invoices/{second.id}/void' },

  { name: 'unknown parameter', method: 'POST', path: '/v1/customers', params: { nam: 'x' } },
  { name: 'missing parameter', method: 'POST', path: '/v1/invoices' },
  { name: 'unknown customer', method: 'POST', path: '/v1/invoices', params: { customer: 'cus_none' } },
  { name: 'second currency', method: 'POST', path: '/v1/invoices', params: { ...sent, currency: 'xyz' } },
  { name: 'unknown address', method: 'GET', path: '/v1/unicorns' },
  {
    name: 'misspelt event',
    method: 'POST',
    path: '/v1/webhook_endpoints',
    params: { url: 'https://example.com/webhooks', enabled_events: ['invoicemarked_uncollectable'] },
  },
  {
    name: 'oldest endpoint',
    method: 'POST',
    path: '/v1/webhook_endpoints',
    params: { url: 'https://example.com/webhooks', enabled_events: ['invoice.paid'], api_version: '2022-11-15' },
  },
  { name: 'endpoint gone', method: 'DELETE', path: '/v1/webhook_endpoints/{oldest endpoint.id}' },

  { name: 'restricted draft', method: 'POST', path: '/v1/invoices', params: sent, restricted: true },
  {
    name: 'restricted lines',
    method: 'POST',
    path: '/v1/invoices/{restricted draft.id}/add_lines',
    params: { lines },
    restricted: true,
  },
  { name: 'restricted items', method: 'GET', path: '/v1/invoiceitems', restricted: true },
  { name: 'restricted deletion', method: 'DELETE', path: '/v1/invoices/{restricted draft.id}', restricted: true },

  { name: 'events', method: 'GET', path: '/v1/events', params: { limit: 100, types: ['invoice.*'] } },
  { name: 'farewell', method: 'DELETE', path: '/v1/customers/{buyer.id}' },
]
