import { Plan } from '../catalog/plan.entity.js'
import type { Clocks } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { ok, Refused, type UserError, unwrap } from '../kernel/result.js'
import { Secret } from '../kernel/secret.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { demand } from '../persistence/audience.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import type { SecretBox } from '../persistence/secret-box.js'
import { rows } from '../persistence/tenant-repository.js'
import { person, type Scope } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { ProductSubscription } from '../subscriptions/product-subscription.entity.js'
import { runningStates } from '../subscriptions/product-subscription.rules.js'
import { type BillingConnections, placeOf } from './billing-connections.js'
import {
  BillingIntegration,
  type BillingIntegrationRow,
  type BillingMode,
  MarketplaceBilling,
} from './billing-integration.entity.js'
import type { BillingIntegrationRepository } from './billing-integration.repository.js'
import { modeOfKey, portalProblem, webhookSecretProblem } from './billing-integration.rules.js'
import { Invoice } from './invoice.entity.js'

const day = 24 * 60 * 60 * 1_000

export interface BillingSettings {
  marketplaceId: string
  billingIntegrationId?: string | null
  restrictedKey?: string | null
  webhookSecret?: string | null
  customerPortalUrl?: string | null
}

export interface BillingSite {
  /** Where the sandbox answers; null when Stripe itself does. */
  sandbox: string | null
}

