import type { Logger } from 'pino'
import type {
  BillingConnections,
  InvoiceSnapshot,
  PaymentPort,
  PaymentReport,
  PaymentReports,
} from '../billing/billing.port.js'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { invariant } from '../kernel/invariant.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { StripeEvent, type StripeEventRow } from './stripe-event.entity.js'
import {
  envelopeOf,
  type InvoiceSought,
  type Meaning,
  meaningOf,
  type StripeEnvelope,
} from './stripe-event.translator.js'

const secondInMs = 1_000
const hourInMs = 3_600 * secondInMs
const parkedForMs = 24 * hourInMs
const sweptAtOnce = 100
const longestNote = 500

type Settled = Pick<StripeEventRow, 'state' | 'note' | 'nextTryAt'>

/**
 * Gives each stored event its effect, in the transaction that marks it as handled: a crash in between leaves
 * neither, and a second run finds that it is done.
 */
export class StripeEventProcessor {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly reports: PaymentReports,
    private readonly connections: BillingConnections,
    private readonly payments: PaymentPort,
    /** Transport's. */
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** @throws what made it fail, so that the queue tries again; the event keeps waiting, with a note */
  async process(id: string): Promise<void> {
    try {
      const toRead = await this.#handle(id, null)
      if (toRead === null) return
      const snapshot = await this.#read(toRead)
      await this.#handle(id, { snapshot })
    } catch (error) {
      await this.#postpone(id, error)
      throw error
    }
  }

  /** Tries again what waits and is due: what overtook our own commit, and what a job has given up on. */
  async sweep(): Promise<void> {
    const due = await rows(this.unitOfWork.reading(system), StripeEvent)
      .selectFrom('StripeEvent')
      .select('id')
      .where('state', 'in', ['RECEIVED', 'PARKED'])
      .where('nextTryAt', '<=', this.clock.now())
      .orderBy('nextTryAt')
      .limit(sweptAtOnce)
      .execute()
    for (const { id } of due) {
      try {
        await this.process(id)
      } catch (error) {
        this.log.error({ err: error, stripeEvent: id }, 'a stored Stripe event fails again')
      }
    }
  }

  /** @returns the event, when an invoice has to be read at Stripe before it can be handled */
  #handle(id: string, reading: { snapshot: InvoiceSnapshot | null } | null): Promise<NeedsReading | null> {
    return this.unitOfWork.run(system, async (tx) => {
      // Whoever has it locked handles it.
      const row = await rows(tx, StripeEvent)
        .selectFrom('StripeEvent')
        .selectAll()
        .where('id', '=', id)
        .where('state', 'in', ['RECEIVED', 'PARKED'])
        .forUpdate()
        .skipLocked()
        .executeTakeFirst()
      if (!row) return null
      const event = envelopeOf(JSON.parse(row.body))
      invariant(event, 'A stored event is no event.')
      const meaning = withReading(meaningOf(event), reading)
      if (meaning.kind === 'read first') return { row, by: meaning.by }
      await this.#settle(tx, row, await this.#effect(tx, row, event, meaning))
      return null
    })
  }

  async #effect(
    tx: Transaction<DomainEvent>,
    row: StripeEventRow,
    event: StripeEnvelope,
    meaning: Exclude<Meaning, { kind: 'read first' }>,
  ): Promise<Settled> {
    const connectionId = row.billingIntegrationId
    if (meaning.kind === 'nothing') return { state: 'IGNORED', note: meaning.why, nextTryAt: null }
    if (meaning.kind === 'customer deleted') {
      await this.reports.customerDeleted(tx, connectionId, meaning.stripeCustomerId)
      return { state: 'HANDLED', note: null, nextTryAt: null }
    }
    const { news, snapshot } = meaning
    const reportedAt = event.created ?? row.receivedAt
    const report: PaymentReport = { ...news, connectionId, snapshot, reportedAt }
    const effect = await this.reports.record(tx, report)
    if (effect === 'unknown') return this.#parked(row)
    return { state: 'HANDLED', note: effect === 'applied' ? null : 'Without effect.', nextTryAt: null }
  }

  /** Foreign, or not there yet: which of them only time can tell. */
  #parked(row: StripeEventRow): Settled {
    const now = this.clock.now().getTime()
    const waited = now - row.receivedAt.getTime()
    if (waited >= parkedForMs) {
      return { state: 'IGNORED', note: 'No invoice of ours within 24 hours.', nextTryAt: null }
    }
    const next = Math.min(Math.max(waited, secondInMs), hourInMs)
    return { state: 'PARKED', note: 'No invoice of ours so far.', nextTryAt: new Date(now + next) }
  }

  async #settle(tx: Transaction<DomainEvent>, row: StripeEventRow, settled: Settled): Promise<void> {
    const handledAt = settled.nextTryAt ? null : this.clock.now()
    await rows(tx, StripeEvent)
      .updateTable('StripeEvent')
      .set({ ...settled, handledAt })
      .where('id', '=', row.id)
      .where('providerId', '=', row.providerId)
      .execute()
  }

  /** Outside of any transaction. Null where the invoice is of another account, or the key may not read it. */
  async #read({ row, by }: NeedsReading): Promise<InvoiceSnapshot | null> {
    const connection = await this.connections.connection(row.billingIntegrationId)
    if (!connection) return null
    const read =
      'stripeInvoiceId' in by
        ? await this.payments.read({ connection, invoiceId: '', stripeInvoiceId: by.stripeInvoiceId })
        : await this.payments.readPaidBy(connection, by.stripePaymentId)
    if (read.kind === 'unknown') throw new Error(read.message)
    return read.kind === 'done' ? read.value : null
  }

  async #postpone(id: string, error: unknown): Promise<void> {
    const note = (error instanceof Error ? error.message : String(error)).slice(0, longestNote)
    const nextTryAt = new Date(this.clock.now().getTime() + hourInMs)
    await this.unitOfWork.run(system, (tx) =>
      rows(tx, StripeEvent)
        .updateTable('StripeEvent')
        .set({ note, nextTryAt })
        .where('id', '=', id)
        .where('state', 'in', ['RECEIVED', 'PARKED'])
        .execute(),
    )
  }
}

interface NeedsReading {
  row: StripeEventRow
  by: InvoiceSought
}

function withReading(meaning: Meaning, reading: { snapshot: InvoiceSnapshot | null } | null): Meaning {
  if (meaning.kind !== 'read first' || reading === null) return meaning
  const { snapshot } = reading
  if (!snapshot) return { kind: 'nothing', why: 'Its invoice cannot be read at Stripe.' }
  return { kind: 'report', news: meaning.news, snapshot }
}
