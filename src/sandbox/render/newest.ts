import { accountId, isLive } from '../ledger/mode.js'
import type { Account, Customer, PortalSession, Row, TestClock, WebhookEndpoint } from '../ledger/records.js'
import { renderCreditNote } from './newest-credit-note.js'
import { renderInvoice, renderInvoicePayment, renderItem } from './newest-invoice.js'
import { renderCharge, renderPaymentIntent, renderPaymentMethod } from './newest-payment.js'
import type { ObjectKind, Rendered, Renderer, Rendering } from './rendering.js'

function renderAccount(account: Account): Rendered {
  return {
    id: accountId(account.id),
    object: 'account',
    business_type: 'company',
    capabilities: { card_payments: 'active', us_bank_account_ach_payments: 'active' },
    charges_enabled: true,
    country: account.country,
    created: account.created,
    default_currency: account.default_currency,
    details_submitted: true,
    email: account.email,
    metadata: {},
    payouts_enabled: true,
    type: 'standard',
  }
}

function renderCustomer(customer: Customer): Rendered {
  if (customer.deleted) return { id: customer.id, object: 'customer', deleted: true }
  return {
    id: customer.id,
    object: 'customer',
    address: customer.address,
    balance: customer.balance,
    ...(customer.business_name !== null && { business_name: customer.business_name }),
    created: customer.created,
    currency: customer.currency,
    default_source: null,
    description: customer.description,
    discount: null,
    email: customer.email,
    ...(customer.individual_name !== null && { individual_name: customer.individual_name }),
    invoice_prefix: customer.invoice_prefix,
    invoice_settings: { ...customer.invoice_settings, rendering_options: null },
    livemode: isLive(customer.account),
    metadata: customer.metadata,
    name: customer.name,
    next_invoice_sequence: customer.next_invoice_sequence,
    phone: customer.phone,
    preferred_locales: customer.preferred_locales,
    shipping: customer.shipping,
    tax_exempt: customer.tax_exempt,
    test_clock: customer.test_clock,
  }
}

function renderEndpoint(endpoint: WebhookEndpoint): Rendered {
  const { id, api_version, created, description, enabled_events, metadata, status, url } = endpoint
  return {
    id,
    object: 'webhook_endpoint',
    api_version,
    application: null,
    created,
    description,
    enabled_events,
    livemode: isLive(endpoint.account),
    metadata,
    status,
    url,
  }
}

function renderTestClock(clock: TestClock): Rendered {
  return {
    id: clock.id,
    object: 'test_helpers.test_clock',
    created: clock.created,
    deletes_after: clock.created + 30 * 86_400,
    frozen_time: clock.frozen_time,
    livemode: false,
    name: clock.name,
    status: clock.status,
    status_details: clock.status === 'advancing' ? { advancing: { target_frozen_time: clock.frozen_time } } : {},
  }
}

function renderPortalSession(session: PortalSession, { baseUrl }: Rendering): Rendered {
  return {
    id: session.id,
    object: 'billing_portal.session',
    configuration: 'bpc_sandbox',
    created: session.created,
    customer: session.customer,
    customer_account: null,
    flow: null,
    livemode: isLive(session.account),
    locale: session.locale,
    on_behalf_of: null,
    return_url: session.return_url,
    url: `${baseUrl}/p/session/test_${session.token}`,
  }
}

const renderers: Record<ObjectKind, Renderer> = {
  account: renderAccount,
  'billing_portal.session': renderPortalSession,
  charge: renderCharge,
  credit_note: renderCreditNote,
  customer: renderCustomer,
  invoice: renderInvoice,
  invoice_payment: renderInvoicePayment,
  invoiceitem: renderItem,
  payment_intent: renderPaymentIntent,
  payment_method: renderPaymentMethod,
  'test_helpers.test_clock': renderTestClock,
  webhook_endpoint: renderEndpoint,
}

/** An object as the API version of the asking shows it. */
export function render(kind: ObjectKind, row: Row, rendering: Rendering): Rendered {
  return renderers[kind](row as never, rendering)
}
