import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByCustomer, fencedByManagers } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const billingModes = ['SANDBOX', 'TEST', 'LIVE'] as const
export type BillingMode = (typeof billingModes)[number]
export const billingHealths = ['OK', 'UNKNOWN', 'DEGRADED', 'FAILING'] as const
export type BillingHealth = (typeof billingHealths)[number]

export interface StoredBillingCheck {
  name: string
  ok: boolean
  detail: string
}

/** A connection to one Stripe account. The three secrets are sealed: bound to this row, and never given out. */
export const BillingIntegration = defineEntity({
  name: 'BillingIntegration',
  tableName: 'billing_integration',
  ...fencedByManagers(),
  properties: {
    ...tenantKey,
    mode: p.string().$type<BillingMode>(),
    enabled: p.boolean(),
    sealedRestrictedKey: p.text(),
    restrictedKeyLast4: p.string(),
    restrictedKeySetAt: instant(),
    sealedWebhookSecret: p.text().nullable(),
    webhookSecretSetAt: instant().nullable(),
    /** The secret before the present one counts for 24 hours more. */
    sealedFormerWebhookSecret: p.text().nullable(),
    formerWebhookSecretEndsAt: instant().nullable(),
    customerPortalUrl: p.text().nullable(),
    lastWebhookAt: instant().nullable(),
    lastSignatureFailureAt: instant().nullable(),
    health: p.string().$type<BillingHealth>(),
    checks: p.json<StoredBillingCheck[]>(),
    createdAt: instant(),
  },
})
export type BillingIntegrationRow = InferEntity<typeof BillingIntegration>

/** Which connection a marketplace sells through. Open invoices stay with the connection that made them. */
export const MarketplaceBilling = defineEntity({
  name: 'MarketplaceBilling',
  tableName: 'marketplace_billing',
  ...fencedByManagers(),
  properties: {
    marketplaceId: p.string().primary(),
    providerId: p.string().primary(),
    billingIntegrationId: p.string(),
    enabled: p.boolean(),
    configuredAt: instant(),
  },
  indexes: [{ properties: ['billingIntegrationId'] }],
})
export type MarketplaceBillingRow = InferEntity<typeof MarketplaceBilling>

/** An organization's customer at Stripe: one for each connection and currency. */
export const BillingAccount = defineEntity({
  name: 'BillingAccount',
  tableName: 'billing_account',
  ...fencedByCustomer(),
  properties: {
    ...tenantKey,
    billingIntegrationId: p.string(),
    organizationId: p.string(),
    currency: p.string().columnType('char(3)'),
    /** Null until Stripe has answered. */
    stripeCustomerId: p.string().nullable(),
    /** Whether Stripe has a payment method to charge by itself. */
    paysAutomatically: p.boolean(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'billingIntegrationId', 'organizationId', 'currency'] }],
})
export type BillingAccountRow = InferEntity<typeof BillingAccount>
