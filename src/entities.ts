import { AccessRequest, Application, Credential, GatewayToken } from './access/access.entity.js'
import { BillingCredit } from './billing/billing-credit.entity.js'
import { BillingAccount, BillingIntegration, MarketplaceBilling } from './billing/billing-integration.entity.js'
import { Invoice, InvoiceLine, InvoiceTransition } from './billing/invoice.entity.js'
import { ApiResource, ApiSpecification, Asset, AssetRelease, ReleasedResource } from './catalog/asset.entity.js'
import { Plan, Quota, QuotaResource } from './catalog/plan.entity.js'
import { Product, ProductAsset, ProductRelease } from './catalog/product.entity.js'
import { PlanVisibility, Publication } from './catalog/publication.entity.js'
import { Event } from './events/event.entity.js'
import { IdempotencyRecord } from './graphql/idempotency.entity.js'
import { FailedAttempts } from './identity/attempt.entity.js'
import { MailedToken, Session, SessionToken } from './identity/session.entity.js'
import { User } from './identity/user.entity.js'
import { Marketplace } from './marketplaces/marketplace.entity.js'
import { TermsAcceptance, TermsVersion } from './marketplaces/terms.entity.js'
import { ConsumerOrganization } from './organizations/consumer-organization.entity.js'
import { Invitation, Membership } from './organizations/membership.entity.js'
import { Notice } from './organizations/notice.entity.js'
import { AuditChain, AuditEntry } from './providers/audit-entry.entity.js'
import { Provider, ProviderInvitation, ProviderMembership } from './providers/provider.entity.js'
import { Unit } from './providers/unit.entity.js'
import { StripeEvent } from './stripe/stripe-event.entity.js'
import { StripeIntent } from './stripe/stripe-intent.entity.js'
import { ProductSubscription } from './subscriptions/product-subscription.entity.js'
import { QuotaCounter, UsageRecord } from './usage/usage.entity.js'

/** Every table of the program. */
export const entities = [
  User,
  Session,
  SessionToken,
  MailedToken,
  FailedAttempts,
  Provider,
  ProviderMembership,
  ProviderInvitation,
  Unit,
  AuditEntry,
  AuditChain,
  Marketplace,
  TermsVersion,
  TermsAcceptance,
  ConsumerOrganization,
  Membership,
  Invitation,
  Notice,
  Asset,
  AssetRelease,
  ApiResource,
  ReleasedResource,
  ApiSpecification,
  Product,
  ProductRelease,
  ProductAsset,
  Plan,
  Quota,
  QuotaResource,
  Publication,
  PlanVisibility,
  ProductSubscription,
  UsageRecord,
  QuotaCounter,
  BillingIntegration,
  MarketplaceBilling,
  BillingAccount,
  Invoice,
  InvoiceLine,
  InvoiceTransition,
  BillingCredit,
  StripeIntent,
  StripeEvent,
  Application,
  AccessRequest,
  Credential,
  GatewayToken,
  Event,
  IdempotencyRecord,
]
