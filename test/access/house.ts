import { sql } from 'kysely'
import {
  AccessRequestRepository,
  ApplicationRepository,
  CredentialRepository,
  GatewayTokenRepository,
} from '../../src/access/access.repository.js'
import { AccessDecisions } from '../../src/access/access-decision.service.js'
import { AccessFactsRepository } from '../../src/access/access-facts.repository.js'
import { AccessRequestService } from '../../src/access/access-request.service.js'
import { AccessStanding } from '../../src/access/access-standing.service.js'
import { ApplicationService } from '../../src/access/application.service.js'
import { CredentialService } from '../../src/access/credential.service.js'
import { GatewayTokens } from '../../src/access/gateway-token.service.js'
import { LastUse } from '../../src/access/last-use.js'
import { AccessUsageSubjects } from '../../src/access/usage-subjects.js'
import { ApiResourceRepository } from '../../src/catalog/asset.repository.js'
import { entities } from '../../src/entities.js'
import type { DomainEvent } from '../../src/events/event.js'
import { EventLog } from '../../src/events/event-log.js'
import type { AttemptLimiter } from '../../src/identity/attempt-limiter.js'
import { MovableClock } from '../../src/kernel/clock.js'
import { newId } from '../../src/kernel/id.js'
import { RequestError } from '../../src/kernel/request-error.js'
import type { MarketplaceRow } from '../../src/marketplaces/marketplace.entity.js'
import { ConsumerOrganizationRepository } from '../../src/organizations/consumer-organization.repository.js'
import { Database } from '../../src/persistence/database.js'
import type { ConsumerRole, ConsumerScope, ProviderRole, ProviderScope } from '../../src/persistence/tenant-scope.js'
import { UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { AuditLog } from '../../src/providers/audit-log.js'
import { ProductSubscriptionRepository } from '../../src/subscriptions/product-subscription.repository.js'
import { createTestDatabase } from '../support/database.js'
import { writing } from '../support/writing.js'

const failuresAllowed = 3

/** Counts in memory what the real one counts in the database. */
export class CountingLimiter implements Pick<AttemptLimiter, 'guard'> {
  readonly failures = new Map<string, number>()

  async guard<Result>(
    { address }: { address: string },
    failed: (result: Result) => boolean,
    work: () => Promise<Result>,
  ) {
    const before = this.failures.get(address) ?? 0
    if (before >= failuresAllowed) throw new RequestError('RATE_LIMITED', 'Too many attempts.', 60)
    const result = await work()
    if (failed(result)) this.failures.set(address, before + 1)
    return result
  }
}

/** Access on a real database: its services, and rows of what stands to its left. */
export async function openHouse() {
  const testDatabase = await createTestDatabase()
  const database = await Database.connect({ url: testDatabase.url, entities })
  const unitOfWork = new UnitOfWork<DomainEvent>(database, new EventLog(() => undefined))
  const clock = new MovableClock(new Date('2026-11-24T12:00:00Z'))
  const clocks = { billing: clock, transport: clock }
  const limiter = new CountingLimiter()
  const audit = new AuditLog(clock)
  const facts = new AccessFactsRepository()
  const [applications, credentials, requests] = [
    new ApplicationRepository(),
    new CredentialRepository(),
    new AccessRequestRepository(),
  ]
  const warnings: unknown[] = []
  const lastUse = new LastUse(unitOfWork, { warn: (...told: unknown[]) => void warnings.push(told) } as never)
  const standing = new AccessStanding(unitOfWork, facts, clock)
  const marketplaces = {
    find: async (_: unknown, id: string) => ({ id, providerId: place.providerId }) as MarketplaceRow,
    findManaged: async (_: unknown, id: string) => ({ id, providerId: place.providerId }) as MarketplaceRow,
  }
  const place = { providerId: newId('prov'), marketplaceId: newId('mkt') }
  const reading = () => writing(database)
  const write = (statement: ReturnType<typeof sql>) => statement.execute(reading().kysely)

  return {
    clock,
    limiter,
    unitOfWork,
    place,
    facts,
    lastUse,
    warnings,
    standing,
    requests,
    tokens: new GatewayTokens(unitOfWork, new GatewayTokenRepository(), marketplaces, audit, lastUse, clocks),
    decisions: new AccessDecisions(unitOfWork, facts, limiter, lastUse, clocks),
    subjects: new AccessUsageSubjects(facts),
    applicationService: new ApplicationService(unitOfWork, new ConsumerOrganizationRepository(), audit, clock),
    credentialService: new CredentialService(unitOfWork, credentials, applications, audit, clock),
    requestService: new AccessRequestService(
      unitOfWork,
      requests,
      applications,
      new ProductSubscriptionRepository(),
      new ApiResourceRepository(),
      standing,
      audit,
      clock,
    ),

    provider(...roles: ProviderRole[]): ProviderScope {
      return {
        kind: 'provider',
        userId: newId('usr'),
        sessionId: 'ses',
        providers: new Map([[place.providerId, roles]]),
      }
    },

    member(organizationId: string, ...roles: ConsumerRole[]): ConsumerScope {
      const organizations = new Map([[organizationId, roles]])
      return { kind: 'consumer', userId: newId('usr'), sessionId: 'ses', ...place, organizations }
    },

    async organization(state = 'ACTIVE'): Promise<string> {
      const id = newId('org')
      await write(sql`insert into consumer_organization (id, provider_id, marketplace_id, name, state, created_at)
        values (${id}, ${place.providerId}, ${place.marketplaceId}, 'Acme', ${state}, now())`)
      return id
    },

    async resource(basePath: string): Promise<string> {
      const id = newId('res')
      await write(sql`insert into api_resource (id, provider_id, asset_id, base_path, name, created_at)
        values (${id}, ${place.providerId}, ${newId('ast')}, ${basePath}, 'API', now())`)
      return id
    },

    /** A paid plan of a product of its own, with one quota that covers the resources. */
    async plan(
      resourceIds: readonly string[],
      about: { accessApproval?: string; limit?: string; limitUnits?: number | null } = {},
    ) {
      const { accessApproval = 'AUTOMATIC', limit = 'STRICT', limitUnits = 1_000 } = about
      const [productId, planId, quotaId] = [newId('prod'), newId('plan'), newId('quo')]
      const { providerId } = place
      await write(sql`insert into product (id, provider_id, slug, name, categories, tags, state, access_approval, created_at)
        values (${productId}, ${providerId}, ${productId}, 'Payments', '{}', '{}', 'ACTIVE', ${accessApproval}, now())`)
      await write(sql`insert into quota
        (id, provider_id, plan_id, unit_id, limit_kind, limit_units, "interval", pricing, tiers, position)
        values (${quotaId}, ${providerId}, ${planId}, ${newId('unit')}, ${limit}, ${limitUnits}, 'MONTH', 'INCLUDED', '[]', 0)`)
      for (const resourceId of resourceIds) {
        await write(sql`insert into quota_resource (plan_id, resource_id, provider_id, quota_id)
          values (${planId}, ${resourceId}, ${providerId}, ${quotaId})`)
      }
      return { productId, planId, quotaId }
    },

    async subscription(
      organizationId: string,
      { productId, planId }: { productId: string; planId: string },
      about: { state?: string; standing?: string } = {},
    ): Promise<string> {
      const id = newId('psub')
      const { providerId, marketplaceId } = place
      const { state = 'ACTIVE', standing: paid = 'AWAITING_FIRST_PAYMENT' } = about
      await write(sql`insert into product_subscription
        (id, provider_id, marketplace_id, organization_id, product_id, plan_id, name, state, standing, time_zone,
         cancel_at_period_end, subscribed_by_user_id, created_at, started_at)
        values (${id}, ${providerId}, ${marketplaceId}, ${organizationId}, ${productId}, ${planId}, 'Payments', ${state},
          ${paid}, 'UTC', false, 'usr', now(), now())`)
      return id
    },

    async invoice(organizationId: string, subscriptionId: string, status = 'OPEN'): Promise<string> {
      const id = newId('inv')
      const { providerId, marketplaceId } = place
      await write(sql`insert into invoice
        (id, provider_id, marketplace_id, organization_id, product_subscription_id, plan_id, status, reason, period_start,
         period_end, currency, total_minor, amount_due_minor, amount_paid_minor, payment_term_days, sync_status,
         sync_attempts, created_at)
        values (${id}, ${providerId}, ${marketplaceId}, ${organizationId}, ${subscriptionId}, 'plan', ${status}, ${id},
          now(), now(), 'USD', 2500, 2500, 0, 14, 'SYNCED', 0, now())`)
      return id
    },

    async set(table: string, id: string, column: string, value: string | null): Promise<void> {
      await write(sql`update ${sql.table(table)} set ${sql.ref(column)} = ${value} where id = ${id}`)
    },

    async used(subscriptionId: string, quotaId: string, used: number): Promise<void> {
      await write(sql`insert into quota_counter
        (product_subscription_id, quota_id, period_start, provider_id, period_end, used, invoiced, chargeable,
         threshold_reached)
        values (${subscriptionId}, ${quotaId}, '2026-11-01', ${place.providerId}, '2026-12-01', ${used}, 0, true, 0)
        on conflict (product_subscription_id, quota_id, period_start, provider_id) do update set used = excluded.used`)
    },

    async stateOf(requestId: string): Promise<string | undefined> {
      return (await requests.find(reading(), requestId))?.state
    },

    async one(table: string, id: string): Promise<Record<string, unknown>> {
      const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)} where id = ${id}`.execute(
        reading().kysely,
      )
      return rows[0] ?? {}
    },

    async events(subjectId: string): Promise<Array<[string, string | null, string]>> {
      const { rows } = await sql<{ name: string; data: { previousState: string | null; state: string } }>`
        select name, data from event where subject_id = ${subjectId} order by sequence`.execute(reading().kysely)
      return rows.map(({ name, data }) => [name, data.previousState, data.state])
    },

    async close(): Promise<void> {
      await lastUse.settled()
      await database.close()
      await testDatabase.drop()
    },
  }
}
export type House = Awaited<ReturnType<typeof openHouse>>
