import assert from 'node:assert/strict'
import fc from 'fast-check'
import { commandOf, Model, type Move, methods } from './model.js'
import { type Reducer, Story } from './story.js'

/** Counted around those that there are. */
const invoice = fc.nat(5)
/** In place of an amount: whatever can be credited. */
const all = 0
/** Around nothing, and around the least that a card can be charged with. */
const amount = fc.oneof(fc.constantFrom(0, 1, 20, 49, 50, 51, 100, -30, -200), fc.integer({ min: -500, max: 5000 }))

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('draft' as const), customer: fc.nat(1), amount }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('line' as const), invoice, amount }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('finalize' as const, 'void' as const, 'write off' as const, 'outside' as const),
      invoice,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), invoice }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const), invoice }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('pay' as const),
      invoice,
      method: fc.constantFrom(...(Object.keys(methods) as (keyof typeof methods)[])),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('credit' as const),
      invoice,
      amount: fc.oneof(fc.constant(all), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 5000 })),
    }),
  },
)

/** Lives a history twice, at the reducer and at the model, and compares all there is after each move. */
function live(reducer: Reducer, history: readonly Move[]): void {
  const story = new Story(reducer)
  const model = new Model()
  const customers = model.customers.map(({ balance }) => story.customer({ balance }).id)
  const ids: string[] = []
  for (const wanted of history) {
    const each = fitted(wanted, model)
    const done = model.take(each)
    if (each.do === 'draft') ids.push(story.draft(each.amount, customers[each.customer]))
    else {
      const id = ids[each.invoice]
      if (id === undefined) continue
      const invoice = story.invoice(id)
      const payment = story.state.tables.payment_intents.get(invoice?.payment_intent ?? '')
      // Nobody settles what is not under way: only time does it.
      if (each.do === 'settle' && payment?.status !== 'processing') assert.equal(done, false)
      else {
        const command = commandOf(each, id, invoice?.status === 'paid', payment?.id ?? '')
        const refused = story.refusal(command) !== null
        assert.equal(!refused, done, `${JSON.stringify(each)} is ${refused ? 'refused' : 'done'}`)
        if (each.do === 'line' && done) assert.equal(story.invoice(id)?.amount_due, model.asked(each.invoice))
      }
    }
    compare(story, model, ids, customers)
  }
}

function fitted(move: Move, model: Model): Move {
  if (move.do === 'draft') return move
  const invoice = model.invoices.length === 0 ? 0 : move.invoice % model.invoices.length
  if (move.do !== 'credit' || move.amount !== all) return { ...move, invoice }
  const { status, paid = 0, credited = 0, due = 0 } = model.invoices[invoice] ?? {}
  return { ...move, invoice, amount: Math.max(1, status === 'paid' ? paid - credited : due) }
}

function compare(story: Story, model: Model, ids: readonly string[], customers: readonly string[]): void {
  model.invoices.forEach((expected, at) => {
    const invoice = story.invoice(ids[at] as string)
    assert.equal(invoice?.status ?? 'deleted', expected.status)
    if (!invoice) return
    const { subtotal, total, amount_remaining } = story.reducer.totalsOf(invoice)
    assert.deepEqual([subtotal, total], [expected.total, expected.total])
    assert.equal(invoice.number === null ? null : Number(invoice.number.split('-')[1]), expected.number)
    if (invoice.status === 'draft') return
    assert.equal(invoice.amount_due, expected.due, 'due')
    assert.equal(invoice.amount_paid, expected.paid, 'paid')
    assert.equal(amount_remaining, expected.due - expected.paid)
    assert.equal(invoice.attempt_count, expected.attempts, 'attempts')
    assert.equal(
      invoice.attempted,
      expected.attempts > 0 || (invoice.status === 'paid' && invoice.payment_intent === null),
    )
    const payment = story.state.tables.payment_intents.get(invoice.payment_intent ?? '')
    assert.equal(payment?.status === 'processing', expected.payment === 'processing')
  })
  const balances = customers.map((id) => story.state.tables.customers.get(id)?.balance)
  assert.deepEqual(
    balances,
    model.customers.map(({ balance }) => balance),
  )
}

export function histories(reducer: Reducer, numRuns: number, seed?: number): void {
  const property = fc.property(fc.array(move, { minLength: 3, maxLength: 25 }), (history) => live(reducer, history))
  fc.assert(property, { numRuns, ...(seed !== undefined && { seed }) })
}
