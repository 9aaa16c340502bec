import { v7 } from 'uuid'

const idPrefixes = [
  'usr', // user
  'ses', // session
  'prov', // provider
  'pmem', // provider membership
  'pinv', // provider invitation
  'unit',
  'aud', // audit entry
  'mkt', // marketplace
  'gwt', // gateway token
  'bint', // billing integration
  'bact', // billing account
  'org', // consumer organization
  'mem', // membership
  'invt', // consumer invitation
  'ast', // asset
  'astr', // asset release
  'res', // api resource
  'spec', // api specification
  'prod', // product
  'prel', // product release
  'pub', // publication
  'plan',
  'quo', // quota
  'psub', // product subscription
  'inv', // invoice
  'ili', // invoice line
  'app', // application
  'acr', // access request
  'cred', // credential
  'evt', // event
  'whk', // stored webhook
  'sint', // stripe intent
  'trm', // terms
  'tac', // terms acceptance
  'use', // usage record
  'mail',
] as const

/** What kind of thing an id names, readable in logs. */
export type IdPrefix = (typeof idPrefixes)[number]

// Crockford's base 32 without i, l, o and u, in ASCII order, so that text sorts as the bytes do.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const wellFormed = /^([a-z]{3,4})_[0-7][0-9a-hjkmnp-tv-z]{25}$/
const longest = 4 + 1 + 26

/**
 * A new id: `inv_` and the 26 characters of a UUIDv7. Ids of one kind sort by when they were made; those made
 * by one process in one millisecond as well.
 */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${base32(v7(undefined, new Uint8Array(16)))}`
}

/** What an id names; null for anything that is no id of ours, whatever it is. */
export function idPrefix(id: string): IdPrefix | null {
  if (typeof id !== 'string' || id.length > longest) return null
  const prefix = wellFormed.exec(id)?.[1]
  return idPrefixes.find((known) => known === prefix) ?? null
}

function base32(bytes: Uint8Array): string {
  let text = ''
  let rest = 0
  // 26 characters hold 130 bits: the first two stay empty.
  let bits = 2
  for (const byte of bytes) {
    rest = (rest << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[rest >> bits]
      rest &= (1 << bits) - 1
    }
  }
  return text
}
