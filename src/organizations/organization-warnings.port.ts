import type { Reading } from '../persistence/unit-of-work.js'
import type { ConsumerOrganizationRow } from './consumer-organization.entity.js'

/** What of an organization is allowed, and may surprise. Those who know are further right. */
export interface OrganizationWarnings {
  /** Each as a sentence; of other organizations those alone that whoever reads may see. */
  of(reading: Reading, organization: ConsumerOrganizationRow): Promise<string[]>
}
