import type { AddLines, Pricing, RemoveLines, UpdateLines } from '../parameters/invoice.parameters.js'
import { mostLines } from '../parameters/invoice.parameters.js'
import { checkAmount } from './currencies.js'
import type { Draft } from './draft.js'
import { changeInvoice, draftOnly } from './invoice-change.js'
import { itemOf } from './invoice-item.js'
import { mergedMetadata } from './metadata.js'
import type { Invoice, Line, Tax } from './records.js'
import { invalid, missing } from './stripe-error.js'

/** What a line costs: an amount, or a unit's price times a quantity, rounded half up as Stripe rounds. */
function priceOf(pricing: Pricing, before: Pick<Line, 'quantity' | 'unit_amount_decimal' | 'amount'> | null) {
  const unit = pricing.price_data
    ? (pricing.price_data.unit_amount_decimal ?? pricing.price_data.unit_amount?.toString())
    : (pricing.unit_amount_decimal ?? pricing.unit_amount?.toString())
  if (pricing.amount !== undefined && unit !== undefined) {
    throw invalid('You may only specify one of these parameters: amount, unit_amount_decimal.', { param: 'amount' })
  }
  const quantity = pricing.quantity ?? before?.quantity ?? 1
  if (pricing.amount !== undefined) {
    return { amount: pricing.amount, quantity, unit_amount_decimal: perUnit(pricing.amount, quantity) }
  }
  const price = unit ?? before?.unit_amount_decimal
  if (price === undefined) {
    throw invalid('You must pass one of `amount`, `price_data` or `unit_amount`.', {
      code: 'parameter_missing',
      param: 'amount',
    })
  }
  if (unit === undefined && pricing.quantity === undefined && before) {
    return { amount: before.amount, quantity, unit_amount_decimal: price }
  }
  return { amount: timesRounded(price, quantity), quantity, unit_amount_decimal: price }
}

function perUnit(amount: number, quantity: number): string {
  return quantity > 1 ? String(Number((amount / quantity).toFixed(12))) : String(amount)
}

/** Exact: the decimals are counted as integers of 10⁻¹². */
export function timesRounded(price: string, quantity: number): number {
  const [whole = '0', fraction = ''] = price.replace('-', '').split('.')
  const scale = 10n ** 12n
  const units = BigInt(whole) * scale + BigInt(fraction.padEnd(12, '0'))
  const rounded = Number((units * BigInt(quantity) * 2n + scale) / (scale * 2n))
  return price.startsWith('-') ? -rounded : rounded
}

function taxesOf(draft: Draft, given: Pricing['tax_amounts'], before: readonly Tax[]): readonly Tax[] {
  if (given === undefined) return before
  return (given ?? []).map((tax) => ({
    amount: tax.amount,
    inclusive: tax.tax_rate_data.inclusive,
    tax_rate: draft.id('txr_'),
    taxability_reason: tax.taxability_reason ?? 'not_available',
    taxable_amount: tax.taxable_amount,
  }))
}

export function newLine(draft: Draft, pricing: Pricing, currency: string, at: number, param: string): Line {
  const priced = priceOf(pricing, null)
  if (pricing.price_data && pricing.price_data.currency !== currency) {
    throw invalid(`The price's currency must be the invoice's, ${currency}.`, {
      param: `${param}[price_data][currency]`,
    })
  }
  checkAmount(priced.amount, currency, `${param}[amount]`)
  return {
    id: draft.id('il_'),
    invoice_item: draft.id('ii_'),
    ...priced,
    currency,
    date: at,
    description: pricing.description ?? pricing.price_data?.product_data?.name ?? null,
    discountable: pricing.discountable ?? priced.amount >= 0,
    metadata: mergedMetadata({}, pricing.metadata),
    period: pricing.period ?? { start: at, end: at },
    price: draft.id('price_'),
    product: pricing.price_data?.product ?? draft.id('prod_', 14),
    taxes: taxesOf(draft, pricing.tax_amounts, []),
  }
}

export function changedLine(draft: Draft, before: Line, pricing: Pricing, param: string): Line {
  const priced = priceOf(pricing, before)
  checkAmount(priced.amount, before.currency, `${param}[amount]`)
  return {
    ...before,
    ...priced,
    description: pricing.description === undefined ? before.description : pricing.description,
    discountable: pricing.discountable ?? before.discountable,
    metadata: mergedMetadata(before.metadata, pricing.metadata),
    period: pricing.period ?? before.period,
    taxes: taxesOf(draft, pricing.tax_amounts, before.taxes),
  }
}

export function checkCount(lines: readonly Line[]): void {
  if (lines.length > mostLines) {
    throw invalid(`An invoice can have up to ${mostLines} line items.`, {
      code: 'invoice_too_many_line_items',
      param: 'lines',
    })
  }
}

function withLines(draft: Draft, before: Invoice, lines: readonly Line[], params: Pick<AddLines, 'invoice_metadata'>) {
  checkCount(lines)
  const metadata = mergedMetadata(before.metadata, params.invoice_metadata)
  return changeInvoice(draft, before, { ...before, lines, metadata })
}

export function addLines(draft: Draft, id: string, params: AddLines): Invoice {
  const before = draftOnly(draft, id)
  const added: { line: Line; isNew: boolean }[] = params.lines.map((given, at) => {
    if (!given.invoice_item) {
      return { line: newLine(draft, given, before.currency, draft.now, `lines[${at}]`), isNew: true }
    }
    const pending = draft.get('items', given.invoice_item)
    if (!pending || pending.customer !== before.customer) {
      throw missing('invoiceitem', given.invoice_item, `lines[${at}][invoice_item]`, 400)
    }
    draft.drop('items', pending.id)
    return { line: changedLine(draft, pending.line, given, `lines[${at}]`), isNew: false }
  })
  const lines = [...before.lines, ...added.map(({ line }) => line)]
  const invoice = withLines(draft, before, lines, params)
  for (const { line, isNew } of added) {
    if (isNew) draft.emit('invoiceitem.created', 'invoiceitem', itemOf(invoice, line))
  }
  return invoice
}

export function updateLines(draft: Draft, id: string, params: UpdateLines): Invoice {
  const before = draftOnly(draft, id)
  const changes = new Map(params.lines.map((given, at) => [given.id, { given, param: `lines[${at}]` }]))
  checkKnown(before, params.lines)
  const lines = before.lines.map((line) => {
    const change = changes.get(line.id)
    return change ? changedLine(draft, line, change.given, change.param) : line
  })
  return withLines(draft, before, lines, params)
}

export function removeLines(draft: Draft, id: string, params: RemoveLines): Invoice {
  const before = draftOnly(draft, id)
  checkKnown(before, params.lines)
  const removed = new Map(params.lines.map((given) => [given.id, given.behavior]))
  const invoice = withLines(
    draft,
    before,
    before.lines.filter((line) => !removed.has(line.id)),
    params,
  )
  for (const line of before.lines) {
    const behavior = removed.get(line.id)
    if (behavior === 'unassign') draft.put('items', { ...itemOf(before, line), invoice: null })
    if (behavior === 'delete') draft.emit('invoiceitem.deleted', 'invoiceitem', itemOf(before, line))
  }
  return invoice
}

function checkKnown(invoice: Invoice, lines: readonly { id: string }[]): void {
  const known = new Set(invoice.lines.map((line) => line.id))
  lines.forEach((line, at) => {
    if (!known.has(line.id)) throw missing('line item', line.id, `lines[${at}][id]`, 400)
  })
}
