import { createHmac } from 'node:crypto'

function mac(secret: string, timestamp: number, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
}

/** One v1 for each secret that is valid, and a v0 as Stripe's test mode sends it, which proves nothing. */
export function signatureHeader(body: string, secrets: readonly string[], timestamp: number): string {
  const signatures = secrets.map((secret) => `v1=${mac(secret, timestamp, body)}`)
  return [`t=${timestamp}`, ...signatures, `v0=${mac('decoy', timestamp, body)}`].join(',')
}
