import type { Engine } from '../engine/engine.js'
import type { Command } from '../ledger/command.js'
import type { Asking } from '../ledger/draft.js'
import type { ApiKey, ObjectKind, Row, StripeEvent } from '../ledger/records.js'
import type { Parameter, Read } from '../parameters/parameter.js'
import { render } from '../render/newest.js'
import type { Rendered, Rendering } from '../render/rendering.js'
import type { Settings } from '../settings.js'
import type { Permission } from './permissions.js'

export type Method = 'GET' | 'POST' | 'DELETE'
export type Specification = Readonly<Record<string, Parameter<unknown>>>

/** The programs of the official CLI that listen. */
export interface Cli {
  open(account: string): object
  tell(events: readonly StripeEvent[]): void
}

/** One request that was found good: who asks, what for, and where the answer comes from. */
export interface Call<Params> {
  readonly params: Params
  readonly path: Readonly<Record<string, string>>
  readonly engine: Engine
  readonly settings: Settings
  readonly key: ApiKey
  readonly asking: Asking
  readonly rendering: Rendering
  readonly cli: Cli
}

/** A stored object, which is rendered, or a body as it is. */
export type Answer = { readonly kind: ObjectKind; readonly object: Row } | { readonly body: Rendered }

export interface Route {
  readonly method: Method
  readonly path: string
  /** Null: every key may. */
  readonly permission: Permission | null
  readonly params: Specification
  readonly answer: (call: Call<never>) => Answer
}

export function route<S extends Specification>(
  method: Method,
  path: string,
  permission: Permission | null,
  params: S,
  answer: (call: Call<Read<S>>) => Answer,
): Route {
  return { method, path, permission, params, answer: answer }
}

/** Does a command. Where it changed something and is refused all the same, the change stays. */
export function perform(call: Call<unknown>, command: Command): Row {
  const { result, refusal } = call.engine.execute(command, call.asking)
  if (refusal) throw refusal
  if (!result) throw new Error(`${command.do} gave no result.`)
  return result
}

export function performed(call: Call<unknown>, kind: ObjectKind, command: Command): Answer {
  return { kind, object: perform(call, command) }
}

export function rendered(call: Call<unknown>, kind: ObjectKind, row: Row): Rendered {
  return render(kind, row, call.rendering)
}

export function deleted(object: string, id: string): Answer {
  return { body: { id, object, deleted: true } }
}
