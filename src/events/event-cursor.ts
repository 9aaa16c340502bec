import type { EventCursor } from './event-log.js'

const form = /^(\d{1,20})\.(\d{1,19})$/

/** A place in the log as clients hold it: opaque, and good for every live field. */
export function cursorText({ transactionId, sequence }: EventCursor): string {
  return Buffer.from(`${transactionId}.${sequence}`).toString('base64url')
}

/** Null for what is no cursor of ours. */
export function readCursor(text: string): EventCursor | null {
  if (text.length > 64) return null
  const parts = form.exec(Buffer.from(text, 'base64url').toString('latin1'))
  if (!parts) return null
  const [transactionId, sequence] = [BigInt(parts[1] as string), BigInt(parts[2] as string)]
  // Beyond 64 bits PostgreSQL would answer with an error.
  return transactionId < 2n ** 63n && sequence < 2n ** 63n ? { transactionId, sequence } : null
}
