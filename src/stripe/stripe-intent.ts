import { sql } from 'kysely'
import type Stripe from 'stripe'
import type { BillingConnection, Outcome } from '../billing/billing.port.js'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { invariant } from '../kernel/invariant.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { StripeClient, StripeClients } from './stripe-client.js'
import { failureOf, outcomeOf, type StripeFailure } from './stripe-errors.js'
import { StripeIntent, type StripeIntentRow } from './stripe-intent.entity.js'
import { type IntentPlan, keyBase, planned, type Window } from './stripe-intent.rules.js'
import type { Lane } from './stripe-pacing.js'

/** One thing that we want of Stripe, how to ask for it, and how to find out whether it is there already. */
export interface StripeStep<Answer extends { id: string }> {
  connection: BillingConnection
  /** The row of ours that it is for. */
  subjectId: string
  name: string
  /** All that is sent, for the digest. */
  content: object
  lane: Lane
  /** The object that it acts on, where it makes no new one. */
  actsOn?: string
  send(sdk: Stripe, options: { idempotencyKey: string }): Promise<Stripe.Response<Answer>>
  /** What an earlier try made, if it stands; null when it is gone, or is not as wanted. */
  known(sdk: Stripe, stripeId: string): Promise<Answer | null>
  /** What was made in that time, if it was. */
  lookUp(sdk: Stripe, window: Window): Promise<Answer | null>
}

type Failed = { kind: 'failed'; failure: StripeFailure }
/** As the port's outcome, with the failure itself for those who have another way. */
export type StepOutcome<Answer> = { kind: 'done'; value: Answer } | Failed | { kind: 'busy'; retryAfterMs: number }

const turnsAtMost = 4

/**
 * Asks for things at Stripe so that each is done once: what is wanted is committed before it is asked for,
 * and what came of it after. A crash or a lost answer in between leaves a row that is settled by the same key
 * or, where that can no longer be, by a look-up.
 */
export class StripeIntents {
  readonly #underWay = new Map<string, Promise<StepOutcome<{ id: string }>>>()

  constructor(
    private readonly clients: StripeClients,
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    /** Billing's, because the sandbox forgets keys by it. */
    private readonly clock: Clock,
  ) {}

  /** A request that changes nothing, and so needs no intent. */
  async ask<Answer>(
    connection: BillingConnection,
    lane: Lane,
    request: (sdk: Stripe) => Promise<Answer>,
  ): Promise<StepOutcome<Answer>> {
    this.#noTransaction()
    return attempted(() => this.clients.of(connection.restrictedKey).call(lane, request))
  }

  /** Does the step unless it is done. The same step is asked for once, however many ask for it at a time. */
  async perform<Answer extends { id: string }>(step: StripeStep<Answer>): Promise<StepOutcome<Answer>> {
    this.#noTransaction()
    const key = `${step.connection.id} ${keyBase(step.subjectId, step.name, step.content)}`
    const underWay = this.#underWay.get(key) as Promise<StepOutcome<Answer>> | undefined
    if (underWay) return underWay
    const run = this.#perform(step).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, run)
    return run
  }

  /** What was found done on the way needs no answer any more. */
  async conclude(
    connection: BillingConnection,
    subjectId: string,
    stripeId: string,
    steps: readonly string[],
  ): Promise<void> {
    await this.unitOfWork.run(system, (tx) =>
      rows(tx, StripeIntent)
        .updateTable('StripeIntent')
        .set({ state: 'DONE', stripeId, failure: null })
        .where('providerId', '=', connection.providerId)
        .where('subjectId', '=', subjectId)
        .where('step', 'in', steps)
        .where('state', 'in', ['SENT', 'UNKNOWN'])
        .execute(),
    )
  }

