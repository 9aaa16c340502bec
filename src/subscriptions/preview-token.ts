import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { ChangeTiming } from '../kernel/period.js'

const lifeInMs = 60 * 60 * 1_000
/** By how much the clocks of two machines may differ. */
const skewInMs = 60 * 1_000

/** What a preview has shown: enough to tell whether the same would be charged now. */
export interface Previewed {
  planId: string
  organizationId: string
  /** When the subscription would begin; a share of a calendar period hangs on it. */
  at: Date
  /** Of plan, lines and total. */
  digest: string
}

/** The same of a change of plan. */
export interface PreviewedChange {
  productSubscriptionId: string
  planId: string
  when: ChangeTiming
  /** When it would be changed, if it is to be at once; the share of time that is left hangs on it. */
  at: Date
  digest: string
}

type Kind = 'subscribe' | 'change plan'

/**
 * Hands out tokens for what was shown, and takes them back for an hour. They are signed, so nothing has to be
 * stored, and a client can make none.
 */
export class PreviewTokens {
  readonly #keys: readonly Buffer[]

  /**
   * @param key 32 bytes or more, from which one for this purpose alone is derived
   * @param others whose tokens are taken back too: while keys are changed, processes differ in which is the newest
   */
  constructor(key: Buffer, others: readonly Buffer[] = []) {
    this.#keys = [key, ...others].map((each) =>
      Buffer.from(hkdfSync('sha256', each, Buffer.alloc(0), 'subscription previews', 32)),
    )
  }

  issue({ planId, organizationId, at, digest }: Previewed): string {
    return this.#seal('subscribe', at, [planId, organizationId, digest])
  }

  /** Null for what is none of ours, or is older than an hour. */
  read(token: string, now: Date): Previewed | null {
    const opened = this.#open('subscribe', token, now)
    if (!opened) return null
    const [planId, organizationId, digest] = opened.values as [string, string, string]
    return { planId, organizationId, at: opened.at, digest }
  }

  issueChange({ productSubscriptionId, planId, when, at, digest }: PreviewedChange): string {
    return this.#seal('change plan', at, [productSubscriptionId, planId, when, digest])
  }

  /** Null for what is none of ours, or is older than an hour. */
  readChange(token: string, now: Date): PreviewedChange | null {
    const opened = this.#open('change plan', token, now)
    if (!opened) return null
    const [productSubscriptionId, planId, when, digest] = opened.values as [string, string, ChangeTiming, string]
    return { productSubscriptionId, planId, when, at: opened.at, digest }
  }

  #seal(kind: Kind, at: Date, values: readonly string[]): string {
    const body = Buffer.from(JSON.stringify([at.getTime(), ...values])).toString('base64url')
    return `${body}.${sign(this.#keys[0] as Buffer, kind, body)}`
  }

  #open(kind: Kind, token: string, now: Date): { at: Date; values: string[] } | null {
    const [body, signature, ...more] = token.split('.')
    if (!body || !signature || more.length > 0 || token.length > 1_000) return null
    const given = Buffer.from(signature)
    const fits = this.#keys.some((key) => {
      const right = Buffer.from(sign(key, kind, body))
      return given.length === right.length && timingSafeEqual(given, right)
    })
    if (!fits) return null
    const [time, ...values] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [number, ...string[]]
    if (now.getTime() - time > lifeInMs || time - now.getTime() > skewInMs) return null
    return { at: new Date(time), values }
  }
}

/** What was shown of one thing is good for nothing else. */
function sign(key: Buffer, kind: Kind, body: string): string {
  return createHmac('sha256', key).update(`${kind}.${body}`).digest('base64url')
}

/** Of anything that JSON can write; whole numbers of any size included. */
export function digestOf(shown: unknown): string {
  const text = JSON.stringify(shown, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
  return createHash('sha256').update(text).digest('base64url')
}
