import { Refused, type UserError, unwrap } from '../kernel/result.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import type { PlanRepository } from './plan.repository.js'
import { PlanVisibility, type PublicationRow } from './publication.entity.js'
import { acceptableVisibility, type Visibility } from './publication.rules.js'

export interface GivenPlanVisibility {
  planId: string
  visibility: Visibility
}

/** Who sees what is on sale: the product, and of its plans those that not all of them see. */
export class PublicationAudiences {
  constructor(
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly plans: PlanRepository,
  ) {}

  /** @throws Refused REQUIRED, INVALID; NOT_FOUND for an organization that is none of the marketplace */
  async showProduct(transaction: Transaction, publication: PublicationRow, given: Visibility): Promise<void> {
    const visibility = await this.#acceptable(transaction, publication, given, ['input', 'visibility'])
    Object.assign(publication, visibility)
    await transaction.em.flush()
  }

  /** These plans are seen by those named, all others by whoever sees the product. @throws as `showProduct` */
  async showPlans(
    transaction: Transaction,
    publication: PublicationRow,
    given: readonly GivenPlanVisibility[],
  ): Promise<void> {
    const { id: publicationId, providerId } = publication
    await this.#demandPlans(transaction, publication, given)
    await transaction.em.nativeDelete(PlanVisibility, { publicationId, providerId })
    for (const [index, { planId, visibility }] of given.entries()) {
      const field = ['input', 'planVisibility', String(index), 'visibility']
      const { audience, organizationIds } = await this.#acceptable(transaction, publication, visibility, field)
      transaction.em.create(PlanVisibility, {
        publicationId,
        planId,
        providerId,
        audience,
        organizationIds: [...organizationIds],
      })
    }
    await transaction.em.flush()
  }

  async #demandPlans(
    transaction: Transaction,
    { productId }: PublicationRow,
    given: readonly GivenPlanVisibility[],
  ): Promise<void> {
    const ids = given.map(({ planId }) => planId)
    const found = await this.plans.byIds(transaction, ids)
    const errors = found.flatMap((plan, index): UserError[] => {
      const field = ['input', 'planVisibility', String(index), 'planId']
      if (plan?.productId !== productId) {
        return [{ code: 'NOT_FOUND', message: 'There is no such plan of this product.', field }]
      }
      if (ids.indexOf(plan.id) === index) return []
      return [{ code: 'INVALID', message: `The plan ${plan.name} is named twice.`, field }]
    })
    if (errors.length > 0) throw new Refused(errors)
  }

  async #acceptable(
    transaction: Transaction,
    { marketplaceId }: PublicationRow,
    given: Visibility,
    field: string[],
  ): Promise<Visibility> {
    const accepted = unwrap(acceptableVisibility(given, field))
    const ids = given.organizationIds
    const found = await this.organizations.byIds(transaction, ids)
    const errors = found.flatMap((organization, index): UserError[] => {
      if (organization?.marketplaceId === marketplaceId) return []
      const place = [...field, 'organizationIds', String(index)]
      return [{ code: 'NOT_FOUND', message: 'There is no such organization in this marketplace.', field: place }]
    })
    if (errors.length > 0) throw new Refused(errors)
    return accepted
  }
}
