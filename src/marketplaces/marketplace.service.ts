import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { combine, Refused, unwrap } from '../kernel/result.js'
import { readName, readText } from '../kernel/text.js'
import { demand } from '../persistence/audience.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { type PersonScope, person, type Scope, worksAt } from '../persistence/tenant-scope.js'
import { flushUnique } from '../persistence/unique.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { Marketplace, type MarketplaceRow } from './marketplace.entity.js'
import type { CreateMarketplaceInput, UpdateMarketplaceInput } from './marketplace.input.js'
import type { MarketplaceRepository } from './marketplace.repository.js'
import { acceptableSlug, acceptableTerms } from './marketplace.rules.js'
import type { TermsService } from './terms.service.js'

/** Settings that an update takes over as they are, where they are given. */
const plainSettings = [
  'visibility',
  'timeZone',
  'consumerOrganizationsAllowed',
  'selfSignupAllowed',
  'signupApprovalRequired',
] as const

/** Making marketplaces, and changing their settings and terms. */
export class MarketplaceService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly marketplaces: MarketplaceRepository,
    private readonly terms: TermsService,
    private readonly audit: AuditLog,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** @throws Refused INVALID, TAKEN, NOT_ALLOWED; NOT_FOUND for a provider that the person does not work for */
  createMarketplace(scope: Scope, input: CreateMarketplaceInput): Promise<MarketplaceRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      demandProvider(person(scope), input.providerId)
      const [name, slug, description] = unwrap(
        combine([
          readName(input.name, ['input', 'name']),
          acceptableSlug(input.slug, ['input', 'slug']),
          readText(input.description, ['input', 'description']),
        ]),
      )
      const { providerId, visibility, timeZone } = input
      const { consumerOrganizationsAllowed, selfSignupAllowed, signupApprovalRequired } = input
      const marketplace = transaction.em.create(Marketplace, {
        id: newId('mkt'),
        providerId,
        slug,
        name,
        description,
        url: input.url ?? null,
        visibility,
        timeZone,
        consumerOrganizationsAllowed,
        selfSignupAllowed,
        signupApprovalRequired,
        createdAt: this.clock.now(),
      })
      const message = 'Another marketplace has this address.'
      await flushUnique(transaction, { code: 'TAKEN', message, field: ['input', 'slug'] })
      await this.#audit(transaction, marketplace, 'marketplace.created', `The marketplace ${name} was made.`)
      return marketplace
    })
  }

  /** What is left out stays, null clears. @throws Refused INVALID, REQUIRED, STALE, NOT_ALLOWED, NOT_FOUND */
  updateMarketplace(scope: Scope, input: UpdateMarketplaceInput): Promise<MarketplaceRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const marketplace = await this.marketplaces.lockManaged(transaction, input.marketplaceId)
      if (!marketplace) {
        const message = 'There is no such marketplace.'
        throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'marketplaceId'] }])
      }
      demand(scope, managesMarketplaces, marketplace)
      demandVersion(marketplace, input.version)
      const before = marketplace.version
      Object.assign(marketplace, changedSettings(marketplace, input))
      await transaction.em.flush()
      await this.#changeTerms(transaction, marketplace, input)
      // The terms stand in a table of their own, and are a change of the marketplace all the same.
      if (input.terms !== undefined && marketplace.version === before) await this.#countChange(transaction, marketplace)
      const summary = `Settings of ${marketplace.name} were changed: ${givenSettings(input).join(', ')}.`
      await this.#audit(transaction, marketplace, 'marketplace.updated', summary)
      return marketplace
    })
  }

  async #changeTerms(transaction: Transaction, marketplace: MarketplaceRow, input: UpdateMarketplaceInput) {
    const subject = { providerId: marketplace.providerId, subjectId: marketplace.id }
    if (input.terms === undefined) return
    if (input.terms === null) return this.terms.withdraw(transaction, subject)
    await this.terms.publish(transaction, subject, unwrap(acceptableTerms(input.terms, ['input', 'terms'])))
  }

  async #countChange(transaction: Transaction, marketplace: MarketplaceRow): Promise<void> {
    await rows(transaction, Marketplace)
      .updateTable('Marketplace')
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '=', marketplace.id)
      .where('providerId', '=', marketplace.providerId)
      .execute()
    await transaction.em.refresh(marketplace)
  }

  async #audit(transaction: Transaction, marketplace: MarketplaceRow, action: string, summary: string) {
    const { id, providerId } = marketplace
    await this.audit.record(transaction, {
      providerId,
      marketplaceId: id,
      action,
      subjectId: id,
      summary,
    })
  }
}

function givenSettings(input: UpdateMarketplaceInput): string[] {
  const aside = ['marketplaceId', 'version', 'idempotencyKey']
  return Object.entries(input).flatMap(([key, value]) => (value === undefined || aside.includes(key) ? [] : [key]))
}

/** Somebody of another provider is told that there is none. */
function demandProvider(scope: PersonScope, providerId: string): void {
  if (scope.kind === 'provider' && !worksAt(scope, providerId)) {
    const message = 'There is no such provider.'
    throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'providerId'] }])
  }
  demand(scope, managesMarketplaces, { providerId })
}

function demandVersion(row: { version: number }, read: number | null | undefined): void {
  if (read === null || read === undefined || read === row.version) return
  const message = 'Somebody changed it meanwhile: read it again.'
  throw new Refused([{ code: 'STALE', message, field: ['input', 'version'] }])
}

/** @throws Refused with everything that is wrong; a setting that must have a value cannot be cleared */
function changedSettings(marketplace: MarketplaceRow, input: UpdateMarketplaceInput): Partial<MarketplaceRow> {
  const cleared = (['name', ...plainSettings] as const).filter((setting) => input[setting] === null)
  if (cleared.length > 0) {
    const message = 'This setting always has a value: leave it out to keep it as it is.'
    throw new Refused(cleared.map((setting) => ({ code: 'REQUIRED', message, field: ['input', setting] })))
  }
  const [name, description] = unwrap(
    combine([
      readName(input.name ?? marketplace.name, ['input', 'name']),
      readText(input.description === undefined ? marketplace.description : input.description, ['input', 'description']),
    ]),
  )
  const url = input.url === undefined ? marketplace.url : input.url
  const given = plainSettings.filter((setting) => input[setting] !== undefined)
  return { name, description, url, ...Object.fromEntries(given.map((setting) => [setting, input[setting]])) }
}
