import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { decimal, plain } from '../kernel/decimal.js'
import { RequestError } from '../kernel/request-error.js'
import { Refused } from '../kernel/result.js'
import type { GatewayScope, Scope } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { UsageRecordRow } from './usage.entity.js'
import { quotaThresholdReached } from './usage.events.js'
import type { Counted, CounterStanding, CountingTerms, UsageRepository } from './usage.repository.js'
import {
  type Counting,
  countedAt,
  countingPeriod,
  isBeforeStart,
  isChargeable,
  mostRecords,
  newThresholds,
  notStarted,
  type ReportedUsage,
  recordProblem,
  type UsageRefusal,
  type UsageRejectionCode,
} from './usage.rules.js'

/** Whose call it was, and what was called, as a gateway says it. */
export interface UsageSubject {
  /** The credential's public id. */
  readonly credential: string | null
  readonly productSubscriptionId: string | null
  readonly resourceId: string | null
  readonly path: string | null
}

/** On which subscription it counts, and for which resource; or why on none. */
export type ResolvedSubject =
  | { readonly productSubscriptionId: string; readonly resourceId: string }
  | { readonly refused: Exclude<UsageRejectionCode, 'TOO_OLD' | 'IN_FUTURE' | 'INVALID'> }

/** What usage needs of access: credentials and paths are that one's to know. */
export interface UsageSubjects {
  /** In the order of the subjects. A subscription that was named is not looked up: whoever counts does that. */
  resolve(
    reading: Reading,
    scope: GatewayScope,
    subjects: readonly UsageSubject[],
    now: Date,
  ): Promise<ResolvedSubject[]>
}

export interface UsageRejection extends UsageRefusal {
  readonly id: string
}

/** What has become of a report. */
export interface UsageReport {
  accepted: number
  duplicates: number
  rejected: UsageRejection[]
}

/** A record that will count, with what it counts by. */
interface Countable {
  readonly record: UsageRecordRow
  readonly counting: Counting
  readonly planIsPaid: boolean
  readonly limitUnits: bigint | null
}

/**
 * Counts what gateways report. A call that is reported was served: it counts past a STRICT limit too, which closes
 * access to the next one.
 */
export class UsageService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly usage: UsageRepository,
    private readonly subjects: UsageSubjects,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * Takes each record by itself: what is wrong with one holds up no other.
   * @throws Refused INVALID for more than 1,000, NOT_ALLOWED for people; RequestError UNAUTHENTICATED
   */
  async report(scope: Scope, reported: readonly ReportedUsage[]): Promise<UsageReport> {
    const gateway = demandGateway(scope)
    if (reported.length > mostRecords) {
      const message = 'At most 1,000 records are taken in one call: report the rest in another.'
      throw new Refused([{ code: 'INVALID', message, field: ['input', 'records'] }])
    }
    const now = this.clock.now()
    return this.unitOfWork.run(scope, async (transaction) => {
      const rejected: UsageRejection[] = []
      const fresh = await this.#fresh(transaction, gateway, reported, now, rejected)
      const countable = await this.#countable(transaction, gateway, fresh, now, rejected)
      const once = firstOfEach(countable)
      const written = await this.usage.record(
        transaction,
        once.map(({ record }) => record),
      )
      await this.#count(
        transaction,
        gateway,
        once.filter(({ record }) => written.has(record.reporterId)),
        now,
      )
      const accepted = written.size
      return { accepted, duplicates: reported.length - rejected.length - accepted, rejected }
    })
  }

  /** Those that were not reported before, as far as there is nothing wrong with them. What is known is not judged again. */
  async #fresh(
    transaction: Transaction,
    scope: GatewayScope,
    reported: readonly ReportedUsage[],
    now: Date,
    rejected: UsageRejection[],
  ): Promise<ReportedUsage[]> {
    const problems = reported.map((record) => recordProblem(record, now))
    const storable = reported.filter((_, index) => problems[index]?.code !== 'INVALID')
    const known = await this.usage.known(
      transaction,
      scope,
      storable.map(({ id }) => id),
    )
    return reported.filter((record, index) => {
      const problem = problems[index]
      const isKnown = problem?.code !== 'INVALID' && known.has(record.id)
      if (problem && !isKnown) rejected.push({ id: record.id, ...problem })
      return !problem && !isKnown
    })
  }

  async #countable(
    transaction: Transaction,
    scope: GatewayScope,
    fresh: readonly ReportedUsage[],
    now: Date,
    rejected: UsageRejection[],
  ): Promise<Countable[]> {
    if (fresh.length === 0) return []
    const resolved = await this.subjects.resolve(transaction, scope, fresh.map(subjectOf), now)
    const pairs = new Map(resolved.flatMap((each) => ('refused' in each ? [] : [[pairKey(each), each] as const])))
    const terms = await this.usage.termsOf(transaction, scope, [...pairs.values()])
    return fresh.flatMap((reported, index) => {
      const subject = resolved[index] as ResolvedSubject
      const found = 'refused' in subject ? undefined : terms.get(pairKey(subject))
      const countable = countableOf(scope, reported, subject, found, now)
      if ('record' in countable) return [countable]
      rejected.push({ id: reported.id, ...countable })
      return []
    })
  }

  /** Adds to the counters, and tells of the thresholds that were reached. */
  async #count(
    transaction: Transaction<DomainEvent>,
    scope: GatewayScope,
    countable: readonly Countable[],
    now: Date,
  ): Promise<void> {
    const counters = await this.usage.count(transaction, scope, countedOf(countable))
    const counted = new Map(countable.map((each) => [quotaKey(each.record), each]))
    const told: Array<CounterStanding & { threshold: number }> = []
    for (const counter of counters) {
      const { productSubscriptionId, quotaId, used, thresholdReached } = counter
      const { record, limitUnits } = counted.get(quotaKey(counter)) as Countable
      const reached = newThresholds(thresholdReached, used, limitUnits)
      for (const threshold of reached) {
        transaction.announce(quotaThresholdReached.of(record, productSubscriptionId, { quotaId, threshold }, now))
      }
      const highest = reached.at(-1)
      if (highest) told.push({ ...counter, threshold: highest })
    }
    await this.usage.recordThresholds(transaction, scope, told)
  }
}

