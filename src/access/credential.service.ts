import { BillingIntegration, MarketplaceBilling } from '../billing/billing-integration.entity.js'
import type { DomainEvent, EventType } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { combine, refuse, unwrap } from '../kernel/result.js'
import type { Secret } from '../kernel/secret.js'
import { readName, readText } from '../kernel/text.js'
import { demand } from '../persistence/audience.js'
import { develops, endsAccess } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { person, type Scope, system, worksAt } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { Credential, type CredentialRow, type CredentialState, type CredentialType } from './access.entity.js'
import { type CredentialFact, credentialChanged, credentialCreated, credentialRotated } from './access.events.js'
import type { ApplicationRepository, CredentialRepository } from './access.repository.js'
import { type KeyMode, newKey, renewedKey } from './api-key.js'
import { noSuch } from './application.service.js'
import { changedCredential, futureInstant, overlapEnd, rotatable } from './credential.rules.js'

export interface NewCredential {
  applicationId: string
  name: string
  type: CredentialType
  expiresAt?: Date | null
}

export interface ShownOnce {
  credential: CredentialRow
  secret: Secret
}

const mostCredentials = 100
const longestReason = 1_000

/** What applications call with. Of a secret only its digest is kept: nobody can show it a second time. */
export class CredentialService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly credentials: CredentialRepository,
    private readonly applications: ApplicationRepository,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** For the organization's developers and administrators. An OAuth client's id is the start of its secret. */
  create(scope: Scope, input: NewCredential): Promise<ShownOnce> {
    const { userId } = person(scope)
    return this.unitOfWork.run(scope, async (transaction) => {
      const application = await this.applications.find(transaction, input.applicationId)
      if (!application) throw noSuch('application', 'applicationId')
      demand(scope, develops, application)
      const now = this.clock.now()
      const [name, expiresAt] = unwrap(
        combine([
          readName(input.name, ['input', 'name']),
          futureInstant(input.expiresAt ?? null, now, ['input', 'expiresAt']),
        ]),
      )
      await this.#demandRoom(transaction, application.id)

      const { secret, ...key } = newKey(input.type, await this.#modeOf(transaction, application.marketplaceId))
      const credential: CredentialRow = {
        id: newId('cred'),
        providerId: application.providerId,
        marketplaceId: application.marketplaceId,
        organizationId: application.organizationId,
        applicationId: application.id,
        name,
        type: input.type,
        state: 'ACTIVE',
        suspendedBy: null,
        ...key,
        formerDigest: null,
        formerSecretEndsAt: null,
        expiresAt,
        lastUsedAt: null,
        createdByUserId: userId,
        createdAt: now,
      }
      await rows(transaction, Credential).insertInto('Credential').values(credential).execute()
      await this.#told(transaction, credential, credentialCreated, 'created', `Made the credential “${name}”.`)
      return { credential, secret }
    })
  }

  /**
   * A new secret under the same readable start; the former one works on for the overlap, and one that was
   * former already ends now. For the organization's people alone, because whoever rotates sees the secret.
   */
  rotate(scope: Scope, credentialId: string, overlapHours: number): Promise<ShownOnce> {
    person(scope)
    return this.unitOfWork.run(scope, async (transaction) => {
      const credential = await this.#lock(transaction, credentialId)
      demand(scope, develops, credential)
      const now = this.clock.now()
      const [formerSecretEndsAt] = unwrap(combine([overlapEnd(overlapHours, now), rotatable(credential, now)]))

      const { secret, digest, last4 } = renewedKey(credential.publicId)
      const change = { digest, last4, formerSecretEndsAt, formerDigest: formerSecretEndsAt ? credential.digest : null }
      await this.#update(transaction, credential, change)
      const summary = `Rotated the credential “${credential.name}”; the former secret ends after ${overlapHours} hours.`
      await this.#told(transaction, credential, credentialRotated, 'rotated', summary)
      return { credential: { ...credential, ...change }, secret }
    })
  }

  /**
   * For the organization's people and the provider's access managers: ACTIVE to SUSPENDED and back, either to
   * REVOKED for good. What the provider suspended, only the provider enables again.
   */
  setState(scope: Scope, credentialId: string, state: CredentialState, reason: string | null): Promise<CredentialRow> {
    person(scope)
    return this.unitOfWork.run(scope, async (transaction) => {
      const credential = await this.#lock(transaction, credentialId)
      const byProvider = worksAt(scope, credential.providerId)
      demand(scope, endsAccess, credential)
      const why = unwrap(readText(reason, ['input', 'reason'], longestReason))
      const side = byProvider ? 'PROVIDER' : 'CONSUMER'
      const { changed, ...change } = unwrap(changedCredential(credential, state, side, this.clock.now()))
      if (!changed) return credential

      await this.#update(transaction, credential, change)
      const after = { ...credential, ...change }
      const summary = `Set the credential “${credential.name}” to ${state}${why ? `: ${why}` : '.'}`
      await this.#told(transaction, after, credentialChanged, 'state-changed', summary)
      return after
    })
  }

  async #lock(transaction: Transaction<DomainEvent>, id: string): Promise<CredentialRow> {
    const credential = await this.credentials.lock(transaction, id)
    if (!credential) throw noSuch('credential', 'credentialId')
    return { ...credential }
  }

  async #demandRoom(transaction: Transaction, applicationId: string): Promise<void> {
    const held = await rows(transaction, Credential)
      .selectFrom('Credential')
      .select('id')
      .where('applicationId', '=', applicationId)
      .where('state', '!=', 'REVOKED')
      .limit(mostCredentials)
      .execute()
    if (held.length < mostCredentials) return
    const message = `An application has at most ${mostCredentials} credentials: revoke one first.`
    unwrap(refuse('LIMIT_REACHED', message, ['input', 'applicationId']))
  }

  /** Keys of a marketplace whose billing moves no real money say so. */
  async #modeOf(transaction: Transaction, marketplaceId: string): Promise<KeyMode> {
    const billing = await rows(transaction.as(system), MarketplaceBilling, BillingIntegration)
      .selectFrom('MarketplaceBilling')
      .innerJoin('BillingIntegration', (join) =>
        join
          .onRef('BillingIntegration.id', '=', 'MarketplaceBilling.billingIntegrationId')
          .onRef('BillingIntegration.providerId', '=', 'MarketplaceBilling.providerId'),
      )
      .select('BillingIntegration.mode')
      .where('MarketplaceBilling.marketplaceId', '=', marketplaceId)
      .executeTakeFirst()
    return billing && billing.mode !== 'LIVE' ? 'test' : 'live'
  }

  async #update(transaction: Transaction, { id, providerId }: CredentialRow, change: Partial<CredentialRow>) {
    await rows(transaction, Credential)
      .updateTable('Credential')
      .set(change)
      .where('id', '=', id)
      .where('providerId', '=', providerId)
      .execute()
  }

  async #told(
    transaction: Transaction<DomainEvent>,
    credential: CredentialRow,
    type: EventType<CredentialFact>,
    verb: string,
    summary: string,
  ): Promise<void> {
    const { applicationId, state, id } = credential
    transaction.announce(type.of(credential, id, { applicationId, state }, this.clock.now()))
    const { providerId, marketplaceId, organizationId } = credential
    const action = `credential.${verb}`
    await this.audit.record(transaction, { providerId, marketplaceId, organizationId, action, subjectId: id, summary })
  }
}
