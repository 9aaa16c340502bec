import { ok, type Result, refuse, type UserError } from '../kernel/result.js'
import type { PlanState } from './plan.entity.js'
import type { ProductState } from './product.entity.js'
import type { VisibilityAudience } from './publication.entity.js'

export interface Visibility {
  audience: VisibilityAudience
  /** With SELECTED_ORGANIZATIONS, and empty otherwise. */
  organizationIds: readonly string[]
}

export const toEveryone: Visibility = { audience: 'EVERYONE', organizationIds: [] }

/** Organizations are named where they are selected, and nowhere else. Whether there are such is for others to say. */
export function acceptableVisibility({ audience, organizationIds }: Visibility, field: string[]): Result<Visibility> {
  const place = [...field, 'organizationIds']
  if (audience !== 'SELECTED_ORGANIZATIONS') {
    if (organizationIds.length === 0) return ok({ audience, organizationIds: [] })
    return refuse('INVALID', `Organizations are named with SELECTED_ORGANIZATIONS alone, not with ${audience}.`, place)
  }
  if (organizationIds.length === 0) return refuse('REQUIRED', 'Name the organizations that are to see it.', place)
  return ok({ audience, organizationIds: [...new Set(organizationIds)] })
}

/** Whether an organization of the marketplace sees it. */
export function isVisibleTo({ audience, organizationIds }: Visibility, organizationId: string): boolean {
  return audience !== 'SELECTED_ORGANIZATIONS' || organizationIds.includes(organizationId)
}

const unpublishable: Record<Exclude<ProductState, 'ACTIVE'>, string> = {
  DRAFT: 'The product is a draft: activate it before you publish it.',
  DEPRECATED: 'The product is deprecated and takes no new subscription.',
  ARCHIVED: 'The product is archived for good.',
}

/** What stands in the way of putting a product on sale in a marketplace. */
export function publishingProblems(
  product: { state: ProductState },
  marketplace: { url?: string | null },
): UserError[] {
  const errors: UserError[] = []
  if (product.state !== 'ACTIVE') {
    errors.push({ code: 'WRONG_STATE', message: unpublishable[product.state], field: ['input', 'productId'] })
  }
  if (!marketplace.url) {
    const message = 'Give the marketplace its address first: consumers come to what is published there.'
    errors.push({ code: 'REQUIRED', message, field: ['input', 'marketplaceId'] })
  }
  return errors
}

/** What will bite later, as far as the catalog can tell. */
export function publishingWarnings(
  marketplace: { consumerOrganizationsAllowed: boolean },
  activePlans: number,
): string[] {
  const warnings: string[] = []
  if (activePlans === 0) warnings.push('The product has no active plan: nobody can subscribe to it yet.')
  if (!marketplace.consumerOrganizationsAllowed) {
    warnings.push('This marketplace has no consumer organizations: nobody can subscribe here.')
  }
  return warnings
}

/** A plan that is looked at by an organization, with the product's publication in its marketplace. */
export interface Offering {
  organizationId: string
  planState: PlanState
  productState: ProductState
  /** Null where the product is not on sale. */
  publication: Visibility | null
  /** Null where whoever sees the product sees the plan. */
  planVisibility: Visibility | null
}

/** Why an organization that sees a plan cannot subscribe to it, as a sentence; null when it can. */
export function offeringProblem(offering: Offering): string | null {
  const { organizationId, planState, productState, publication, planVisibility } = offering
  if (planState === 'DRAFT') return 'This plan is not on offer yet.'
  if (planState !== 'ACTIVE') return 'This plan takes no new subscriptions.'
  if (productState !== 'ACTIVE') return 'This product takes no new subscriptions.'
  if (!publication) return 'This product is not on sale here any more.'
  const audiences = [publication, ...(planVisibility ? [planVisibility] : [])]
  if (audiences.every((visibility) => isVisibleTo(visibility, organizationId))) return null
  return 'This plan is not on offer to this organization.'
}
