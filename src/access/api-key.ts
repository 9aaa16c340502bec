import { digestOf } from '../identity/token.js'
import { Secret } from '../kernel/secret.js'
import type { CredentialType } from './access.entity.js'
import { checksum, randomSecret, randomText, sameDigest } from './issued-secret.js'

/** Whether calls with a key cost real money. */
export type KeyMode = 'live' | 'test'

/** A key as it is shown once, and what is kept of it. */
export interface IssuedKey {
  readonly secret: Secret
  /** The readable start: names the key in logs and in look-ups, and opens nothing. */
  readonly publicId: string
  readonly last4: string
  readonly digest: string
}

/** What can be told of a key that a caller sent, before anything is looked up. */
export interface PresentedKey {
  readonly publicId: string
  readonly digest: string
}

/** The kind stands at the start, so that a scanner and a reader can tell it. */
const brands: Record<CredentialType, string> = { API_KEY: 'apk', OAUTH_CLIENT: 'apc' }
const idLength = 12
/** What scanners for leaked secrets may look for. */
export const keyPattern = /^(ap[kc]_(?:live|test)_[0-9A-Za-z]{12})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})$/
const publicIdPattern = /^ap[kc]_(?:live|test)_[0-9A-Za-z]{12}$/
const longestKey = 80
const noDigest = '0'.repeat(64)

/** A new key: `apk_live_<id>_<secret><checksum>`. Of an OAuth client, the start is its client id. */
export function newKey(type: CredentialType, mode: KeyMode): IssuedKey {
  return keyOf(`${brands[type]}_${mode}_${randomText(idLength)}`)
}

/** Another secret for the same readable start, so that logs and look-ups go on as before. */
export function renewedKey(publicId: string): IssuedKey {
  return keyOf(publicId)
}

/** Null for what cannot be a key of ours: told from its form and checksum alone. */
export function parseKey(text: string): PresentedKey | null {
  if (text.length > longestKey) return null
  const [, publicId, given] = keyPattern.exec(text) ?? []
  if (publicId === undefined || given === undefined) return null
  return checksum(text.slice(0, -given.length)) === given ? { publicId, digest: digestOf(text) } : null
}

/** Whether a text may be the readable start of a key. */
export function isPublicId(text: string): boolean {
  return publicIdPattern.test(text)
}

/** Whether it is the key whose digest is kept. Compares as much, and takes as long, where none is. */
export function isKeyOf(presented: PresentedKey, digest: string | null): boolean {
  const same = sameDigest(presented.digest, digest ?? noDigest)
  return same && digest !== null
}

function keyOf(publicId: string): IssuedKey {
  const start = `${publicId}_${randomSecret()}`
  const secret = new Secret(start + checksum(start))
  return { secret, publicId, last4: secret.last4, digest: digestOf(secret.reveal()) }
}
