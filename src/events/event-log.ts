import { sql } from 'kysely'
import { type BulkValue, bulkInsert } from '../persistence/bulk-rows.js'
import type { AnnouncementSink, Reading, Transaction } from '../persistence/unit-of-work.js'
import type { DomainEvent } from './event.js'
import { enqueue, jobsOf, type ReactionTable } from './jobs.js'

/** An event as a reader gets it, with its place in the log. */
export interface LoggedEvent extends DomainEvent {
  cursor: EventCursor
}

/** A place in the log: after this event. Ordered first by transaction, then by sequence. */
export interface EventCursor {
  transactionId: bigint
  sequence: bigint
}

/**
 * Writes events, and the jobs that react to them, in the transaction that they tell of. Which reactions an
 * event has is handed in, because the log knows of no feature.
 */
export class EventLog implements AnnouncementSink<DomainEvent> {
  #reactions: ReactionTable = {}

  constructor(private readonly ring: () => void) {}

  /** Given once, by the composition root, after everything that reacts has been built. */
  useReactions(reactions: ReactionTable): void {
    this.#reactions = reactions
  }

  async write(transaction: Transaction<DomainEvent>, events: readonly DomainEvent[]): Promise<void> {
    await bulkInsert(transaction, 'event', eventColumns, events.map(eventValues))
    await enqueue(transaction, jobsOf(events, this.#reactions))
  }

  committed(): void {
    this.ring()
  }

  /** What came after the cursor, in order and without a gap. */
  async after(reading: Reading, cursor: EventCursor, limit: number): Promise<LoggedEvent[]> {
    const { rows } = await sql<StoredEvent>`
      select sequence::text, transaction_id::text, id, name, provider_id, marketplace_id, organization_id,
             subject_id, data, occurred_at
      from event
      where (transaction_id, sequence) > (${String(cursor.transactionId)}::xid8, ${String(cursor.sequence)}::bigint)
        and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
      order by transaction_id, sequence
      limit ${limit}`.execute(reading.kysely)
    return rows.map(logged)
  }

  /** Where the log stands: everything up to here is readable, and nothing can appear before it any more. */
  async now(reading: Reading): Promise<EventCursor> {
    const { rows } = await sql<{ xmin: string }>`
      select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`.execute(reading.kysely)
    // The sequence of no event: after every event of older transactions, before every one of this and later ones.
    return { transactionId: BigInt(rows[0]?.xmin ?? '0'), sequence: 0n }
  }

  /** The oldest place that can still be served; null when nothing was ever removed. */
  async oldest(reading: Reading): Promise<EventCursor | null> {
    const { rows } = await sql<{ transaction_id: string; sequence: string }>`
      select transaction_id::text, sequence::text from event order by transaction_id, sequence limit 1`.execute(
      reading.kysely,
    )
    const first = rows[0]
    return first ? { transactionId: BigInt(first.transaction_id), sequence: BigInt(first.sequence) } : null
  }
}

const eventColumns = {
  id: 'text',
  name: 'text',
  provider_id: 'text',
  marketplace_id: 'text',
  organization_id: 'text',
  subject_id: 'text',
  data: 'jsonb',
  occurred_at: 'timestamptz',
}

function eventValues(event: DomainEvent): Record<keyof typeof eventColumns, BulkValue> {
  return {
    id: event.id,
    name: event.name,
    provider_id: event.providerId,
    marketplace_id: event.marketplaceId,
    organization_id: event.organizationId,
    subject_id: event.subjectId,
    data: JSON.stringify(event.data),
    occurred_at: event.occurredAt,
  }
}

interface StoredEvent {
  sequence: string
  transaction_id: string
  id: string
  name: string
  provider_id: string
  marketplace_id: string | null
  organization_id: string | null
  subject_id: string
  data: object
  occurred_at: string | Date
}

function logged(row: StoredEvent): LoggedEvent {
  return {
    cursor: { transactionId: BigInt(row.transaction_id), sequence: BigInt(row.sequence) },
    id: row.id,
    name: row.name,
    providerId: row.provider_id,
    marketplaceId: row.marketplace_id,
    organizationId: row.organization_id,
    subjectId: row.subject_id,
    data: row.data,
    occurredAt: new Date(row.occurred_at),
  }
}
