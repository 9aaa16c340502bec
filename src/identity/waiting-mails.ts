import { sql } from 'kysely'
import type { SealedStore } from '../persistence/resealing.js'
import { system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import { type MailJob, placeOfMail, sendMailTask } from './mailer.js'

/** Mails that are not sent yet: a post office that is away for days keeps them for as long. */
export function waitingMails(unitOfWork: UnitOfWork<never>): SealedStore {
  return {
    name: 'mails that wait to be sent',
    async *values() {
      // All at once: they are few, and come and go, so that there is no place to go on from.
      const { rows } = await sql<{ job: string; payload: MailJob }>`
        select j.id::text as job, j.payload from graphile_worker._private_jobs j
        join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = ${sendMailTask}`.execute(
        unitOfWork.reading(system).kysely,
      )
      yield rows.map(({ job, payload: { id, sealed } }) => ({
        place: placeOfMail(id),
        sealed,
        async replace(anew: string) {
          const payload: MailJob = { id, sealed: anew }
          const exchange = sql`update graphile_worker._private_jobs set payload = ${JSON.stringify(payload)}::json
            where id = ${job}::bigint and payload->>'sealed' = ${sealed}`
          await unitOfWork.run(system, ({ kysely }) => exchange.execute(kysely))
        },
      }))
    },
  }
}
