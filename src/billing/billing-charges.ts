import type { BillingReadiness } from '../catalog/billing-readiness.port.js'
import type { PlanRow } from '../catalog/plan.entity.js'
import { amountProblem, type Currency } from '../kernel/currency.js'
import { money } from '../kernel/money.js'
import type { UserError } from '../kernel/result.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { Opening } from '../subscriptions/product-subscription.rules.js'
import type { Sale, SubscriptionCharges } from '../subscriptions/subscription-charge.port.js'
import type { BillingIntegrationRepository } from './billing-integration.repository.js'
import { firstInvoiceOf, type InvoiceDraft } from './first-invoice.rules.js'

/** What subscribing costs, and whether it can be sold: told to subscriptions, which know of no invoice. */
export class BillingCharges implements SubscriptionCharges, BillingReadiness {
  constructor(private readonly integrations: BillingIntegrationRepository) {}

  firstCharge(plan: PlanRow, opening: Opening): InvoiceDraft | null {
    return firstInvoiceOf(plan, opening)
  }

  async obstacles(reading: Reading, { plan, marketplaceId, billingEmail, charge }: Sale): Promise<UserError[]> {
    if (plan.type !== 'PAID') return []
    const errors: UserError[] = []
    const [enabled] = await this.integrations.enabledIn(reading, [marketplaceId])
    if (!enabled) {
      const message = 'This marketplace cannot sell paid plans yet: it is not connected to Stripe.'
      errors.push({ code: 'BILLING_NOT_CONFIGURED', message, field: null })
    }
    if (!billingEmail) {
      const message = 'Give the organization a billing email first: its invoices are sent there.'
      errors.push({ code: 'REQUIRED', message, field: ['input', 'organizationId'] })
    }
    // Set-up fee and base price may be too much together, though each is not.
    const problem = charge ? amountProblem(charge.total) : null
    if (problem) errors.push({ code: 'INVALID', message: problem, field: ['input', 'planId'] })
    return errors
  }

  /** What will bite later, when these plans are published where nothing can be sold, or not for such sums. */
  async warnings(reading: Reading, marketplaceId: string, plans: readonly PlanRow[]): Promise<string[]> {
    const paid = plans.filter(({ type }) => type === 'PAID')
    if (paid.length === 0) return []
    const [enabled] = await this.integrations.enabledIn(reading, [marketplaceId])
    const sums = paid.flatMap(({ name, baseMinor, currency }) => {
      const problem = amountProblem(money(baseMinor ?? 0n, currency as Currency))
      return problem ? [`${name}: ${problem}`] : []
    })
    return enabled ? sums : ['Billing is not configured here: paid plans cannot be bought yet.', ...sums]
  }
}
