import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 43 digits of base 62 hold 256 bits, 6 hold 32. */
const secretLength = 43
const checksumLength = 6

/** 32 random bytes. */
export function randomSecret(): string {
  return base62(BigInt(`0x${randomBytes(32).toString('hex')}`), secretLength)
}

/** Letters and digits, each as likely as the other. */
export function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/**
 * CRC-32 of a text: no protection, but a mistyped or invented key is told from a real one without a look-up,
 * and a scanner finds leaked keys without asking anybody.
 */
export function checksum(text: string): string {
  return base62(BigInt(crc32(text)), checksumLength)
}

/** Whether two digests are the same, in a time that does not tell where they differ. */
export function sameDigest(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function base62(value: bigint, length: number): string {
  let rest = value
  let text = ''
  for (let position = 0; position < length; position += 1) {
    text = alphabet[Number(rest % 62n)] + text
    rest /= 62n
  }
  return text
}
