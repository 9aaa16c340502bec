import { type RawBuilder, sql } from 'kysely'
import { idPrefix } from '../kernel/id.js'
import { prepared } from '../persistence/prepared-statements.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { CredentialState } from './access.entity.js'
import { visibleTo } from './access-facts.fence.js'
import type { CallFacts, RequestFacts, SubscriptionFacts } from './access-facts.js'
import type { CoveringPaths } from './request-path.js'

/** What a call is made with: the readable start of a key, or the credential's own id. */
export type CallSubject = { publicId: string } | { credentialId: string }

/** What is called: a resource's id, or the base paths that would cover the request; with both, both must fit. */
export interface CallTarget {
  readonly resourceId: string | null
  readonly paths: CoveringPaths | null
}

/** The facts of a call, with what says whether the key is the right one. */
export interface CallRecord {
  readonly facts: CallFacts
  /** Of the present secret. */
  readonly digest: string
  /** While a rotation overlaps. */
  readonly former: { readonly digest: string; readonly endsAt: Date } | null
  readonly providerId: string
  readonly applicationId: string
  readonly lastUsedAt: Date | null
}

/**
 * Reads what decides about access, each time in one statement and as plain rows: a gateway asks for every call.
 */
export class AccessFactsRepository {
  /** Null when there is no such credential, or it is not the scope's. */
  async ofCall(reading: Reading, subject: CallSubject, target: CallTarget, now: Date): Promise<CallRecord | null> {
    const { rows } = await sql<CallRow>`${prepared}
      select c.id as credential_id, c.provider_id, c.application_id, c.digest,
        c.former_digest, c.former_secret_ends_at,
        c.state as credential_state, c.expires_at, c.last_used_at, o.state as caller_state, r.id as resource_id, r.base_path,
        ${requestColumns}
      from credential c
      join consumer_organization o on o.id = c.organization_id and o.provider_id = c.provider_id
      left join lateral (
        select r.id, r.base_path from api_resource r where r.provider_id = c.provider_id and ${targetCondition(target)}
        order by length(r.base_path) desc limit 1
      ) r on true
      left join access_request a
        on a.provider_id = c.provider_id and a.application_id = c.application_id and a.resource_id = r.id
      ${requestJoins(now)}
      where ${'publicId' in subject ? sql`c.public_id = ${subject.publicId}` : sql`c.id = ${subject.credentialId}`}
        and ${visibleTo(reading.scope, 'c')}
      order by a.id`.execute(reading.kysely)
    const first = rows[0]
    if (!first) return null
    const isMeant =
      (target.resourceId === null || first.resource_id === target.resourceId) &&
      (target.paths === null || (first.base_path !== null && target.paths.certain.includes(first.base_path)))
    return {
      digest: first.digest,
      former: formerOf(first, now),
      providerId: first.provider_id,
      applicationId: first.application_id,
      lastUsedAt: instantOf(first.last_used_at),
      facts: {
        credential: {
          credentialId: first.credential_id,
          state: first.credential_state,
          expiresAt: instantOf(first.expires_at),
          organizationState: first.caller_state,
        },
        resourceId: isMeant ? first.resource_id : null,
        requests: isMeant ? rows.flatMap((row) => (row.request_id === null ? [] : [requestFactsOf(row)])) : [],
      },
    }
  }

  /** For access requests, in the order of the ids; null for what the scope does not see. */
  async ofRequests(reading: Reading, ids: readonly string[], now: Date): Promise<Array<RequestFacts | null>> {
    const { rows } = await sql<RequestRow>`
      select ${requestColumns} from access_request a ${requestJoins(now)}
      where a.id = any(${[...ids]}::text[]) and ${visibleTo(reading.scope, 'a')}`.execute(reading.kysely)
    const facts = new Map(rows.map((row) => [row.request_id, requestFactsOf(row)]))
    return ids.map((id) => facts.get(id) ?? null)
  }

  /** Those that an application made for a resource and that let calls pass once, by `application resource`. */
  async ofPairs(
    reading: Reading,
    pairs: ReadonlyArray<{ applicationId: string; resourceId: string }>,
    now: Date,
  ): Promise<Map<string, RequestFacts[]>> {
    const { rows } = await sql<RequestRow & { application_id: string; resource_id: string }>`
      select a.application_id, a.resource_id, ${requestColumns}
      from unnest(
        ${pairs.map(({ applicationId }) => applicationId)}::text[], ${pairs.map(({ resourceId }) => resourceId)}::text[]
      ) as pair (application_id, resource_id)
      join access_request a on a.application_id = pair.application_id and a.resource_id = pair.resource_id
      ${requestJoins(now)}
      where a.state in ('WAITING', 'GRANTED', 'SUSPENDED', 'REVOKED') and ${visibleTo(reading.scope, 'a')}
      order by a.id`.execute(reading.kysely)
    const grouped = new Map<string, RequestFacts[]>()
    for (const row of rows) {
      const key = `${row.application_id} ${row.resource_id}`
      grouped.set(key, [...(grouped.get(key) ?? []), requestFactsOf(row)])
    }
    return grouped
  }

