import type { PlanDeprecation } from '../catalog/catalog.events.js'
import type { DomainEvent } from '../events/event.js'
import type { Reaction } from '../events/jobs.js'
import type { DeprecatedPlans } from './deprecated-plans.service.js'
import type { SubscriptionNotices } from './subscription-notices.service.js'

/** What subscriptions do when something has happened. */
export function productSubscriptionReactions(deprecated: DeprecatedPlans, notices: SubscriptionNotices) {
  return {
    /** plan.deprecated */
    followDeprecation: {
      name: 'subscriptions.followDeprecation',
      react: ({ subjectId, data }: DomainEvent) => deprecated.follow(subjectId, data as PlanDeprecation),
    },
    /** product-subscription.requested */
    tellDeciders: {
      name: 'subscriptions.tellDeciders',
      react: ({ subjectId }: DomainEvent) => notices.tellDeciders(subjectId),
    },
    /** product-subscription.started and .rejected */
    tellDecision: {
      name: 'subscriptions.tellDecision',
      react: ({ subjectId }: DomainEvent) => notices.tellDecision(subjectId),
    },
    /** product-subscription.canceled and .expired */
    tellEnd: {
      name: 'subscriptions.tellEnd',
      react: ({ subjectId }: DomainEvent) => notices.tellEnd(subjectId),
    },
  } satisfies Record<string, Reaction>
}
