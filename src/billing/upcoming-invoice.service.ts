import type { Clock } from '../kernel/clock.js'
import { money } from '../kernel/money.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import type { ChargeableUsage } from '../usage/chargeable-usage.js'
import { credited } from './credit.rules.js'
import type { InvoiceDraft } from './first-invoice.rules.js'
import type { InvoiceWriting } from './invoice-writing.js'
import { decided, type TurnInvoice } from './turn-invoices.rules.js'
import type { TurnScenes } from './turn-scenes.js'

/** What the next invoices would be if the periods ended now: the computation of the real ones, looked at beforehand. */
export class UpcomingInvoices {
  constructor(
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly scenes: TurnScenes,
    private readonly usage: ChargeableUsage,
    private readonly writing: InvoiceWriting,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** In the order asked for; null where no invoice will come. For loaders, and for those who may see invoices. */
  readonly ofSubscriptions = async (reading: Reading, ids: readonly string[]): Promise<Array<InvoiceDraft | null>> => {
    const asSystem = reading.as(system)
    const found = await this.subscriptions.byIds(reading, ids)
    const running = found.filter((subscription) => subscription !== null).filter(goesOn)
    if (running.length === 0) return ids.map(() => null)
    const now = this.clock.now()
    const asked = running.map(({ id, periodStart }) => {
      const start = periodStart as Date
      return { productSubscriptionId: id, period: { start, end: now > start ? now : start } }
    })
    const usage = await this.usage.usageInPeriods(asSystem, asked)
    // The one that is still to be paid does not keep the next from being looked at.
    const paid = running.map((subscription) =>
      subscription.standing === 'AWAITING_FIRST_PAYMENT'
        ? { ...subscription, standing: 'GOOD' as const }
        : subscription,
    )
    const scenes = await this.scenes.of(asSystem, paid, usage)
    const drafts = scenes.map((scene) => shownOf(decided(scene).invoices))
    const withCredit = await this.#credited(asSystem, running, drafts)
    const byId = new Map(running.map(({ id }, index) => [id, withCredit[index] ?? null]))
    return ids.map((id) => byId.get(id) ?? null)
  }

  async #credited(
    reading: Reading,
    running: readonly ProductSubscriptionRow[],
    drafts: ReadonlyArray<InvoiceDraft | null>,
  ): Promise<Array<InvoiceDraft | null>> {
    const asked = running.map(({ id }, index) => ({ id, currency: drafts[index]?.total.currency ?? '' }))
    const balances = await this.writing.credits(reading, asked)
    return drafts.map(
      (draft, index) => draft && credited(draft, money(balances[index] ?? 0n, draft.total.currency)).draft,
    )
  }
}

function goesOn({ state, periodStart, periodEnd }: ProductSubscriptionRow): boolean {
  return (state === 'ACTIVE' || state === 'SUSPENDED') && !!periodStart && !!periodEnd
}

/** Where a plan in another currency begins there are two: the one that goes on. */
function shownOf(invoices: readonly TurnInvoice[]): InvoiceDraft | null {
  const next = invoices.find(({ reason }) => reason !== 'SUBSCRIPTION_END') ?? invoices[0]
  return next?.draft ?? null
}