/** Connects marketplaces to Stripe. Secrets go in and never come out. */
export class BillingIntegrationService {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly marketplaces: MarketplaceRepository,
    private readonly integrations: BillingIntegrationRepository,
    private readonly connections: BillingConnections,
    private readonly box: SecretBox,
    private readonly audit: AuditLog,
    private readonly site: BillingSite,
    private readonly clocks: Clocks,
  ) {}

  /**
   * Makes a marketplace's connection, changes it, or shares that of another marketplace.
   * @throws Refused REQUIRED, INVALID, NOT_ALLOWED, NOT_FOUND
   */
  configure(
    scope: Scope,
    given: BillingSettings,
  ): Promise<{ billing: BillingIntegrationRow; marketplace: MarketplaceRow }> {
    // Copied from a page, with a space or a line break around it.
    const settings = {
      ...given,
      restrictedKey: given.restrictedKey?.trim(),
      webhookSecret: given.webhookSecret?.trim(),
    }
    return this.unitOfWork.run(scope, async (transaction) => {
      const marketplace = await this.#managed(transaction, settings.marketplaceId)
      const present = await this.connections.ofMarketplace(transaction, marketplace.id)
      const { billingIntegrationId: shared = null } = settings
      const billing =
        shared !== null
          ? await this.#shared(transaction, marketplace, present, settings)
          : present
            ? await this.#changed(transaction, present, settings)
            : await this.#made(transaction, marketplace, settings)
      await this.#link(transaction, marketplace, billing)
      return { billing, marketplace }
    })
  }

  /** Refused while paid subscriptions run or invoices are open: their money still comes through it. */
  disable(scope: Scope, marketplaceId: string): Promise<MarketplaceRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const marketplace = await this.#managed(transaction, marketplaceId)
      const obstacles = await this.#inUse(transaction, marketplaceId)
      if (obstacles.length > 0) throw new Refused(obstacles)
      await rows(transaction, MarketplaceBilling)
        .updateTable('MarketplaceBilling')
        .set({ enabled: false })
        .where('marketplaceId', '=', marketplaceId)
        .execute()
      await this.#rest(transaction, marketplace)
      await this.#record(transaction, marketplace, 'billing.disabled', marketplaceId, 'Billing was switched off.')
      return marketplace
    })
  }

  async #managed(transaction: Transaction, marketplaceId: string): Promise<MarketplaceRow> {
    person(transaction.scope)
    const marketplace = await this.marketplaces.lockManaged(transaction, marketplaceId)
    if (marketplace) {
      demand(transaction.scope, managesMarketplaces, marketplace)
      return marketplace
    }
    const message = 'There is no such marketplace.'
    throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'marketplaceId'] }])
  }

  async #made(transaction: Transaction, marketplace: MarketplaceRow, settings: BillingSettings) {
    const { restrictedKey } = settings
    const mode = this.#checked(settings)
    if (!restrictedKey || !mode) {
      const message = 'A new connection needs a restricted key.'
      throw new Refused([{ code: 'REQUIRED', message, field: ['input', 'restrictedKey'] }])
    }
    const now = this.clocks.billing.now()
    const own = { id: newId('bint'), providerId: marketplace.providerId }
    const key = new Secret(restrictedKey)
    const billing = transaction.em.create(BillingIntegration, {
      ...own,
      mode,
      enabled: true,
      sealedRestrictedKey: this.box.seal(key, placeOf(own, 'sealed_restricted_key')),
      restrictedKeyLast4: key.last4,
      restrictedKeySetAt: now,
      customerPortalUrl: settings.customerPortalUrl ?? null,
      health: 'UNKNOWN',
      checks: [],
      createdAt: now,
    })
    if (settings.webhookSecret) this.#setWebhookSecret(billing, new Secret(settings.webhookSecret))
    await transaction.em.flush()
    const given = ['restricted key', ...(settings.webhookSecret ? ['signing secret'] : [])]
    await this.#record(transaction, marketplace, 'billing.configured', billing.id, `Added: ${given.join(', ')}.`)
    return billing
  }

  /** What is given changes, for all marketplaces that share the connection; the rest stays. */
  async #changed(transaction: Transaction, present: BillingIntegrationRow, settings: BillingSettings) {
    const billing = (await this.integrations.lock(transaction, present.id)) as BillingIntegrationRow
    const mode = this.#checked(settings)
    const changes: string[] = []
    if (settings.restrictedKey) {
      if (mode !== billing.mode) {
        const message = `This connection is in ${billing.mode} mode, and the key is for ${mode}: test and live never mix. Switch billing off first, and connect anew.`
        throw new Refused([{ code: 'INVALID', message, field: ['input', 'restrictedKey'] }])
      }
      const key = new Secret(settings.restrictedKey)
      billing.sealedRestrictedKey = this.box.seal(key, placeOf(billing, 'sealed_restricted_key'))
      billing.restrictedKeyLast4 = key.last4
      billing.restrictedKeySetAt = this.clocks.billing.now()
      billing.health = 'UNKNOWN'
      changes.push('restricted key')
    }
    if (settings.webhookSecret) {
      this.#setWebhookSecret(billing, new Secret(settings.webhookSecret))
      changes.push('signing secret')
    }
    if (settings.customerPortalUrl !== undefined) {
      billing.customerPortalUrl = settings.customerPortalUrl
      changes.push('portal link')
    }
    await transaction.em.flush()
    const { providerId, id } = billing
    if (changes.length === 0) return billing
    const summary = `Changed: ${changes.join(', ')}.`
    const entry = {
      providerId,
      marketplaceId: settings.marketplaceId,
      action: 'billing.changed',
      subjectId: id,
      summary,
    }
    await this.audit.record(transaction, entry)
    return billing
  }

  async #shared(
    transaction: Transaction,
    marketplace: MarketplaceRow,
    present: BillingIntegrationRow | null,
    settings: BillingSettings,
  ) {
    if (settings.restrictedKey || settings.webhookSecret || settings.customerPortalUrl) {
      const message = 'Share a connection, or give its values: not both.'
      throw new Refused([{ code: 'INVALID', message, field: ['input', 'billingIntegrationId'] }])
    }
    const billing = await this.integrations.find(transaction, settings.billingIntegrationId ?? '')
    if (!billing || billing.providerId !== marketplace.providerId) throw missing('billingIntegrationId')
    if (present && present.mode !== billing.mode) {
      const message = `This marketplace sells in ${present.mode} mode, and that connection is for ${billing.mode}: switch billing off first.`
      throw new Refused([{ code: 'INVALID', message, field: ['input', 'billingIntegrationId'] }])
    }
    const summary = 'Shares the connection of another marketplace.'
    await this.#record(transaction, marketplace, 'billing.configured', billing.id, summary)
    return billing
  }

  /** The former secret counts for a day more, because Stripe signs with both while one is rolled. */
  #setWebhookSecret(billing: BillingIntegrationRow, secret: Secret): void {
    if (billing.sealedWebhookSecret) {
      const former = this.box.open(billing.sealedWebhookSecret, placeOf(billing, 'sealed_webhook_secret'))
      if (former.reveal() === secret.reveal()) return
      billing.sealedFormerWebhookSecret = this.box.seal(former, placeOf(billing, 'sealed_former_webhook_secret'))
      // Signatures go by real time, however far billing's has been moved.
      billing.formerWebhookSecretEndsAt = new Date(this.clocks.transport.now().getTime() + day)
    }
    billing.sealedWebhookSecret = this.box.seal(secret, placeOf(billing, 'sealed_webhook_secret'))
    billing.webhookSecretSetAt = this.clocks.billing.now()
  }

  /**
   * The mode that the key says, if one was given.
   * @throws Refused INVALID, with all that is wrong at once
   */
  #checked({ restrictedKey, webhookSecret, customerPortalUrl }: BillingSettings): BillingMode | null {
    const mode = restrictedKey ? modeOfKey(restrictedKey, this.site.sandbox !== null) : ok(null)
    const problems = [
      ...(mode.ok ? [] : mode.errors),
      webhookSecret ? webhookSecretProblem(webhookSecret) : null,
      customerPortalUrl ? portalProblem(customerPortalUrl, this.site.sandbox) : null,
    ].filter((problem) => problem !== null)
    if (problems.length > 0) throw new Refused(problems)
    return unwrap(mode)
  }

  async #link(transaction: Transaction, marketplace: MarketplaceRow, billing: BillingIntegrationRow): Promise<void> {
    await this.#setEnabled(transaction, billing.id, true)
    billing.enabled = true
    const link = { billingIntegrationId: billing.id, enabled: true, configuredAt: this.clocks.billing.now() }
    await rows(transaction, MarketplaceBilling)
      .insertInto('MarketplaceBilling')
      .values({ marketplaceId: marketplace.id, providerId: marketplace.providerId, ...link })
      .onConflict((conflict) => conflict.columns(['marketplaceId', 'providerId']).doUpdateSet(link))
      .execute()
  }

  /** A connection that nobody sells through any more rests; what was invoiced through it is still followed. */
  async #rest(transaction: Transaction, { id, providerId }: MarketplaceRow): Promise<void> {
    const links = await rows(transaction, MarketplaceBilling)
      .selectFrom('MarketplaceBilling')
      .select(['marketplaceId', 'billingIntegrationId', 'enabled'])
      .where('providerId', '=', providerId)
      .execute()
    const left = links.find(({ marketplaceId }) => marketplaceId === id)?.billingIntegrationId
    const used = links.some((link) => link.enabled && link.billingIntegrationId === left)
    if (left && !used) await this.#setEnabled(transaction, left, false)
  }

  async #setEnabled(transaction: Transaction, id: string, enabled: boolean): Promise<void> {
    await rows(transaction, BillingIntegration)
      .updateTable('BillingIntegration')
      .set({ enabled })
      .where('id', '=', id)
      .execute()
  }

  async #inUse(transaction: Transaction, marketplaceId: string): Promise<UserError[]> {
    const open = await rows(transaction, Invoice)
      .selectFrom('Invoice')
      .select('id')
      .where('marketplaceId', '=', marketplaceId)
      .where('status', 'in', ['DRAFT', 'OPEN'])
      .limit(1)
      .executeTakeFirst()
    const running = await rows(transaction, ProductSubscription, Plan)
      .selectFrom('ProductSubscription')
      .innerJoin('Plan', 'Plan.id', 'ProductSubscription.planId')
      .select('ProductSubscription.id')
      .where('ProductSubscription.marketplaceId', '=', marketplaceId)
      .where('ProductSubscription.state', 'in', [...runningStates])
      .where('Plan.type', '=', 'PAID')
      .limit(1)
      .executeTakeFirst()
    const inUse = (message: string): UserError => ({ code: 'IN_USE', message, field: ['input', 'marketplaceId'] })
    return [
      ...(running ? [inUse('Paid subscriptions still run here.')] : []),
      ...(open ? [inUse('Invoices are still open here.')] : []),
    ]
  }

  #record(transaction: Transaction, marketplace: MarketplaceRow, action: string, subjectId: string, summary: string) {
    const { providerId, id: marketplaceId } = marketplace
    return this.audit.record(transaction, { providerId, marketplaceId, action, subjectId, summary })
  }
}

function missing(field: string): Refused {
  return new Refused([{ code: 'NOT_FOUND', message: 'There is no such connection.', field: ['input', field] }])
}
