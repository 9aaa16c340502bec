import type { AccountJournal } from '../identity/account.service.js'
import type { UserRow } from '../identity/user.entity.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { MembershipPlaces } from './persons-places.js'

/** An account is nobody's in particular, so each provider that the person works for or buys from has it in its log. */
export class AuditedAccounts implements AccountJournal {
  constructor(
    private readonly places: MembershipPlaces,
    private readonly audit: AuditLog,
  ) {}

  async note(transaction: Transaction, user: UserRow, action: string, summary: string): Promise<void> {
    const { id: subjectId, realm } = user
    for (const providerId of await this.places.providersOf(transaction, { realm, userId: subjectId })) {
      await this.audit.record(transaction, { providerId, actorUserId: subjectId, action, subjectId, summary })
    }
  }
}
