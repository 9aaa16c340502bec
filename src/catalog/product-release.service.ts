import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { combine, ok, Refused, unwrap } from '../kernel/result.js'
import { readName, readText } from '../kernel/text.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { nextRelease } from './asset.rules.js'
import { productStateChanged } from './catalog.events.js'
import { demandManaged } from './catalog-people.js'
import { ProductRelease, type ProductRow } from './product.entity.js'
import type { ActivateProductInput } from './product.input.js'
import type { ProductRepository } from './product.repository.js'
import { type ProductStep, productLifecycle } from './product.rules.js'
import type { ProductAssets } from './product-assets.js'
import type { ProductUsage } from './product-usage.port.js'

const longestLabel = 50

/** A product's way from its first release to its end. */
export class ProductReleaseService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly products: ProductRepository,
    private readonly assets: ProductAssets,
    private readonly usage: ProductUsage,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** The first release and every later one, each time another. @throws Refused WRONG_STATE, INVALID, NOT_ALLOWED, NOT_FOUND */
  activate(scope: Scope, input: ActivateProductInput): Promise<ProductRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const product = await this.#locked(transaction, input.productId)
      const [label, description] = unwrap(
        combine([
          input.label ? readName(input.label, ['input', 'label'], longestLabel) : ok(null),
          readText(input.description, ['input', 'description']),
        ]),
      )
      unwrap(productLifecycle.take(product.state, 'activate'))
      await this.assets.demandReleased(transaction, product, ['input', 'productId'])
      const { id: productId, providerId } = product
      const releases = await transaction.em.find(ProductRelease, { productId, providerId })
      const versions = releases.map(({ version }) => version)
      const version = nextRelease(versions, input.releaseType)
      const releasedAt = this.clock.now()
      transaction.em.create(ProductRelease, {
        id: newId('prel'),
        providerId,
        productId,
        version,
        label,
        description,
        releasedAt,
      })
      await this.#step(transaction, product, 'activate')
      await this.#audited(transaction, product, 'product.released', `${product.name} was released as ${version}.`)
      return product
    })
  }

  /** Shown as before, without new subscriptions. @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND */
  deprecate(scope: Scope, productId: string): Promise<ProductRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const product = await this.#locked(transaction, productId)
      await this.#step(transaction, product, 'deprecate')
      return product
    })
  }

  /** For good. @throws Refused WRONG_STATE; IN_USE as long as a subscription runs; NOT_ALLOWED, NOT_FOUND */
  archive(scope: Scope, productId: string): Promise<ProductRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const product = await this.#locked(transaction, productId)
      const { changed } = unwrap(productLifecycle.take(product.state, 'archive'))
      if (changed) await this.#demandUnused(transaction, product)
      await this.#step(transaction, product, 'archive')
      return product
    })
  }

  async #locked(transaction: Transaction, productId: string): Promise<ProductRow> {
    demandManaged(transaction.scope, await this.products.find(transaction, productId), 'product', 'productId')
    return (await this.products.lock(transaction, productId)) as ProductRow
  }

  async #step(transaction: Transaction<DomainEvent>, product: ProductRow, step: ProductStep): Promise<void> {
    const previousState = product.state
    const { state, changed } = unwrap(productLifecycle.take(previousState, step))
    product.state = state
    await transaction.em.flush()
    if (!changed) return
    const audience = { providerId: product.providerId, marketplaceId: null, organizationId: null }
    transaction.announce(productStateChanged.of(audience, product.id, { state, previousState }, this.clock.now()))
    const summary = `${product.name} is ${state} now, was ${previousState}.`
    await this.#audited(transaction, product, 'product.state-changed', summary)
  }

  async #demandUnused(transaction: Transaction, product: ProductRow): Promise<void> {
    const running = await this.usage.countRunning(transaction, { productId: product.id })
    if (running === 0) return
    const message = `${running} of its subscriptions still run: let them end, cancel them, or move them to another product's plan.`
    throw new Refused([{ code: 'IN_USE', message, field: ['input', 'productId'] }])
  }

  #audited(transaction: Transaction, product: ProductRow, action: string, summary: string): Promise<void> {
    const { id, providerId } = product
    return this.audit.record(transaction, { providerId, action, subjectId: id, summary })
  }
}
