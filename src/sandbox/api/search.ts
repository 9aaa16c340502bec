import type { Row } from '../ledger/records.js'
import { invalid } from '../ledger/stripe-error.js'
import type { Rendered } from '../render/rendering.js'
import type { Answer, Call } from './route.js'

type FieldType = 'text' | 'number'

interface Searched<R extends Row> {
  readonly rows: Iterable<R>
  readonly url: string
  readonly isThere: (row: R) => boolean
  readonly fields: Readonly<Record<string, FieldType>>
  readonly show: (row: R) => Rendered
}

interface Clause {
  readonly negated: boolean
  readonly field: string
  readonly key: string | null
  readonly operator: string
  readonly value: string
}

const clauseForm = /^(-)?(\w+)(?:\[(['"])([^'"]+)\3\])?(:|~|>=|<=|>|<)(?:(['"])((?:\\.|(?!\6).)*)\6|(null|-?\d+))\s*/

/** Stripe's search: newest first, a while behind, and never to be relied on for what was just made. */
export function search<R extends Row>(
  call: Call<{ query: string; limit?: number; page?: string }>,
  searched: Searched<R>,
): Answer {
  const { query, limit = 10, page } = call.params
  const { clauses, any } = parse(query, searched.fields)
  const seenUntil = call.engine.now - call.settings.searchLag
  const from = page === undefined ? 0 : offsetOf(page)
  const found: Rendered[] = []
  for (const row of searched.rows) {
    if (row.created > seenUntil || !searched.isThere(row)) continue
    const shown = searched.show(row)
    const fits = (clause: Clause) => holds(clause, shown)
    if (any ? clauses.some(fits) : clauses.every(fits)) found.push(shown)
    if (found.length > from + limit) break
  }
  const has_more = found.length > from + limit
  return {
    body: {
      object: 'search_result',
      data: found.slice(from, from + limit),
      has_more,
      next_page: has_more ? Buffer.from(String(from + limit)).toString('base64url') : null,
      url: searched.url,
    },
  }
}

function offsetOf(page: string): number {
  const offset = Number(Buffer.from(page, 'base64url').toString())
  if (Number.isInteger(offset)) return offset
  throw invalid('Invalid page.', { param: 'page' })
}

function parse(query: string, fields: Readonly<Record<string, FieldType>>): { clauses: Clause[]; any: boolean } {
  const clauses: Clause[] = []
  const joins = new Set<string>()
  let rest = query.trim()
  for (;;) {
    const [whole, minus, field = '', , key, operator = '', , text, bare] = clauseForm.exec(rest) ?? []
    if (whole === undefined) throw notUnderstood(query)
    if (field !== 'metadata' && !(field in fields)) {
      throw invalid(`Field \`${field}\` is an unsupported search field for this resource.`, { param: 'query' })
    }
    clauses.push({ negated: minus !== undefined, field, key: key ?? null, operator, value: text ?? bare ?? '' })
    rest = rest.slice(whole.length)
    if (rest === '') break
    const join = /^(AND|OR)?\s*/i.exec(rest)
    joins.add((join?.[1] ?? 'AND').toUpperCase())
    rest = rest.slice(join?.[0].length ?? 0)
  }
  if (joins.size > 1) throw invalid('You cannot combine AND and OR in one query.', { param: 'query' })
  return { clauses, any: joins.has('OR') }
}

function notUnderstood(query: string) {
  return invalid(
    `We were unable to parse your search query: ${query}. Try using the format \`metadata["key"]:"value"\` to search ` +
      'for metadata or key:"value" to search for other fields.',
    { param: 'query' },
  )
}

function holds({ negated, field, key, operator, value }: Clause, shown: Rendered): boolean {
  const held = key === null ? shown[field] : (shown[field] as Record<string, unknown> | null)?.[key]
  return compares(held, operator, value) !== negated
}

function compares(held: unknown, operator: string, value: string): boolean {
  if (typeof held !== 'string' && typeof held !== 'number') return value === 'null'
  if (operator === ':') return String(held).toLowerCase() === value.toLowerCase()
  if (operator === '~') return String(held).toLowerCase().includes(value.toLowerCase())
  const [number, bound] = [Number(held), Number(value)]
  if (operator === '>') return number > bound
  if (operator === '<') return number < bound
  return operator === '>=' ? number >= bound : number <= bound
}
