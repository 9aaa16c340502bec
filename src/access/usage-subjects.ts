import { sql } from 'kysely'
import { ApiResource } from '../catalog/asset.entity.js'
import { idPrefix } from '../kernel/id.js'
import { rows } from '../persistence/tenant-repository.js'
import type { GatewayScope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { ResolvedSubject, UsageSubject, UsageSubjects } from '../usage/usage.service.js'
import { Credential } from './access.entity.js'
import { countedRequest } from './access-decision.rules.js'
import type { RequestFacts } from './access-facts.js'
import type { AccessFactsRepository } from './access-facts.repository.js'
import { isPublicId } from './api-key.js'
import { type CoveringPaths, coveringPaths } from './request-path.js'

/** On whose subscription reported usage counts: the one that a call by the same credential would have counted on. */
export class AccessUsageSubjects implements UsageSubjects {
  constructor(private readonly facts: AccessFactsRepository) {}

  /** At most three statements for any number of records. */
  async resolve(
    reading: Reading,
    scope: GatewayScope,
    subjects: readonly UsageSubject[],
    now: Date,
  ): Promise<ResolvedSubject[]> {
    const applications = await this.#applications(reading, scope, subjects)
    const resources = await this.#resources(reading, scope, subjects)
    const requests = await this.#requests(reading, subjects, applications, resources, now)
    return subjects.map((subject) => {
      const { credential, productSubscriptionId } = subject
      const applicationId = credential === null ? null : applications.get(credential)
      if (applicationId === undefined) return { refused: 'CREDENTIAL_UNKNOWN' }
      const resourceId = resourceOf(subject, resources)
      if (resourceId === null) return { refused: 'RESOURCE_UNKNOWN' }
      if (productSubscriptionId !== null) return { productSubscriptionId, resourceId }
      const counted = countedRequest(requests.get(`${applicationId} ${resourceId}`) ?? [])
      return counted ? { productSubscriptionId: counted.subscriptionId, resourceId } : { refused: 'NOT_COVERED' }
    })
  }

  /** Public id → application. */
  async #applications(reading: Reading, scope: GatewayScope, subjects: readonly UsageSubject[]) {
    const named = subjects.flatMap(({ credential }) => credential ?? [])
    const publicIds = [...new Set(named.filter(isPublicId))]
    if (publicIds.length === 0) return new Map<string, string>()
    const found = await rows(reading.as({ ...scope, presented: publicIds }), Credential)
      .selectFrom('Credential')
      .select(['publicId', 'applicationId'])
      .where('publicId', 'in', publicIds)
      .where('providerId', '=', scope.providerId)
      .where('marketplaceId', '=', scope.marketplaceId)
      .execute()
    return new Map(found.map(({ publicId, applicationId }) => [publicId, applicationId]))
  }

  /** By id and by base path. */
  async #resources(reading: Reading, scope: GatewayScope, subjects: readonly UsageSubject[]) {
    const ids = [...new Set(subjects.flatMap(({ resourceId }) => (isResourceId(resourceId) ? [resourceId] : [])))]
    const paths = [...new Set(subjects.flatMap(({ path }) => (path === null ? [] : coveringPaths(path).possible)))]
    if (ids.length + paths.length === 0) return new Map<string, string>()
    const found = await rows(reading, ApiResource)
      .selectFrom('ApiResource')
      .select(['id', 'basePath'])
      .where('providerId', '=', scope.providerId)
      .where(sql<boolean>`(id = any(${ids}::text[]) or base_path = any(${paths}::text[]))`)
      .execute()
    return new Map(found.flatMap(({ id, basePath }) => [[id, id] as const, [basePath, id] as const]))
  }

  /** Application and resource → the requests for them. */
  async #requests(
    reading: Reading,
    subjects: readonly UsageSubject[],
    applications: ReadonlyMap<string, string>,
    resources: ReadonlyMap<string, string>,
    now: Date,
  ): Promise<Map<string, RequestFacts[]>> {
    const pairs = new Map<string, { applicationId: string; resourceId: string }>()
    for (const subject of subjects) {
      if (subject.credential === null || subject.productSubscriptionId !== null) continue
      const applicationId = applications.get(subject.credential)
      const resourceId = resourceOf(subject, resources)
      if (applicationId && resourceId) pairs.set(`${applicationId} ${resourceId}`, { applicationId, resourceId })
    }
    return pairs.size === 0 ? new Map() : this.facts.ofPairs(reading, [...pairs.values()], now)
  }
}

function resourceOf({ resourceId, path }: UsageSubject, resources: ReadonlyMap<string, string>): string | null {
  const byPath = path === null ? null : resourceAt(coveringPaths(path), resources)
  if (path !== null && byPath === null) return null
  if (resourceId === null) return byPath
  const byId = isResourceId(resourceId) ? (resources.get(resourceId) ?? null) : null
  return path === null || byId === byPath ? byId : null
}

/** The longest that there is, where it is the one in every reading of the path. */
function resourceAt({ possible, certain }: CoveringPaths, resources: ReadonlyMap<string, string>): string | null {
  const longest = possible.find((basePath) => resources.has(basePath))
  return longest !== undefined && certain.includes(longest) ? (resources.get(longest) ?? null) : null
}

function isResourceId(id: string | null): id is string {
  return id !== null && idPrefix(id) === 'res'
}
