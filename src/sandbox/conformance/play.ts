import { newestVersion } from '../wire/api-versions.js'
import type { Params, Step } from './scenario.js'

type Body = Record<string, unknown>

export interface Place {
  readonly base: string
  readonly key: string
  /** Null where there is none: its steps are left out then. */
  readonly restrictedKey: string | null
}

export interface Answered {
  readonly status: number
  readonly body: Body
}

/** Does the steps one after the other, and gives what each was answered with. */
export async function play(steps: readonly Step[], place: Place): Promise<Map<string, Answered>> {
  const answers = new Map<string, Answered>()
  for (const step of steps) {
    if (step.restricted && place.restrictedKey === null) continue
    answers.set(step.name, await ask(step, place, (text) => filledIn(text, answers)))
  }
  return answers
}

async function ask(step: Step, place: Place, fill: (text: string) => string): Promise<Answered> {
  const form = new URLSearchParams(encoded(step.params ?? {}, '').map(([name, value]) => [name, fill(value)]))
  const url = new URL(fill(step.path), place.base)
  if (step.method !== 'POST') url.search = form.toString()
  const key = step.restricted ? place.restrictedKey : place.key
  const response = await fetch(url, {
    method: step.method,
    headers: { Authorization: `Bearer ${key}`, 'Stripe-Version': newestVersion },
    ...(step.method === 'POST' && { body: form }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

/** As forms write what is nested. */
function encoded(value: Params[string], name: string): [string, string][] {
  if (typeof value !== 'object') return [[name, String(value)]]
  return Object.entries(value).flatMap(([key, each]) => encoded(each, name === '' ? key : `${name}[${key}]`))
}

function filledIn(text: string, answers: ReadonlyMap<string, Answered>): string {
  return text.replace(/\{([^.}]+)\.(\w+)\}/g, (_, step: string, field: string) => {
    const found = answers.get(step)?.body[field]
    return typeof found === 'string' ? found : 'missing'
  })
}
