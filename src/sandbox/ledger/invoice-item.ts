import type { Invoice, InvoiceItem, Line } from './records.js'

/** The invoice item behind a line. */
export function itemOf(invoice: Invoice, line: Line): InvoiceItem {
  const { account, customer } = invoice
  return { id: line.invoice_item, account, created: line.date, customer, invoice: invoice.id, line }
}
