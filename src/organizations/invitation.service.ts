import type { DomainEvent } from '../events/event.js'
import type { Mailer } from '../identity/mailer.js'
import { newToken } from '../identity/token.js'
import type { UserRepository } from '../identity/user.repository.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { Refused, unwrap } from '../kernel/result.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { demand } from '../persistence/audience.js'
import { administersOrganization } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { type ConsumerRole, person, type Scope, system, userIdOf } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { acceptableRoles } from '../providers/administrator.rules.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { ProviderInvitationRow } from '../providers/provider.entity.js'
import type { ProviderInvitationRepository } from '../providers/provider.repository.js'
import { invitationLife, type ProviderInvitationService } from '../providers/provider-invitation.service.js'
import type { ConsumerOrganizationRow } from './consumer-organization.entity.js'
import type {
  ConsumerOrganizationRepository,
  InvitationRepository,
  MembershipRepository,
} from './consumer-organization.repository.js'
import { isOpenToMembers } from './consumer-organization.rules.js'
import { isOpen } from './invitation.rules.js'
import { Invitation, type InvitationRow } from './membership.entity.js'
import { invitationMail } from './organization.mail.js'

/** Either kind of invitation. */
export type FoundInvitation =
  | { kind: 'organization'; invitation: InvitationRow }
  | { kind: 'provider'; invitation: ProviderInvitationRow }

