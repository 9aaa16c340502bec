import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByPerson, fencedWithSubject } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

/** One version of the terms of a marketplace or a product. What it says never changes. */
export const TermsVersion = defineEntity({
  name: 'TermsVersion',
  tableName: 'terms_version',
  ...fencedWithSubject(
    '(exists (select from marketplace m where m.id = subject_id) or fence_shows_product(subject_id, provider_id))',
  ),
  properties: {
    ...tenantKey,
    /** The marketplace or product whose terms they are. */
    subjectId: p.string(),
    version: p.integer(),
    title: p.string(),
    body: p.text().nullable(),
    url: p.text().nullable(),
    publishedAt: instant(),
    /** When the subject stopped having terms; a later version brings them back. */
    withdrawnAt: instant().nullable(),
  },
  uniques: [{ properties: ['providerId', 'subjectId', 'version'] }],
})
export type TermsVersionRow = InferEntity<typeof TermsVersion>

/** That a person accepted a version, when, and for which organization. */
export const TermsAcceptance = defineEntity({
  name: 'TermsAcceptance',
  tableName: 'terms_acceptance',
  ...fencedByPerson(),
  properties: {
    ...tenantKey,
    subjectId: p.string(),
    version: p.integer(),
    userId: p.string(),
    organizationId: p.string().nullable(),
    acceptedAt: instant(),
  },
  indexes: [{ properties: ['providerId', 'organizationId', 'subjectId'] }],
})
export type TermsAcceptanceRow = InferEntity<typeof TermsAcceptance>
