import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { combine, Refused, unwrap } from '../kernel/result.js'
import { readName, readText } from '../kernel/text.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { demand } from '../persistence/audience.js'
import { develops } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { person, type Scope } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { Application, type ApplicationRow } from './access.entity.js'

export interface NewApplication {
  organizationId: string
  name: string
  description?: string | null
}

/** What consumers build, and give access to. */
export class ApplicationService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly organizations: Pick<ConsumerOrganizationRepository, 'find'>,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** For the organization's developers and administrators. */
  create(scope: Scope, input: NewApplication): Promise<ApplicationRow> {
    const { userId } = person(scope)
    return this.unitOfWork.run(scope, async (transaction) => {
      const organization = await this.organizations.find(transaction, input.organizationId)
      if (!organization) throw noSuch('organization', 'organizationId')
      demand(scope, develops, { ...organization, organizationId: organization.id })
      const [name, description] = unwrap(
        combine([readName(input.name, ['input', 'name']), readText(input.description, ['input', 'description'])]),
      )

      const application: ApplicationRow = {
        id: newId('app'),
        providerId: organization.providerId,
        marketplaceId: organization.marketplaceId,
        organizationId: organization.id,
        name,
        description,
        createdByUserId: userId,
        createdAt: this.clock.now(),
      }
      await rows(transaction, Application).insertInto('Application').values(application).execute()
      await this.audit.record(transaction, {
        ...application,
        action: 'application.created',
        subjectId: application.id,
        summary: `Made the application “${name}”.`,
      })
      return application
    })
  }
}

/** For a mutation that names what is missing, or is not the viewer's: the same words for both. */
export function noSuch(what: string, argument: string): Refused {
  return new Refused([{ code: 'NOT_FOUND', message: `There is no such ${what}.`, field: ['input', argument] }])
}
