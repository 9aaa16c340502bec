import { type Expression, type SqlBool, sql } from 'kysely'
import type { Logger } from 'pino'
import { enqueue, shared } from '../events/jobs.js'
import type { Clock } from '../kernel/clock.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, UnitOfWork } from '../persistence/unit-of-work.js'
import { Invoice } from './invoice.entity.js'
import type { InvoiceDelivery } from './invoice-delivery.service.js'
import type { InvoicesUnsent } from './invoice-metrics.js'

/** The worker's task that brings the invoices of a connection's cycles; its payload is `{ billingIntegrationId }`. */
export const bringCyclesTask = 'bring-cycles'

/**
 * How many of one connection are under way at once: enough to use up the pace while Stripe takes its time. Each does one
 * request after another, so that no single endpoint meets more than its share.
 */
const underWay = 16
const pageSize = 200
/** After it the next connection has its turn, and a process that is to stop can. */
const turnInMs = 5_000
/** Where Stripe does not answer, the others would not be answered either. */
const pauseInMs = 30_000

/**
 * Brings the invoices of later cycles to Stripe, which fall due in great numbers and wait for nobody: those of one
 * connection at a time in one process, those of all connections in turns. The invoices themselves are the queue.
 */
export class InvoiceCourier {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly delivery: InvoiceDelivery,
    /** Transport's. */
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** Has a connection's invoices brought; whoever brings them at the moment takes them along. */
  async call(billingIntegrationId: string): Promise<void> {
    await this.unitOfWork.run(system, (transaction) => enqueue(transaction, [jobFor(billingIntegrationId)]))
  }

  /** The worker's task: for some seconds, and then again after those of other connections. */
  async takeTurn(billingIntegrationId: string): Promise<void> {
    const began = this.clock.now().getTime()
    const seconds = () => (this.clock.now().getTime() - began) / 1_000
    const counts = { done: 0, refused: 0, unknown: 0, failed: 0 }
    const waiting = this.#waiting(billingIntegrationId)
    const hand = async () => {
      for await (const invoiceId of waiting) {
        const outcome = await this.delivery.bring(invoiceId).catch((error: unknown) => {
          // It has told nobody of itself, and must not keep the others waiting.
          this.log.warn({ err: error, invoiceId }, 'an invoice could not be brought to Stripe')
          return 'failed' as const
        })
        if (outcome) counts[outcome] += 1
        if (counts.unknown > 0 || seconds() * 1_000 >= turnInMs) break
      }
    }
    await Promise.all(Array.from({ length: underWay }, hand))
    const left = await this.#count(billingIntegrationId)
    if (left > 0) await this.#again(billingIntegrationId, counts.unknown + counts.failed > 0)
    // Somebody else has just brought them.
    if (Object.values(counts).every((count) => count === 0)) return
    const perSecond = Math.round((counts.done / Math.max(seconds(), 0.001)) * 10) / 10
    this.log.info({ billingIntegrationId, ...counts, left, perSecond }, 'invoices are brought to Stripe')
  }

  /**
   * Calls for those whose call was lost.
   * @param before when they were written, at the latest
   * @returns for how many connections
   */
  async callForForgotten(reading: Reading, before: Date): Promise<number> {
    const found = await rows(reading, Invoice)
      .selectFrom('Invoice')
      .select('billingIntegrationId')
      .distinct()
      .where(waitsForCourier)
      .where('createdAt', '<', before)
      .where(
        sql<boolean>`not exists (
          select 1 from graphile_worker.jobs j
          where j.key = ${shared(bringCyclesTask, '').key} || ${sql.ref('Invoice.billingIntegrationId')}
            and j.attempts < j.max_attempts
        )`,
      )
      .execute()
    for (const { billingIntegrationId } of found) await this.call(billingIntegrationId as string)
    return found.length
  }

  /** What has not reached Stripe yet, of all connections. */
  async unsent(): Promise<InvoicesUnsent[]> {
    const found = await rows(this.unitOfWork.reading(system), Invoice)
      .selectFrom('Invoice')
      .select('billingIntegrationId')
      .select(sql<string>`count(*) filter (where ${sql.ref('Invoice.syncStatus')} = 'PENDING')`.as('waiting'))
      .select(sql<string>`count(*) filter (where ${sql.ref('Invoice.syncStatus')} = 'FAILED')`.as('refused'))
      .where('status', '=', 'DRAFT')
      .groupBy('billingIntegrationId')
      .execute()
    return found.map(({ billingIntegrationId, waiting, refused }) => ({
      connection: billingIntegrationId ?? 'none',
      waiting: Number(waiting),
      refused: Number(refused),
    }))
  }

  async #again(billingIntegrationId: string, troubled: boolean): Promise<void> {
    const runAt = new Date(this.clock.now().getTime() + (troubled ? pauseInMs : 0))
    const job = { ...jobFor(billingIntegrationId), runAt }
    await this.unitOfWork.run(system, (transaction) => enqueue(transaction, [job]))
  }

  /** Their ids, the oldest first. */
  async *#waiting(billingIntegrationId: string): AsyncGenerator<string> {
    for (let last = ''; ; ) {
      const page = await this.#query(billingIntegrationId)
        .select('id')
        .where('id', '>', last)
        .orderBy('id')
        .limit(pageSize)
        .execute()
      for (const { id } of page) yield id
      if (page.length < pageSize) return
      last = page.at(-1)?.id as string
    }
  }

  async #count(billingIntegrationId: string): Promise<number> {
    const { count } = await this.#query(billingIntegrationId)
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  #query(billingIntegrationId: string) {
    return rows(this.unitOfWork.reading(system), Invoice)
      .selectFrom('Invoice')
      .where('billingIntegrationId', '=', billingIntegrationId)
      .where(waitsForCourier)
  }
}

/** Those that were never tried: what was tried once has a job of its own. */
export const waitsForCourier: Expression<SqlBool> = sql<boolean>`(
  ${sql.ref('Invoice.status')} = 'DRAFT' and ${sql.ref('Invoice.syncStatus')} = 'PENDING'
  and ${sql.ref('Invoice.reason')} = 'SUBSCRIPTION_CYCLE' and ${sql.ref('Invoice.syncAttempts')} = 0
  and ${sql.ref('Invoice.billingIntegrationId')} is not null
)`

/** At most one waits for a connection, and one runs, among all processes. */
function jobFor(billingIntegrationId: string) {
  const task = bringCyclesTask
  return { task, payload: { billingIntegrationId }, ...shared(task, billingIntegrationId) }
}
