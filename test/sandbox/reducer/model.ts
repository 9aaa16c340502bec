import type { Command } from '../../../src/sandbox/ledger/command.js'
import type { InvoiceStatus } from '../../../src/sandbox/ledger/records.js'

/** What Stripe's documentation says of invoices, in the fewest words: no ids, no events, no time. */
export interface ModelInvoice {
  readonly customer: number
  status: InvoiceStatus | 'deleted'
  total: number
  due: number
  paid: number
  /** What finalization took from the customer's balance. */
  used: number
  payment: 'none' | 'waits' | 'processing'
  bounces: boolean
  attempts: number
  number: number | null
  credited: number
}

export interface ModelCustomer {
  balance: number
  invoices: number
}

export type Move =
  | { do: 'draft'; customer: number; amount: number }
  | { do: 'line'; invoice: number; amount: number }
  | { do: 'finalize' | 'void' | 'write off' | 'delete' | 'outside' | 'settle'; invoice: number }
  | { do: 'pay'; invoice: number; method: keyof typeof methods }
  | { do: 'credit'; invoice: number; amount: number }

export const methods = {
  works: 'pm_card_visa',
  declines: 'pm_card_chargeCustomerFail',
  settles: 'pm_usBankAccount_success',
  bounces: 'pm_usBankAccount_insufficientFunds',
} as const

const leastCharge = 50

export class Model {
  readonly customers: ModelCustomer[] = [
    { balance: -700, invoices: 0 },
    { balance: 30, invoices: 0 },
  ]
  readonly invoices: ModelInvoice[] = []

  /** Whether Stripe would do it; a payment that fails was done as well. */
  take(move: Move): boolean {
    if (move.do === 'draft') return this.#draft(move.customer, move.amount)
    const invoice = this.invoices[move.invoice]
    if (!invoice || invoice.status === 'deleted') return false
    switch (move.do) {
      case 'line':
        if (invoice.status !== 'draft') return false
        invoice.total += move.amount
        return true
      case 'delete':
        if (invoice.status !== 'draft') return false
        invoice.status = 'deleted'
        return true
      case 'finalize':
        return invoice.status === 'draft' && this.#finalize(invoice)
      case 'void':
        return this.#void(invoice)
      case 'write off':
        if (invoice.status !== 'open') return false
        invoice.status = 'uncollectible'
        return true
      case 'outside':
        return this.#pay(invoice, 'outside')
      case 'pay':
        return this.#pay(invoice, move.method)
      case 'settle':
        return this.#settle(invoice)
      case 'credit':
        return this.#credit(invoice, move.amount)
    }
  }

  /** What a draft would ask for now. */
  asked(at: number): number {
    const invoice = this.invoices[at] as ModelInvoice
    return Math.max(0, invoice.total + this.#customerOf(invoice).balance)
  }

  #draft(customer: number, amount: number): boolean {
    const blank = { due: 0, paid: 0, used: 0, attempts: 0, number: null, credited: 0, bounces: false }
    this.invoices.push({ customer, status: 'draft', total: amount, payment: 'none', ...blank })
    return true
  }

  #customerOf({ customer }: ModelInvoice): ModelCustomer {
    return this.customers[customer] as ModelCustomer
  }

  #finalize(invoice: ModelInvoice): boolean {
    const customer = this.#customerOf(invoice)
    const owed = invoice.total + customer.balance
    const asksFor = owed >= leastCharge ? owed : 0
    const left = owed - asksFor
    Object.assign(invoice, { due: asksFor, used: left - customer.balance, number: ++customer.invoices })
    customer.balance = left
    invoice.status = asksFor > 0 ? 'open' : 'paid'
    invoice.payment = asksFor > 0 ? 'waits' : 'none'
    return true
  }

  #pay(invoice: ModelInvoice, how: keyof typeof methods | 'outside'): boolean {
    const { status } = invoice
    if (status === 'paid' || status === 'void' || status === 'deleted' || invoice.payment === 'processing') return false
    if (status === 'draft') this.#finalize(invoice)
    if (invoice.status === 'paid') return true
    if (how !== 'outside') invoice.attempts += 1
    if (how === 'settles' || how === 'bounces') {
      invoice.payment = 'processing'
      invoice.bounces = how === 'bounces'
    } else if (how !== 'declines') this.#paid(invoice)
    return true
  }

  #paid(invoice: ModelInvoice): void {
    invoice.status = 'paid'
    invoice.paid = invoice.due
    invoice.payment = 'none'
  }

  #settle(invoice: ModelInvoice): boolean {
    if (invoice.payment !== 'processing') return false
    if (invoice.bounces) invoice.payment = 'waits'
    else this.#paid(invoice)
    return true
  }

  #void(invoice: ModelInvoice): boolean {
    if ((invoice.status !== 'open' && invoice.status !== 'uncollectible') || invoice.payment === 'processing')
      return false
    invoice.status = 'void'
    invoice.payment = 'none'
    this.#customerOf(invoice).balance -= invoice.used
    return true
  }

  #credit(invoice: ModelInvoice, amount: number): boolean {
    if (invoice.status === 'paid') {
      if (amount > invoice.paid - invoice.credited) return false
      invoice.credited += amount
      this.#customerOf(invoice).balance -= amount
      return true
    }
    if (invoice.status !== 'open' && invoice.status !== 'uncollectible') return false
    if (amount > invoice.due) return false
    invoice.due -= amount
    if (invoice.due === 0) this.#paid(invoice)
    return true
  }
}

/** The same move as a command; null where it is about nothing that exists. */
export function commandOf(move: Exclude<Move, { do: 'draft' }>, id: string, paid: boolean, payment: string): Command {
  switch (move.do) {
    case 'line':
      return { do: 'invoice.add_lines', id, params: { lines: [{ amount: move.amount }] } }
    case 'delete':
      return { do: 'invoice.delete', id }
    case 'finalize':
      return { do: 'invoice.finalize', id }
    case 'void':
      return { do: 'invoice.void', id }
    case 'write off':
      return { do: 'invoice.mark_uncollectible', id }
    case 'outside':
      return { do: 'invoice.pay', id, params: { paid_out_of_band: true } }
    case 'pay':
      return { do: 'invoice.pay', id, params: { payment_method: methods[move.method] } }
    case 'settle':
      return { do: 'payment.settle', id: payment }
    case 'credit':
      return {
        do: 'credit_note.create',
        params: { invoice: id, amount: move.amount, ...(paid && { credit_amount: move.amount }) },
      }
  }
}
