import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { combine, Refused, unwrap } from '../kernel/result.js'
import { readName } from '../kernel/text.js'
import { demand } from '../persistence/audience.js'
import { managesCatalog } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import { person, type Scope } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from './audit-log.js'
import type { ProviderRepository } from './provider.repository.js'
import { Unit, type UnitRow } from './unit.entity.js'
import { acceptableUnitName } from './unit.rules.js'

/** What a provider's plans can count. */
export class UnitService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly providers: ProviderRepository,
    private readonly audit: AuditLog,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** @throws Refused INVALID, REQUIRED, TAKEN, NOT_ALLOWED; NOT_FOUND for a provider that the person does not work for */
  createUnit(scope: Scope, given: { providerId: string; name: string; title: string }): Promise<UnitRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      person(scope)
      const { providerId } = given
      if (!(await this.providers.find(transaction, providerId))) {
        const message = 'There is no such provider.'
        throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'providerId'] }])
      }
      demand(scope, managesCatalog, { providerId })
      const [name, title] = unwrap(
        combine([acceptableUnitName(given.name, ['input', 'name']), readName(given.title, ['input', 'title'])]),
      )
      const unit: UnitRow = { id: newId('unit'), providerId, name, title, createdAt: this.clock.now() }
      const made = await rows(transaction, Unit)
        .insertInto('Unit')
        .values(unit)
        .onConflict((conflict) => conflict.columns(['providerId', 'name']).doNothing())
        .returning('id')
        .executeTakeFirst()
      if (!made) {
        const message = `There is a unit called ${name} already.`
        throw new Refused([{ code: 'TAKEN', message, field: ['input', 'name'] }])
      }
      const summary = `The unit ${name} was made.`
      await this.audit.record(transaction, { providerId, action: 'unit.created', subjectId: unit.id, summary })
      return unit
    })
  }
}