  /** For subscriptions, in the order of the ids; null for what the scope does not see. */
  async ofSubscriptions(reading: Reading, ids: readonly string[]): Promise<Array<SubscriptionFacts | null>> {
    const { rows } = await sql<SubscriptionRow>`
      select ${subscriptionColumns} from product_subscription s ${subscriptionJoins}
      where s.id = any(${[...ids]}::text[]) and ${visibleTo(reading.scope, 's')}`.execute(reading.kysely)
    const facts = new Map(rows.map((row) => [row.subscription_id, subscriptionFactsOf(row)]))
    return ids.map((id) => facts.get(id) ?? null)
  }
}

// The invoice is looked for only where the standing closes access, which spares the usual call the look-up.
const subscriptionColumns = sql`
  s.id as subscription_id, s.state as subscription_state, s.standing, s.access_closes_at,
  so.state as organization_state, p.state as product_state,
  case when s.standing in ('AWAITING_FIRST_PAYMENT', 'PAST_DUE') then (
    select i.id from invoice i
    where i.product_subscription_id = s.id and i.provider_id = s.provider_id
      and i.status in ('DRAFT', 'OPEN', 'UNCOLLECTIBLE')
    order by i.id limit 1
  ) end as unpaid_invoice_id`

const subscriptionJoins = sql`
  left join product p on p.id = s.product_id and p.provider_id = s.provider_id
  left join consumer_organization so on so.id = s.organization_id and so.provider_id = s.provider_id`

const requestColumns = sql`
  a.id as request_id, a.state as request_state, ${subscriptionColumns},
  q.id as quota_id, q.limit_kind, q.limit_units::text as limit_units, coalesce(k.used, 0)::text as used,
  k.period_end as quota_ends_at`

const requestJoins = (now: Date) => sql`
  left join product_subscription s on s.id = a.product_subscription_id and s.provider_id = a.provider_id
  ${subscriptionJoins}
  left join quota_resource qr
    on qr.provider_id = s.provider_id and qr.plan_id = s.plan_id and qr.resource_id = a.resource_id
  left join quota q on q.id = qr.quota_id and q.provider_id = qr.provider_id
  left join quota_counter k
    on k.product_subscription_id = s.id and k.quota_id = q.id and k.provider_id = s.provider_id
    and k.period_start <= ${now.toISOString()}::timestamptz and k.period_end > ${now.toISOString()}::timestamptz`

function targetCondition({ resourceId, paths }: CallTarget): RawBuilder<unknown> {
  // With both, the longest path decides first and is then compared: an id must not lead around another API.
  if (paths) return sql`r.base_path = any(${[...paths.possible]}::text[])`
  return resourceId !== null && idPrefix(resourceId) === 'res' ? sql`r.id = ${resourceId}` : sql`false`
}

type Instant = string | Date | null

interface SubscriptionRow {
  subscription_id: string
  subscription_state: SubscriptionFacts['subscriptionState']
  standing: SubscriptionFacts['standing']
  access_closes_at: Instant
  organization_state: SubscriptionFacts['organizationState']
  product_state: SubscriptionFacts['productState']
  unpaid_invoice_id: string | null
}

interface RequestRow extends SubscriptionRow {
  request_id: string | null
  request_state: RequestFacts['requestState']
  quota_id: string | null
  limit_kind: NonNullable<RequestFacts['quota']>['limit']
  limit_units: string | null
  used: string
  quota_ends_at: Instant
}

interface CallRow extends RequestRow {
  credential_id: string
  provider_id: string
  application_id: string
  digest: string
  former_digest: string | null
  former_secret_ends_at: Instant
  credential_state: CredentialState
  expires_at: Instant
  last_used_at: Instant
  caller_state: SubscriptionFacts['organizationState']
  resource_id: string | null
  base_path: string | null
}

function formerOf({ former_digest: digest, former_secret_ends_at }: CallRow, now: Date): CallRecord['former'] {
  const endsAt = instantOf(former_secret_ends_at)
  return digest !== null && endsAt !== null && endsAt > now ? { digest, endsAt } : null
}

function subscriptionFactsOf(row: SubscriptionRow): SubscriptionFacts {
  return {
    subscriptionId: row.subscription_id,
    subscriptionState: row.subscription_state,
    standing: row.standing,
    accessClosesAt: instantOf(row.access_closes_at),
    unpaidInvoiceId: row.unpaid_invoice_id,
    organizationState: row.organization_state,
    productState: row.product_state,
  }
}

function requestFactsOf(row: RequestRow): RequestFacts {
  const quota =
    row.quota_id === null
      ? null
      : {
          quotaId: row.quota_id,
          limit: row.limit_kind,
          limitUnits: row.limit_units,
          used: row.used,
          endsAt: instantOf(row.quota_ends_at),
        }
  return {
    ...subscriptionFactsOf(row),
    requestId: row.request_id as string,
    requestState: row.request_state,
    quota,
  }
}

function instantOf(value: Instant): Date | null {
  return value === null ? null : new Date(value)
}
