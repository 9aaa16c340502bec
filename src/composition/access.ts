import { AccessChangedLive, AccessGrantedLive } from '../access/access.live.js'
import { accessReactions } from '../access/access.reactions.js'
import {
  AccessRequestRepository,
  ApplicationRepository,
  CredentialRepository,
  GatewayTokenRepository,
} from '../access/access.repository.js'
import { AccessBlockResolver, AccessDecisionResolver } from '../access/access-decision.resolver.js'
import { AccessDecisions } from '../access/access-decision.service.js'
import type { AccessFactsRepository } from '../access/access-facts.repository.js'
import {
  AccessRequestResolver,
  AccessRequestStepsResolver,
  MarketplaceAccessRequestsResolver,
  SubscriptionAccessResolver,
} from '../access/access-request.resolver.js'
import { AccessRequestService } from '../access/access-request.service.js'
import { AccessStanding } from '../access/access-standing.service.js'
import { ApplicationResolver, OrganizationApplicationsResolver } from '../access/application.resolver.js'
import { ApplicationService } from '../access/application.service.js'
import { CredentialResolver } from '../access/credential.resolver.js'
import { CredentialService } from '../access/credential.service.js'
import { GatewayTokenResolver } from '../access/gateway-token.resolver.js'
import { GatewayTokens } from '../access/gateway-token.service.js'
import { LastUse } from '../access/last-use.js'
import type { InvoiceRepository } from '../billing/invoice.repository.js'
import type { ApiResourceRepository } from '../catalog/asset.repository.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import type { CommerceFeatures } from './commerce.js'
import type { Foundation } from './foundation.js'
import type { PeopleFeatures } from './people.js'

/** Rows of features to the left. */
export interface AccessSurroundings {
  facts: AccessFactsRepository
  apiResources: ApiResourceRepository
  subscriptions: ProductSubscriptionRepository
  invoices: InvoiceRepository
}

export function buildAccess(
  foundation: Foundation,
  people: PeopleFeatures,
  commerce: CommerceFeatures,
  around: AccessSurroundings,
) {
  const { unitOfWork, clocks, log, mutations, nodes } = foundation
  const { organizations, marketplaces, audit, limiter } = people
  const { facts, apiResources, subscriptions, invoices } = around
  const clock = clocks.billing

  const applications = new ApplicationRepository()
  const requests = new AccessRequestRepository()
  const credentials = new CredentialRepository()
  const tokenRows = new GatewayTokenRepository()
  const lastUse = new LastUse(unitOfWork, log)
  const standing = new AccessStanding(unitOfWork, facts, clock)
  const applicationService = new ApplicationService(unitOfWork, organizations, audit, clock)
  const requestService = new AccessRequestService(
    unitOfWork,
    requests,
    applications,
    subscriptions,
    apiResources,
    standing,
    audit,
    clock,
  )
  const credentialService = new CredentialService(unitOfWork, credentials, applications, audit, clock)
  const gatewayTokens = new GatewayTokens(unitOfWork, tokenRows, marketplaces, audit, lastUse, clocks)
  const decisions = new AccessDecisions(unitOfWork, facts, limiter, lastUse, clocks)

  nodes.register('app', 'Application', ({ reading }, id) => applications.find(reading, id))
  nodes.register('acr', 'AccessRequest', ({ reading }, id) => requests.find(reading, id))
  nodes.register('cred', 'Credential', ({ reading }, id) => credentials.find(reading, id))
  nodes.register('gwt', 'GatewayToken', ({ reading }, id) => tokenRows.find(reading, id))

  return {
    gatewayTokens,
    decisions,
    resolvers: [
      new ApplicationResolver(applicationService, applications, requests, credentials, organizations, mutations),
      new OrganizationApplicationsResolver(applications),
      new AccessRequestResolver(applications, subscriptions, apiResources, facts, clock),
      new AccessRequestStepsResolver(requestService, mutations),
      new MarketplaceAccessRequestsResolver(requests),
      new SubscriptionAccessResolver(requests, facts),
      new CredentialResolver(credentialService, decisions, applications, mutations, clock),
      new AccessDecisionResolver(decisions, applications, subscriptions, apiResources, commerce.usageRows),
      new AccessBlockResolver(invoices),
      new GatewayTokenResolver(gatewayTokens, tokenRows, mutations),
      new AccessGrantedLive(requests),
      new AccessChangedLive(requests),
    ],
    reactions: accessReactions(standing),
    close: () => lastUse.settled(),
  }
}
