import { accountId, inMode, isLive } from '../ledger/mode.js'

const day = 86_400
const tokenLength = 32

/** The address says on which day it was read, because from then on it is good for some days more. */
export function hostedPath({ account, token }: { account: string; token: string | null }, now: number): string {
  const mode = isLive(account) ? 'live' : 'test'
  return `/i/${accountId(account)}/${mode}_${token}${Math.floor(now / day).toString(36)}`
}

export function hostedUrl(account: string, token: string, baseUrl: string, now: number): string {
  return baseUrl + hostedPath({ account, token }, now)
}

/** The token, and the day on which the address was read. */
export function readHostedPath(path: string): { account: string; token: string; readOn: number; rest: string } | null {
  const parts = /^\/i\/(acct_\w+)\/(test|live)_(\w+)(\/pdf)?$/.exec(path)
  if (!parts) return null
  const [, account, mode, key, rest = ''] = parts as unknown as [string, string, 'test' | 'live', string, string?]
  const readOn = Number.parseInt(key.slice(tokenLength), 36) * day
  return Number.isNaN(readOn)
    ? null
    : { account: inMode(account, mode), token: key.slice(0, tokenLength), readOn, rest }
}

/** 30 days after the due date or the finalization, never later than 120 days; yet 10 days from when it was read. */
export function expiresAt(invoice: { due_date: number | null; finalized_at: number | null }, readOn: number): number {
  const finalized = invoice.finalized_at ?? 0
  const planned = Math.min((invoice.due_date ?? finalized) + 30 * day, finalized + 120 * day)
  return Math.max(planned, readOn + 11 * day)
}
