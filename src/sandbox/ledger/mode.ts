/**
 * Test and live mode of an account share nothing, so each is a ledger of its own: rows of live mode belong to the
 * account's id with this behind it.
 */
const live = ':live'

export function isLive(account: string): boolean {
  return account.endsWith(live)
}

/** As everybody knows it. */
export function accountId(account: string): string {
  return isLive(account) ? account.slice(0, -live.length) : account
}

export function inMode(account: string, mode: 'test' | 'live'): string {
  return mode === 'live' ? accountId(account) + live : accountId(account)
}

export function otherMode(account: string): string {
  return inMode(account, isLive(account) ? 'test' : 'live')
}
