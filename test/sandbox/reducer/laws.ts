import assert from 'node:assert/strict'
import type { Command } from '../../../src/sandbox/ledger/command.js'
import type {
  Customer,
  Delivery,
  Invoice,
  InvoiceStatus,
  StoredAnswer,
  TestClock,
  WebhookEndpoint,
} from '../../../src/sandbox/ledger/records.js'
import { day, type Reducer, Story, start, typesOf } from './story.js'

export type Law = (reducer: Reducer) => void

const steps = {
  edit: (id) => ({ do: 'invoice.update', id, params: { description: 'Edited' } }),
  delete: (id) => ({ do: 'invoice.delete', id }),
  finalize: (id) => ({ do: 'invoice.finalize', id }),
  send: (id) => ({ do: 'invoice.send', id }),
  pay: (id) => ({ do: 'invoice.pay', id, params: { payment_method: 'pm_card_visa' } }),
  void: (id) => ({ do: 'invoice.void', id }),
  mark_uncollectible: (id) => ({ do: 'invoice.mark_uncollectible', id }),
} satisfies Record<string, (id: string) => Command>

/** Every step from every status: where it leads and what is told of it, or how it is refused. */
const table: Record<
  InvoiceStatus,
  Record<keyof typeof steps, readonly [InvoiceStatus | 'deleted', ...string[]] | RegExp>
> = {
  draft: {
    edit: ['draft', 'updated'],
    delete: ['deleted', 'deleted'],
    finalize: ['open', 'finalized', 'updated'],
    send: ['open', 'finalized', 'updated', 'sent'],
    pay: ['paid', 'finalized', 'updated', 'paid', 'payment_succeeded', 'updated'],
    void: /only pass in open invoices/,
    mark_uncollectible: /only pass in open invoices/,
  },
  open: {
    edit: /can't be updated/,
    delete: /only delete draft/,
    finalize: /already finalized/,
    send: ['open', 'sent'],
    pay: ['paid', 'paid', 'payment_succeeded', 'updated'],
    void: ['void', 'voided', 'updated'],
    mark_uncollectible: ['uncollectible', 'marked_uncollectible', 'updated'],
  },
  uncollectible: {
    edit: /can't be updated/,
    delete: /only delete draft/,
    finalize: /already finalized/,
    send: /draft or open/,
    pay: ['paid', 'paid', 'payment_succeeded', 'updated'],
    void: ['void', 'voided', 'updated'],
    mark_uncollectible: /already marked/,
  },
  paid: {
    edit: /can't be updated/,
    delete: /only delete draft/,
    finalize: /already finalized/,
    send: /draft or open/,
    pay: /already paid/,
    void: /already paid/,
    mark_uncollectible: /only pass in open/,
  },
  void: {
    edit: /can't be updated/,
    delete: /only delete draft/,
    finalize: /already finalized/,
    send: /draft or open/,
    pay: /is void/,
    void: /already void/,
    mark_uncollectible: /only pass in open/,
  },
}

function stepsLaw(reducer: Reducer): void {
  for (const status of Object.keys(table) as InvoiceStatus[]) {
    for (const step of Object.keys(steps) as (keyof typeof steps)[]) {
      const story = new Story(reducer)
      const id = story.invoiceIn(status)
      const before = story.invoice(id)
      const expected = table[status][step]
      if (expected instanceof RegExp) {
        assert.match(String(story.refusal(steps[step](id))), expected, `${status} × ${step}`)
        assert.equal(story.invoice(id), before)
        continue
      }
      const [next, ...told] = expected
      const outcome = story.take(steps[step](id))
      assert.equal(story.invoice(id)?.status ?? 'deleted', next, `${status} × ${step}`)
      assert.deepEqual(
        typesOf(outcome, 'invoice.'),
        told.map((type) => `invoice.${type}`),
        `${status} × ${step}`,
      )
    }
  }
}

function instantsLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const instants = { paid: 'paid_at', void: 'voided_at', uncollectible: 'marked_uncollectible_at' } as const
  for (const [status, field] of Object.entries(instants)) {
    const invoice = story.invoice(story.invoiceIn(status as InvoiceStatus)) as Invoice
    assert.equal(invoice[field], start)
    assert.equal(invoice.finalized_at, start)
    assert.equal(invoice.due_date, start + 14 * day)
  }
}

function purityLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const id = story.invoiceIn('open')
  const before = JSON.stringify([...story.state.tables.invoices.values()])
  const asking = { account: 'acct_1', request: null }
  const once = reducer.apply(story.state, steps.pay(id), asking, start)
  const again = reducer.apply(story.state, steps.pay(id), asking, start)
  assert.deepEqual(again.changes, once.changes)
  assert.equal(JSON.stringify([...story.state.tables.invoices.values()]), before)
}

function numbersLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const { id: customer, invoice_prefix } = story.customer()
  const drafts = [1, 2, 3].map(() => story.draft(500, customer)) as [string, string, string]
  story.take({ do: 'invoice.delete', id: drafts[0] })
  const numbers = [drafts[2], drafts[1]].map((id) => story.made<Invoice>({ do: 'invoice.finalize', id }).number)
  assert.deepEqual(numbers, [`${invoice_prefix}-0001`, `${invoice_prefix}-0002`])
}

function debitLaw(reducer: Reducer): void {
  for (const [method, status] of [
    ['success', 'paid'],
    ['insufficientFunds', 'open'],
  ] as const) {
    const story = new Story(reducer)
    const id = story.invoiceIn('open')
    const started = story.take({ do: 'invoice.pay', id, params: { payment_method: `pm_usBankAccount_${method}` } })
    assert.deepEqual(typesOf(started, 'invoice.'), [])
    const payment = story.state.tables.payment_intents.get(story.invoice(id)?.payment_intent as string)
    assert.equal(payment?.settles_at, start + 4 * day)
    assert.match(String(story.refusal(steps.void(id))), /processing/)
    assert.match(String(story.refusal(steps.pay(id))), /processing/)
    story.take({ do: 'payment.settle', id: payment?.id })
    assert.equal(story.invoice(id)?.status, status)
  }
}

function outsideLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const id = story.invoiceIn('open')
  const outcome = story.take({ do: 'invoice.pay', id, params: { paid_out_of_band: true } })
  assert.deepEqual(typesOf(outcome, 'invoice.'), ['invoice.paid'])
  assert.equal(story.invoice(id)?.amount_paid_off_stripe, 2500)
}

function failureLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const id = story.invoiceIn('open')
  const declined = story.take({ do: 'invoice.pay', id, params: { payment_method: 'pm_card_chargeCustomerFail' } })
  assert.deepEqual(typesOf(declined, 'invoice.'), ['invoice.payment_failed', 'invoice.updated'])
  const asked = story.take({ do: 'invoice.pay', id, params: { payment_method: 'pm_card_threeDSecure2Required' } })
  assert.deepEqual(typesOf(asked, 'invoice.').slice(0, 2), [
    'invoice.payment_action_required',
    'invoice.payment_failed',
  ])
  const unsatisfied = story.take({ do: 'invoice.authenticate', id, confirms: false })
  assert.deepEqual(typesOf(unsatisfied, 'invoice.'), ['invoice.payment_failed'])
  story.take({ do: 'invoice.pay_on_page', id, payment_method: 'pm_card_threeDSecure2Required', keep: false })
  story.take({ do: 'invoice.authenticate', id, confirms: true })
  assert.equal(story.invoice(id)?.status, 'paid')
}

function collectionLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const params = { customer: story.customer().id, auto_advance: true }
  const { id } = story.made<Invoice>({ do: 'invoice.create', params })
  assert.equal(story.invoice(id)?.automatically_finalizes_at, start + 3600)
  story.take({ do: 'invoice.add_lines', id, params: { lines: [{ amount: 900 }] } })
  story.take({ do: 'invoice.finalize', id })
  const waits: (number | null)[] = []
  for (let next = story.invoice(id)?.next_payment_attempt ?? null; next !== null && waits.length < 9; ) {
    story.at = next
    story.take({ do: 'invoice.let_time_pass', id })
    const after = story.invoice(id)?.next_payment_attempt ?? null
    waits.push(after && (after - next) / day)
    next = after
  }
  assert.deepEqual(waits, [3, 5, 7, null])
}

function writtenOffLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const params = { customer: story.customer().id, auto_advance: true }
  const { id } = story.made<Invoice>({ do: 'invoice.create', params })
  story.take({ do: 'invoice.add_lines', id, params: { lines: [{ amount: 900 }] } })
  story.take({ do: 'invoice.finalize', id })
  story.take({ do: 'invoice.mark_uncollectible', id })
  assert.equal(story.invoice(id)?.next_payment_attempt, null)
}

function dueLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const id = story.invoiceIn('open')
  const told: [string, number][] = []
  for (let passed = 0; passed <= 20; passed++) {
    story.at = start + passed * day
    for (const type of typesOf(story.take({ do: 'invoice.let_time_pass', id }), 'invoice.')) told.push([type, passed])
  }
  assert.deepEqual(told, [
    ['invoice.will_be_due', 11],
    ['invoice.overdue', 14],
  ])
}

function roundingLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const priced = (unit_amount_decimal: string, quantity: number): number => {
    const id = story.draft(0)
    const price_data = { currency: 'usd', unit_amount_decimal, product_data: { name: 'Calls' } }
    story.take({ do: 'invoice.add_lines', id, params: { lines: [{ quantity, price_data }] } })
    return story.invoice(id)?.amount_due as number
  }
  assert.deepEqual(
    [priced('0.5', 1), priced('0.4', 1), priced('0.000000000001', 3), priced('33.35', 10)],
    [1, 0, 0, 334],
  )
}

function metadataLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const { id } = story.customer({ metadata: { one: '1', two: '2' } })
  const changed = story.made<Customer>({ do: 'customer.update', id, params: { metadata: { two: '', three: '3' } } })
  assert.deepEqual(changed.metadata, { one: '1', three: '3' })
  const nothing = story.take({ do: 'customer.update', id, params: { metadata: { three: '3' } } })
  assert.deepEqual(nothing.events, [])
}

function currencyLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const customer = story.customer().id
  story.draft(500, customer)
  assert.match(
    String(story.refusal({ do: 'invoice.create', params: { customer, currency: 'eur' } })),
    /combine currencies/,
  )
}

function testClockLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const frozen_time = start - 1000 * day
  const clock = story.made<TestClock>({ do: 'test_clock.create', params: { frozen_time } })
  const id = story.draft(500, story.customer({ test_clock: clock.id }).id)
  assert.equal(story.invoice(id)?.created, frozen_time)
  assert.match(String(story.refusal({ do: 'test_clock.start_advance', id: clock.id, to: frozen_time - 1 })), /after/)
}

function deliveryLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const endpoint = (enabled_events: string[]) =>
    story.made<WebhookEndpoint>({
      do: 'endpoint.create',
      params: { url: 'http://127.0.0.1/', enabled_events: enabled_events },
    })
  const all = endpoint(['*'])
  const some = endpoint(['invoice.paid'])
  const off = endpoint(['*'])
  story.take({ do: 'endpoint.update', id: off.id, params: { disabled: true } })
  story.customer()
  const of = ({ id }: WebhookEndpoint) => [...story.state.tables.deliveries.under('endpoint', id)]
  assert.deepEqual([of(all).length, of(some).length, of(off).length], [1, 0, 0])

  const failing = { at: 0, status: 500, latency_ms: 1, answer: null, error: null }
  const { id } = of(all)[0] as Delivery
  story.take({ do: 'delivery.attempted', id, attempt: failing, next_attempt_at: 1 })
  story.at += 9 * day - 1
  story.take({ do: 'delivery.attempted', id, attempt: failing, next_attempt_at: 1 })
  assert.equal(story.state.tables.webhook_endpoints.get(all.id)?.status, 'enabled')
  story.at += 1
  story.take({ do: 'delivery.attempted', id, attempt: failing, next_attempt_at: 1 })
  assert.equal(story.state.tables.webhook_endpoints.get(all.id)?.status, 'disabled')
  assert.equal(of(all)[0]?.state, 'failed')
}

function withholdingLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const endpoint = story.made<WebhookEndpoint>({
    do: 'endpoint.create',
    params: { url: 'http://127.0.0.1/', enabled_events: ['*'] },
  })
  const withheld = () => {
    const { id } = story.customer()
    const { deliveries } = story.state.tables
    const { id: delivery } = [...deliveries.values()].find(({ object }) => object === id) as Delivery
    story.take({ do: 'delivery.withheld', id: delivery, at: story.at, why: 'By a fault.' })
    return deliveries.get(delivery) as Delivery
  }
  const { state, next_attempt_at, attempts } = withheld()
  assert.deepEqual([state, next_attempt_at], ['failed', null])
  assert.deepEqual(attempts, [{ at: story.at, status: null, latency_ms: 0, answer: null, error: 'By a fault.' }])
  story.at += 30 * day
  withheld()
  const { status, failing_since } = story.state.tables.webhook_endpoints.get(endpoint.id) as WebhookEndpoint
  assert.deepEqual([status, failing_since], ['enabled', null])
}

function strangersLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const id = story.invoiceIn('open')
  story.account = 'acct_2'
  assert.match(String(story.refusal(steps.void(id))), /No such invoice/)
}

function forgettingLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const answer: StoredAnswer = {
    ...{ id: 'acct_1:key', account: 'acct_1', created: start, fingerprint: 'f', request: '/v1/customers' },
    ...{ status: 200, body: '{}', kind: null, object: null, version: '2024-06-20' },
  }
  story.take({ do: 'answer.store', answer })
  story.customer()
  const kept = (): number[] => [story.state.tables.answers.size, story.state.tables.events.size]
  story.at = start + day
  story.take({ do: 'state.prune' })
  assert.deepEqual(kept(), [1, 1])
  story.at = start + day + 1
  story.take({ do: 'state.prune' })
  assert.deepEqual(kept(), [0, 1])
  story.at = start + 30 * day + 1
  story.take({ do: 'state.prune' })
  assert.deepEqual(kept(), [0, 0])
}

/** An invoice whose customer is gone cannot be finalized, which must not stop time. */
function goneLaw(reducer: Reducer): void {
  const story = new Story(reducer)
  const customer = story.customer().id
  const { id } = story.made<Invoice>({ do: 'invoice.create', params: { customer, auto_advance: true } })
  story.take({ do: 'customer.delete', id: customer })
  story.at = start + 3600
  const outcome = story.take({ do: 'invoice.let_time_pass', id })
  assert.deepEqual(typesOf(outcome, 'invoice.'), ['invoice.finalization_failed', 'invoice.updated'])
  assert.equal(story.invoice(id)?.status, 'draft')
}

/** What must hold of the sandbox's reducer, apart from the histories that the model lives along. */
export const laws: Readonly<Record<string, Law>> = {
  'every step from every status leads where it should, and is told so': stepsLaw,
  'instants say when each status was reached': instantsLaw,
  'a command is decided without touching the state, and the same each time': purityLaw,
  'invoices of a customer are numbered without gaps, in the order of their finalization': numbersLaw,
  'a debit under way is neither paid nor failed, and settles or bounces after four days': debitLaw,
  'what is paid outside is told by invoice.paid alone': outsideLaw,
  'a payment that fails, or wants confirmation, leaves the invoice open and says so': failureLaw,
  'a failed collection is tried again after 3, 5 and 7 days, and then no more': collectionLaw,
  'nothing more is collected of what was written off': writtenOffLaw,
  'that it will be due and is overdue is told once each, on its day': dueLaw,
  'units times their price are rounded half up': roundingLaw,
  'metadata is merged, and what changes nothing is not told': metadataLaw,
  'a customer with something open has one currency': currencyLaw,
  'what lives by a test clock lives by its time': testClockLaw,
  'endpoints get what they asked for, and are switched off after nine days of failure': deliveryLaw,
  'what is withheld from an endpoint is no failure of its own': withholdingLaw,
  'nobody touches what another account has': strangersLaw,
  'answers are forgotten after a day, events after thirty': forgettingLaw,
  'an invoice of a deleted customer fails to be finalized': goneLaw,
}