  async #perform<Answer extends { id: string }>(step: StripeStep<Answer>): Promise<StepOutcome<Answer>> {
    const client = this.clients.of(step.connection.restrictedKey)
    for (let turn = 0; turn < turnsAtMost; turn += 1) {
      const plan = await this.#plan(step)
      if (plan.do === 'wait') return { kind: 'busy', retryAfterMs: plan.milliseconds }
      if (plan.do === 'send') return this.#send(client, step, plan.intent)
      const found = await attempted(() =>
        client.call(step.lane, (sdk) =>
          plan.do === 'use' ? step.known(sdk, plan.stripeId) : step.lookUp(sdk, plan.window),
        ),
      )
      if (found.kind !== 'done') return found
      await this.#settle(plan.do === 'use' ? [plan.intent] : plan.open, found.value?.id ?? null)
      if (found.value) return { kind: 'done', value: found.value }
    }
    return { kind: 'busy', retryAfterMs: 5_000 }
  }

  /** Decides under a lock for the step, and commits the intent where something is to be sent. */
  #plan(step: StripeStep<{ id: string }>): Promise<PlanOfRows> {
    const { subjectId, name, connection } = step
    return this.unitOfWork.run(system, async (tx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${subjectId} ${name}`}, 0))`.execute(tx.kysely)
      const earlier = await rows(tx, StripeIntent)
        .selectFrom('StripeIntent')
        .selectAll()
        .where('providerId', '=', connection.providerId)
        .where('billingIntegrationId', '=', connection.id)
        .where('subjectId', '=', subjectId)
        .where('step', '=', name)
        .orderBy('id')
        .execute()
      const plan = planned(earlier, keyBase(subjectId, name, step.content), this.clock.now())
      if (plan.do !== 'send') return plan
      const forgotten = plan.neverSent.map((intent) => intent.id)
      await close(tx, forgotten, 'It was never sent, and something else is wanted now.')
      return { ...plan, intent: plan.intent ?? (await this.#write(tx, step, plan.key)) }
    })
  }

  async #write(tx: Transaction, step: StripeStep<{ id: string }>, idempotencyKey: string): Promise<StripeIntentRow> {
    const intent = {
      id: newId('sint'),
      providerId: step.connection.providerId,
      billingIntegrationId: step.connection.id,
      subjectId: step.subjectId,
      step: step.name,
      idempotencyKey,
      state: 'NEW' as const,
      attempts: 0,
      firstSentAt: null,
      lastSentAt: null,
      stripeId: step.actsOn ?? null,
      requestId: null,
      failure: null,
      keySpent: false,
      createdAt: this.clock.now(),
    }
    await rows(tx, StripeIntent).insertInto('StripeIntent').values(intent).execute()
    return intent
  }

  async #send<Answer extends { id: string }>(
    client: StripeClient,
    step: StripeStep<Answer>,
    intent: StripeIntentRow,
  ): Promise<StepOutcome<Answer>> {
    const { idempotencyKey, firstSentAt, lastSentAt } = intent
    const outcome = await attempted(() =>
      client.call(step.lane, async (sdk) => {
        await this.#update(intent, { ...sentAgain(intent, this.clock.now()) })
        return step.send(sdk, { idempotencyKey })
      }),
    )
    if (outcome.kind === 'done') {
      const { id: stripeId, lastResponse } = outcome.value
      await this.#update(intent, {
        state: 'DONE',
        stripeId,
        requestId: lastResponse.requestId ?? null,
        failure: null,
      })
      return outcome
    }
    if (outcome.kind === 'busy') return outcome
    await this.#failed(intent, outcome.failure, { firstSentAt, lastSentAt })
    return (await this.#doneAlready(client, step, intent, outcome.failure)) ?? outcome
  }

  async #failed(intent: StripeIntentRow, failure: StripeFailure, before: SentBefore): Promise<void> {
    const { message, requestId } = failure
    const about = { failure: message, requestId }
    if (failure.kind === 'terminal') return this.#update(intent, { ...about, state: 'REFUSED' })
    if (failure.kind === 'retryable') {
      // Stripe did not begin with it: only what was sent before this can have had an effect.
      return this.#update(intent, { ...about, ...before, state: !before.firstSentAt ? 'NEW' : 'UNKNOWN' })
    }
    // A failure that Stripe answers a second time under one key is the one that it has stored.
    const keySpent = failure.keySpent || (failure.answered && intent.attempts > 1)
    return this.#update(intent, { ...about, state: 'UNKNOWN', keySpent })
  }

  /** What is refused because it is so already is done: in Stripe itself, or by a request whose answer was lost. */
  async #doneAlready<Answer extends { id: string }>(
    client: StripeClient,
    step: StripeStep<Answer>,
    intent: StripeIntentRow,
    failure: StripeFailure,
  ): Promise<StepOutcome<Answer> | null> {
    const { actsOn } = step
    if (actsOn === undefined || failure.kind !== 'terminal' || failure.status !== 400) return null
    const found = await attempted(() => client.call(step.lane, (sdk) => step.known(sdk, actsOn)))
    if (found.kind !== 'done' || found.value === null) return null
    await this.#settle([intent], found.value.id)
    return { kind: 'done', value: found.value }
  }

  /** Writes down what a look-up has told about intents whose outcome was not known. */
  async #settle(intents: readonly StripeIntentRow[], stripeId: string | null): Promise<void> {
    const ids = intents.map((intent) => intent.id)
    await this.unitOfWork.run(system, async (tx) => {
      if (stripeId === null) return close(tx, ids, 'Looked up: it is not there.')
      await rows(tx, StripeIntent)
        .updateTable('StripeIntent')
        .set({ state: 'DONE', stripeId, failure: null })
        .where('id', 'in', ids)
        .execute()
    })
  }

  async #update(intent: StripeIntentRow, change: Partial<StripeIntentRow>): Promise<void> {
    Object.assign(intent, change)
    await this.unitOfWork.run(system, (tx) =>
      rows(tx, StripeIntent)
        .updateTable('StripeIntent')
        .set(change)
        .where('id', '=', intent.id)
        .where('providerId', '=', intent.providerId)
        .execute(),
    )
  }

  #noTransaction(): void {
    invariant(!this.unitOfWork.isOpen(), 'Stripe is not asked while a transaction is open.')
  }
}

type SentBefore = Pick<StripeIntentRow, 'firstSentAt' | 'lastSentAt'>
type PlanOfRows = Exclude<IntentPlan<StripeIntentRow>, { do: 'send' }> | { do: 'send'; intent: StripeIntentRow }

/** The outcome in the port's terms. */
export function settled<Answer>(outcome: StepOutcome<Answer>): Outcome<Answer> {
  if (outcome.kind === 'done') return outcome
  if (outcome.kind === 'failed') return outcomeOf(outcome.failure)
  const message = 'The same is being asked of Stripe at this moment.'
  return { kind: 'unknown', message, retryAfterMs: outcome.retryAfterMs }
}

async function attempted<Answer>(request: () => Promise<Answer>): Promise<StepOutcome<Answer>> {
  try {
    return { kind: 'done', value: await request() }
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) }
  }
}

function sentAgain(intent: StripeIntentRow, now: Date): Partial<StripeIntentRow> {
  return {
    state: 'SENT',
    attempts: intent.attempts + 1,
    firstSentAt: intent.firstSentAt ?? now,
    lastSentAt: now,
  }
}

async function close(tx: Transaction, ids: readonly string[], failure: string): Promise<void> {
  if (ids.length === 0) return
  await rows(tx, StripeIntent)
    .updateTable('StripeIntent')
    .set({ state: 'REFUSED', failure })
    .where('id', 'in', ids)
    .execute()
}
