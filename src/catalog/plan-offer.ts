import type { TermsVersionRow } from '../marketplaces/terms.entity.js'
import type { TermsService } from '../marketplaces/terms.service.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { PlanRow } from './plan.entity.js'
import type { PlanRepository } from './plan.repository.js'
import type { ProductRow } from './product.entity.js'
import type { ProductRepository } from './product.repository.js'
import type { PublicationRepository } from './publication.repository.js'
import { offeringProblem } from './publication.rules.js'

/** A plan as it is offered to an organization, in its marketplace. */
export interface PlanOffer {
  plan: PlanRow
  product: ProductRow
  marketplaceId: string
  /** To be accepted by whoever subscribes; null when there are none. */
  terms: TermsVersionRow | null
  onSale: boolean
  /** Why not, as a sentence; null when it is on sale. */
  why: string | null
}

/** What organizations can subscribe to. */
export class PlanOffers {
  constructor(
    private readonly plans: PlanRepository,
    private readonly products: ProductRepository,
    private readonly publications: PublicationRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly terms: TermsService,
  ) {}

  /** Null for a plan or an organization that the viewer does not see. In a transaction the plan stays as it is until the commit. */
  async offer(reading: Reading, wish: { organizationId: string; planId: string }): Promise<PlanOffer | null> {
    const organization = await this.organizations.find(reading, wish.organizationId)
    const plan = organization && (await this.plans.findHeld(reading, wish.planId))
    if (!plan || plan.providerId !== organization.providerId) return null
    // Whoever sees the plan may be told of its product, and of what is decided about either.
    const asSystem = reading.as(system)
    const { marketplaceId } = organization
    const product = await this.products.find(asSystem, plan.productId)
    if (!product) return null
    const publication = await this.publications.of(asSystem, product.id, marketplaceId)
    const [hidden = []] = publication ? await this.publications.planVisibilityOf(asSystem, [publication.id]) : []
    const why = offeringProblem({
      organizationId: organization.id,
      planState: plan.state,
      productState: product.state,
      publication,
      planVisibility: hidden.find(({ planId }) => planId === plan.id) ?? null,
    })
    const terms = await this.terms.current(asSystem, product.id)
    return { plan, product, marketplaceId, terms, onSale: why === null, why }
  }
}
