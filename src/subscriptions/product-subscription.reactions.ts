import type { PlanDeprecation } from '../catalog/catalog.events.js'
import type { DomainEvent } from '../events/event.js'
import type { Reaction } from '../events/jobs.js'
import type { DeprecatedPlans } from './deprecated-plans.service.js'

/** What subscriptions do when something has happened. */
export function productSubscriptionReactions(deprecated: DeprecatedPlans) {
  return {
    /** plan.deprecated */
    followDeprecation: {
      name: 'subscriptions.followDeprecation',
      react: ({ subjectId, data }: DomainEvent) => deprecated.follow(subjectId, data as PlanDeprecation),
    },
  } satisfies Record<string, Reaction>
}
