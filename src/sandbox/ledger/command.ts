import type { CreateCustomer, UpdateCustomer } from '../parameters/customer.parameters.js'
import type {
  AddLines,
  CreateCreditNote,
  CreateInvoice,
  CreateItem,
  PayInvoice,
  RemoveLines,
  UpdateInvoice,
  UpdateItem,
  UpdateLines,
} from '../parameters/invoice.parameters.js'
import type { CreateEndpoint, UpdateEndpoint } from '../parameters/platform.parameters.js'
import type { DeliveryAttempt, StoredAnswer } from './records.js'

/** All that can be done to the state, by name, with what it needs. */
export interface Commands {
  'account.create': { id: string }
  'key.create': { key: string | null; permissions: readonly string[] | null }
  'customer.create': { params: CreateCustomer }
  'customer.update': { id: string; params: UpdateCustomer }
  'customer.delete': { id: string }
  'payment_method.create': { token: string; metadata: Record<string, string> }
  'payment_method.attach': { id: string; customer: string }
  'payment_method.detach': { id: string }
  'portal_session.create': { customer: string; return_url: string | null; locale: string | null }
  'item.create': { params: CreateItem }
  'item.update': { id: string; params: UpdateItem }
  'item.delete': { id: string }
  'invoice.create': { params: CreateInvoice }
  'invoice.update': { id: string; params: UpdateInvoice }
  'invoice.delete': { id: string }
  'invoice.add_lines': { id: string; params: AddLines }
  'invoice.update_lines': { id: string; params: UpdateLines }
  'invoice.remove_lines': { id: string; params: RemoveLines }
  'invoice.finalize': { id: string; auto_advance?: boolean }
  'invoice.send': { id: string }
  'invoice.pay': { id: string; params: PayInvoice }
  /** By a person on the hosted page; `keep` makes it the customer's default. */
  'invoice.pay_on_page': { id: string; payment_method: string; keep: boolean }
  /** A person's bank asks, and he confirms or does not. */
  'invoice.authenticate': { id: string; confirms: boolean }
  'invoice.void': { id: string }
  'invoice.mark_uncollectible': { id: string }
  /** By a person in Stripe's dashboard: by no API. */
  'invoice.move_due_date': { id: string; due_date: number }
  'invoice.let_time_pass': { id: string }
  'payment.settle': { id: string }
  'credit_note.create': { params: CreateCreditNote }
  'credit_note.update': { id: string; params: { memo?: string | null; metadata?: Record<string, string> | null } }
  'credit_note.void': { id: string }
  'endpoint.create': { params: CreateEndpoint }
  'endpoint.update': { id: string; params: UpdateEndpoint }
  'endpoint.delete': { id: string }
  'endpoint.roll_secret': { id: string; expires_in: number }
  /** As if it had never been made, which happens at Stripe too, rarely. */
  'event.unmake': { id: string }
  'delivery.again': { event: string; endpoint: string }
  'delivery.withheld': { id: string; at: number; why: string }
  'delivery.attempted': { id: string; attempt: DeliveryAttempt; next_attempt_at: number | null }
  'test_clock.create': { params: { frozen_time: number; name?: string } }
  'test_clock.start_advance': { id: string; to: number }
  'test_clock.move': { id: string; to: number; arrived: boolean }
  'test_clock.delete': { id: string }
  'answer.store': { answer: StoredAnswer }
  /** Forgets what Stripe forgets: answers after a day, events after thirty. */
  'state.prune': Record<never, never>
}

export type CommandName = keyof Commands
export type Command<Name extends CommandName = CommandName> = { [N in Name]: { do: N } & Commands[N] }[Name]
