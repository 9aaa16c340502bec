import type { Command, CommandName } from './command.js'
import { createCreditNote, updateCreditNote, voidCreditNote } from './credit-notes.js'
import { createCustomer, customerOf, deleteCustomer, updateCustomer } from './customers.js'
import { type Asking, Draft } from './draft.js'
import {
  createEndpoint,
  deleteEndpoint,
  recordAttempt,
  recordWithheld,
  rollSecret,
  updateEndpoint,
} from './endpoints.js'
import { finalizeInvoice, sendInvoice } from './finalization.js'
import { moveDueDate } from './invoice-change.js'
import { createInvoice, deleteInvoice, updateInvoice } from './invoices.js'
import { createItem, deleteItem, updateItem } from './items.js'
import { addLines, removeLines, updateLines } from './lines.js'
import { authenticate, payOnPage } from './page-payments.js'
import { attach, createPaymentMethod, detach } from './payment-methods.js'
import { payInvoice, settle } from './payments.js'
import { createAccount, createKey, createPortalSession, deliverAgain, prune, unmake } from './platform.js'
import type { Row, StripeEvent } from './records.js'
import type { Change, State } from './state.js'
import type { StripeError } from './stripe-error.js'
import { createTestClock, deleteTestClock, moveTestClock, startAdvance } from './test-clocks.js'
import { letTimePass } from './time.js'
import { markUncollectible, voidInvoice } from './write-off.js'

export interface Outcome {
  /** What the command made or changed. */
  readonly result: Row | null
  /** Where something changed and the answer is a refusal all the same: a declined card. */
  readonly refusal: StripeError | null
  readonly changes: readonly Change[]
  readonly events: readonly StripeEvent[]
  readonly sequence: number
}

type Done = Row | null | { readonly invoice: Row; readonly refusal: StripeError | null }
type Steps = { [Name in CommandName]: (draft: Draft, command: Command<Name>) => Done }

const steps: Steps = {
  'account.create': (draft, { id }) => createAccount(draft, id),
  'key.create': (draft, { key, permissions }) => createKey(draft, key, permissions),
  'customer.create': (draft, { params }) => createCustomer(draft, params),
  'customer.update': (draft, { id, params }) => updateCustomer(draft, id, params),
  'customer.delete': (draft, { id }) => deleteCustomer(draft, id),
  'payment_method.create': (draft, { token, metadata }) => createPaymentMethod(draft, token, metadata),
  'payment_method.attach': (draft, { id, customer }) => {
    const method = attach(draft, id, customerOf(draft, customer))
    draft.emit('payment_method.attached', 'payment_method', method)
    return method
  },
  'payment_method.detach': (draft, { id }) => detach(draft, id),
  'portal_session.create': (draft, command) => createPortalSession(draft, command),
  'item.create': (draft, { params }) => createItem(draft, params),
  'item.update': (draft, { id, params }) => updateItem(draft, id, params),
  'item.delete': (draft, { id }) => deleteItem(draft, id),
  'invoice.create': (draft, { params }) => createInvoice(draft, params),
  'invoice.update': (draft, { id, params }) => updateInvoice(draft, id, params),
  'invoice.delete': (draft, { id }) => deleteInvoice(draft, id),
  'invoice.add_lines': (draft, { id, params }) => addLines(draft, id, params),
  'invoice.update_lines': (draft, { id, params }) => updateLines(draft, id, params),
  'invoice.remove_lines': (draft, { id, params }) => removeLines(draft, id, params),
  'invoice.finalize': (draft, { id, auto_advance }) => finalizeInvoice(draft, id, auto_advance),
  'invoice.send': (draft, { id }) => sendInvoice(draft, id),
  'invoice.pay': (draft, { id, params }) => payInvoice(draft, id, params),
  'invoice.pay_on_page': (draft, { id, payment_method, keep }) => payOnPage(draft, id, payment_method, keep),
  'invoice.authenticate': (draft, { id, confirms }) => authenticate(draft, id, confirms),
  'invoice.void': (draft, { id }) => voidInvoice(draft, id),
  'invoice.mark_uncollectible': (draft, { id }) => markUncollectible(draft, id),
  'invoice.let_time_pass': (draft, { id }) => letTimePass(draft, id),
  'payment.settle': (draft, { id }) => settle(draft, id),
  'invoice.move_due_date': (draft, { id, due_date }) => moveDueDate(draft, id, due_date),
  'credit_note.create': (draft, { params }) => createCreditNote(draft, params),
  'credit_note.update': (draft, { id, params }) => updateCreditNote(draft, id, params),
  'credit_note.void': (draft, { id }) => voidCreditNote(draft, id),
  'endpoint.create': (draft, { params }) => createEndpoint(draft, params),
  'endpoint.update': (draft, { id, params }) => updateEndpoint(draft, id, params),
  'endpoint.delete': (draft, { id }) => deleteEndpoint(draft, id),
  'endpoint.roll_secret': (draft, { id, expires_in }) => rollSecret(draft, id, expires_in),
  'event.unmake': (draft, { id }) => unmake(draft, id),
  'delivery.again': (draft, { event, endpoint }) => deliverAgain(draft, event, endpoint),
  'delivery.attempted': (draft, { id, attempt, next_attempt_at }) => {
    recordAttempt(draft, id, attempt, next_attempt_at)
    return null
  },
  'delivery.withheld': (draft, { id, at, why }) => {
    recordWithheld(draft, id, at, why)
    return null
  },
  'test_clock.create': (draft, { params }) => createTestClock(draft, params),
  'test_clock.start_advance': (draft, { id, to }) => startAdvance(draft, id, to),
  'test_clock.move': (draft, { id, to, arrived }) => moveTestClock(draft, id, to, arrived),
  'test_clock.delete': (draft, { id }) => deleteTestClock(draft, id),
  'answer.store': (draft, { answer }) => draft.put('answers', answer),
  'state.prune': (draft) => prune(draft),
}

/**
 * The whole behaviour of the sandbox: what a command makes of a state at an instant. It changes nothing and reads
 * nothing else, so the same state, command and instant give the same changes, down to the ids.
 */
export function apply(state: State, command: Command, asking: Asking, now: number): Outcome {
  const draft = new Draft(state, asking, now)
  const step = steps[command.do] as (draft: Draft, command: Command) => Done
  const done = step(draft, command)
  const attempt = done !== null && 'refusal' in done ? done : { invoice: done, refusal: null }
  return {
    result: attempt.invoice,
    refusal: attempt.refusal,
    changes: draft.changes,
    events: draft.events,
    sequence: draft.sequence,
  }
}
