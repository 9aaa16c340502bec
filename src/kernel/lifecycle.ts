import { invariant } from './invariant.js'
import { ok, type Result, type UserError } from './result.js'
import type { UserErrorCode } from './user-error-code.js'

/** An entry of the table: the step is not allowed. */
export interface Refusal {
  readonly refused: UserError
}

/** An entry of the table: the step is done already, or does not matter here. */
export const noOp = 'no-op'

/** What a step does from a state: lead to another, nothing, or be refused. */
export type Outcome<State extends string> = State | typeof noOp | Refusal

export type LifecycleTable<State extends string, Step extends string> = Readonly<
  Record<State, Readonly<Record<Step, Outcome<NoInfer<State>>>>>
>

export interface LifecycleDefinition<State extends string, Step extends string> {
  /** Where it begins, or may begin. */
  initial: NoInfer<State> | readonly NoInfer<State>[]
  /** Where it ends: no step leads away. */
  final: readonly NoInfer<State>[]
  table: LifecycleTable<State, Step>
}

export interface Lifecycle<State extends string, Step extends string> {
  readonly initial: readonly State[]
  readonly final: readonly State[]
  readonly table: LifecycleTable<State, Step>
  readonly states: readonly State[]
  readonly steps: readonly Step[]
  /** The state after the step, and whether it is another one; or the refusal of the table. */
  take(state: State, step: Step): Result<{ state: State; changed: boolean }>
}

/** `refusal('WRONG_STATE', 'The subscription has ended.')` */
export function refusal(code: UserErrorCode, message: string): Refusal {
  return { refused: { code, message, field: null } }
}

/**
 * The only way for a state to change: a table that says of each step in each state what it does, so that
 * nothing that may come twice, late or out of order is left to chance.
 *
 * @throws InvariantViolated when a step is missing, a state is unreachable, or a final state can be left
 */
export function defineLifecycle<State extends string, Step extends string>({
  initial,
  final,
  table,
}: LifecycleDefinition<State, Step>): Lifecycle<State, Step> {
  const beginnings = [initial].flat() as State[]
  const states = Object.keys(table) as State[]
  const steps = [...new Set(states.flatMap((state) => Object.keys(table[state])))] as Step[]
  assertComplete(table, states, steps, [...beginnings, ...final])
  assertReachable(table, beginnings, states)
  for (const state of states) {
    const leaves = successors(table, state).length > 0
    invariant(leaves !== final.includes(state), `${state} must be either final or have a step that leads away`)
  }

  return {
    initial: beginnings,
    final,
    table,
    states,
    steps,
    take(state, step) {
      const row = Object.hasOwn(table, state) ? table[state] : undefined
      invariant(row && Object.hasOwn(row, step), `the lifecycle has no step ${step} from ${state}`)
      const outcome: Outcome<State> = row[step]
      if (typeof outcome === 'object') return { ok: false, errors: [{ ...outcome.refused }] }
      return outcome === noOp ? ok({ state, changed: false }) : ok({ state: outcome, changed: true })
    },
  }
}

function assertComplete<State extends string, Step extends string>(
  table: LifecycleTable<State, Step>,
  states: State[],
  steps: Step[],
  known: State[],
): void {
  invariant(states.length > 0 && steps.length > 0, 'a lifecycle has states and steps')
  invariant(
    known.every((state) => states.includes(state)),
    'a lifecycle begins and ends in states of its table',
  )
  invariant(!(states as string[]).includes(noOp), `${noOp} is not a state`)
  for (const state of states) {
    const missing = steps.filter((step) => !Object.hasOwn(table[state], step))
    invariant(missing.length === 0, `${state} lacks the steps ${missing.join()}`)
    for (const next of successors(table, state)) {
      invariant(states.includes(next), `${state} leads to ${next}, which is no state`)
      invariant(next !== state, `${state} leads to itself: that is a no-op`)
    }
  }
}

function assertReachable<State extends string, Step extends string>(
  table: LifecycleTable<State, Step>,
  initial: State[],
  states: State[],
): void {
  const reached = new Set(initial)
  // A set hands out what is added while it is walked.
  for (const state of reached) for (const next of successors(table, state)) reached.add(next)
  const lost = states.filter((state) => !reached.has(state))
  invariant(lost.length === 0, `no steps lead from ${initial.join()} to ${lost.join()}`)
}

function successors<State extends string, Step extends string>(
  table: LifecycleTable<State, Step>,
  state: State,
): State[] {
  const outcomes = Object.values<Outcome<State>>(table[state])
  return outcomes.filter((outcome): outcome is State => typeof outcome === 'string' && outcome !== noOp)
}
