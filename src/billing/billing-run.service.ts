import type { Logger } from 'pino'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { SubscriptionAtTurn } from '../subscriptions/period-turn.rules.js'
import type { SubscriptionTurns } from '../subscriptions/subscription-turns.js'
import type { ChargeableUsage } from '../usage/chargeable-usage.js'
import type { InvoiceSweep } from './invoice-sweep.js'
import type { InvoiceOrdered, InvoiceWriting } from './invoice-writing.js'
import type { StandingService } from './standing.service.js'
import { chargesUsage, type Decided, decided } from './turn-invoices.rules.js'
import type { TurnScenes } from './turn-scenes.js'
import type { UsedUnits } from './usage-lines.rules.js'

/** How many subscriptions one transaction takes over the end of their periods. */
const atOnce = 250

interface Choice {
  limit: number
  /** Whether what somebody else has locked is waited for. */
  wait: boolean
  except: readonly string[]
}

/**
 * Takes subscriptions over the ends of their periods, and invoices them: those that ended longest ago first, each end
 * once, however many do it at the same time and however often one is killed.
 */
export class BillingRun {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly turns: SubscriptionTurns,
    private readonly scenes: TurnScenes,
    private readonly usage: ChargeableUsage,
    private readonly writing: InvoiceWriting,
    private readonly standing: StandingService,
    private readonly sweep: InvoiceSweep,
    /** Billing's. */
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /**
   * All that falls due until an instant, what was missed included, in the order of instants. Whoever moves the clock
   * calls this at each step.
   * @returns how many ends of periods there were
   */
  async runDue(until: Date = this.clock.now()): Promise<number> {
    // Who is cancelled because he has not paid is not renewed any more.
    await this.sweep.letTimePass()
    // One that cannot be billed must not keep the others waiting; it is tried again with the next run.
    const except: string[] = []
    let taken = await this.#many(until, except)
    for (;;) {
      const some = await this.#some(until, except)
      taken += some
      if (some === 0 && !(await this.turns.anyDue(this.unitOfWork.reading(system), until, except))) break
      // What is left is locked by somebody, or has just been dealt with.
      if (some === 0) taken += await this.#single(until, except)
    }
    if (taken > 0) this.log.info({ periods: taken, failed: except.length, until }, 'billing run')
    return taken
  }

  /** As long as there are whole batches, one is worked out while another is written. */
  async #many(until: Date, except: string[]): Promise<number> {
    let taken = await this.#some(until, except)
    if (taken < atOnce) return taken
    const lane = async () => {
      for (let some = atOnce; some === atOnce; taken += some) some = await this.#some(until, except)
    }
    await Promise.all([lane(), lane()])
    return taken
  }

  async #some(until: Date, except: string[]): Promise<number> {
    try {
      return await this.#take(until, { limit: atOnce, wait: false, except })
    } catch (error) {
      this.log.warn({ err: error }, 'a batch of the billing run failed: its subscriptions are billed one by one')
      let taken = 0
      while (taken < atOnce) {
        const one = await this.#single(until, except)
        if (one === 0) break
        taken += one
      }
      return taken
    }
  }

  async #single(until: Date, except: string[]): Promise<number> {
    const looked: string[] = []
    try {
      return await this.#take(until, { limit: 1, wait: true, except }, looked)
    } catch (error) {
      // Without a subscription it is the database that fails.
      if (looked.length === 0) throw error
      this.log.error({ err: error, productSubscriptionId: looked[0] }, 'a subscription cannot be billed')
      except.push(...looked)
      return 1
    }
  }

  /** @param looked gets the ids of those that are locked */
  #take(until: Date, choice: Choice, looked: string[] = []): Promise<number> {
    return this.unitOfWork.run(system, async (transaction) => {
      const due = await this.turns.lockDue(transaction, until, choice)
      if (due.length === 0) return 0
      looked.push(...due.map(({ id }) => id))
      const scenes = await this.scenes.of(transaction, due, await this.#settledUsage(transaction, due))
      const decisions = scenes.map((scene) => ({ subscription: scene.subscription, decision: decided(scene) }))
      await this.turns.take(
        transaction,
        decisions.map(({ subscription, decision }) => ({ subscription, ...decision })),
      )
      const ordered = decisions.flatMap(({ subscription, decision }) => ordersOf(subscription, decision))
      await this.writing.write(transaction, ordered)
      for (const { subscription, decision } of decisions) {
        if (mayStandElsewhere(subscription, decision)) await this.standing.settle(transaction, subscription.id)
      }
      return due.length
    })
  }

  async #settledUsage(transaction: Transaction, due: readonly SubscriptionAtTurn[]): Promise<UsedUnits[][]> {
    const charged = due.filter(chargesUsage)
    const asked = charged.map((subscription) => ({
      productSubscriptionId: subscription.id,
      period: periodOf(subscription),
    }))
    const settled = asked.length === 0 ? [] : await this.usage.settleUsages(transaction, asked)
    const byId = new Map(asked.map(({ productSubscriptionId }, index) => [productSubscriptionId, settled[index] ?? []]))
    return due.map(({ id }) => [...(byId.get(id) ?? [])])
  }

  /** When the next period ends after an instant; null when none does. */
  nextDue(reading: Reading, after: Date): Promise<Date | null> {
    return this.turns.nextDue(reading, after)
  }
}

function ordersOf(subscription: SubscriptionAtTurn, { invoices }: Decided): InvoiceOrdered[] {
  return invoices.map(({ reason, plan, draft }) => ({
    subscription,
    planId: plan.id,
    paymentTermDays: plan.paymentTermDays,
    reason,
    cause: 'SCHEDULE',
    draft,
  }))
}

/** A new invoice is due only later, so a renewal leaves the standing where it is. */
function mayStandElsewhere({ periodNumber }: SubscriptionAtTurn, { turn, invoices }: Decided): boolean {
  const trial = periodNumber === null || periodNumber === undefined
  return trial || turn === 'change plan' || invoices.some(({ reason }) => reason === 'SUBSCRIPTION_START')
}

function periodOf({ periodStart, periodEnd }: SubscriptionAtTurn) {
  return { start: periodStart as Date, end: periodEnd as Date }
}
