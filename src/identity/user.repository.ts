import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import { User, type UserRow } from './user.entity.js'

/**
 * People, each in a realm. Nothing here asks for rights: people are reached through what the viewer sees, a
 * membership or a decision, or are the viewer; who is found by an id alone is for `People` to say.
 */
export class UserRepository {
  /** For fields of objects that the viewer was shown already. */
  readonly byIds = async (reading: Reading, ids: readonly string[]): Promise<Array<UserRow | null>> => {
    const found = await rows(reading.as(system), User)
      .selectFrom('User')
      .selectAll()
      .where('id', 'in', [...new Set(ids)])
      .execute()
    const byId = new Map(found.map((user) => [user.id, user as UserRow]))
    return ids.map((id) => byId.get(id) ?? null)
  }

  /** As it stands, and stays until the commit. */
  async locked(transaction: Transaction, id: string): Promise<UserRow | null> {
    const user = await rows(transaction.as(system), User)
      .selectFrom('User')
      .selectAll()
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()
    return (user as UserRow | undefined) ?? null
  }

  async byEmail(reading: Reading, realm: string, email: string): Promise<UserRow | null> {
    const user = await rows(reading.as(system), User)
      .selectFrom('User')
      .selectAll()
      .where('realm', '=', realm)
      .where('email', '=', email.toLowerCase())
      .executeTakeFirst()
    return (user as UserRow | undefined) ?? null
  }
}
