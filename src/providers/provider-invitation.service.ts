import type { DomainEvent } from '../events/event.js'
import type { Mailer } from '../identity/mailer.js'
import { newToken } from '../identity/token.js'
import { providerRealm } from '../identity/user.entity.js'
import type { UserRepository } from '../identity/user.repository.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { Refused, unwrap } from '../kernel/result.js'
import { demand } from '../persistence/audience.js'
import { administersProvider } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { type ProviderRole, person, type Scope, userIdOf } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import { acceptableRoles } from './administrator.rules.js'
import type { AuditLog } from './audit-log.js'
import { ProviderInvitation, type ProviderInvitationRow, type ProviderRow } from './provider.entity.js'
import { providerInvitationMail } from './provider.mail.js'
import type { ProviderMembershipRepository, ProviderRepository } from './provider.repository.js'

export const invitationLife = 7 * 24 * 60 * 60 * 1_000

/** Invitations to work for a provider: sent, sent again, taken back. An organization's are accepted in the same place. */
export class ProviderInvitationService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly providers: ProviderRepository,
    private readonly memberships: ProviderMembershipRepository,
    private readonly users: UserRepository,
    private readonly mailer: Mailer,
    private readonly audit: AuditLog,
    /** The transport's. */
    private readonly clock: Clock,
    private readonly publicUrl: string,
  ) {}

  /** @throws Refused REQUIRED, TAKEN, NOT_ALLOWED, NOT_FOUND */
  invite(scope: Scope, providerId: string, email: string, roles: ProviderRole[]): Promise<ProviderInvitationRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const provider = await this.#administered(transaction, providerId)
      const accepted = unwrap(acceptableRoles(roles))
      const user = await this.users.byEmail(transaction, providerRealm, email)
      const [places] = user ? await this.memberships.ofUsers(transaction, [user.id]) : []
      if (places?.some((membership) => membership.providerId === providerId)) {
        const message = 'This person works here already.'
        throw new Refused([{ code: 'TAKEN', message, field: ['input', 'email'] }])
      }
      const now = this.clock.now()
      const { token, digest } = newToken('mit')
      const invitation: ProviderInvitationRow = {
        id: newId('pinv'),
        providerId,
        email,
        roles: accepted,
        tokenDigest: digest,
        expiresAt: new Date(now.getTime() + invitationLife),
        acceptedAt: null,
        revokedAt: null,
        invitedByUserId: userIdOf(scope),
        createdAt: now,
      }
      await rows(transaction, ProviderInvitation).insertInto('ProviderInvitation').values(invitation).execute()
      await this.mailer.post(transaction, providerInvitationMail(email, provider.name, this.publicUrl, token))
      const summary = `${email} was invited as ${accepted.join(', ')}.`
      await this.#record(transaction, invitation, 'provider-member.invited', summary)
      return invitation
    })
  }

  /**
   * A new token and mail; the former token ends.
   * @param invitation still open, and locked
   */
  async resend(transaction: Transaction, invitation: ProviderInvitationRow): Promise<void> {
    const provider = await this.#administered(transaction, invitation.providerId)
    const { token, digest } = newToken('mit')
    invitation.tokenDigest = digest
    invitation.expiresAt = new Date(this.clock.now().getTime() + invitationLife)
    await this.mailer.post(transaction, providerInvitationMail(invitation.email, provider.name, this.publicUrl, token))
    const summary = `The invitation of ${invitation.email} was sent again.`
    await this.#record(transaction, invitation, 'provider-invitation.sent-again', summary)
  }

  /**
   * Its link ends.
   * @param invitation still open, and locked
   */
  async revoke(transaction: Transaction, invitation: ProviderInvitationRow): Promise<void> {
    await this.#administered(transaction, invitation.providerId)
    invitation.revokedAt = this.clock.now()
    const summary = `The invitation of ${invitation.email} was taken back.`
    await this.#record(transaction, invitation, 'provider-invitation.revoked', summary)
  }

  async #administered(transaction: Transaction, providerId: string): Promise<ProviderRow> {
    person(transaction.scope)
    const provider = await this.providers.find(transaction, providerId)
    if (!provider) {
      const message = 'There is no such provider.'
      throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'providerId'] }])
    }
    demand(transaction.scope, administersProvider, { providerId })
    return provider
  }

  #record(transaction: Transaction, { id, providerId }: ProviderInvitationRow, action: string, summary: string) {
    return this.audit.record(transaction, { providerId, action, subjectId: id, summary })
  }
}
