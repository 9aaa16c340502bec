import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type Outcome, apply } from '../../src/sandbox/ledger/apply.js'
import type { Command } from '../../src/sandbox/ledger/command.js'
import { type Step, lifecycle } from '../../src/sandbox/ledger/lifecycle.js'
import type { Customer, Invoice, InvoiceStatus } from '../../src/sandbox/ledger/records.js'
import { type State, commit, emptyState } from '../../src/sandbox/ledger/state.js'
import { StripeError } from '../../src/sandbox/ledger/stripe-error.js'
import { totalsOf } from '../../src/sandbox/ledger/totals.js'

const asking = { account: 'acct_1', request: null }
const now = 1_800_000_000

/** A state that is brought forward by commands. */
class Story {
  readonly state: State = emptyState('lifecycle')
  at = now

  constructor() {
    this.take({ do: 'account.create', id: 'acct_1' })
  }

  take(command: Command): Outcome {
    const outcome = apply(this.state, command, asking, this.at)
    for (const change of outcome.changes) commit(this.state, change)
    this.state.sequence = outcome.sequence
    return outcome
  }

  draft(amount = 2500): string {
    const customer = this.take({ do: 'customer.create', params: { email: 'a@acme.example' } }).result as Customer
    const params = { customer: customer.id, currency: 'usd', collection_method: 'send_invoice' as const, days_until_due: 14 }
    const { id } = this.take({ do: 'invoice.create', params }).result as Invoice
    this.take({ do: 'invoice.add_lines', id, params: { lines: [{ amount }] } })
    return id
  }

  invoice(id: string): Invoice | undefined {
    return this.state.tables.invoices.get(id)
  }
}

const steps: Record<Step, (id: string) => Command> = {
  edit: (id) => ({ do: 'invoice.update', id, params: { description: 'Edited' } }),
  delete: (id) => ({ do: 'invoice.delete', id }),
  finalize: (id) => ({ do: 'invoice.finalize', id }),
  send: (id) => ({ do: 'invoice.send', id }),
  pay: (id) => ({ do: 'invoice.pay', id, params: { payment_method: 'pm_card_visa' } }),
  void: (id) => ({ do: 'invoice.void', id }),
  mark_uncollectible: (id) => ({ do: 'invoice.mark_uncollectible', id }),
}

const ways: Record<InvoiceStatus, readonly Step[]> = {
  draft: [],
  open: ['finalize'],
  paid: ['pay'],
  void: ['finalize', 'void'],
  uncollectible: ['finalize', 'mark_uncollectible'],
}

const told: Record<string, readonly string[]> = {
  'draft edit': ['invoice.updated'],
  'draft delete': ['invoice.deleted'],
  'draft finalize': ['invoice.finalized', 'invoice.updated'],
  'draft send': ['invoice.finalized', 'invoice.updated', 'invoice.sent'],
  'draft pay': ['invoice.finalized', 'invoice.updated', 'invoice.paid', 'invoice.payment_succeeded', 'invoice.updated'],
  'open send': ['invoice.sent'],
  'open pay': ['invoice.paid', 'invoice.payment_succeeded', 'invoice.updated'],
  'open void': ['invoice.voided', 'invoice.updated'],
  'open mark_uncollectible': ['invoice.marked_uncollectible', 'invoice.updated'],
  'uncollectible pay': ['invoice.paid', 'invoice.payment_succeeded', 'invoice.updated'],
  'uncollectible void': ['invoice.voided', 'invoice.updated'],
}

function invoiceIn(status: InvoiceStatus): { story: Story; id: string } {
  const story = new Story()
  const id = story.draft()
  for (const step of ways[status]) story.take(steps[step](id))
  return { story, id }
}

