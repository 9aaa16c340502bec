import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { ProductSubscriptionInvoicesDocument } from '../support/generated/graphql.js'
import { type InvoiceSeen, instant, type SubscriptionSeen } from './deeds.js'

/** A subscription as it is stored, with its invoices, the oldest first. */
export interface StoredRow {
  id: string
  organization_id: string
  state: string
  standing: string
  plan_id: string
  scheduled_plan_id: string | null
  cancel_at_period_end: boolean
  period_start: Date | null
  period_end: Date | null
  ends_at: Date | null
  access_closes_at: Date | null
  invoices: Array<{
    id: string
    reason: string
    status: string
    period_start: string
    period_end: string
    due_at: string | null
    payment_processing: boolean | null
    total: string
    lines: string[]
  }>
}

/** Of these organizations. */
export const storedSubscriptions = `
  select s.id, s.organization_id, s.state, s.standing, s.plan_id, s.scheduled_plan_id, s.cancel_at_period_end,
    s.period_start, s.period_end, s.ends_at, s.access_closes_at, coalesce((
      select json_agg(json_build_object('id', i.id, 'reason', i.reason, 'status', i.status,
        'period_start', i.period_start, 'period_end', i.period_end, 'due_at', i.due_at,
        'payment_processing', i.payment_processing, 'total', i.total_minor || ' ' || i.currency, 'lines', coalesce((
          select json_agg(l.kind || ' ' || l.amount_minor order by l.position) from invoice_line l
          where l.invoice_id = i.id and l.provider_id = i.provider_id), '[]')) order by i.id)
      from invoice i where i.product_subscription_id = s.id and i.provider_id = s.provider_id), '[]') as invoices
  from product_subscription s where s.organization_id = any($1) order by s.id`

export function seenOf(row: StoredRow, planIds: readonly string[]): SubscriptionSeen {
  return {
    state: row.state,
    standing: row.standing,
    plan: planIds.indexOf(row.plan_id),
    scheduledPlan: row.scheduled_plan_id === null ? null : planIds.indexOf(row.scheduled_plan_id),
    cancelAtPeriodEnd: row.cancel_at_period_end,
    period: row.period_start && row.period_end && spanText(row.period_start, row.period_end),
    endsAt: dateText(row.ends_at),
    accessClosesAt: dateText(row.access_closes_at),
    invoices: row.invoices.map((invoice) => ({
      reason: invoice.reason,
      status: invoice.status,
      period: spanText(invoice.period_start, invoice.period_end),
      dueAt: dateText(invoice.due_at),
      processing: invoice.payment_processing === true,
      lines: invoice.lines,
      total: invoice.total,
    })),
  }
}

type Shown = NonNullable<
  (typeof ProductSubscriptionInvoicesDocument extends TypedDocumentNode<infer Data, infer _>
    ? Data
    : never)['productSubscription']
>

/** The same, as the API shows it. */
export function shownOf(shown: Shown, planIds: readonly string[]): SubscriptionSeen {
  const { currentPeriod, scheduledPlan } = shown
  return {
    state: shown.state,
    standing: shown.standing,
    plan: planIds.indexOf(shown.plan.id),
    scheduledPlan: scheduledPlan ? planIds.indexOf(scheduledPlan.id) : null,
    cancelAtPeriodEnd: shown.cancelAtPeriodEnd,
    period: currentPeriod ? spanText(currentPeriod.start, currentPeriod.end) : null,
    endsAt: dateText(shown.endsAt),
    accessClosesAt: dateText(shown.accessClosesAt),
    invoices: shown.invoices.nodes.toReversed().map(shownInvoice),
  }
}

function shownInvoice(invoice: Shown['invoices']['nodes'][number]): InvoiceSeen {
  const { period, lines, total } = invoice
  const minor = (amount: string) => String(BigInt(amount.replace('.', '')))
  return {
    reason: invoice.reason,
    status: invoice.status,
    period: spanText(period.start, period.end),
    dueAt: dateText(invoice.dueAt),
    processing: invoice.paymentProcessing === true,
    lines: lines.map(({ kind, amount }) => `${kind} ${minor(amount.amount)}`),
    total: `${minor(total.amount)} ${total.currency}`,
  }
}

type Given = Date | string | null | undefined

function dateText(given: Given): string | null {
  return instant(given === null || given === undefined ? null : new Date(given).getTime())
}

function spanText(start: Given, end: Given): string {
  return `${dateText(start)} ${dateText(end)}`
}
