import { Command } from 'commander'
import { readConfig } from './config.js'
import { entities } from './entities.js'
import { command, withDatabase } from './operator-database.js'
import { Database } from './persistence/database.js'
import { system } from './persistence/tenant-scope.js'
import { UnitOfWork } from './persistence/unit-of-work.js'
import { AuditVerification } from './providers/audit-verification.js'

// `npm run audit -- verify`: whether the audit log is what was written, while the backend runs or while it does not.

const program: Command = new Command('audit').description('The audit log, for whoever operates this backend.')

program
  .command('verify')
  .description("Follows each provider's chain of entries, and names the first link that is broken.")
  .option('--noted <digests...>', 'digests that chains ended with at earlier runs: each must still be there')
  .action(verify)

await command(() => program.parseAsync())

async function verify({ noted = [] }: { noted?: string[] }): Promise<void> {
  await withDatabase(readConfig(), async (url) => {
    const database = await Database.connect({ url, entities })
    try {
      const verification = new AuditVerification(UnitOfWork.quiet(database).reading(system))
      const chains = await verification.verify()
      for (const { providerId, end, broken } of chains) {
        if (!broken) tell(`${providerId}: ${end.sequence} entries, whole; ends with ${end.digest}`)
        else
          complain(
            `${providerId}: broken at entry ${broken.sequence}${broken.id ? ` (${broken.id})` : ''}: ${broken.why}.`,
          )
      }
      for (const digest of noted) {
        if (!(await verification.holds(digest)))
          complain(`${digest}: no entry has this digest: the log was written anew.`)
      }
    } finally {
      await database.close()
    }
  })
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`)
  process.exitCode = 1
}
