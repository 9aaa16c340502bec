import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Clock } from '../kernel/clock.js'
import { idPrefix } from '../kernel/id.js'
import type { SealedPlace, SecretBox } from '../persistence/secret-box.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, UnitOfWork } from '../persistence/unit-of-work.js'
import type {
  BillingConnections as AskedConnections,
  BillingConnection,
  WebhookConnection,
  WebhookConnections,
} from './billing.port.js'
import { BillingIntegration, type BillingIntegrationRow, MarketplaceBilling } from './billing-integration.entity.js'
import { Invoice } from './invoice.entity.js'

/** Where a secret of a connection is sealed to. */
export function placeOf(integration: { id: string; providerId: string }, column: string): SealedPlace {
  return { table: 'billing_integration', column, id: integration.id, providerId: integration.providerId }
}

/** Opens connections for those who call Stripe, and for those whom Stripe calls. Nothing else sees their secrets. */
export class BillingConnections implements AskedConnections, WebhookConnections {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly box: SecretBox,
    /** Transport's. */
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  connection(id: string): Promise<BillingConnection | null> {
    return this.byId(this.unitOfWork.reading(system), id)
  }

  /** The one that a marketplace sells through now; null where it cannot sell. */
  async ofMarketplace(reading: Reading, marketplaceId: string): Promise<BillingIntegrationRow | null> {
    const found = await rows(reading, BillingIntegration, MarketplaceBilling)
      .selectFrom('MarketplaceBilling')
      .innerJoin('BillingIntegration', 'BillingIntegration.id', 'MarketplaceBilling.billingIntegrationId')
      .selectAll('BillingIntegration')
      .where('MarketplaceBilling.marketplaceId', '=', marketplaceId)
      .where('MarketplaceBilling.enabled', '=', true)
      .executeTakeFirst()
    return (found as BillingIntegrationRow | undefined) ?? null
  }

  /** Those that a marketplace has ever sold through, with when each was made; the present one as well. */
  async everOf(
    reading: Reading,
    marketplaceId: string,
  ): Promise<Array<{ connection: BillingConnection; since: Date }>> {
    const found = await rows(reading, BillingIntegration, MarketplaceBilling, Invoice)
      .selectFrom('BillingIntegration')
      .selectAll()
      .where((eb) =>
        eb.or([
          eb(
            'id',
            'in',
            eb
              .selectFrom('MarketplaceBilling')
              .select('MarketplaceBilling.billingIntegrationId')
              .where('MarketplaceBilling.marketplaceId', '=', marketplaceId),
          ),
          eb(
            'id',
            'in',
            eb
              .selectFrom('Invoice')
              .select('Invoice.billingIntegrationId')
              .where('Invoice.marketplaceId', '=', marketplaceId)
              .where('Invoice.billingIntegrationId', 'is not', null)
              .$narrowType<{ billingIntegrationId: string }>(),
          ),
        ]),
      )
      .orderBy('id')
      .execute()
    return found.map((integration) => ({
      connection: this.open(integration as BillingIntegrationRow),
      since: integration.createdAt,
    }))
  }

  async byId(reading: Reading, id: string): Promise<BillingConnection | null> {
    const found = await rows(reading, BillingIntegration)
      .selectFrom('BillingIntegration')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst()
    return found ? this.open(found) : null
  }

  open(integration: BillingIntegrationRow): BillingConnection {
    const { id, providerId, mode, sealedRestrictedKey } = integration
    const restrictedKey = this.box.open(sealedRestrictedKey, placeOf(integration, 'sealed_restricted_key'))
    return { id, providerId, mode, restrictedKey }
  }

  /** @param id as it came in an address: whatever it is */
  async find(id: string): Promise<WebhookConnection | null> {
    if (idPrefix(id) !== 'bint') return null
    const found = await rows(this.unitOfWork.question(system), BillingIntegration)
      .selectFrom('BillingIntegration')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst()
    return found ? this.#webhook(found) : null
  }

  /** Those whose secrets can be opened: on the shared address the damaged row of one provider must not keep the others' news. */
  async all(): Promise<WebhookConnection[]> {
    const found = await rows(this.unitOfWork.question(system), BillingIntegration)
      .selectFrom('BillingIntegration')
      .selectAll()
      .where('sealedWebhookSecret', 'is not', null)
      .execute()
    return found.flatMap((integration) => {
      try {
        return this.#webhook(integration) ?? []
      } catch (error) {
        this.log.error({ err: error, billingIntegration: integration.id }, 'a signing secret cannot be opened')
        return []
      }
    })
  }

  /**
   * Noted once in ten seconds at most, or where something else came last: it tells people what arrives, not how much.
   */
  async received(id: string, at: Date): Promise<void> {
    await this.#noteLast(id, at, 'last_webhook_at', 'last_signature_failure_at')
  }

  async signatureFailed(id: string, at: Date): Promise<void> {
    await this.#noteLast(id, at, 'last_signature_failure_at', 'last_webhook_at')
  }

  async #noteLast(id: string, at: Date, noted: string, other: string): Promise<void> {
    const [column, otherColumn] = [sql.ref(noted), sql.ref(other)]
    const instant = sql`${at.toISOString()}::timestamptz`
    await this.unitOfWork.run(system, ({ kysely }) =>
      sql`update billing_integration set ${column} = ${instant}
      where id = ${id}
        and (${column} is null or ${column} < ${instant} - interval '10 seconds'
          or (${column} < ${otherColumn} and ${column} < ${instant}))`.execute(kysely),
    )
  }

  #webhook(integration: BillingIntegrationRow): WebhookConnection | null {
    const { id, providerId, mode, sealedWebhookSecret, sealedFormerWebhookSecret, formerWebhookSecretEndsAt } =
      integration
    if (!sealedWebhookSecret) return null
    const secrets = [this.box.open(sealedWebhookSecret, placeOf(integration, 'sealed_webhook_secret'))]
    if (sealedFormerWebhookSecret && formerWebhookSecretEndsAt && formerWebhookSecretEndsAt > this.clock.now()) {
      secrets.push(this.box.open(sealedFormerWebhookSecret, placeOf(integration, 'sealed_former_webhook_secret')))
    }
    return { id, providerId, mode, secrets }
  }
}