const sentences: Record<Extract<ResolvedSubject, { refused: unknown }>['refused'], string> = {
  CREDENTIAL_UNKNOWN: 'There is no such credential or subscription in this marketplace.',
  RESOURCE_UNKNOWN: 'There is no such API: no resource fits the path or the id.',
  NOT_COVERED: "No quota of the subscription's plan covers this API.",
}

/** The record as it is written down; or why it does not count. */
function countableOf(
  scope: GatewayScope,
  reported: ReportedUsage,
  subject: ResolvedSubject,
  terms: CountingTerms | undefined,
  now: Date,
): Countable | UsageRefusal {
  if ('refused' in subject) return { code: subject.refused, message: sentences[subject.refused] }
  if (!terms) return { code: 'CREDENTIAL_UNKNOWN', message: sentences.CREDENTIAL_UNKNOWN }
  const { startedAt, anchorAt, trialEndsAt, timeZone, anchor, quota, planIsPaid, organizationId } = terms
  if (!startedAt || isBeforeStart(reported.occurredAt, startedAt)) return notStarted
  if (!quota) return { code: 'NOT_COVERED', message: sentences.NOT_COVERED }
  const record: UsageRecordRow = {
    providerId: scope.providerId,
    marketplaceId: scope.marketplaceId,
    reporterId: reported.id,
    organizationId,
    productSubscriptionId: subject.productSubscriptionId,
    resourceId: subject.resourceId,
    quotaId: quota.id,
    quantity: reported.quantity ?? '1',
    occurredAt: countedAt(reported.occurredAt, startedAt, now),
    reportedAt: now,
  }
  const { interval, limitUnits } = quota
  const counting = { interval, anchor, timeZone, startedAt, trialEndsAt, anchorAt: anchorAt ?? startedAt }
  return { record, counting, planIsPaid, limitUnits }
}

/** Of those that came twice in one report, the first. */
function firstOfEach(countable: readonly Countable[]): Countable[] {
  const seen = new Set<string>()
  return countable.filter(({ record: { reporterId } }) => !seen.has(reporterId) && seen.add(reporterId))
}

/** What each counter gets, all records of one interval together. */
function countedOf(countable: readonly Countable[]): Counted[] {
  const sums = new Map<string, Counted>()
  for (const { record, counting, planIsPaid } of countable) {
    const { productSubscriptionId, quotaId, occurredAt, quantity } = record
    const { start: periodStart, end: periodEnd } = countingPeriod(occurredAt, counting)
    const key = `${quotaKey(record)} ${periodStart.getTime()}`
    const sum = plain(decimal(sums.get(key)?.quantity ?? '0').plus(decimal(quantity)))
    const chargeable = isChargeable(planIsPaid, periodStart, counting.trialEndsAt)
    sums.set(key, { productSubscriptionId, quotaId, periodStart, periodEnd, chargeable, quantity: sum })
  }
  return [...sums.values()]
}

function subjectOf({ credential, productSubscriptionId, resourceId, path }: ReportedUsage): UsageSubject {
  return {
    credential: credential || null,
    productSubscriptionId: productSubscriptionId || null,
    resourceId: resourceId || null,
    path: path || null,
  }
}

function pairKey({ productSubscriptionId, resourceId }: { productSubscriptionId: string; resourceId: string }): string {
  return `${productSubscriptionId} ${resourceId}`
}

function quotaKey({ productSubscriptionId, quotaId }: { productSubscriptionId: string; quotaId: string }): string {
  return `${productSubscriptionId} ${quotaId}`
}

/** Usage is a gateway's to report: nobody states his own. */
function demandGateway(scope: Scope): GatewayScope {
  if (scope.kind === 'gateway') return scope
  const message = 'Usage is reported with a gateway token.'
  if (scope.kind === 'anonymous') throw new RequestError('UNAUTHENTICATED', message)
  throw new Refused([{ code: 'NOT_ALLOWED', message, field: null }])
}
