import Stripe from 'stripe'
import type { Secret } from '../kernel/secret.js'

/** How far the time of a signature may be off, either way. */
const toleranceInSeconds = 300

/** The time that a header says, and that it has at least one signature of the scheme that counts. */
const parts = /^(?:t=(\d{1,12})|v1=[0-9a-f]{64}|(?!t=|v1=)[A-Za-z0-9_]{1,16}=[^,]{0,256})$/
const longestHeader = 4_096

/**
 * Which of the secrets has signed these very bytes; null when none has, or when the time is more than five
 * minutes off. Every `v1` counts, because there are several while a secret is rolled; no other scheme does.
 * @param header what came as `Stripe-Signature`
 */
export function signer<Of extends { secrets: readonly Secret[] }>(
  body: Buffer,
  header: string | undefined,
  candidates: readonly Of[],
  now: Date,
): Of | null {
  if (header === undefined || !isFresh(header, now)) return null
  return candidates.find(({ secrets }) => secrets.some((secret) => fits(body, header, secret, now))) ?? null
}

/** The library refuses what is old, but takes what is dated in the future. */
function isFresh(header: string, now: Date): boolean {
  if (header.length > longestHeader) return false
  const all = header.split(',').map((part) => parts.exec(part))
  if (all.includes(null)) return false
  const times = all.flatMap((match) => (match?.[1] === undefined ? [] : [Number(match[1])]))
  const [time] = times
  if (time === undefined || times.length > 1) return false
  return Math.abs(Math.floor(now.getTime() / 1_000) - time) <= toleranceInSeconds
}

function fits(body: Buffer, header: string, secret: Secret, now: Date): boolean {
  const { signature } = Stripe.webhooks
  if (!signature || body.length === 0) return false
  try {
    return signature.verifyHeader(body, header, secret.reveal(), toleranceInSeconds, undefined, now.getTime())
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false
    throw error
  }
}
