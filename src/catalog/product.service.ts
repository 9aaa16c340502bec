import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { combine, ok, Refused, unwrap } from '../kernel/result.js'
import { readList, readName, readText } from '../kernel/text.js'
import { acceptableTerms } from '../marketplaces/marketplace.rules.js'
import type { TermsService } from '../marketplaces/terms.service.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import { flushUnique } from '../persistence/unique.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { demandCatalogOf, demandManaged } from './catalog-people.js'
import { Product, type ProductRow } from './product.entity.js'
import type { CreateProductInput, UpdateProductInput } from './product.input.js'
import type { ProductRepository } from './product.repository.js'
import { acceptableProductSlug, freeSlug, slugOf } from './product.rules.js'
import type { ProductAssets } from './product-assets.js'

const mostCategories = 20
const mostTags = 50

/** Making products, and changing what they are and are made of. */
export class ProductService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly products: ProductRepository,
    private readonly assets: ProductAssets,
    private readonly terms: TermsService,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** @throws Refused INVALID, REQUIRED, TAKEN, NOT_ALLOWED; NOT_FOUND for another's provider or asset */
  createProduct(scope: Scope, input: CreateProductInput): Promise<ProductRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const { providerId, accessApproval } = input
      demandCatalogOf(scope, providerId)
      const [name, given, description, categories, tags] = unwrap(
        combine([
          readName(input.name, ['input', 'name']),
          input.slug ? acceptableProductSlug(input.slug, ['input', 'slug']) : ok(null),
          readText(input.description, ['input', 'description']),
          readList(input.categories, ['input', 'categories'], mostCategories),
          readList(input.tags, ['input', 'tags'], mostTags),
        ]),
      )
      const product = transaction.em.create(Product, {
        id: newId('prod'),
        providerId,
        slug: given ?? (await this.#suggestedSlug(transaction, providerId, name)),
        name,
        description,
        icon: input.icon ?? null,
        categories,
        tags,
        state: 'DRAFT',
        accessApproval,
        createdAt: this.clock.now(),
      })
      const message = 'Another product of this provider has this address.'
      await flushUnique(transaction, { code: 'TAKEN', message, field: ['input', 'slug'] })
      await this.assets.replace(transaction, product, input.assets)
      if (input.terms) await this.#changeTerms(transaction, product, input.terms)
      await this.#audited(transaction, product, 'product.created', `The product ${name} was made.`)
      return product
    })
  }

  /** What is left out stays, null clears. @throws Refused INVALID, REQUIRED, STALE, WRONG_STATE, IN_USE, NOT_ALLOWED, NOT_FOUND */
  updateProduct(scope: Scope, input: UpdateProductInput): Promise<ProductRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      demandManaged(scope, await this.products.find(transaction, input.productId), 'product', 'productId')
      const product = (await this.products.lock(transaction, input.productId)) as ProductRow
      demandChangeable(product, input.version)
      const changes = changed(product, input)
      if (input.assets !== undefined) await this.assets.replace(transaction, product, input.assets ?? [])
      if (input.terms !== undefined) await this.#changeTerms(transaction, product, input.terms)
      // Assets and terms are part of what is edited, so the version goes up with them too.
      await rows(transaction, Product)
        .updateTable('Product')
        .set((eb) => ({ ...changes, version: eb('version', '+', 1) }))
        .where('id', '=', product.id)
        .where('providerId', '=', product.providerId)
        .execute()
      const keys = Object.keys(input).filter((key) => !['productId', 'version', 'idempotencyKey'].includes(key))
      await this.#audited(transaction, product, 'product.updated', `${product.name} was changed: ${keys.join(', ')}.`)
      return { ...product, ...changes, version: product.version + 1 }
    })
  }

  async #suggestedSlug(transaction: Transaction, providerId: string, name: string): Promise<string> {
    const suggested = slugOf(name)
    return freeSlug(suggested, await this.products.slugsLike(transaction, providerId, suggested))
  }

  async #changeTerms(transaction: Transaction, product: ProductRow, terms: UpdateProductInput['terms']): Promise<void> {
    const subject = { providerId: product.providerId, subjectId: product.id }
    if (!terms) return this.terms.withdraw(transaction, subject)
    await this.terms.publish(transaction, subject, unwrap(acceptableTerms(terms, ['input', 'terms'])))
  }

  #audited(transaction: Transaction, product: ProductRow, action: string, summary: string): Promise<void> {
    const { id, providerId } = product
    return this.audit.record(transaction, { providerId, action, subjectId: id, summary })
  }
}

function demandChangeable(product: ProductRow, read: number | null | undefined): void {
  if (product.state === 'ARCHIVED') {
    const message = 'The product is archived for good.'
    throw new Refused([{ code: 'WRONG_STATE', message, field: ['input', 'productId'] }])
  }
  if (read === null || read === undefined || read === product.version) return
  const message = 'Somebody changed it meanwhile: read it again.'
  throw new Refused([{ code: 'STALE', message, field: ['input', 'version'] }])
}

/** @throws Refused with everything that is wrong; what must have a value cannot be cleared */
function changed(product: ProductRow, input: UpdateProductInput) {
  const cleared = (['name', 'accessApproval'] as const).filter((key) => input[key] === null)
  if (cleared.length > 0) {
    const message = 'This always has a value: leave it out to keep it as it is.'
    throw new Refused(cleared.map((key) => ({ code: 'REQUIRED', message, field: ['input', key] })))
  }
  const kept = <Value>(given: Value | undefined, before: Value): Value => (given === undefined ? before : given)
  const [name, description, categories, tags] = unwrap(
    combine([
      readName(input.name ?? product.name, ['input', 'name']),
      readText(kept(input.description, product.description), ['input', 'description']),
      readList(kept(input.categories, product.categories) ?? [], ['input', 'categories'], mostCategories),
      readList(kept(input.tags, product.tags) ?? [], ['input', 'tags'], mostTags),
    ]),
  )
  const icon = kept(input.icon, product.icon) ?? null
  return { name, description, icon, categories, tags, accessApproval: input.accessApproval ?? product.accessApproval }
}
