import type { DomainEvent } from '../events/event.js'
import type { Reaction } from '../events/jobs.js'
import type { AccessStanding } from './access-standing.service.js'

/**
 * What access does when something has happened: it opens and closes by itself. A payment is heard of as the
 * subscription's standing, which billing tells.
 */
export function accessReactions(standing: AccessStanding) {
  return {
    /** Every event of a product subscription. */
    followSubscription: {
      name: 'access.followSubscription',
      react: ({ subjectId }: DomainEvent) => standing.reevaluate(subjectId),
    },
    /** organization.state-changed */
    followOrganization: {
      name: 'access.followOrganization',
      react: ({ subjectId }: DomainEvent) => standing.reevaluateOrganization(subjectId),
    },
    /** product.state-changed */
    followProduct: {
      name: 'access.followProduct',
      react: ({ subjectId }: DomainEvent) => standing.reevaluateProduct(subjectId),
    },
    /** access.requested and access.waiting: what changed while it was being written was not seen from there. */
    followRequest: {
      name: 'access.followRequest',
      react: ({ subjectId }: DomainEvent) => standing.reevaluateRequest(subjectId),
    },
  } satisfies Record<string, Reaction>
}
