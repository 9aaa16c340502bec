import { idPrefix } from '../kernel/id.js'
import { placesOf } from '../persistence/audience.js'
import { nothing, ofOrganization } from '../persistence/fence.js'
import { seesInvoices } from '../persistence/permissions.js'
import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import {
  Invoice,
  InvoiceLine,
  type InvoiceLineRow,
  type InvoiceRow,
  type InvoiceStatus,
  InvoiceTransition,
  type InvoiceTransitionRow,
} from './invoice.entity.js'

/** Which invoices a list is narrowed to. */
export interface InvoiceNarrowing {
  statuses?: readonly InvoiceStatus[] | null
  pastDue?: boolean | null
  organizationId?: string | null
  productSubscriptionId?: string | null
  createdFrom?: Date | null
  createdTo?: Date | null
}

/** Of an organization's people, administrators and subscribers see its invoices; developers see none. */
export class InvoiceRepository extends TenantRepository<typeof Invoice> {
  constructor() {
    super(Invoice, 'Invoice')
  }

  protected visible(query: Query, scope: Scope): Query {
    if (scope.kind === 'gateway') return nothing(query)
    return ofOrganization(query, placesOf(scope, seesInvoices), 'Invoice')
  }

  /** All of each subscription's, oldest first. */
  readonly ofSubscriptions = (reading: Reading, ids: readonly string[]): Promise<InvoiceRow[][]> =>
    this.grouped(reading, 'productSubscriptionId', ids)

  /** Narrows a list; what is past due now is the same as `isPastDue` says. */
  filtered(query: Query, { statuses, pastDue, createdFrom, createdTo, ...of }: InvoiceNarrowing, now: Date): Query {
    let narrowed = query
    if (statuses) narrowed = narrowed.where('Invoice.status', 'in', [...statuses, ''])
    for (const [column, prefix] of [
      ['organizationId', 'org'],
      ['productSubscriptionId', 'psub'],
    ] as const) {
      const id = of[column]
      if (id) narrowed = idPrefix(id) === prefix ? narrowed.where(`Invoice.${column}`, '=', id) : nothing(narrowed)
    }
    if (createdFrom) narrowed = narrowed.where('Invoice.createdAt', '>=', storable(createdFrom))
    if (createdTo) narrowed = narrowed.where('Invoice.createdAt', '<', storable(createdTo))
    if (pastDue === null || pastDue === undefined) return narrowed
    return narrowed.where((eb) => {
      const isPastDue = eb.and([
        eb('Invoice.status', 'in', ['OPEN', 'UNCOLLECTIBLE']),
        eb(eb.fn.coalesce('Invoice.dueAt', eb.val(never)), '<=', now),
        eb(eb.fn.coalesce('Invoice.paymentProcessing', eb.val(false)), '=', false),
      ])
      return pastDue ? isPastDue : eb.not(isPastDue)
    })
  }

  /** How many an organization still owes. */
  async countOwed(reading: Reading, organizationId: string): Promise<number> {
    const { count } = await rows(reading, Invoice)
      .selectFrom('Invoice')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .where('organizationId', '=', organizationId)
      .where('status', 'in', ['DRAFT', 'OPEN', 'UNCOLLECTIBLE'])
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  /** Lines and history are reached through an invoice that the viewer sees. */
  readonly linesOf = async (reading: Reading, invoiceIds: readonly string[]): Promise<InvoiceLineRow[][]> => {
    const found = (await rows(reading, InvoiceLine)
      .selectFrom('InvoiceLine')
      .selectAll()
      .where('invoiceId', 'in', [...new Set(invoiceIds)])
      .orderBy('position')
      .execute()) as InvoiceLineRow[]
    return invoiceIds.map((id) => found.filter(({ invoiceId }) => invoiceId === id))
  }

  readonly historyOf = async (reading: Reading, invoiceIds: readonly string[]): Promise<InvoiceTransitionRow[][]> => {
    const found = (await rows(reading, InvoiceTransition)
      .selectFrom('InvoiceTransition')
      .selectAll()
      .where('invoiceId', 'in', [...new Set(invoiceIds)])
      .orderBy('position')
      .execute()) as InvoiceTransitionRow[]
    return invoiceIds.map((id) => found.filter(({ invoiceId }) => invoiceId === id))
  }
}

/** Later than any due date. */
const never = new Date('9999-12-31T00:00:00Z')

/** PostgreSQL counts years otherwise than JavaScript before the first; nothing of ours is that old. */
function storable(instant: Date): Date {
  return instant.getTime() < 0 ? new Date(0) : instant
}
