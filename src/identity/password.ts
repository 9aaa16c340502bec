import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { ok, type Result, refuse } from '../kernel/result.js'

const derive = promisify(argon2)

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const
const form = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/

const shortest = 12
const longest = 200

/** A password has 12 to 200 characters; nothing else is asked of it (NIST SP 800-63B, 3.1.1.2). */
export function acceptablePassword(password: string, field: string[]): Result<string> {
  const length = [...password].length
  if (length < shortest) return refuse('INVALID', `A password has at least ${shortest} characters.`, field)
  if (length > longest) return refuse('INVALID', `A password has at most ${longest} characters.`, field)
  return ok(password)
}

/** In PHC's string format, so that the cost can be raised later and old hashes still verify. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const tag = await derive('argon2id', { message: asTyped(password), nonce: salt, ...cost })
  return phc(salt, tag)
}

/** Where nobody has that address, the same work is done, so that time does not tell who is known. */
const nobody = phc(Buffer.alloc(16), Buffer.alloc(cost.tagLength))

/** @param stored null where there is no such person: always false, after the same time */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const parts = form.exec(stored ?? nobody)
  if (!parts) throw new Error('A stored password has an unknown form.')
  const [, memory, passes, parallelism, salt, hash] = parts as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const expected = Buffer.from(hash, 'base64')
  const tag = await derive('argon2id', {
    message: asTyped(password),
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  })
  return timingSafeEqual(tag, expected) && stored !== null
}

/** One spelling for what looks the same, whatever keyboard it came from; cut where no password can be so long. */
function asTyped(password: string): string {
  return password.slice(0, 2 * longest + 1).normalize('NFKC')
}

function phc(salt: Buffer, tag: Buffer): string {
  const { memory, passes, parallelism } = cost
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
