import type { DomainEvent } from '../events/event.js'
import { digestOf, newToken, tokenKind } from '../identity/token.js'
import type { Clocks } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { unwrap } from '../kernel/result.js'
import { Secret } from '../kernel/secret.js'
import { readName } from '../kernel/text.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { demand } from '../persistence/audience.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { type GatewayScope, person, type Scope, system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { GatewayToken, type GatewayTokenRow } from './access.entity.js'
import type { GatewayTokenRepository } from './access.repository.js'
import { noSuch } from './application.service.js'
import type { LastUse } from './last-use.js'
import { ShortMemory } from './short-memory.js'

const msKept = 5_000

/** What gateways ask and report with: one marketplace each, and nothing else. */
export class GatewayTokens {
  /**
   * Digest → on whose behalf, so that of the two look-ups of a gateway's question one is left. Another process may
   * take a revoked token for as long; this one does not.
   */
  readonly #scopes: ShortMemory<GatewayScope>

  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly tokens: GatewayTokenRepository,
    private readonly marketplaces: Pick<MarketplaceRepository, 'findManaged' | 'find'>,
    private readonly audit: AuditLog,
    private readonly lastUse: LastUse,
    private readonly clocks: Clocks,
  ) {
    this.#scopes = new ShortMemory(clocks.transport, msKept)
  }

  /** For the provider's marketplace managers. The token is shown this once. */
  create(scope: Scope, marketplaceId: string, name: string): Promise<{ gatewayToken: GatewayTokenRow; token: Secret }> {
    person(scope)
    return this.unitOfWork.run(scope, async (transaction) => {
      const marketplace = await this.marketplaces.findManaged(transaction, marketplaceId)
      if (!marketplace) throw noSuch('marketplace', 'marketplaceId')
      demand(scope, managesMarketplaces, marketplace)
      const acceptableName = unwrap(readName(name, ['input', 'name']))

      const { token, digest } = newToken('mgt')
      const gatewayToken: GatewayTokenRow = {
        id: newId('gwt'),
        providerId: marketplace.providerId,
        marketplaceId: marketplace.id,
        name: acceptableName,
        last4: token.slice(-4),
        digest,
        createdAt: this.clocks.billing.now(),
        lastUsedAt: null,
        revokedAt: null,
      }
      await rows(transaction, GatewayToken).insertInto('GatewayToken').values(gatewayToken).execute()
      await this.audit.record(transaction, {
        providerId: marketplace.providerId,
        marketplaceId: marketplace.id,
        action: 'gateway-token.created',
        subjectId: gatewayToken.id,
        summary: `Made the gateway token “${acceptableName}”.`,
      })
      return { gatewayToken, token: new Secret(token) }
    })
  }

  /** For the same; what was revoked already stays so. @returns its marketplace */
  revoke(scope: Scope, gatewayTokenId: string): Promise<MarketplaceRow> {
    person(scope)
    return this.unitOfWork.run(scope, async (transaction) => {
      const token = await this.tokens.lock(transaction, gatewayTokenId)
      const marketplace = token && (await this.marketplaces.find(transaction, token.marketplaceId))
      if (!token || !marketplace) throw noSuch('gateway token', 'gatewayTokenId')
      demand(scope, managesMarketplaces, token)
      if (token.revokedAt) return marketplace

      await rows(transaction, GatewayToken)
        .updateTable('GatewayToken')
        .set({ revokedAt: this.clocks.billing.now() })
        .where('id', '=', token.id)
        .where('providerId', '=', token.providerId)
        .execute()
      await this.audit.record(transaction, {
        providerId: token.providerId,
        marketplaceId: token.marketplaceId,
        action: 'gateway-token.revoked',
        subjectId: token.id,
        summary: `Revoked the gateway token “${token.name}”.`,
      })
      const { digest } = token
      transaction.afterCommit(() => this.#scopes.forget(digest))
      return marketplace
    })
  }

  /** On whose behalf a token asks; null for one that is unknown, revoked, or no gateway token at all. */
  async scopeOf(token: string): Promise<GatewayScope | null> {
    if (tokenKind(token) !== 'mgt') return null
    const digest = digestOf(token)
    const kept = this.#scopes.get(digest)
    if (kept) return kept
    const found = await rows(this.unitOfWork.question(system), GatewayToken)
      .selectFrom('GatewayToken')
      .select(['id', 'providerId', 'marketplaceId', 'lastUsedAt'])
      .where('digest', '=', digest)
      .where('revokedAt', 'is', null)
      .executeTakeFirst()
    if (!found) return null
    this.lastUse.note('GatewayToken', found, this.clocks.billing.now())
    const { id: tokenId, providerId, marketplaceId } = found
    const scope: GatewayScope = { kind: 'gateway', tokenId, providerId, marketplaceId }
    this.#scopes.keep(digest, scope)
    return scope
  }
}