describe('The life of an invoice', () => {
  const statuses = Object.keys(lifecycle) as InvoiceStatus[]
  const every = statuses.flatMap((status) => (Object.keys(steps) as Step[]).map((step) => [status, step] as const))

  it.each(every)('%s × %s', (status, step) => {
    const { story, id } = invoiceIn(status)
    const before = story.invoice(id)
    expect(before?.status).toBe(status)
    const next = lifecycle[status][step]
    if (typeof next !== 'string') {
      expect(() => story.take(steps[step](id))).toThrow(new StripeError(400, next.message))
      expect(story.invoice(id)).toBe(before)
      return
    }
    const { events } = story.take(steps[step](id))
    expect(story.invoice(id)?.status).toBe(next === 'deleted' ? undefined : next)
    expect(events.map(({ type }) => type).filter((type) => type.startsWith('invoice.'))).toEqual(told[`${status} ${step}`])
  })

  it('is decided without touching the state, and the same each time', () => {
    const { story, id } = invoiceIn('open')
    const before = JSON.stringify([...story.state.tables.invoices.values()])
    const once = apply(story.state, steps.pay(id), asking, now)
    const again = apply(story.state, steps.pay(id), asking, now)
    expect(again.changes).toEqual(once.changes)
    expect(JSON.stringify([...story.state.tables.invoices.values()])).toBe(before)
  })

  it('numbers invoices of a customer without gaps, in the order of their finalization', () => {
    const story = new Story()
    const customer = story.take({ do: 'customer.create', params: {} }).result as Customer
    const drafts = [1, 2, 3].map(
      () => (story.take({ do: 'invoice.create', params: { customer: customer.id } }).result as Invoice).id,
    )
    story.take({ do: 'invoice.delete', id: drafts[0] as string })
    const numbers = [drafts[2], drafts[1]].map(
      (id) => (story.take({ do: 'invoice.finalize', id: id as string }).result as Invoice).number,
    )
    expect(numbers).toEqual([`${customer.invoice_prefix}-0001`, `${customer.invoice_prefix}-0002`])
  })

  it('takes a debit in processing neither as paid nor as failed, and cannot be voided meanwhile', () => {
    const { story, id } = invoiceIn('open')
    story.take({ do: 'invoice.pay', id, params: { payment_method: 'pm_usBankAccount_success' } })
    expect(story.invoice(id)).toMatchObject({ status: 'open', amount_paid: 0, attempted: true })
    expect(() => story.take(steps.void(id))).toThrow('processing')
    story.take({ do: 'payment.settle', id: story.invoice(id)?.payment_intent as string })
    expect(story.invoice(id)).toMatchObject({ status: 'paid', amount_paid: 2500 })
  })

  it('retries a failed collection after 3, 5 and 7 days, and then no more', () => {
    const story = new Story()
    const customer = story.take({ do: 'customer.create', params: {} }).result as Customer
    const { id } = story.take({ do: 'invoice.create', params: { customer: customer.id, auto_advance: true } }).result as Invoice
    story.take({ do: 'invoice.add_lines', id, params: { lines: [{ amount: 900 }] } })
    story.take({ do: 'invoice.finalize', id })
    const waits: (number | null)[] = []
    for (let next = story.invoice(id)?.next_payment_attempt ?? null; next !== null; ) {
      story.at = next
      story.take({ do: 'invoice.let_time_pass', id })
      const after = story.invoice(id)?.next_payment_attempt ?? null
      waits.push(after && (after - next) / 86_400)
      next = after
    }
    expect(waits).toEqual([3, 5, 7, null])
    expect(story.invoice(id)).toMatchObject({ status: 'open', attempt_count: 4 })
  })

  it('holds in every history of steps: nothing leaves paid and void, and the sums agree', () => {
    const step = fc.constantFrom(...(Object.keys(steps) as Step[]))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.array(step, { maxLength: 12 }), (amount, history) => {
        const story = new Story()
        const id = story.draft(amount)
        let final: InvoiceStatus | null = null
        for (const taken of history) {
          try {
            story.take(steps[taken](id))
          } catch (error) {
            if (!(error instanceof StripeError)) throw error
          }
          const invoice = story.invoice(id)
          if (!invoice) return
          if (final) expect(invoice.status).toBe(final)
          if (invoice.status === 'paid' || invoice.status === 'void') final = invoice.status
          expect(invoice.amount_due).toBe(invoice.amount_paid + totalsOf(invoice).amount_remaining)
        }
      }),
      { numRuns: 200 },
    )
  })
})
