import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { Refused, type UserError } from '../kernel/result.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { BillingReadiness } from './billing-readiness.port.js'
import { demandManaged, noSuch } from './catalog-people.js'
import type { PlanRepository } from './plan.repository.js'
import type { PlanLifecycleService } from './plan-lifecycle.service.js'
import type { ProductRow } from './product.entity.js'
import type { ProductRepository } from './product.repository.js'
import { PlanVisibility, Publication, type PublicationRow } from './publication.entity.js'
import type { PublishProductInput, UpdatePublicationInput } from './publication.input.js'
import type { PublicationRepository } from './publication.repository.js'
import { publishingProblems, publishingWarnings, toEveryone, type Visibility } from './publication.rules.js'
import type { GivenPlanVisibility, PublicationAudiences } from './publication-audiences.js'

/** Puts products on sale in marketplaces, says to whom, and takes them off sale. */
export class PublicationService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly publications: PublicationRepository,
    private readonly audiences: PublicationAudiences,
    private readonly products: ProductRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly plans: PlanRepository,
    private readonly lifecycle: PlanLifecycleService,
    private readonly readiness: BillingReadiness,
    private readonly audit: AuditLog,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * Publication and plans together, or neither. On sale already, it stays so, with what is given.
   * @throws Refused WRONG_STATE, REQUIRED, INVALID, NOT_FOUND, NOT_ALLOWED
   */
  publishProduct(
    scope: Scope,
    input: PublishProductInput,
  ): Promise<{ publication: PublicationRow; product: ProductRow; warnings: string[] }> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const product = await this.#product(transaction, input.productId)
      const marketplace = await this.#marketplace(transaction, input.marketplaceId, product)
      const problems = publishingProblems(product, marketplace)
      if (problems.length > 0) throw new Refused(problems)
      const publication =
        (await this.#present(transaction, product, marketplace)) ??
        (await this.#published(transaction, product, marketplace))
      await this.#show(transaction, publication, {
        visibility: input.visibility ?? undefined,
        planVisibility: input.planVisibility.length > 0 ? input.planVisibility : undefined,
      })
      await this.#activate(transaction, product, input.activatePlanIds)
      const warnings = await this.#warnings(transaction, product, marketplace)
      return { publication, product, warnings }
    })
  }

  /** What is left out stays. @throws Refused REQUIRED, INVALID, NOT_FOUND, NOT_ALLOWED */
  updatePublication(scope: Scope, input: UpdatePublicationInput): Promise<PublicationRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const { publicationId, visibility, planVisibility } = input
      const seen = await this.publications.find(transaction, publicationId)
      const { productId } = demandManaged(scope, seen, 'publication', 'publicationId')
      const product = await this.#product(transaction, productId)
      const publication = await this.publications.lock(transaction, publicationId)
      if (!publication) throw noSuch('publication', 'publicationId')
      await this.#show(transaction, publication, {
        visibility: visibility === null ? toEveryone : visibility,
        planVisibility: planVisibility === null ? [] : planVisibility,
      })
      const summary = `Who sees ${product.name} on sale was changed.`
      await this.#audited(transaction, publication, 'publication.updated', summary)
      return publication
    })
  }

  /** Existing subscriptions go on. Not on sale, it stays so. @throws Refused NOT_FOUND, NOT_ALLOWED */
  unpublishProduct(scope: Scope, productId: string, marketplaceId: string): Promise<ProductRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const product = await this.#product(transaction, productId)
      const marketplace = await this.#marketplace(transaction, marketplaceId, product)
      const publication = await this.#present(transaction, product, marketplace)
      if (!publication) return product
      const { id, providerId } = publication
      await transaction.em.nativeDelete(PlanVisibility, { publicationId: id, providerId })
      await transaction.em.nativeDelete(Publication, { id, providerId })
      const summary = `${product.name} was taken off sale in ${marketplace.name}.`
      await this.#audited(transaction, publication, 'product.unpublished', summary)
      return product
    })
  }

  /** Locked, so that what is on sale of a product changes one after another. */
  async #product(transaction: Transaction, productId: string): Promise<ProductRow> {
    demandManaged(transaction.scope, await this.products.find(transaction, productId), 'product', 'productId')
    return (await this.products.lock(transaction, productId)) as ProductRow
  }

  async #marketplace(transaction: Transaction, id: string, { providerId }: ProductRow): Promise<MarketplaceRow> {
    const marketplace = await this.marketplaces.find(transaction, id)
    // Every marketplace has a front that all see, and only the provider's own is one to sell in.
    if (!marketplace || marketplace.providerId !== providerId) throw noSuch('marketplace', 'marketplaceId')
    return marketplace
  }

  async #present(transaction: Transaction, product: ProductRow, marketplace: MarketplaceRow) {
    const present = await this.publications.of(transaction, product.id, marketplace.id)
    return present && this.publications.lock(transaction, present.id)
  }

  async #published(
    transaction: Transaction,
    { id: productId, providerId, name }: ProductRow,
    marketplace: MarketplaceRow,
  ): Promise<PublicationRow> {
    const publication = transaction.em.create(Publication, {
      id: newId('pub'),
      providerId,
      productId,
      marketplaceId: marketplace.id,
      audience: toEveryone.audience,
      organizationIds: [],
      publishedAt: this.clock.now(),
    })
    await transaction.em.flush()
    await this.#audited(
      transaction,
      publication,
      'product.published',
      `${name} was put on sale in ${marketplace.name}.`,
    )
    return publication
  }

  async #show(
    transaction: Transaction,
    publication: PublicationRow,
    wanted: { visibility?: Visibility | undefined; planVisibility?: readonly GivenPlanVisibility[] | undefined },
  ): Promise<void> {
    if (wanted.visibility) await this.audiences.showProduct(transaction, publication, wanted.visibility)
    if (wanted.planVisibility) await this.audiences.showPlans(transaction, publication, wanted.planVisibility)
  }

  async #activate(
    transaction: Transaction<DomainEvent>,
    product: ProductRow,
    planIds: readonly string[],
  ): Promise<void> {
    const errors: UserError[] = []
    for (const [index, planId] of planIds.entries()) {
      const field = ['input', 'activatePlanIds', String(index)]
      const plan = await this.plans.lock(transaction, planId)
      if (plan?.productId === product.id) await this.lifecycle.activate(transaction, plan, field)
      else errors.push({ code: 'NOT_FOUND', message: 'There is no such plan of this product.', field })
    }
    if (errors.length > 0) throw new Refused(errors)
  }

  async #warnings(transaction: Transaction, product: ProductRow, marketplace: MarketplaceRow): Promise<string[]> {
    const [plans = []] = await this.plans.ofProducts(transaction, [product.id])
    const active = plans.filter(({ state }) => state === 'ACTIVE')
    const ofBilling = await this.readiness.warnings(transaction, marketplace.id, active)
    return [...publishingWarnings(marketplace, active.length), ...ofBilling]
  }

  #audited(transaction: Transaction, publication: PublicationRow, action: string, summary: string): Promise<void> {
    const { providerId, marketplaceId, productId: subjectId } = publication
    return this.audit.record(transaction, { providerId, marketplaceId, action, subjectId, summary })
  }
}
