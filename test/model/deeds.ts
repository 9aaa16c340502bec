import type { Interval, Rhythm } from './calendar.js'
import type { Currency, Pricing } from './rating.js'

/** A plan as the model knows it. All plans of a history are of one product, with one API. */
export interface ModelPlan {
  readonly approval: 'AUTOMATIC' | 'MANUAL'
  /** Null for a free one. In minor units. */
  readonly price: (Rhythm & { readonly base: bigint; readonly setupFee: bigint; readonly currency: Currency }) | null
  readonly trialDays: number
  readonly termPeriods: number | null
  readonly paymentTermDays: number
  readonly graceDays: number
  readonly cancelWhenPastDue: boolean
  readonly pricing: Pricing
  /** How often the quota starts again. */
  readonly quotaInterval: Interval
}

export type Timing = 'NOW' | 'PERIOD_END'
export type Button = 'card' | 'card_declined' | 'bank_debit' | 'bank_debit_fails'

/**
 * What somebody does. Subscriptions and invoices are counted from the newest; a number that is too large goes round.
 * What there is nothing for is not done.
 */
export type Deed =
  | { readonly do: 'subscribe'; readonly plan: number }
  | { readonly do: 'approve' | 'reject' | 'suspend' | 'resume' | 'keep'; readonly of: number }
  | { readonly do: 'cancel'; readonly of: number; readonly when: Timing }
  | { readonly do: 'change'; readonly of: number; readonly plan: number; readonly when: Timing }
  | { readonly do: 'use'; readonly of: number; readonly quantity: string; readonly hoursAgo: number }
  | { readonly do: 'pay'; readonly of: number; readonly invoice: number; readonly button: Button }
  | { readonly do: 'void' | 'write off' | 'pay outside'; readonly of: number; readonly invoice: number }

/** What an organization sees of a subscription, and who runs the marketplace with it. */
export interface SubscriptionSeen {
  readonly state: string
  readonly standing: string
  readonly plan: number
  readonly scheduledPlan: number | null
  readonly cancelAtPeriodEnd: boolean
  readonly period: string | null
  readonly endsAt: string | null
  readonly accessClosesAt: string | null
  readonly invoices: readonly InvoiceSeen[]
}

export interface InvoiceSeen {
  readonly reason: string
  readonly status: string
  readonly period: string
  readonly dueAt: string | null
  readonly processing: boolean
  /** Kind and amount in minor units, in their order. */
  readonly lines: readonly string[]
  readonly total: string
}

/** How a history stands. */
export interface Standing {
  readonly subscriptions: readonly SubscriptionSeen[]
  /** Of several subscriptions one that lets the call pass is enough. */
  readonly allowed: boolean
  /** Why not, where there is one subscription; else empty. */
  readonly reasons: readonly string[]
}

export function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

export function nth<Item>(items: readonly Item[], fromNewest: number): Item | undefined {
  return items.length === 0 ? undefined : items[items.length - 1 - (fromNewest % items.length)]
}
