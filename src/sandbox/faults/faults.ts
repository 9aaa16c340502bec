import { chanceAt } from '../ledger/ids.js'
import type { StripeEvent } from '../ledger/records.js'
import { invalid } from '../ledger/stripe-error.js'
import { checkVersion } from '../wire/api-versions.js'

const requestActs = [
  'status',
  'delay',
  'hang',
  'cut_before_execution',
  'cut_after_execution',
  'malformed',
  'truncated',
  'deliver_first',
] as const
const eventActs = [
  'drop',
  'duplicate',
  'delay',
  'reorder',
  'burst',
  'bad_signature',
  'two_signatures',
  'old_timestamp',
  'future_timestamp',
  'other_livemode',
  'other_api_version',
  'thin',
  'huge_body',
  'unknown_type_too',
  'foreign_object_too',
  'never_made',
] as const

export type RequestAct = (typeof requestActs)[number]
export type EventAct = (typeof eventActs)[number]

export interface Match {
  readonly method?: string
  readonly path?: string
  readonly event?: string
  readonly object?: string
  /** Only that one of those that match, counted from 1. */
  readonly nth?: number
  readonly probability?: number
}

interface Effects {
  readonly ms: number
  readonly seconds: number
  readonly copies: number
  readonly bytes: number
  readonly version: string
  readonly status: number
  readonly code: string | null
  readonly should_retry: boolean | null
}

export interface Rule extends Effects {
  readonly id: string
  readonly match: Match
  readonly act: RequestAct | EventAct
  /** How often it acts; null is always. */
  readonly times: number | null
  matched: number
  acted: number
}

export type RequestFault = Effects & { readonly act: RequestAct }
export type EventFault = Effects & { readonly act: EventAct }

/** What goes wrong on purpose. Chance is seeded, so that a failing run can be repeated. */
export class Faults {
  readonly #seed: string
  #rules: Rule[] = []
  #made = 0
  #drawn = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  get rules(): readonly Rule[] {
    return this.#rules
  }

  add(given: unknown): Rule {
    const rule = readRule(given, `fault_${++this.#made}`)
    this.#rules.push(rule)
    return rule
  }

  /** With the last rule goes what chance has drawn so far: the same rules meet the same luck again. */
  clear(id?: string): void {
    this.#rules = id === undefined ? [] : this.#rules.filter((rule) => rule.id !== id)
    if (this.#rules.length === 0) this.#drawn = 0
  }

  forRequest(method: string, path: string): RequestFault | null {
    const rule = this.#first((rule) => {
      if (rule.match.event !== undefined || !includes(requestActs, rule.act)) return false
      return fits(rule.match.method?.toUpperCase(), method) && fits(rule.match.path, path)
    })
    return rule as RequestFault | null
  }

  forEvent(event: StripeEvent): EventFault | null {
    const rule = this.#first((rule) => {
      if (rule.match.path !== undefined || rule.match.method !== undefined) return false
      // A delay alone is one of requests; of events it is where an event is named.
      if (!includes(eventActs, rule.act) || (rule.act === 'delay' && rule.match.event === undefined)) return false
      return fits(rule.match.event, event.type) && fits(rule.match.object, event.object.id)
    })
    return rule as EventFault | null
  }

  #first(matches: (rule: Rule) => boolean): Rule | null {
    for (const rule of this.#rules) {
      if (rule.times !== null && rule.acted >= rule.times) continue
      if (!matches(rule)) continue
      rule.matched += 1
      const { nth, probability } = rule.match
      if (nth !== undefined && rule.matched !== nth) continue
      if (probability !== undefined && this.#draw() >= probability) continue
      rule.acted += 1
      return rule
    }
    return null
  }

  #draw(): number {
    return chanceAt(this.#seed, ++this.#drawn)
  }
}

function includes<T extends string>(acts: readonly T[], act: string): act is T {
  return (acts as readonly string[]).includes(act)
}

/** A star stands for anything. */
function fits(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined || pattern === '*') return true
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}

function readRule(given: unknown, id: string): Rule {
  if (typeof given !== 'object' || given === null) throw invalid('A fault is an object: {"match": {…}, "act": "…"}.')
  const { match = {}, act, times, ...effects } = given as Record<string, unknown>
  if (typeof act !== 'string' || !(includes(requestActs, act) || includes(eventActs, act))) {
    const known = [...new Set<string>([...requestActs, ...eventActs])].join(', ')
    throw invalid(`Invalid act: must be one of ${known}`, { param: 'act' })
  }
  if (typeof match !== 'object' || match === null)
    throw invalid('Invalid match: an object is wanted.', { param: 'match' })
  const known = { id, match: match as Match, act, times: typeof times === 'number' ? times : null }
  return { ...known, ...readEffects(effects), matched: 0, acted: 0 }
}

function readEffects({
  ms,
  delay,
  seconds,
  copies,
  bytes,
  version,
  status,
  code,
  should_retry,
}: Record<string, unknown>): Effects {
  // `code` is the HTTP status where it is a number, Stripe's code of the error where it is a word.
  const httpStatus = [status, code]
    .map(Number)
    .find((number) => Number.isInteger(number) && number >= 100 && number < 600)
  return {
    ms: Number(ms ?? delay ?? 1000),
    seconds: Number(seconds ?? 3600),
    copies: Number(copies ?? 1),
    bytes: Number(bytes ?? 2 * 1024 * 1024),
    version: checkVersion(typeof version === 'string' ? version : '2022-11-15', 'version'),
    status: httpStatus ?? 500,
    code: typeof code === 'string' && Number.isNaN(Number(code)) ? code : null,
    should_retry: typeof should_retry === 'boolean' ? should_retry : null,
  }
}
