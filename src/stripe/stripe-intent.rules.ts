import { createHash } from 'node:crypto'
import type { StripeIntentState } from './stripe-intent.entity.js'

/** Stripe may forget a key after 24 hours; well before, we no longer rely on it. */
const keyIsGoodForMs = 20 * 60 * 60 * 1_000
/** A request that is under way elsewhere is answered, or has timed out, by then. */
const underWayForMs = 30_000
/** How far Stripe's clock may be from ours, and how long a request may take. */
const slackInMs = 10 * 60 * 1_000

export interface EarlierIntent {
  id: string
  state: StripeIntentState
  idempotencyKey: string
  keySpent: boolean
  firstSentAt?: Date | null
  lastSentAt?: Date | null
  stripeId?: string | null
}

/** When something that was sent may have been made at Stripe. */
export interface Window {
  from: Date
  until: Date
}

export type IntentPlan<Intent extends EarlierIntent = EarlierIntent> =
  /** An earlier try has it. */
  | { do: 'use'; intent: Intent; stripeId: string }
  /** Ask; with the intent of an earlier try where its key is still good. */
  | { do: 'send'; intent: Intent | null; key: string; neverSent: Intent[] }
  /** Something was sent whose outcome is not known and whose key can no longer settle it. */
  | { do: 'look first'; open: Intent[]; window: Window }
  /** Somebody else is asking for it right now, in other words. */
  | { do: 'wait'; milliseconds: number }

/** Row, step and a digest of what is sent: the same want has the same key, and another one never has. */
export function keyBase(subjectId: string, step: string, content: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16)
  return `${subjectId}-${step}-${digest}`
}

/**
 * What to do about a step, given all that was tried for it before, oldest first.
 * @param base what `keyBase` makes of it now
 */
export function planned<Intent extends EarlierIntent>(
  earlier: readonly Intent[],
  base: string,
  now: Date,
): IntentPlan<Intent> {
  const done = earlier.findLast((intent) => intent.state === 'DONE' && intent.stripeId)
  if (done?.stripeId) return { do: 'use', intent: done, stripeId: done.stripeId }

  const open = earlier.filter(({ state }) => state === 'NEW' || state === 'SENT' || state === 'UNKNOWN')
  const reusable = open.findLast((intent) => isOf(intent, base) && keyIsGood(intent, now))
  const others = open.filter((intent) => intent !== reusable)
  const sent = others.filter((intent) => intent.firstSentAt)
  if (sent.length === 0) {
    const neverSent = others
    if (reusable) return { do: 'send', intent: reusable, key: reusable.idempotencyKey, neverSent }
    return { do: 'send', intent: null, key: nextKey(earlier, base), neverSent }
  }
  const busyUntil = Math.max(...sent.map((intent) => (intent.state === 'SENT' ? lastSent(intent) + underWayForMs : 0)))
  if (busyUntil > now.getTime()) return { do: 'wait', milliseconds: busyUntil - now.getTime() }
  return { do: 'look first', open: sent, window: windowOf(sent) }
}

function keyIsGood(intent: EarlierIntent, now: Date): boolean {
  if (intent.keySpent) return false
  return !intent.firstSentAt || now.getTime() - intent.firstSentAt.getTime() < keyIsGoodForMs
}

function isOf(intent: EarlierIntent, base: string): boolean {
  return intent.idempotencyKey === base || intent.idempotencyKey.startsWith(`${base}-`)
}

/** A key that was used up has a successor, which tells Stripe that this is meant as a new request. */
function nextKey(earlier: readonly EarlierIntent[], base: string): string {
  const used = earlier.filter((intent) => isOf(intent, base)).length
  return used === 0 ? base : `${base}-${used + 1}`
}

function windowOf(sent: readonly EarlierIntent[]): Window {
  const first = Math.min(...sent.map((intent) => (intent.firstSentAt as Date).getTime()))
  return {
    from: new Date(first - slackInMs),
    until: new Date(Math.max(...sent.map(lastSent)) + slackInMs),
  }
}

function lastSent(intent: EarlierIntent): number {
  return (intent.lastSentAt ?? intent.firstSentAt ?? new Date(0)).getTime()
}
