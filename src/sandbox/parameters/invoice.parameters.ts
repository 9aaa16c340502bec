import {
  boolean,
  clearable,
  decimal,
  hash,
  integer,
  list,
  metadata,
  notInSandbox,
  oneOf,
  type Read,
  required,
  text,
  timestamp,
} from './parameter.js'
import {
  currency,
  customFields,
  expand,
  instants,
  page,
  period,
  priceData,
  searchPage,
  taxAmounts,
} from './shared.parameters.js'

export const mostLines = 250

const collectionMethod = oneOf(['charge_automatically', 'send_invoice'])

const shared = {
  auto_advance: boolean(),
  automatically_finalizes_at: timestamp(),
  collection_method: collectionMethod,
  custom_fields: customFields,
  days_until_due: integer(0, 9999),
  default_payment_method: clearable(text()),
  description: clearable(text(1500)),
  due_date: timestamp(),
  effective_at: clearable(timestamp()),
  expand,
  footer: clearable(text(5000)),
  metadata: metadata(),
  number: clearable(text(26)),
  payment_settings: hash({
    payment_method_types: clearable(list(text(50))),
    default_mandate: notInSandbox(),
    payment_method_options: notInSandbox(),
  }),
  statement_descriptor: clearable(text(22)),
  issuer: hash({ type: required(oneOf(['self'])) }),
  automatic_tax: hash({ enabled: required(oneOf(['false'])) }),
  account_tax_ids: notInSandbox(),
  application_fee_amount: notInSandbox(),
  default_source: notInSandbox(),
  default_tax_rates: notInSandbox(),
  discounts: notInSandbox(),
  on_behalf_of: notInSandbox(),
  rendering: notInSandbox(),
  rendering_options: notInSandbox(),
  shipping_cost: notInSandbox(),
  shipping_details: notInSandbox(),
  transfer_data: notInSandbox(),
}

export const createInvoice = {
  ...shared,
  currency,
  customer: required(text()),
  pending_invoice_items_behavior: oneOf(['exclude', 'include', 'include_and_require']),
  customer_account: notInSandbox(),
  from_invoice: notInSandbox(),
  subscription: notInSandbox(),
}

export const updateInvoice = shared

export const listInvoices = {
  ...page,
  collection_method: collectionMethod,
  created: instants,
  customer: text(),
  due_date: instants,
  status: oneOf(['draft', 'open', 'paid', 'uncollectible', 'void']),
  customer_account: notInSandbox(),
  subscription: notInSandbox(),
}

export const searchInvoices = searchPage

const pricing = {
  amount: integer(),
  description: clearable(text(5000)),
  discountable: boolean(),
  metadata: metadata(),
  period,
  price_data: priceData,
  quantity: integer(0),
  discounts: notInSandbox(),
  pricing: notInSandbox(),
  quantity_decimal: notInSandbox(),
  tax_rates: notInSandbox(),
}

const line = { ...pricing, tax_amounts: taxAmounts }

export const addLines = {
  expand,
  invoice_metadata: metadata(),
  lines: required(list(hash({ ...line, invoice_item: text() }), mostLines)),
}

export const updateLines = {
  expand,
  invoice_metadata: metadata(),
  lines: required(list(hash({ ...line, id: required(text()) }), mostLines)),
}

export const removeLines = {
  expand,
  invoice_metadata: metadata(),
  lines: required(list(hash({ id: required(text()), behavior: required(oneOf(['delete', 'unassign'])) }), mostLines)),
}

export const listLines = page

export const finalizeInvoice = { expand, auto_advance: boolean() }

export const payInvoice = {
  expand,
  forgive: boolean(),
  mandate: notInSandbox(),
  off_session: boolean(),
  paid_out_of_band: boolean(),
  payment_method: text(),
  source: notInSandbox(),
}

const item = {
  ...pricing,
  expand,
  unit_amount: integer(),
  unit_amount_decimal: decimal(),
  price: notInSandbox(),
  tax_behavior: notInSandbox(),
  tax_code: notInSandbox(),
}

export const createItem = {
  ...item,
  currency,
  customer: required(text()),
  invoice: text(),
  customer_account: notInSandbox(),
  subscription: notInSandbox(),
}

export const updateItem = { ...item, invoicing_rules: notInSandbox() }

export const listItems = {
  ...page,
  created: instants,
  customer: text(),
  invoice: text(),
  pending: boolean(),
  customer_account: notInSandbox(),
}

export const createCreditNote = {
  expand,
  invoice: required(text()),
  amount: integer(1),
  credit_amount: integer(0),
  effective_at: timestamp(),
  email_type: oneOf(['credit_note', 'none']),
  lines: list(
    hash({
      type: required(oneOf(['custom_line_item', 'invoice_line_item'])),
      amount: integer(),
      description: text(),
      invoice_line_item: text(),
      quantity: integer(0),
      unit_amount: integer(),
      metadata: metadata(),
      tax_amounts: notInSandbox(),
      tax_rates: notInSandbox(),
      unit_amount_decimal: notInSandbox(),
    }),
    mostLines,
  ),
  memo: text(5000),
  metadata: metadata(),
  out_of_band_amount: integer(0),
  reason: oneOf(['duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory']),
  refund_amount: integer(0),
  refund: notInSandbox(),
  refunds: notInSandbox(),
  shipping_cost: notInSandbox(),
}

export const updateCreditNote = { expand, memo: clearable(text(5000)), metadata: metadata() }

export const listCreditNotes = { ...page, created: instants, customer: text(), invoice: text() }

export const listInvoicePayments = {
  ...page,
  created: instants,
  invoice: text(),
  status: oneOf(['canceled', 'open', 'paid']),
  payment: hash({
    type: required(oneOf(['payment_intent', 'payment_record'])),
    payment_intent: text(),
    payment_record: text(),
  }),
}

export type CreateInvoice = Read<typeof createInvoice>
export type UpdateInvoice = Read<typeof updateInvoice>
export type AddLines = Read<typeof addLines>
export type UpdateLines = Read<typeof updateLines>
export type RemoveLines = Read<typeof removeLines>
export type CreateItem = Read<typeof createItem>
export type UpdateItem = Read<typeof updateItem>
export type PayInvoice = Read<typeof payInvoice>
export type CreateCreditNote = Read<typeof createCreditNote>
/** What a line and an invoice item say of their price. */
export type Pricing = Partial<Read<typeof line>> & { unit_amount?: number; unit_amount_decimal?: string }
