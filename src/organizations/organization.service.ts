import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { Refused, unwrap } from '../kernel/result.js'
import { readName, readText } from '../kernel/text.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { demand } from '../persistence/audience.js'
import { administersOrganization, managesMarketplaces } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { person, type Scope } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { ClosingObstacles } from './closing.port.js'
import {
  ConsumerOrganization,
  type ConsumerOrganizationRow,
  type ConsumerOrganizationState,
} from './consumer-organization.entity.js'
import type { ConsumerOrganizationRepository } from './consumer-organization.repository.js'
import { organizationLifecycle, stepToState } from './consumer-organization.rules.js'
import type { InvitationService } from './invitation.service.js'
import type { InvitationRow } from './membership.entity.js'
import { organizationStateChanged } from './organization.events.js'

const longestReason = 1_000

export interface NewOrganization {
  marketplaceId: string
  name: string
  billingEmail?: string | null
  administratorEmail?: string | null
}

interface Founding {
  name: string
  billingEmail: string | null
  state: ConsumerOrganizationState
  /** Whoever has just signed up; left out, it is whoever the transaction is for. */
  actorUserId?: string
}

/** Consumer organizations, and where they stand. */
export class OrganizationService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly invitations: InvitationService,
    private readonly audit: AuditLog,
    private readonly closingObstacles: readonly ClosingObstacles[],
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * By the provider, with an invitation to its first administrator where one is named.
   * @throws Refused INVALID, REQUIRED, CONSUMER_ORGANIZATIONS_DISABLED, NOT_ALLOWED, NOT_FOUND
   */
  create(
    scope: Scope,
    given: NewOrganization,
  ): Promise<{ organization: ConsumerOrganizationRow; invitation: InvitationRow | null }> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const marketplace = await this.marketplaces.findManaged(transaction, given.marketplaceId)
      if (!marketplace) {
        const message = 'There is no such marketplace.'
        throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'marketplaceId'] }])
      }
      demand(scope, managesMarketplaces, marketplace)
      demandOrganizationsAllowed(marketplace)
      const organization = await this.found(transaction, marketplace, {
        name: given.name,
        billingEmail: given.billingEmail ?? null,
        state: 'ACTIVE',
      })
      const invitation = given.administratorEmail
        ? await this.invitations.send(transaction, organization, marketplace, given.administratorEmail, [
            'ADMINISTRATOR',
          ])
        : null
      return { organization, invitation }
    })
  }

  /** Writes a new organization down, for whoever was allowed to make it. @throws Refused INVALID, REQUIRED */
  async found(
    transaction: Transaction<DomainEvent>,
    marketplace: MarketplaceRow,
    given: Founding,
    field = 'name',
  ): Promise<ConsumerOrganizationRow> {
    const name = unwrap(readName(given.name, ['input', field]))
    const organization: ConsumerOrganizationRow = {
      id: newId('org'),
      providerId: marketplace.providerId,
      marketplaceId: marketplace.id,
      name,
      state: given.state,
      billingEmail: given.billingEmail,
      createdAt: this.clock.now(),
    }
    await rows(transaction, ConsumerOrganization).insertInto('ConsumerOrganization').values(organization).execute()
    this.#announce(transaction, organization, null)
    await this.#record(transaction, organization, 'organization.created', `${name} was made.`, given.actorUserId)
    return organization
  }

  /** What is left out stays. @throws Refused INVALID, REQUIRED, NOT_ALLOWED, NOT_FOUND */
  update(
    scope: Scope,
    organizationId: string,
    changes: { name?: string | null; billingEmail?: string | null },
  ): Promise<ConsumerOrganizationRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const organization = await this.#locked(transaction, organizationId)
      demand(scope, administersOrganization, { ...organization, organizationId })
      if (changes.name !== undefined) organization.name = unwrap(readName(changes.name ?? '', ['input', 'name']))
      if (changes.billingEmail !== undefined) organization.billingEmail = changes.billingEmail
      await this.#record(transaction, organization, 'organization.updated', 'Name or billing address changed.')
      await transaction.em.flush()
      return organization
    })
  }

  /** @throws Refused WRONG_STATE, IN_USE with all that still runs or is owed, NOT_ALLOWED, NOT_FOUND */
  setState(
    scope: Scope,
    organizationId: string,
    state: ConsumerOrganizationState,
    reason: string | null,
  ): Promise<ConsumerOrganizationRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const organization = await this.#locked(transaction, organizationId)
      demand(scope, managesMarketplaces, organization)
      const step = unwrap(stepToState(state))
      const why = unwrap(readText(reason, ['input', 'reason'], longestReason))
      const previousState = organization.state
      const next = unwrap(organizationLifecycle.take(previousState, step))
      if (!next.changed) return organization
      if (next.state === 'CLOSED') await this.#demandNothingOpen(transaction, organizationId)
      organization.state = next.state
      await transaction.em.flush()
      this.#announce(transaction, organization, previousState)
      const because = why ? ` Reason: ${why}` : ''
      const summary = `${organization.name} is ${next.state} now, was ${previousState}.${because}`
      await this.#record(transaction, organization, 'organization.state-changed', summary)
      return organization
    })
  }

  async #demandNothingOpen(transaction: Transaction, organizationId: string): Promise<void> {
    const obstacles: string[] = []
    for (const known of this.closingObstacles) obstacles.push(...(await known.of(transaction, organizationId)))
    if (obstacles.length === 0) return
    throw new Refused(obstacles.map((message) => ({ code: 'IN_USE', message, field: ['input', 'state'] })))
  }

  async #locked(transaction: Transaction, organizationId: string): Promise<ConsumerOrganizationRow> {
    person(transaction.scope)
    const organization = await this.organizations.lock(transaction, organizationId)
    if (organization) return organization
    const message = 'There is no such organization.'
    throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'organizationId'] }])
  }

  #announce(
    transaction: Transaction<DomainEvent>,
    organization: ConsumerOrganizationRow,
    previousState: ConsumerOrganizationState | null,
  ): void {
    const { id, state, providerId, marketplaceId } = organization
    const audience = { providerId, marketplaceId, organizationId: id }
    transaction.announce(organizationStateChanged.of(audience, id, { state, previousState }, this.clock.now()))
  }

  #record(
    transaction: Transaction,
    { id, providerId, marketplaceId }: ConsumerOrganizationRow,
    action: string,
    summary: string,
    actorUserId?: string,
  ): Promise<void> {
    const entry = { providerId, marketplaceId, organizationId: id, action, subjectId: id, summary }
    return this.audit.record(transaction, actorUserId ? { ...entry, actorUserId } : entry)
  }
}

export function demandOrganizationsAllowed(marketplace: MarketplaceRow): void {
  if (marketplace.consumerOrganizationsAllowed) return
  const message = `${marketplace.name} has no consumer organizations.`
  throw new Refused([{ code: 'CONSUMER_ORGANIZATIONS_DISABLED', message, field: ['input', 'marketplaceId'] }])
}
