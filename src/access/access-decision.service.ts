import type { AttemptLimiter } from '../identity/attempt-limiter.js'
import type { Clocks } from '../kernel/clock.js'
import type { GatewayScope } from '../persistence/tenant-scope.js'
import type { Reading, UnitOfWork } from '../persistence/unit-of-work.js'
import { type CallVerdict, remainingOf, unknownCredential, verdictOn } from './access-decision.rules.js'
import type { AccessBlock } from './access-facts.js'
import type { AccessFactsRepository, CallRecord, CallTarget } from './access-facts.repository.js'
import { isKeyOf, parseKey } from './api-key.js'
import type { LastUse } from './last-use.js'
import { coveringPaths } from './request-path.js'
import { ShortMemory } from './short-memory.js'

/** What is called: a path, or a resource's id; with both, both must mean the same API. */
export interface Called {
  path?: string | null
  resourceId?: string | null
}

/** A gateway's question. */
export interface GatewayQuestion extends Called {
  /** As the caller sent it; null where the caller sent none. */
  key: string | null
  /** The caller's network address, as far as it is known. */
  address: string
}

export interface Decision {
  readonly allowed: boolean
  readonly reasons: readonly AccessBlock[]
  readonly resourceId: string | null
  readonly applicationId: string | null
  readonly subscriptionId: string | null
  readonly quotaId: string | null
  /** Units left in the quota's present interval; null when unlimited, or when no quota covers the resource. */
  readonly remaining: string | null
  /** How long the answer may be kept, in whole seconds. */
  readonly maxAge: number
}

const secondsAllowedIsKept = 10
const secondsRefusedIsKept = 5
const msUnknownIsKept = 60_000

const unknown: Decision = {
  allowed: false,
  reasons: [unknownCredential],
  resourceId: null,
  applicationId: null,
  subscriptionId: null,
  quotaId: null,
  remaining: null,
  maxAge: 0,
}

/** May this credential call this API now? Asks, and counts nothing. */
export class AccessDecisions {
  /** Safe, because a key is shown only after it exists: an unknown one stays unknown. */
  readonly #recentlyUnknown: ShortMemory<true>

  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly facts: AccessFactsRepository,
    private readonly limiter: Pick<AttemptLimiter, 'guard'>,
    private readonly lastUse: LastUse,
    private readonly clocks: Clocks,
  ) {
    this.#recentlyUnknown = new ShortMemory(clocks.transport, msUnknownIsKept)
  }

  /**
   * For gateways, of keys of their own marketplace; any other key is as unknown as one that never was. A key
   * that is known is never held up: what is limited are the different unknown keys of one address.
   * @throws RequestError RATE_LIMITED after too many of them
   */
  async decide(scope: GatewayScope, question: GatewayQuestion): Promise<Decision> {
    const presented = question.key === null ? null : parseKey(question.key)
    if (!presented) return unknown
    const memo = `${scope.marketplaceId} ${presented.digest}`
    if (this.#recentlyUnknown.get(memo)) return unknown
    const reading = this.unitOfWork.question({ ...scope, presented: [presented.publicId] })
    const now = this.clocks.billing.now()
    const record = await this.facts.ofCall(reading, { publicId: presented.publicId }, targetOf(question), now)
    // Compared even where there is nothing to compare with, so that the time does not tell which it was.
    const isPresent = isKeyOf(presented, record?.digest ?? null)
    const isFormer = isKeyOf(presented, record?.former?.digest ?? null)
    if (!record || !(isPresent || isFormer)) {
      this.#recentlyUnknown.keep(memo, true)
      await this.#countUnknown(question.address)
      return unknown
    }
    const { facts, providerId, lastUsedAt } = record
    this.lastUse.note('Credential', { id: facts.credential.credentialId, providerId, lastUsedAt }, now)
    return decisionOf(record, now, isPresent ? null : (record.former?.endsAt ?? null))
  }

  /** For a credential's own people: would a call with it pass? Null when it is not the viewer's. */
  async wouldPass(reading: Reading, credentialId: string, called: Called): Promise<Decision | null> {
    const now = this.clocks.billing.now()
    const record = await this.facts.ofCall(reading, { credentialId }, targetOf(called), now)
    return record && decisionOf(record, now, null)
  }

  #countUnknown(address: string): Promise<boolean> {
    const attempt = { purpose: 'key', account: null, address }
    return this.limiter.guard(
      attempt,
      () => true,
      async () => true,
    )
  }
}

function targetOf({ path, resourceId }: Called): CallTarget {
  return { resourceId: resourceId ?? null, paths: path === null || path === undefined ? null : coveringPaths(path) }
}

/** @param secretEndsAt when the secret that was sent ends, where that is before its credential does */
function decisionOf(record: CallRecord, now: Date, secretEndsAt: Date | null): Decision {
  const { facts, applicationId } = record
  const verdict = verdictOn(facts, now)
  return {
    allowed: verdict.allowed,
    reasons: verdict.reasons,
    resourceId: facts.resourceId,
    applicationId,
    subscriptionId: verdict.request?.subscriptionId ?? null,
    quotaId: verdict.request?.quota?.quotaId ?? null,
    remaining: verdict.request?.quota ? remainingOf(verdict.request.quota) : null,
    maxAge: secondsToKeep(verdict, [facts.credential.expiresAt, secretEndsAt], now),
  }
}

/** Never beyond the instant at which the answer is known to change. */
function secondsToKeep({ allowed, request }: CallVerdict, ends: ReadonlyArray<Date | null>, now: Date): number {
  const usual = allowed ? secondsAllowedIsKept : secondsRefusedIsKept
  const changes = [...ends, request?.accessClosesAt ?? null, request?.quota?.endsAt ?? null]
  const ahead = changes.flatMap((at) => (at && at > now ? [Math.floor((at.getTime() - now.getTime()) / 1_000)] : []))
  return Math.min(usual, ...ahead)
}
