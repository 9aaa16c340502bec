import { sql } from 'kysely'
import { sessionHasEnded } from '../identity/session.service.js'
import { digestOf, tokenKind } from '../identity/token.js'
import { providerRealm } from '../identity/user.entity.js'
import type { Clock } from '../kernel/clock.js'
import { prepared } from '../persistence/prepared-statements.js'
import {
  anonymous,
  type ConsumerRole,
  type GatewayScope,
  type ProviderRole,
  type Scope,
  system,
} from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'

interface SessionFacts {
  session_id: string
  realm: string
  user_id: string
  expires_at: string | Date
  /** Of the marketplace where somebody consumes. */
  provider_id: string | null
  /** [provider or organization id, roles], as they are now. */
  places: Array<[string, string[]]>
}

/** Says who is asking, from the token alone and the memberships as they are at this moment. */
export class Viewers {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly gatewayScope: (token: string) => Promise<GatewayScope | null>,
    private readonly clock: Clock,
  ) {}

  /**
   * @param accessToken null when none was sent
   * @throws RequestError UNAUTHENTICATED for a token that is expired, ended or unknown: never treated as none
   */
  async scopeOf(accessToken: string | null): Promise<{ scope: Scope; expiresAt: Date | null }> {
    if (accessToken === null) return { scope: anonymous, expiresAt: null }
    const kind = tokenKind(accessToken)
    if (kind === 'mgt') {
      const scope = await this.gatewayScope(accessToken)
      if (!scope) throw sessionHasEnded()
      return { scope, expiresAt: null }
    }
    const facts = kind === 'mat' ? await this.#sessionOf(accessToken) : null
    // Whoever has lost the last place has nothing left to sign in for.
    if (!facts || facts.places.length === 0) throw sessionHasEnded()
    return { scope: scopeFrom(facts), expiresAt: new Date(facts.expires_at) }
  }

  /** One statement for token, session and memberships, because every request begins with it. */
  async #sessionOf(accessToken: string): Promise<SessionFacts | null> {
    const { kysely } = this.unitOfWork.question(system)
    const now = this.clock.now().toISOString()
    const { rows } = await sql<SessionFacts>`${prepared}
      select s.id as session_id, s.realm, s.user_id, t.expires_at, m.provider_id,
        case when s.realm = ${providerRealm} then
          (select coalesce(json_agg(json_build_array(p.provider_id, p.roles) order by p.provider_id), '[]'::json)
           from provider_membership p where p.user_id = s.user_id)
        else
          (select coalesce(json_agg(json_build_array(o.id, b.roles) order by o.id), '[]'::json)
           from membership b
           join consumer_organization o on o.id = b.organization_id and o.provider_id = b.provider_id
           where b.user_id = s.user_id and o.state in ('ACTIVE', 'PENDING_APPROVAL'))
        end as places
      from session_token t
      join session s on s.id = t.session_id
      left join marketplace m on m.id = s.realm
      where t.digest = ${digestOf(accessToken)} and t.kind = 'access'
        and t.expires_at > ${now}::timestamptz and s.ended_at is null`.execute(kysely)
    return rows[0] ?? null
  }
}

function scopeFrom({ session_id: sessionId, realm, user_id: userId, provider_id, places }: SessionFacts): Scope {
  if (realm === providerRealm) {
    return { kind: 'provider', userId, sessionId, providers: new Map(places as Array<[string, ProviderRole[]]>) }
  }
  const organizations = new Map(places as Array<[string, ConsumerRole[]]>)
  return { kind: 'consumer', userId, sessionId, providerId: provider_id ?? '', marketplaceId: realm, organizations }
}
