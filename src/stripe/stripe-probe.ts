import { randomUUID } from 'node:crypto'
import type Stripe from 'stripe'
import type { BillingConnection } from '../billing/billing.port.js'
import type { StoredBillingCheck } from '../billing/billing-integration.entity.js'
import { isLive } from './stripe-client.js'
import { outcomeOf } from './stripe-errors.js'
import type { StepOutcome, StripeIntents } from './stripe-intent.js'

/** Where an interrupted probe may have left something, the next one finds it by this. */
const address = 'billing-test@example.com'
const purpose = 'billing-test'
const untried = 'Not tried, because a check before it failed.'

type Request<Answer> = (sdk: Stripe, options: { idempotencyKey: string }) => Promise<Answer>
type Ask = <Answer>(request: Request<Answer>) => Promise<StepOutcome<Answer>>

/** Tries each thing that a connection's key must be able to do, and takes it back. */
export class StripeProbe {
  constructor(private readonly intents: StripeIntents) {}

  /** A check for each; one that failed says what is missing and what to do. */
  async run(connection: BillingConnection): Promise<StoredBillingCheck[]> {
    const ask: Ask = (request) =>
      this.intents.ask(connection, 'interactive', (sdk) =>
        // Nothing here is meant to last, so that a key of its own for each request is enough.
        request(sdk, { idempotencyKey: `${connection.id}-${purpose}-${randomUUID()}` }),
      )
    const found = await ask((sdk) => sdk.customers.list({ email: address, limit: 100 }))
    const key = keyCheck(found)
    if (!key.ok) return [key]
    const checks = [key, modeCheck(connection), checkOf('customers.read', found, 'Customers can be listed.')]
    if (found.kind === 'done') await tidied(ask, found.value.data)
    return [...checks, ...(await this.#customer(connection, ask))]
  }

  async #customer(connection: BillingConnection, ask: Ask): Promise<StoredBillingCheck[]> {
    const params = { name: 'Billing test', email: address, metadata: { purpose } }
    const made = await ask((sdk, options) => sdk.customers.create(params, options))
    const listed = await ask((sdk) => sdk.invoices.list({ limit: 1 }))
    const reading = checkOf('invoices.read', listed, 'Invoices can be listed.')
    const writing = checkOf('customers.write', made, 'A customer was made and deleted.')
    if (made.kind !== 'done')
      return [writing, reading, failed('invoices.write', untried), failed('invoices.add_lines', untried)]
    const customer = made.value
    const invoices = await this.#invoice(ask, customer.id)
    const deleted = await ask((sdk) => sdk.customers.del(customer.id))
    const undone = deleted.kind === 'done' ? writing : checkOf('customers.write', deleted, '')
    return [undone, livemodeCheck(connection, customer.livemode), reading, ...invoices].filter(
      (check) => check !== null,
    )
  }

  async #invoice(ask: Ask, customer: string): Promise<StoredBillingCheck[]> {
    const params = {
      customer,
      currency: 'usd',
      auto_advance: false,
      pending_invoice_items_behavior: 'exclude' as const,
      description: 'Billing test: deleted at once',
      metadata: { purpose },
    }
    const made = await ask((sdk, options) => sdk.invoices.create(params, options))
    const writing = checkOf('invoices.write', made, 'A draft was made and deleted.')
    if (made.kind !== 'done') return [writing, failed('invoices.add_lines', untried)]
    const draft = made.value.id
    const lines = await this.#lines(ask, customer, draft)
    const deleted = await ask((sdk) => sdk.invoices.del(draft))
    return [deleted.kind === 'done' ? writing : checkOf('invoices.write', deleted, ''), lines]
  }

  /** Lines go onto the invoice, or where the key may not do that, as invoice items. */
  async #lines(ask: Ask, customer: string, invoice: string): Promise<StoredBillingCheck> {
    const name = 'invoices.add_lines'
    const line = { description: 'Billing test', amount: 100 }
    const added = await ask((sdk, options) => sdk.invoices.addLines(invoice, { lines: [line] }, options))
    const check = checkOf(name, added, 'A line was added to the draft.')
    if (added.kind !== 'failed' || added.failure.status !== 403) return check
    const item = { ...line, customer, invoice, currency: 'usd' }
    const other = await ask((sdk, options) => sdk.invoiceItems.create(item, options))
    return other.kind === 'done'
      ? { name, ok: true, detail: 'A line was added to the draft as an invoice item.' }
      : check
  }
}

/** Deletes what an interrupted probe has left; a customer of that address that somebody else made stays. */
async function tidied(ask: Ask, customers: readonly Stripe.Customer[]): Promise<void> {
  for (const { id, metadata } of customers) {
    if (metadata.purpose !== purpose) continue
    const drafts = await ask((sdk) => sdk.invoices.list({ customer: id, status: 'draft', limit: 100 }))
    for (const draft of drafts.kind === 'done' ? drafts.value.data : []) await ask((sdk) => sdk.invoices.del(draft.id))
    await ask((sdk) => sdk.customers.del(id))
  }
}

function keyCheck(outcome: StepOutcome<unknown>): StoredBillingCheck {
  const name = 'key.valid'
  // A key without the permission is one that Stripe knows.
  if (outcome.kind === 'done') return { name, ok: true, detail: 'Stripe knows the restricted key.' }
  if (outcome.kind === 'failed' && outcome.failure.status === 403) {
    return { name, ok: true, detail: 'Stripe knows the restricted key.' }
  }
  return checkOf(name, outcome, '')
}

function modeCheck({ mode, restrictedKey }: BillingConnection): StoredBillingCheck {
  const live = isLive(restrictedKey)
  const name = 'key.mode'
  if (live === (mode === 'LIVE'))
    return { name, ok: true, detail: live ? 'The key is for real money.' : 'The key is for tests.' }
  return failed(name, `The key is for ${live ? 'real money' : 'tests'}, the connection is not. Enter the other key.`)
}

function livemodeCheck({ mode }: BillingConnection, livemode: boolean): StoredBillingCheck | null {
  if (livemode === (mode === 'LIVE')) return null
  return failed('key.mode', 'Stripe answers in the other mode than the connection is meant for.')
}

function checkOf(name: string, outcome: StepOutcome<unknown>, well: string): StoredBillingCheck {
  if (outcome.kind === 'done') return { name, ok: true, detail: well }
  if (outcome.kind === 'busy') return failed(name, 'Stripe is busy. Try again in a moment.')
  const { failure } = outcome
  const told = outcomeOf(failure)
  if (told.kind === 'done') return failed(name, '')
  return failed(name, failure.kind === 'terminal' ? told.message : `${told.message} Try again in a moment.`)
}

function failed(name: string, detail: string): StoredBillingCheck {
  return { name, ok: false, detail }
}
