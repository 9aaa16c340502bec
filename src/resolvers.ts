import type { ClassType } from 'type-graphql'
import { AccessChangedLive, AccessGrantedLive } from './access/access.live.js'
import { AccessBlockResolver, AccessDecisionResolver } from './access/access-decision.resolver.js'
import {
  AccessRequestResolver,
  AccessRequestStepsResolver,
  MarketplaceAccessRequestsResolver,
  SubscriptionAccessResolver,
} from './access/access-request.resolver.js'
import { ApplicationResolver, OrganizationApplicationsResolver } from './access/application.resolver.js'
import { CredentialResolver } from './access/credential.resolver.js'
import { GatewayTokenResolver } from './access/gateway-token.resolver.js'
import {
  BillingIntegrationResolver,
  MarketplaceBillingResolver,
  OrganizationBillingResolver,
} from './billing/billing-integration.resolver.js'
import { CanceledInvoiceResolver, ChangedInvoiceResolver } from './billing/changed-invoice.resolver.js'
import { InvoiceChangedLive, InvoicePaidLive } from './billing/invoice.live.js'
import { InvoiceLineResolver, InvoiceResolver } from './billing/invoice.resolver.js'
import {
  MarketplaceInvoicesResolver,
  OrganizationInvoicesResolver,
  SubscriptionInvoicesResolver,
} from './billing/invoice-lists.resolver.js'
import { InvoiceDriftResolver, InvoiceStepsResolver } from './billing/invoice-steps.resolver.js'
import { MarketplaceRevenueResolver } from './billing/revenue.resolver.js'
import { SandboxClockResolver } from './billing/sandbox-clock.resolver.js'
import {
  ApprovedInvoiceResolver,
  FirstInvoicePreviewResolver,
  SubscribedInvoiceResolver,
} from './billing/subscribed-invoice.resolver.js'
import { PlanChangeInvoicePreviewResolver, UpcomingInvoiceResolver } from './billing/upcoming-invoice.resolver.js'
import {
  ApiResourceResolver,
  AssetReleaseResolver,
  AssetResolver,
  ProviderAssetsResolver,
} from './catalog/asset.resolver.js'
import { PlanMutations, PlanResolver, ProductPlansResolver, QuotaResolver } from './catalog/plan.resolver.js'
import {
  ProductAssetResolver,
  ProductMutations,
  ProductResolver,
  ProviderProductsResolver,
} from './catalog/product.resolver.js'
import {
  PlanVisibilityResolver,
  ProductPublicationsResolver,
  PublicationResolver,
  StorefrontResolver,
  VisibilityResolver,
} from './catalog/publication.resolver.js'
import { LiveCursorResolver } from './graphql/live-cursor.resolver.js'
import { NodeResolver } from './graphql/node.js'
import { IdentityResolver, UserResolver } from './identity/identity.resolver.js'
import { MarketplaceResolver, ProviderMarketplacesResolver } from './marketplaces/marketplace.resolver.js'
import { EntranceResolver } from './organizations/entrance.resolver.js'
import { InvitationResolver } from './organizations/invitation.resolver.js'
import {
  MarketplaceOrganizationsResolver,
  MemberResolver,
  ViewerMembershipResolver,
} from './organizations/member.resolver.js'
import { OrganizationResolver } from './organizations/organization.resolver.js'
import {
  AuditEntryResolver,
  ProviderMembershipResolver,
  ProviderResolver,
  ViewerProviderResolver,
} from './providers/provider.resolver.js'
import { PlanChangeResolver } from './subscriptions/plan-change.resolver.js'
import { ProductSubscriptionLive } from './subscriptions/product-subscription.live.js'
import {
  ApprovalResolver,
  MarketplaceSubscriptionsResolver,
  OrganizationSubscriptionsResolver,
  ProductSubscriptionResolver,
} from './subscriptions/product-subscription.resolver.js'
import { SubscribeResolver } from './subscriptions/subscribe.resolver.js'
import { SubscriptionStepsResolver } from './subscriptions/subscription-steps.resolver.js'
import { UsageLive } from './usage/usage.live.js'
import { ProductSubscriptionUsageResolver, UsageResolver } from './usage/usage.resolver.js'

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
