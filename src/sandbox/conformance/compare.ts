import type { Answered } from './play.js'

/** These differ between any two accounts, and each time. */
const own =
  /^(id|.*_at|.*_url|url|pdf|invoice_pdf|created|date|due_date|effective_at|number|invoice_prefix|account_\w+|period_\w+|start|end|secret|\w+_secret|doc_url|request_log_url|idempotency_key|pending_webhooks|fingerprint)$/
const id = /^[a-z]{2,6}_[A-Za-z0-9_]{6,}$/

/** What the sandbox answers otherwise than Stripe does, a line for each. */
export function differences(stripe: ReadonlyMap<string, Answered>, sandbox: ReadonlyMap<string, Answered>): string[] {
  return [...stripe].flatMap(([step, theirs]) => {
    const ours = sandbox.get(step)
    if (!ours) return [`${step}: not asked of the sandbox`]
    const status =
      theirs.status === ours.status ? [] : [`${step}: Stripe answers ${theirs.status}, the sandbox ${ours.status}`]
    const bodies = step === 'events' ? typesIn(theirs, ours) : within(theirs.body, ours.body, '')
    return [...status, ...bodies.map((line) => `${step}: ${line}`)]
  })
}

/** Of events it is told which there are; their order within a second means nothing. */
function typesIn(theirs: Answered, ours: Answered): string[] {
  const [told, tell] = [typesOf(theirs), typesOf(ours)]
  return told === tell ? [] : [`Stripe tells ${told}`, `the sandbox tells ${tell}`]
}

function typesOf({ body }: Answered): string {
  const events = (body.data ?? []) as { type: string }[]
  return events
    .map(({ type }) => type)
    .sort()
    .join(' ')
}

function within(theirs: unknown, ours: unknown, path: string): string[] {
  if (isHash(theirs) && isHash(ours)) {
    const names = new Set([...Object.keys(theirs), ...Object.keys(ours)])
    return [...names].flatMap((name) => field(theirs, ours, name, path === '' ? name : `${path}.${name}`))
  }
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    if (theirs.length !== ours.length) return [`${path} has ${theirs.length} at Stripe, ${ours.length} here`]
    return theirs.flatMap((each, at) => within(each, ours[at], `${path}[${at}]`))
  }
  if (JSON.stringify(theirs) === JSON.stringify(ours) || (isId(theirs) && isId(ours))) return []
  return [`${path} is ${JSON.stringify(theirs)} at Stripe, ${JSON.stringify(ours)} here`]
}

function field(theirs: Record<string, unknown>, ours: Record<string, unknown>, name: string, path: string): string[] {
  if (!(name in theirs)) return [`${path} is not there at Stripe`]
  if (!(name in ours)) return [`${path} is missing here: ${JSON.stringify(theirs[name])}`]
  if (own.test(name)) return kindOf(theirs[name]) === kindOf(ours[name]) ? [] : within(theirs[name], ours[name], path)
  return within(theirs[name], ours[name], path)
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value
}

function isHash(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && id.test(value)
}
