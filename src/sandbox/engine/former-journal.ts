import type { Row, StoredAnswer, StripeEvent, TableName } from '../ledger/records.js'
import { type Change, commit, type State } from '../ledger/state.js'
import { decode, decodeVersion, type EncodedChange, type Fields, idOf, type Version } from './encoding.js'
import type { Line } from './journal-file.js'

/** Here an event and an answer stood among the changes, as a whole. The others are told as they are now. */
type FormerEvent = [
  '!',
  id: string,
  account: string,
  created: number,
  type: string,
  kind: StripeEvent['kind'],
  request: string | null,
  idempotencyKey: string | null,
  pendingWebhooks: number,
  object: Version,
  previous: Fields | null,
]
type FormerAnswer = [
  '=',
  id: string,
  account: string,
  created: number,
  fingerprint: string,
  request: string,
  status: number,
  version: string,
  body: string | null,
  kind: StoredAnswer['kind'],
  object: Version | null,
]
type FormerChange = EncodedChange | FormerEvent | FormerAnswer

interface FormerEntry extends Partial<Pick<State, 'seed' | 'sequence' | 'clockOffset' | 'clockStoppedAt'>> {
  readonly changes?: readonly FormerChange[]
}

/** The seed of a journal that begins so; null where it names its format, which the former one did not. */
export function formerSeed(beginning: string): string | null {
  const { seed, ...others } = entryIn(beginning)
  return seed === undefined || 'format' in others ? null : seed
}

/** Brings the state forward by each line of a journal of the former format, and tells what changed with it. */
export function* replayed(state: State, lines: Iterable<Line>): Generator<readonly Change[]> {
  for (const { head } of lines) {
    const { sequence, clockOffset, clockStoppedAt, changes = [] } = entryIn(head)
    state.sequence = sequence ?? state.sequence
    state.clockOffset = clockOffset ?? state.clockOffset
    if (clockStoppedAt !== undefined) state.clockStoppedAt = clockStoppedAt
    yield changes.map((change) => committed(state, change))
  }
}

/** A reset after the file had been written anew left zeros before the first line. */
function entryIn(head: string): FormerEntry {
  return JSON.parse(head.replace(/^\0+/, '')) as FormerEntry
}

/** The next change is told against the state that this one leaves. */
function committed(state: State, told: FormerChange): Change {
  const change = decoded(state, told)
  commit(state, change)
  return change
}

function decoded(state: State, change: FormerChange): Change {
  const standing = (table: TableName, id: string) => state.tables[table].get(id) as Row | undefined
  if (change[0] === '!') {
    const [, id, account, created, type, kind, request, idempotency_key, pending_webhooks, version, was] = change
    const object = decodeVersion(standing, version)
    const previous = was && { ...object, ...was }
    const asked = { id: request, idempotency_key }
    const event: StripeEvent = { id, account, created, type, kind, object, previous, request: asked, pending_webhooks }
    return { table: 'events', id, row: event }
  }
  if (change[0] === '=') {
    const [, id, account, created, fingerprint, request, status, version, body, kind, shown] = change
    const object = shown && decodeVersion(standing, shown)
    const answer: StoredAnswer = { id, account, created, fingerprint, request, status, version, body, kind, object }
    return { table: 'answers', id, row: answer }
  }
  const [, table] = change
  const id = idOf(change)
  return { table, id, row: decode(standing(table, id), change) }
}
