import { sql } from 'kysely'
import { Plan, type PlanRow, Quota, QuotaResource, type QuotaRow } from '../../src/catalog/plan.entity.js'
import { entities } from '../../src/entities.js'
import type { DomainEvent } from '../../src/events/event.js'
import { MovableClock } from '../../src/kernel/clock.js'
import { newId } from '../../src/kernel/id.js'
import { Database } from '../../src/persistence/database.js'
import { rows } from '../../src/persistence/tenant-repository.js'
import type { GatewayScope } from '../../src/persistence/tenant-scope.js'
import { UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { Unit } from '../../src/providers/unit.entity.js'
import {
  ProductSubscription,
  type ProductSubscriptionRow,
} from '../../src/subscriptions/product-subscription.entity.js'
import { ChargeableUsage } from '../../src/usage/chargeable-usage.js'
import { QuotaUsageRepository } from '../../src/usage/quota-usage.repository.js'
import { UsageRepository } from '../../src/usage/usage.repository.js'
import type { ReportedUsage } from '../../src/usage/usage.rules.js'
import { UsageService, type UsageSubjects } from '../../src/usage/usage.service.js'
import { writing } from '../support/writing.js'

const subscribedAt = new Date('2026-01-31T12:00:00Z')

/** Access as far as usage listens to it: keys stand for subscriptions, and whatever is named exists. */
class KnownSubjects implements UsageSubjects {
  readonly keys = new Map<string, string>()

  async resolve(...[, , subjects]: Parameters<UsageSubjects['resolve']>) {
    return subjects.map(({ credential, productSubscriptionId, resourceId }) => {
      const subscription = productSubscriptionId ?? this.keys.get(credential ?? '')
      if (!subscription) return { refused: 'CREDENTIAL_UNKNOWN' } as const
      if (!resourceId?.startsWith('res_')) return { refused: 'RESOURCE_UNKNOWN' } as const
      return { productSubscriptionId: subscription, resourceId }
    })
  }
}

/** A marketplace's gateway, and all of usage on a real database. */
export async function openUsageHouse(url: string) {
  const database = await Database.connect({ url, entities })
  const events: DomainEvent[] = []
  const unitOfWork = new UnitOfWork<DomainEvent>(database, {
    write: async (_, announced) => void events.push(...announced),
    committed: () => undefined,
  })
  const clock = new MovableClock(subscribedAt)
  const subjects = new KnownSubjects()
  const service = new UsageService(unitOfWork, new UsageRepository(), subjects, clock)
  const providerId = newId('prov')
  const gateway: GatewayScope = { kind: 'gateway', tokenId: newId('gwt'), providerId, marketplaceId: newId('mkt') }
  const reading = () => writing(database)
  const unitId = newId('unit')
  await rows(reading(), Unit)
    .insertInto('Unit')
    .values({ id: unitId, providerId, name: 'transactions', title: 'transactions', createdAt: subscribedAt })
    .execute()

  return {
    unitOfWork,
    clock,
    events,
    subjects,
    gateway,
    service,
    standing: new QuotaUsageRepository(clock),
    chargeable: new ChargeableUsage(),
    reading,
    report: (...records: ReportedUsage[]) => service.report(gateway, records),

    async plan(about: Partial<PlanRow>, ...quotas: Array<Partial<QuotaRow>>) {
      const plan = planOf(providerId, about)
      await rows(reading(), Plan).insertInto('Plan').values(plan).execute()
      const made = []
      for (const [position, quota] of quotas.entries()) {
        const row = quotaOf(plan, unitId, position, quota)
        const resourceId = newId('res')
        await rows(reading(), Quota)
          .insertInto('Quota')
          .values({ ...row, tiers: sql`${JSON.stringify(row.tiers)}::jsonb` as never })
          .execute()
        const covered = { planId: plan.id, resourceId, providerId, quotaId: row.id }
        await rows(reading(), QuotaResource).insertInto('QuotaResource').values(covered).execute()
        made.push({ id: row.id, resourceId })
      }
      return { id: plan.id, quotas: made as [(typeof made)[0], ...typeof made] }
    },

    async subscription(planId: string, about: Partial<ProductSubscriptionRow> = {}): Promise<string> {
      const row = subscriptionOf(gateway, planId, about)
      await rows(reading(), ProductSubscription).insertInto('ProductSubscription').values(row).execute()
      return row.id
    },

    change: (id: string, changes: Partial<ProductSubscriptionRow>) =>
      rows(reading(), ProductSubscription)
        .updateTable('ProductSubscription')
        .set(changes)
        .where('id', '=', id)
        .execute(),

    close: () => database.close(),
  }
}
export type UsageHouse = Awaited<ReturnType<typeof openUsageHouse>>

function planOf(providerId: string, about: Partial<PlanRow>): PlanRow {
  return {
    id: newId('plan'),
    providerId,
    productId: newId('prod'),
    name: 'Gold',
    description: null,
    type: 'PAID',
    state: 'ACTIVE',
    approval: 'AUTOMATIC',
    currency: 'USD',
    baseMinor: 2_500n,
    setupFeeMinor: 0n,
    interval: 'MONTH',
    intervalCount: 1,
    anchor: 'ANNIVERSARY',
    features: [],
    termPeriods: null,
    trialDays: 0,
    paymentTermDays: 7,
    gracePeriodDays: 3,
    cancelWhenPastDue: false,
    requestForm: null,
    version: 1,
    createdAt: subscribedAt,
    ...about,
  }
}

function quotaOf(plan: PlanRow, unitId: string, position: number, about: Partial<QuotaRow>): QuotaRow {
  return {
    id: newId('quo'),
    providerId: plan.providerId,
    planId: plan.id,
    unitId,
    limit: 'STRICT',
    limitUnits: 1_000n,
    interval: 'MONTH',
    pricing: 'INCLUDED',
    unitAmount: null,
    packageSize: null,
    tiers: [],
    position,
    ...about,
  }
}

function subscriptionOf(
  { providerId, marketplaceId }: GatewayScope,
  planId: string,
  about: Partial<ProductSubscriptionRow>,
): ProductSubscriptionRow {
  return {
    id: newId('psub'),
    providerId,
    marketplaceId,
    organizationId: newId('org'),
    productId: newId('prod'),
    planId,
    name: 'Gold',
    state: 'ACTIVE',
    standing: 'GOOD',
    anchorAt: subscribedAt,
    startedAt: subscribedAt,
    timeZone: 'UTC',
    cancelAtPeriodEnd: false,
    subscribedByUserId: newId('usr'),
    createdAt: subscribedAt,
    version: 1,
    ...about,
  } as ProductSubscriptionRow
}