/** Invitations to an organization, sent, sent again and taken back; those to a provider are handed on. */
export class InvitationService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly invitations: InvitationRepository,
    private readonly providerInvitations: ProviderInvitationRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly memberships: MembershipRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly users: UserRepository,
    private readonly ofProviders: ProviderInvitationService,
    private readonly mailer: Mailer,
    private readonly audit: AuditLog,
    /** The transport's. */
    private readonly clock: Clock,
    private readonly publicUrl: string,
  ) {}

  /** @throws Refused REQUIRED, TAKEN, WRONG_STATE, NOT_ALLOWED, NOT_FOUND */
  invite(scope: Scope, organizationId: string, email: string, given: ConsumerRole[]): Promise<InvitationRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      person(scope)
      const organization = await this.organizations.find(transaction, organizationId)
      if (!organization) throw notFound('organization', 'organizationId')
      demandMayInvite(scope, organization)
      const roles = unwrap(acceptableRoles(given))
      if (!isOpenToMembers(organization.state)) {
        const message = `${organization.name} takes no members: it is ${organization.state}.`
        throw new Refused([{ code: 'WRONG_STATE', message, field: ['input', 'organizationId'] }])
      }
      const user = await this.users.byEmail(transaction, organization.marketplaceId, email)
      if (user && (await this.memberships.of(transaction, organizationId, user.id))) {
        const message = 'This person is a member already.'
        throw new Refused([{ code: 'TAKEN', message, field: ['input', 'email'] }])
      }
      const marketplace = await this.#marketplaceOf(transaction, organization.marketplaceId)
      return this.send(transaction, organization, marketplace, email, roles)
    })
  }

  /** Writes an invitation down and mails it; for whoever was allowed to. */
  async send(
    transaction: Transaction,
    organization: ConsumerOrganizationRow,
    marketplace: MarketplaceRow,
    email: string,
    roles: ConsumerRole[],
  ): Promise<InvitationRow> {
    const now = this.clock.now()
    const { token, digest } = newToken('mit')
    const { providerId, marketplaceId, id: organizationId } = organization
    const invitation: InvitationRow = {
      id: newId('invt'),
      providerId,
      marketplaceId,
      organizationId,
      email,
      roles,
      tokenDigest: digest,
      expiresAt: new Date(now.getTime() + invitationLife),
      acceptedAt: null,
      revokedAt: null,
      invitedByUserId: userIdOf(transaction.scope),
      createdAt: now,
    }
    await rows(transaction, Invitation).insertInto('Invitation').values(invitation).execute()
    await this.#mail(transaction, invitation, organization, marketplace, token)
    await this.#record(transaction, invitation, 'member.invited', `${email} was invited as ${roles.join(', ')}.`)
    return invitation
  }

  /**
   * A new token and mail; the former token ends.
   * @returns the invitation with its new end
   * @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND
   */
  resend(scope: Scope, invitationId: string): Promise<FoundInvitation> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const found = await this.#openOne(transaction, invitationId)
      if (found.kind === 'provider') {
        await this.ofProviders.resend(transaction, found.invitation)
        return found
      }
      const { invitation } = found
      const organization = await this.#organizationOf(transaction, invitation)
      const marketplace = await this.#marketplaceOf(transaction, invitation.marketplaceId)
      const { token, digest } = newToken('mit')
      invitation.tokenDigest = digest
      invitation.expiresAt = new Date(this.clock.now().getTime() + invitationLife)
      await this.#mail(transaction, invitation, organization, marketplace, token)
      const summary = `The invitation of ${invitation.email} was sent again.`
      await this.#record(transaction, invitation, 'invitation.sent-again', summary)
      return found
    })
  }

  /**
   * @returns the organization; null where it was an invitation to a provider
   * @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND
   */
  revoke(scope: Scope, invitationId: string): Promise<ConsumerOrganizationRow | null> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const found = await this.#openOne(transaction, invitationId)
      if (found.kind === 'provider') {
        await this.ofProviders.revoke(transaction, found.invitation)
        return null
      }
      const { invitation } = found
      invitation.revokedAt = this.clock.now()
      const summary = `The invitation of ${invitation.email} was taken back.`
      await this.#record(transaction, invitation, 'invitation.revoked', summary)
      return this.#organizationOf(transaction, invitation)
    })
  }

  /** Locked until the commit, so that it is not accepted meanwhile. */
  async #openOne(transaction: Transaction, invitationId: string): Promise<FoundInvitation> {
    const { scope } = transaction
    person(scope)
    const invitation = await this.invitations.lock(transaction, invitationId)
    const other = invitation ? null : await this.providerInvitations.lock(transaction, invitationId)
    const found: FoundInvitation | null = invitation
      ? { kind: 'organization', invitation }
      : other && { kind: 'provider', invitation: other }
    if (!found) throw notFound('invitation', 'invitationId')
    const { providerId } = found.invitation
    if (found.kind === 'organization') demandMayInvite(scope, { id: found.invitation.organizationId, providerId })
    if (isOpen(found.invitation)) return found
    const message = 'This invitation is not open any more.'
    throw new Refused([{ code: 'WRONG_STATE', message, field: ['input', 'invitationId'] }])
  }

  async #organizationOf(transaction: Transaction, invitation: InvitationRow): Promise<ConsumerOrganizationRow> {
    return (await this.organizations.find(transaction, invitation.organizationId)) as ConsumerOrganizationRow
  }

  async #marketplaceOf(transaction: Transaction, marketplaceId: string): Promise<MarketplaceRow> {
    return (await this.marketplaces.find(transaction.as(system), marketplaceId)) as MarketplaceRow
  }

  #mail(
    transaction: Transaction,
    { email: to }: InvitationRow,
    organization: ConsumerOrganizationRow,
    marketplace: MarketplaceRow,
    token: string,
  ): Promise<void> {
    const base = marketplace.url ?? this.publicUrl
    const mail = { to, organization: organization.name, marketplace: marketplace.name, base, token }
    return this.mailer.post(transaction, invitationMail(mail))
  }

  #record(transaction: Transaction, invitation: InvitationRow, action: string, summary: string): Promise<void> {
    const { id, providerId, marketplaceId, organizationId } = invitation
    return this.audit.record(transaction, { providerId, marketplaceId, organizationId, action, subjectId: id, summary })
  }
}

/** For those who see the organization: its administrators, and the provider's people who manage marketplaces. */
function demandMayInvite(scope: Scope, { id, providerId }: { id: string; providerId: string }): void {
  demand(scope, administersOrganization, { providerId, organizationId: id })
}

function notFound(what: string, field: string): Refused {
  return new Refused([{ code: 'NOT_FOUND', message: `There is no such ${what}.`, field: ['input', field] }])
}
