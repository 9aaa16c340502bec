import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Clock } from '../kernel/clock.js'
import { idPrefix } from '../kernel/id.js'
import { RequestError } from '../kernel/request-error.js'
import { Refused, type UserError } from '../kernel/result.js'
import { isStorable } from '../kernel/text.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading, UnitOfWork } from '../persistence/unit-of-work.js'
import type { Context } from './context.js'
import { IdempotencyRecord } from './idempotency.entity.js'
import type { NodeRegistry } from './node.js'

export type Payload<Result extends object> = Partial<Result> & { userErrors: UserError[] }

interface IdempotentInput {
  idempotencyKey?: string | null
}

const dayInMs = 24 * 60 * 60 * 1_000
const longestKey = 255
/** Shown once: a repeated answer has null in their place. */
const shownOnce = new Set(['secret', 'token', 'tokens'])

/**
 * Answers mutations: a refusal becomes `userErrors`, and an idempotency key makes a repeat answer what the
 * first one did, for 24 hours by the clock of transport.
 */
export class Mutations {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly nodes: NodeRegistry,
    private readonly clock: Clock,
  ) {}

  /** For use cases that are one transaction: the key is recorded in the transaction of the effect. */
  async answer<Result extends object>(
    context: Context,
    operation: string,
    input: IdempotentInput & object,
    work: () => Promise<Result>,
  ): Promise<Payload<Result>> {
    return this.#refusable(context, async () => {
      const claim = claimOf(context.scope, operation, input)
      if (!claim) return work()
      return this.unitOfWork.run(context.scope, async (transaction) => {
        const known = await this.#claim(context, transaction, claim)
        if (known) return known as Result
        const result = await work()
        await this.#record(transaction, claim, result)
        return result
      })
    })
  }

  /**
   * For use cases that call somebody over the network between their transactions: the key is claimed first,
   * and let go when the work fails.
   */
  async act<Result extends object>(
    context: Context,
    operation: string,
    input: IdempotentInput & object,
    work: () => Promise<Result>,
  ): Promise<Payload<Result>> {
    return this.#refusable(context, async () => {
      const claim = claimOf(context.scope, operation, input)
      if (!claim) return work()
      const { scope } = context
      const known = await this.unitOfWork.run(scope, (transaction) => this.#claim(context, transaction, claim))
      if (known) return known as Result
      try {
        const result = await work()
        await this.unitOfWork.run(scope, (transaction) => this.#record(transaction, claim, result))
        return result
      } catch (error) {
        await this.unitOfWork.run(scope, (transaction) => this.#release(transaction, claim))
        throw error
      }
    })
  }

  async #refusable<Result extends object>(context: Context, work: () => Promise<Result>): Promise<Payload<Result>> {
    try {
      const result = await this.unitOfWork.forRequest(context.requestId, work)
      return { ...result, userErrors: [] }
    } catch (error) {
      if (error instanceof Refused) return { userErrors: error.errors } as unknown as Payload<Result>
      throw error
    } finally {
      // What the answer shows is read after the commit, not from before the change.
      context.renew()
    }
  }

  /** Takes the key, or answers what the one before answered. */
  async #claim(context: Context, reading: Reading, claim: Claim): Promise<object | null> {
    const now = this.clock.now()
    await rows(reading, IdempotencyRecord)
      .deleteFrom('IdempotencyRecord')
      .where('viewerId', '=', claim.viewerId)
      .where('operation', '=', claim.operation)
      .where('key', '=', claim.key)
      .where('expiresAt', '<=', now)
      .execute()
    const taken = await rows(reading, IdempotencyRecord)
      .insertInto('IdempotencyRecord')
      .values({ ...claim, createdAt: now, expiresAt: new Date(now.getTime() + dayInMs) })
      .onConflict((conflict) => conflict.doNothing())
      .returning('key')
      .executeTakeFirst()
    if (taken) return null
    const former = await rows(reading, IdempotencyRecord)
      .selectFrom('IdempotencyRecord')
      .select(['inputDigest', 'payload'])
      .where('viewerId', '=', claim.viewerId)
      .where('operation', '=', claim.operation)
      .where('key', '=', claim.key)
      .executeTakeFirst()
    if (former && former.inputDigest !== claim.inputDigest) {
      const message = 'This idempotency key was used with another input. Take a new key for a new request.'
      throw new Refused([{ code: 'IDEMPOTENCY_KEY_REUSED', message, field: ['input', 'idempotencyKey'] }])
    }
    if (!former?.payload) {
      throw new RequestError('CONFLICT', 'The first request with this idempotency key still runs.', 1)
    }
    return this.#restore(context, former.payload)
  }

  async #record(reading: Reading, claim: Claim, result: object): Promise<void> {
    await rows(reading, IdempotencyRecord)
      .updateTable('IdempotencyRecord')
      .set({ payload: sql`${JSON.stringify(remembered(result))}::jsonb` as never })
      .where('viewerId', '=', claim.viewerId)
      .where('operation', '=', claim.operation)
      .where('key', '=', claim.key)
      .execute()
  }

  async #release(reading: Reading, claim: Claim): Promise<void> {
    await rows(reading, IdempotencyRecord)
      .deleteFrom('IdempotencyRecord')
      .where('viewerId', '=', claim.viewerId)
      .where('operation', '=', claim.operation)
      .where('key', '=', claim.key)
      .execute()
  }

  async #restore(context: Context, payload: Record<string, unknown>): Promise<object> {
    const restored = await Promise.all(
      Object.entries(payload).map(async ([name, value]) => {
        const id = (value as { $node?: string } | null)?.$node
        return [name, id ? await this.nodes.find(context, id) : value] as const
      }),
    )
    return Object.fromEntries(restored)
  }
}

interface Claim {
  viewerId: string
  operation: string
  key: string
  inputDigest: string
}

function claimOf(scope: Scope, operation: string, input: IdempotentInput & object): Claim | null {
  const { idempotencyKey, ...rest } = input
  if (idempotencyKey === null || idempotencyKey === undefined) return null
  if (idempotencyKey.length === 0 || idempotencyKey.length > longestKey || !isStorable(idempotencyKey)) {
    const message = `An idempotency key is a text of 1 to ${longestKey} characters.`
    throw new Refused([{ code: 'INVALID', message, field: ['input', 'idempotencyKey'] }])
  }
  const viewerId = scope.kind === 'gateway' ? scope.tokenId : 'userId' in scope ? scope.userId : null
  if (viewerId === null) return null
  return { viewerId, operation, key: idempotencyKey, inputDigest: digestOf(rest) }
}

function digestOf(input: object): string {
  const text = JSON.stringify(input, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
  return createHash('sha256').update(text).digest('hex')
}

/** Objects are remembered by their ids and read again, secrets not at all. */
function remembered(result: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(result).map(([name, value]) => {
      if (shownOnce.has(name)) return [name, null]
      const id = (value as { id?: unknown } | null)?.id
      return [name, typeof id === 'string' && idPrefix(id) ? { $node: id } : value]
    }),
  )
}
