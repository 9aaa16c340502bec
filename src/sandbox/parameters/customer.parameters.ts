import {
  boolean,
  clearable,
  hash,
  integer,
  list,
  metadata,
  notInSandbox,
  oneOf,
  type Read,
  required,
  text,
} from './parameter.js'
import { address, customFields, expand, instants, page, searchPage, shipping, url } from './shared.parameters.js'

const shared = {
  address: clearable(address),
  balance: integer(),
  business_name: clearable(text(150)),
  individual_name: clearable(text(150)),
  description: clearable(text(5000)),
  email: clearable(text(512)),
  expand,
  invoice_prefix: text(12),
  invoice_settings: hash({
    custom_fields: customFields,
    default_payment_method: clearable(text()),
    footer: clearable(text(5000)),
    rendering_options: notInSandbox(),
  }),
  metadata: metadata(),
  name: clearable(text(256)),
  next_invoice_sequence: integer(1),
  phone: clearable(text(20)),
  preferred_locales: clearable(list(text(20))),
  shipping: clearable(shipping),
  tax_exempt: clearable(oneOf(['none', 'exempt', 'reverse'])),
  validate: boolean(),
  cash_balance: notInSandbox(),
  coupon: notInSandbox(),
  promotion_code: notInSandbox(),
  source: notInSandbox(),
  tax: notInSandbox(),
}

export const createCustomer = {
  ...shared,
  payment_method: text(),
  test_clock: text(),
  tax_id_data: notInSandbox(),
}

export const updateCustomer = { ...shared, default_source: notInSandbox() }

export const listCustomers = { ...page, created: instants, email: text(512), test_clock: text() }

export const searchCustomers = searchPage

export const listPaymentMethods = { ...page, customer: text(), type: text() }

export const attachPaymentMethod = { expand, customer: required(text()) }

export const createPaymentMethod = {
  expand,
  type: required(oneOf(['card', 'us_bank_account'])),
  card: hash({ token: required(text()) }),
  billing_details: notInSandbox(),
  metadata: metadata(),
  us_bank_account: notInSandbox(),
}

export const createPortalSession = {
  expand,
  customer: required(text()),
  return_url: url,
  locale: text(10),
  configuration: notInSandbox(),
  flow_data: notInSandbox(),
  on_behalf_of: notInSandbox(),
}

export type CreateCustomer = Read<typeof createCustomer>
export type UpdateCustomer = Read<typeof updateCustomer>
