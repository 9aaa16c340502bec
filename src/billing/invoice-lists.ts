import { type Connection, connection, requestedPage } from '../graphql/connection.js'
import type { Clock } from '../kernel/clock.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { InvoiceRow } from './invoice.entity.js'
import type { InvoiceListArgs } from './invoice.input.js'
import type { InvoiceRepository } from './invoice.repository.js'

/** Invoices as lists have them: newest first, and only those that the viewer may see. */
export class InvoiceLists {
  constructor(
    private readonly invoices: InvoiceRepository,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  async page(
    reading: Reading,
    of: 'marketplaceId' | 'organizationId' | 'productSubscriptionId',
    id: string,
    { filter, ...page }: InvoiceListArgs,
  ): Promise<Connection<InvoiceRow>> {
    const now = this.clock.now()
    return connection(
      await this.invoices.page(reading, requestedPage(page), 'newest first', (query) =>
        this.invoices.filtered(query.where(`Invoice.${of}`, '=', id), filter ?? {}, now),
      ),
    )
  }
}
