/** The parameters of each call, by the name that Stripe's SDKs give them. */
export const parametersOf: Readonly<Record<string, string>> = {
  'POST /v1/customers': 'CustomerCreateParams',
  'GET /v1/customers': 'CustomerListParams',
  'GET /v1/customers/search': 'CustomerSearchParams',
  'GET /v1/customers/:id': 'CustomerRetrieveParams',
  'POST /v1/customers/:id': 'CustomerUpdateParams',
  'DELETE /v1/customers/:id': 'CustomerDeleteParams',
  'GET /v1/customers/:id/payment_methods': 'CustomerListPaymentMethodsParams',
  'POST /v1/invoices': 'InvoiceCreateParams',
  'GET /v1/invoices': 'InvoiceListParams',
  'GET /v1/invoices/search': 'InvoiceSearchParams',
  'GET /v1/invoices/:id': 'InvoiceRetrieveParams',
  'POST /v1/invoices/:id': 'InvoiceUpdateParams',
  'DELETE /v1/invoices/:id': 'InvoiceDeleteParams',
  'GET /v1/invoices/:id/lines': 'InvoiceListLineItemsParams',
  'POST /v1/invoices/:id/add_lines': 'InvoiceAddLinesParams',
  'POST /v1/invoices/:id/update_lines': 'InvoiceUpdateLinesParams',
  'POST /v1/invoices/:id/remove_lines': 'InvoiceRemoveLinesParams',
  'POST /v1/invoices/:id/finalize': 'InvoiceFinalizeInvoiceParams',
  'POST /v1/invoices/:id/send': 'InvoiceSendInvoiceParams',
  'POST /v1/invoices/:id/pay': 'InvoicePayParams',
  'POST /v1/invoices/:id/void': 'InvoiceVoidInvoiceParams',
  'POST /v1/invoices/:id/mark_uncollectible': 'InvoiceMarkUncollectibleParams',
  'GET /v1/invoice_payments': 'InvoicePaymentListParams',
  'POST /v1/invoiceitems': 'InvoiceItemCreateParams',
  'GET /v1/invoiceitems': 'InvoiceItemListParams',
  'GET /v1/invoiceitems/:id': 'InvoiceItemRetrieveParams',
  'POST /v1/invoiceitems/:id': 'InvoiceItemUpdateParams',
  'DELETE /v1/invoiceitems/:id': 'InvoiceItemDeleteParams',
  'POST /v1/payment_methods': 'PaymentMethodCreateParams',
  'GET /v1/payment_methods': 'PaymentMethodListParams',
  'GET /v1/payment_methods/:id': 'PaymentMethodRetrieveParams',
  'POST /v1/payment_methods/:id/attach': 'PaymentMethodAttachParams',
  'POST /v1/payment_methods/:id/detach': 'PaymentMethodDetachParams',
  'POST /v1/webhook_endpoints': 'WebhookEndpointCreateParams',
  'GET /v1/webhook_endpoints': 'WebhookEndpointListParams',
  'GET /v1/webhook_endpoints/:id': 'WebhookEndpointRetrieveParams',
  'POST /v1/webhook_endpoints/:id': 'WebhookEndpointUpdateParams',
  'DELETE /v1/webhook_endpoints/:id': 'WebhookEndpointDeleteParams',
  'GET /v1/events': 'EventListParams',
  'GET /v1/events/:id': 'EventRetrieveParams',
  'POST /v1/credit_notes': 'CreditNoteCreateParams',
  'GET /v1/credit_notes': 'CreditNoteListParams',
  'GET /v1/credit_notes/:id': 'CreditNoteRetrieveParams',
  'GET /v1/credit_notes/:id/lines': 'CreditNoteListLineItemsParams',
  'POST /v1/credit_notes/:id': 'CreditNoteUpdateParams',
  'POST /v1/credit_notes/:id/void': 'CreditNoteVoidCreditNoteParams',
  'POST /v1/billing_portal/sessions': 'BillingPortal.SessionCreateParams',
  'POST /v1/test_helpers/test_clocks': 'TestHelpers.TestClockCreateParams',
  'GET /v1/test_helpers/test_clocks': 'TestHelpers.TestClockListParams',
  'GET /v1/test_helpers/test_clocks/:id': 'TestHelpers.TestClockRetrieveParams',
  'POST /v1/test_helpers/test_clocks/:id/advance': 'TestHelpers.TestClockAdvanceParams',
  'DELETE /v1/test_helpers/test_clocks/:id': 'TestHelpers.TestClockDeleteParams',
  'GET /v1/account': 'AccountRetrieveParams',
}

/** What is shown, by its `object`. */
export const typeOf: Readonly<Record<string, string>> = {
  account: 'Account',
  'billing_portal.session': 'BillingPortal.Session',
  charge: 'Charge',
  credit_note: 'CreditNote',
  credit_note_line_item: 'CreditNoteLineItem',
  customer: 'Customer',
  invoice: 'Invoice',
  invoice_payment: 'InvoicePayment',
  invoiceitem: 'InvoiceItem',
  line_item: 'InvoiceLineItem',
  payment_intent: 'PaymentIntent',
  payment_method: 'PaymentMethod',
  'test_helpers.test_clock': 'TestHelpers.TestClock',
  webhook_endpoint: 'WebhookEndpoint',
}

/** What is left of an object that is gone. */
export const deletedTypeOf: Readonly<Record<string, string>> = {
  customer: 'DeletedCustomer',
  invoice: 'DeletedInvoice',
  invoiceitem: 'DeletedInvoiceItem',
  'test_helpers.test_clock': 'TestHelpers.DeletedTestClock',
  webhook_endpoint: 'DeletedWebhookEndpoint',
}

const patterns = Object.keys(parametersOf).map((call) => {
  const form = new RegExp(`^${call.replace(/:id/g, '[^/]*_[^/]+')}$`)
  return { call, form }
})

export function callOf(method: string, path: string): string | null {
  const asked = `${method} ${path}`
  if (Object.hasOwn(parametersOf, asked)) return asked
  return patterns.find(({ form }) => form.test(asked))?.call ?? null
}
