import { AccessFactsRepository } from './access/access-facts.repository.js'
import { RequestedResources } from './access/resources-in-use.js'
import { AccessUsageSubjects } from './access/usage-subjects.js'
import { BillingCharges } from './billing/billing-charges.js'
import { BillingIntegrationRepository } from './billing/billing-integration.repository.js'
import { InvoiceRepository } from './billing/invoice.repository.js'
import { OwedInvoices } from './billing/owed-invoices.js'
import { SharedBillingEmails } from './billing/shared-billing-emails.js'
import { ApiResourceRepository } from './catalog/asset.repository.js'
import { PlanRepository, QuotaRepository } from './catalog/plan.repository.js'
import { buildAccess } from './composition/access.js'
import { buildCatalog } from './composition/catalog.js'
import { buildCommerce } from './composition/commerce.js'
import type { Foundation } from './composition/foundation.js'
import { buildPeople } from './composition/people.js'
import { housekeepingTask, keepHouse } from './events/housekeeping.js'
import { LiveCursorResolver } from './graphql/live-cursor.resolver.js'
import { Mutations } from './graphql/mutation.js'
import { NodeRegistry, NodeResolver } from './graphql/node.js'
import { ConsumerOrganizationRepository } from './organizations/consumer-organization.repository.js'
import { system } from './persistence/tenant-scope.js'
import { reactionTable } from './reactions.js'
import { ProductSubscriptionRepository } from './subscriptions/product-subscription.repository.js'
import { SubscribedResources } from './subscriptions/resource-readers.js'
import { RunningSubscriptions } from './subscriptions/running-subscriptions.js'

export type Features = ReturnType<typeof buildFeatures>

/**
 * Builds every object of the features, once, by constructor, from the left to the right. What a feature needs from its
 * right comes in by a port: rows without dependencies are therefore made first.
 */
export function buildFeatures(given: Omit<Foundation, 'mutations' | 'nodes'>) {
  const nodes = new NodeRegistry()
  const mutations = new Mutations(given.unitOfWork, nodes, given.clocks.transport)
  const foundation: Foundation = { ...given, nodes, mutations }

  const plans = new PlanRepository()
  const quotas = new QuotaRepository()
  const apiResources = new ApiResourceRepository()
  const organizations = new ConsumerOrganizationRepository()
  const subscriptions = new ProductSubscriptionRepository()
  const integrations = new BillingIntegrationRepository()
  const invoices = new InvoiceRepository()
  const facts = new AccessFactsRepository()
  const charges = new BillingCharges(integrations)

  const people = buildPeople(foundation, {
    organizations,
    obstacles: [new RunningSubscriptions(subscriptions), new OwedInvoices(invoices)],
    warnings: new SharedBillingEmails(organizations, integrations),
  })
  const catalog = buildCatalog(foundation, people, {
    plans,
    quotas,
    apiResources,
    usage: subscriptions,
    readers: new SubscribedResources(),
    readiness: charges,
  })
  const commerce = buildCommerce(foundation, people, catalog, {
    plans,
    quotas,
    apiResources,
    subscriptions,
    integrations,
    invoices,
    charges,
    usageSubjects: new AccessUsageSubjects(facts),
    resourcesInUse: new RequestedResources(),
  })
  const access = buildAccess(foundation, people, commerce, { facts, apiResources, subscriptions, invoices })

  const instances = [
    new NodeResolver(nodes),
    new LiveCursorResolver(given.logPosition),
    ...people.resolvers,
    ...catalog.resolvers,
    ...commerce.resolvers,
    ...access.resolvers,
  ]
  const byClass = new Map<unknown, object>(instances.map((instance) => [instance.constructor, instance]))
  const asSystem = () => given.unitOfWork.reading(system)

  return {
    nodes,
    webhookConnections: commerce.connections,
    gatewayTokens: access.gatewayTokens,
    accessDecisions: access.decisions,
    reactions: reactionTable({ ...commerce.reactions, ...access.reactions }),
    tasks: {
      ...people.tasks,
      ...commerce.tasks,
      [housekeepingTask]: () => keepHouse(given.unitOfWork, given.clocks.transport.now()),
    },
    /** What nobody waits for, and must not keep anything else waiting. */
    quietTasks: commerce.quietTasks,
    schedule: [...people.schedule, ...commerce.schedule, `41 * * * * ${housekeepingTask}`],
    /** @throws for a class of the schema that nothing here is an instance of */
    resolver(resolverClass: { name: string }): object {
      const instance = byClass.get(resolverClass)
      if (!instance) throw new Error(`${resolverClass.name} is in the schema, but is built nowhere.`)
      return instance
    },
    createProvider: ({ name, email, password }: { name: string; email: string; password: string }) =>
      people.providerService.create(name, { email, password }),
    /** @returns whether it was made: only an empty database has none yet */
    createFirstProvider: ({ name, email, password }: { name: string; email: string; password: string }) =>
      people.providerService.createFirst(name, { email, password }),
    marketplaceUrls: () => people.marketplaces.urls(asSystem()),
    async close(): Promise<void> {
      await access.close()
      commerce.close()
    },
  }
}
