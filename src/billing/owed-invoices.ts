import type { ClosingObstacles } from '../organizations/closing.port.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import type { InvoiceRepository } from './invoice.repository.js'

/** An organization is not closed while it owes anything. */
export class OwedInvoices implements ClosingObstacles {
  constructor(private readonly invoices: InvoiceRepository) {}

  async of(transaction: Transaction, organizationId: string): Promise<string[]> {
    const count = await this.invoices.countOwed(transaction, organizationId)
    if (count === 0) return []
    return [`${count === 1 ? 'An invoice is' : `${count} invoices are`} still owed: to be paid or voided first.`]
  }
}
