import { createHash, randomBytes } from 'node:crypto'

/** What an opaque token is for; its prefix lets people and scanners tell. */
export type TokenKind = 'mat' | 'mrt' | 'mvt' | 'mpt' | 'mit' | 'mgt'

const form = /^(mat|mrt|mvt|mpt|mit|mgt)_[\w-]{43}$/

/** 256 random bits. Only the digest is stored; the token itself is shown once. */
export function newToken(kind: TokenKind): { token: string; digest: string } {
  const token = `${kind}_${randomBytes(32).toString('base64url')}`
  return { token, digest: digestOf(token) }
}

/** Plain SHA-256 is enough for 256 random bits: there is nothing to guess. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Null for what is no token of ours, which then needs no look-up. */
export function tokenKind(token: string): TokenKind | null {
  return (form.exec(token)?.[1] as TokenKind | undefined) ?? null
}
