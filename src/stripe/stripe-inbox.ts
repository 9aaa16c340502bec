import type { WebhookConnection } from '../billing/billing.port.js'
import type { DomainEvent } from '../events/event.js'
import { enqueue } from '../events/jobs.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { StripeEvent, type StripeEventRow } from './stripe-event.entity.js'
import { concernsUs, type StripeEnvelope, subjectOf } from './stripe-event.translator.js'

/** The worker's task that handles a stored event; its payload is `{ id }`. */
export const stripeEventTask = 'stripe-event'

const batchAtMost = 256
/** With exponential pauses, about two days: what still fails then waits for the sweep. */
const attemptsAtMost = 15
/** By then a job has run, or has failed often enough to be looked at again. */
const sweptAfterMs = 60 * 60 * 1_000

interface Arrival {
  row: StripeEventRow
  stored(): void
  failed(error: unknown): void
}

/**
 * Keeps what Stripe has sent, once, together with the job that handles it. Whatever arrives while a batch is
 * committed goes into the next one: an idle inbox adds no delay, a busy one commits once for many.
 */
export class StripeInbox {
  #waiting: Arrival[] = []
  #busy = false

  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    /** Transport's. */
    private readonly clock: Clock,
  ) {}

  /** Resolves when the event is committed, by this call or by an earlier one. */
  store(connection: WebhookConnection, event: StripeEnvelope, body: string): Promise<void> {
    const row = this.#row(connection, event, body)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, stored: resolve, failed: reject })
      if (!this.#busy) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#busy = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchAtMost)
      if (!(await this.#commit(batch))) {
        // One that cannot be stored must not hold up the others.
        for (const arrival of batch) await this.#commit([arrival], arrival.failed)
      }
    }
    this.#busy = false
  }

  async #commit(batch: readonly Arrival[], otherwise?: (error: unknown) => void): Promise<boolean> {
    try {
      await this.unitOfWork.outside(() =>
        this.unitOfWork.run(system, (tx) =>
          written(
            tx,
            batch.map((arrival) => arrival.row),
          ),
        ),
      )
    } catch (error) {
      otherwise?.(error)
      return false
    }
    for (const { stored } of batch) stored()
    return true
  }

  #row(connection: WebhookConnection, event: StripeEnvelope, body: string): StripeEventRow {
    const now = this.clock.now()
    const why = ignoredBecause(connection, event)
    return {
      id: newId('whk'),
      providerId: connection.providerId,
      billingIntegrationId: connection.id,
      eventId: event.id,
      type: event.type,
      apiVersion: event.apiVersion,
      livemode: event.livemode,
      body,
      state: why === null ? 'RECEIVED' : 'IGNORED',
      note: why,
      objectId: subjectOf(event),
      receivedAt: now,
      handledAt: why === null ? null : now,
      nextTryAt: why === null ? new Date(now.getTime() + sweptAfterMs) : null,
    }
  }
}

/** One insert and one hand-over to the queue for all; what is known already is left as it is. */
async function written(tx: Transaction, all: StripeEventRow[]): Promise<void> {
  // In one order everywhere, so that two processes never wait for each other's rows in a circle.
  const values = all.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
  const inserted = await rows(tx, StripeEvent)
    .insertInto('StripeEvent')
    .values(values)
    .onConflict((conflict) => conflict.columns(['providerId', 'billingIntegrationId', 'eventId']).doNothing())
    .returning(['id', 'state'])
    .execute()
  const jobs = inserted.filter(({ state }) => state === 'RECEIVED')
  await enqueue(
    tx,
    jobs.map(({ id }) => ({ task: stripeEventTask, payload: { id }, maxAttempts: attemptsAtMost })),
  )
}

function keyOf(row: StripeEventRow): string {
  return `${row.billingIntegrationId} ${row.eventId}`
}

function ignoredBecause({ mode }: WebhookConnection, { livemode, type }: StripeEnvelope): string | null {
  if (livemode !== (mode === 'LIVE')) return `It is of ${livemode ? 'live' : 'test'} mode, the connection is not.`
  return concernsUs(type) ? null : 'Events of this type mean nothing to us.'
}
