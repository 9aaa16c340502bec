import { describe, expect, it } from '@jest/globals'
import { InvariantViolated } from '../../src/kernel/invariant.js'
import { defineLifecycle, type LifecycleDefinition, noOp, refusal } from '../../src/kernel/lifecycle.js'

type State = 'DRAFT' | 'OPEN' | 'PAID' | 'VOID'
type Step = 'finalize' | 'pay' | 'void'

const isPaid = refusal('WRONG_STATE', 'The invoice is paid.')
const isVoid = refusal('WRONG_STATE', 'The invoice is void.')
const isDraft = refusal('WRONG_STATE', 'The invoice is not final yet.')

const definition: LifecycleDefinition<State, Step> = {
  initial: 'DRAFT',
  final: ['PAID', 'VOID'],
  table: {
    DRAFT: { finalize: 'OPEN', pay: isDraft, void: 'VOID' },
    OPEN: { finalize: noOp, pay: 'PAID', void: 'VOID' },
    PAID: { finalize: noOp, pay: noOp, void: isPaid },
    VOID: { finalize: isVoid, pay: isVoid, void: noOp },
  },
}

describe('a lifecycle', () => {
  const lifecycle = defineLifecycle(definition)

  it('answers every step in every state as its table says', () => {
    expect(lifecycle.states).toEqual(['DRAFT', 'OPEN', 'PAID', 'VOID'])
    expect(lifecycle.steps).toEqual(['finalize', 'pay', 'void'])
    for (const state of lifecycle.states) {
      for (const step of lifecycle.steps) {
        const outcome = definition.table[state][step]
        const expected =
          typeof outcome === 'object'
            ? { ok: false, errors: [outcome.refused] }
            : {
                ok: true,
                value: outcome === noOp ? { state, changed: false } : { state: outcome, changed: true },
              }
        expect(lifecycle.take(state, step)).toEqual(expected)
      }
    }
  })

  it('refuses in the words of the table', () => {
    expect(lifecycle.take('PAID', 'void')).toEqual({
      ok: false,
      errors: [{ code: 'WRONG_STATE', message: 'The invoice is paid.', field: null }],
    })
  })

  it.each(['GONE', 'toString', '__proto__'])('does not know the state %s', (state) => {
    expect(() => lifecycle.take(state as State, 'pay')).toThrow(InvariantViolated)
  })

  it.each(['refund', 'toString'])('does not know the step %s', (step) => {
    expect(() => lifecycle.take('OPEN', step as Step)).toThrow(InvariantViolated)
  })

  it('may begin in one of several states', () => {
    expect(() => defineLifecycle({ ...definition, initial: ['DRAFT', 'OPEN'] })).not.toThrow()
  })
})

it('the compiler misses a step, too', () => {
  const incomplete = () =>
    defineLifecycle<'OPEN' | 'PAID', 'pay' | 'void'>({
      initial: 'OPEN',
      final: ['PAID'],
      // @ts-expect-error PAID does not say what `void` does
      table: { OPEN: { pay: 'PAID', void: noOp }, PAID: { pay: noOp } },
    })
  expect(incomplete).toThrow('PAID lacks the steps void')
})

describe('a lifecycle is not defined', () => {
  const { table } = definition
  const broken: Array<[string, object]> = [
    ['with a step missing in one state', { table: { ...table, VOID: { finalize: isVoid, pay: isVoid } } }],
    ['with a step in one state alone', { table: { ...table, VOID: { ...table.VOID, refund: noOp } } }],
    ['with a state that nothing leads to', { table: { ...table, LOST: table.OPEN } }],
    ['with a step that leads nowhere', { table: { ...table, OPEN: { ...table.OPEN, pay: 'SETTLED' } } }],
    ['with a step that leads to where it came from', { table: { ...table, OPEN: { ...table.OPEN, pay: 'OPEN' } } }],
    ['with a final state that can be left', { table: { ...table, VOID: { ...table.VOID, finalize: 'OPEN' } } }],
    ['with an end that is not said to be final', { final: ['PAID'] }],
    ['beginning in no state', { initial: 'NEW' }],
    ['ending in no state', { final: ['PAID', 'VOID', 'GONE'] }],
    ['without states', { table: {}, initial: [], final: [] }],
  ]
  it.each(broken)('%s', (_, change) => {
    expect(() => defineLifecycle({ ...definition, ...change })).toThrow(InvariantViolated)
  })
})
