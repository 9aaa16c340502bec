import type { Invoice, Line } from './records.js'

export interface Totals {
  readonly subtotal: number
  readonly tax: number
  readonly total: number
  readonly total_excluding_tax: number
  readonly amount_remaining: number
  readonly amount_overpaid: number
}

function taxOf(line: Line, inclusive: boolean): number {
  return line.taxes.reduce((sum, tax) => (tax.inclusive === inclusive ? sum + tax.amount : sum), 0)
}

/** What follows from the lines, and from what was paid and credited since. */
export function totalsOf(invoice: Invoice): Totals {
  let subtotal = 0
  let exclusive = 0
  let inclusive = 0
  for (const line of invoice.lines) {
    subtotal += line.amount
    if (line.taxes.length === 0) continue
    exclusive += taxOf(line, false)
    inclusive += taxOf(line, true)
  }
  const left = invoice.amount_due - invoice.amount_paid
  return {
    subtotal,
    tax: exclusive + inclusive,
    total: subtotal + exclusive,
    total_excluding_tax: subtotal - inclusive,
    amount_remaining: Math.max(0, left),
    amount_overpaid: Math.max(0, -left),
  }
}

/** What a draft would ask for now: its total and the customer's balance, never less than nothing. */
export function withAmountDue(invoice: Invoice, balance: number): Invoice {
  const { total } = totalsOf(invoice)
  return { ...invoice, starting_balance: balance, amount_due: Math.max(0, total + balance) }
}
