import type Stripe from 'stripe'
import type { BillingConnection, CustomerOrder } from '../billing/billing.port.js'
import { isMissing } from './stripe-errors.js'
import type { StepOutcome, StripeIntents } from './stripe-intent.js'
import type { Window } from './stripe-intent.rules.js'
import { createdWithin, firstListed } from './stripe-listing.js'
import type { Lane } from './stripe-pacing.js'

/** An organization's customer at Stripe: one for each connection and currency. */
export class StripeCustomers {
  constructor(private readonly intents: StripeIntents) {}

  /** The customer's id; made where none was made yet, or where the one that was made is deleted. */
  bring(connection: BillingConnection, order: CustomerOrder, lane: Lane): Promise<StepOutcome<{ id: string }>> {
    const content = {
      name: order.name,
      email: order.email,
      metadata: { organization_id: order.organizationId, billing_account_id: order.billingAccountId },
    } satisfies Stripe.CustomerCreateParams
    return this.intents.perform<{ id: string }>({
      connection,
      subjectId: order.billingAccountId,
      name: 'customer',
      content,
      lane,
      send: (sdk, options) => sdk.customers.create(content, options),
      known: standing,
      lookUp: (sdk, window) => madeThen(sdk, window, order.billingAccountId),
    })
  }

  /** Whether a payment method is saved that invoices are charged to. */
  hasSavedMethod(connection: BillingConnection, id: string, lane: Lane): Promise<StepOutcome<boolean>> {
    return this.intents.ask(connection, lane, async (sdk) => {
      const customer = await standing(sdk, id)
      return !!(customer?.invoice_settings?.default_payment_method ?? customer?.default_source)
    })
  }
}

async function standing(sdk: Stripe, id: string): Promise<Stripe.Customer | null> {
  try {
    const customer = await sdk.customers.retrieve(id)
    return customer.deleted ? null : customer
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** By time and metadata, and not by email: the address may have been another when it was sent. */
function madeThen(sdk: Stripe, window: Window, billingAccountId: string): Promise<{ id: string } | null> {
  const created = createdWithin(window)
  return firstListed(
    (bounds) => sdk.customers.list({ ...bounds, created }),
    ({ metadata }) => metadata.billing_account_id === billingAccountId,
  )
}
