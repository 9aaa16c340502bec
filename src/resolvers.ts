import type { ClassType } from 'type-graphql'
import { AccessDecisionResolver, AccessBlockResolver } from './access/access-decision.resolver.js'
import { AccessRequestResolver, AccessRequestStepsResolver, MarketplaceAccessRequestsResolver, SubscriptionAccessResolver } from './access/access-request.resolver.js'
import { AccessGrantedLive, AccessChangedLive } from './access/access.live.js'
import { ApplicationResolver, OrganizationApplicationsResolver } from './access/application.resolver.js'
import { CredentialResolver } from './access/credential.resolver.js'
import { GatewayTokenResolver } from './access/gateway-token.resolver.js'
import { BillingIntegrationResolver, MarketplaceBillingResolver, OrganizationBillingResolver } from './billing/billing-integration.resolver.js'
import { ChangedInvoiceResolver, CanceledInvoiceResolver } from './billing/changed-invoice.resolver.js'
import { SubscriptionInvoicesResolver, OrganizationInvoicesResolver, MarketplaceInvoicesResolver } from './billing/invoice-lists.resolver.js'
import { InvoiceStepsResolver, InvoiceDriftResolver } from './billing/invoice-steps.resolver.js'
import { InvoicePaidLive, InvoiceChangedLive } from './billing/invoice.live.js'
import { InvoiceResolver, InvoiceLineResolver } from './billing/invoice.resolver.js'
import { MarketplaceRevenueResolver } from './billing/revenue.resolver.js'
import { SandboxClockResolver } from './billing/sandbox-clock.resolver.js'
import { FirstInvoicePreviewResolver, SubscribedInvoiceResolver, ApprovedInvoiceResolver } from './billing/subscribed-invoice.resolver.js'
import { UpcomingInvoiceResolver, PlanChangeInvoicePreviewResolver } from './billing/upcoming-invoice.resolver.js'
import { AssetResolver, AssetReleaseResolver, ApiResourceResolver, ProviderAssetsResolver } from './catalog/asset.resolver.js'
import { PlanResolver, PlanMutations, QuotaResolver, ProductPlansResolver } from './catalog/plan.resolver.js'
import { ProductResolver, ProductMutations, ProductAssetResolver, ProviderProductsResolver } from './catalog/product.resolver.js'
import { PublicationResolver, VisibilityResolver, PlanVisibilityResolver, ProductPublicationsResolver, StorefrontResolver } from './catalog/publication.resolver.js'
import { LiveCursorResolver } from './graphql/live-cursor.resolver.js'
import { NodeResolver } from './graphql/node.js'
import { UserResolver, IdentityResolver } from './identity/identity.resolver.js'
import { MarketplaceResolver, ProviderMarketplacesResolver } from './marketplaces/marketplace.resolver.js'
import { EntranceResolver } from './organizations/entrance.resolver.js'
import { InvitationResolver } from './organizations/invitation.resolver.js'
import { MemberResolver, ViewerMembershipResolver, MarketplaceOrganizationsResolver } from './organizations/member.resolver.js'
import { OrganizationResolver } from './organizations/organization.resolver.js'
import { ProviderResolver, ProviderMembershipResolver, ViewerProviderResolver, AuditEntryResolver } from './providers/provider.resolver.js'
import { PlanChangeResolver } from './subscriptions/plan-change.resolver.js'
import { ProductSubscriptionLive } from './subscriptions/product-subscription.live.js'
import { ProductSubscriptionResolver, ApprovalResolver, MarketplaceSubscriptionsResolver, OrganizationSubscriptionsResolver } from './subscriptions/product-subscription.resolver.js'
import { SubscribeResolver } from './subscriptions/subscribe.resolver.js'
import { SubscriptionStepsResolver } from './subscriptions/subscription-steps.resolver.js'
import { UsageLive } from './usage/usage.live.js'
import { UsageResolver, ProductSubscriptionUsageResolver } from './usage/usage.resolver.js'

/** The classes that make up the schema; `features.ts` builds an instance of each. */
export const resolverClasses: ReadonlyArray<ClassType> = [
  NodeResolver,
  LiveCursorResolver,
  UserResolver,
  IdentityResolver,
  ProviderResolver,
  ProviderMembershipResolver,
  ViewerProviderResolver,
  AuditEntryResolver,
  MarketplaceResolver,
  ProviderMarketplacesResolver,
  OrganizationResolver,
  MemberResolver,
  ViewerMembershipResolver,
  MarketplaceOrganizationsResolver,
  InvitationResolver,
  EntranceResolver,
  AssetResolver,
  AssetReleaseResolver,
  ApiResourceResolver,
  ProviderAssetsResolver,
  ProductResolver,
  ProductMutations,
  ProductAssetResolver,
  ProviderProductsResolver,
  PlanResolver,
  PlanMutations,
  QuotaResolver,
  ProductPlansResolver,
  PublicationResolver,
  VisibilityResolver,
  PlanVisibilityResolver,
  ProductPublicationsResolver,
  StorefrontResolver,
  ProductSubscriptionResolver,
  ApprovalResolver,
  MarketplaceSubscriptionsResolver,
  OrganizationSubscriptionsResolver,
  SubscribeResolver,
  SubscriptionStepsResolver,
  PlanChangeResolver,
  ProductSubscriptionLive,
  UsageResolver,
  ProductSubscriptionUsageResolver,
  UsageLive,
  BillingIntegrationResolver,
  MarketplaceBillingResolver,
  OrganizationBillingResolver,
  InvoiceResolver,
  InvoiceLineResolver,
  SubscriptionInvoicesResolver,
  OrganizationInvoicesResolver,
  MarketplaceInvoicesResolver,
  InvoiceStepsResolver,
  InvoiceDriftResolver,
  InvoicePaidLive,
  InvoiceChangedLive,
  MarketplaceRevenueResolver,
  FirstInvoicePreviewResolver,
  SubscribedInvoiceResolver,
  ApprovedInvoiceResolver,
  ChangedInvoiceResolver,
  CanceledInvoiceResolver,
  UpcomingInvoiceResolver,
  PlanChangeInvoicePreviewResolver,
  SandboxClockResolver,
  ApplicationResolver,
  OrganizationApplicationsResolver,
  AccessRequestResolver,
  AccessRequestStepsResolver,
  MarketplaceAccessRequestsResolver,
  SubscriptionAccessResolver,
  CredentialResolver,
  AccessDecisionResolver,
  AccessBlockResolver,
  GatewayTokenResolver,
  AccessGrantedLive,
  AccessChangedLive,
]
