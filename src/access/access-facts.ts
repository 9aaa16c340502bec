import type { QuotaLimit } from '../catalog/plan.entity.js'
import type { ProductState } from '../catalog/product.entity.js'
import type { ConsumerOrganizationState } from '../organizations/consumer-organization.entity.js'
import type { PaymentStanding, ProductSubscriptionState } from '../subscriptions/product-subscription.entity.js'
import type { AccessRequestState, CredentialState } from './access.entity.js'

export const accessBlockCodes = [
  'CREDENTIAL_UNKNOWN',
  'CREDENTIAL_SUSPENDED',
  'CREDENTIAL_EXPIRED',
  'CREDENTIAL_REVOKED',
  'ORGANIZATION_DISABLED',
  'PRODUCT_ARCHIVED',
  'RESOURCE_UNKNOWN',
  'RESOURCE_NOT_IN_PLAN',
  'NO_ACCESS_REQUEST',
  'ACCESS_NOT_APPROVED',
  'ACCESS_REVOKED',
  'SUBSCRIPTION_NOT_APPROVED',
  'SUBSCRIPTION_ENDED',
  'SUSPENDED_BY_PROVIDER',
  'FIRST_INVOICE_UNPAID',
  'INVOICE_PAST_DUE',
  'QUOTA_EXCEEDED',
] as const
export type AccessBlockCode = (typeof accessBlockCodes)[number]

/** One reason why access is closed, with what would open it. */
export interface AccessBlock {
  readonly code: AccessBlockCode
  /** A whole sentence for people. */
  readonly message: string
  /** The unpaid invoice, when that is the reason and there is one yet. */
  readonly invoiceId: string | null
}

/** What is known of a subscription when access under it is decided. */
export interface SubscriptionFacts {
  readonly subscriptionId: string
  readonly subscriptionState: ProductSubscriptionState
  readonly standing: PaymentStanding
  /** When it closes if nothing more is paid. */
  readonly accessClosesAt: Date | null
  /** The oldest that is owed; read only where the standing closes access. */
  readonly unpaidInvoiceId: string | null
  readonly organizationState: ConsumerOrganizationState
  readonly productState: ProductState
}

/** What is known of an access request and what it counts on. */
export interface RequestFacts extends SubscriptionFacts {
  readonly requestId: string
  readonly requestState: AccessRequestState
  /** Null when no quota of the plan covers the resource. */
  readonly quota: QuotaFacts | null
}

export interface QuotaFacts {
  readonly quotaId: string
  readonly limit: QuotaLimit
  /** Null when UNLIMITED. */
  readonly limitUnits: string | null
  /** In the quota's present interval, as a decimal. */
  readonly used: string
  /** When the count starts again; null where nothing has been counted yet. */
  readonly endsAt: Date | null
}

export interface CredentialFacts {
  readonly credentialId: string
  readonly state: CredentialState
  readonly expiresAt: Date | null
  readonly organizationState: ConsumerOrganizationState
}

/** All that is known of a call that wants to pass. */
export interface CallFacts {
  readonly credential: CredentialFacts
  /** Null when no resource fits the path or id. */
  readonly resourceId: string | null
  /** Those of the credential's application for that resource, the oldest first. */
  readonly requests: readonly RequestFacts[]
}
