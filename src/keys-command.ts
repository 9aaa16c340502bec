import { Command } from 'commander'
import { readConfig } from './config.js'
import { entities } from './entities.js'
import { command, withDatabase } from './operator-database.js'
import { Database } from './persistence/database.js'
import { type Resealed, reseal } from './persistence/resealing.js'
import { SecretBox } from './persistence/secret-box.js'
import { UnitOfWork } from './persistence/unit-of-work.js'
import { sealedStores } from './sealed-stores.js'

// `npm run keys -- reseal`: brings all that is sealed under the newest of ENCRYPTION_KEYS, beside a running backend.

const program: Command = new Command('keys').description('ENCRYPTION_KEYS, for whoever operates this backend.')

program
  .command('reseal')
  .description('Seals every stored secret anew with the newest key; may be broken off and begun again.')
  .action(resealAll)

await command(() => program.parseAsync())

async function resealAll(): Promise<void> {
  const config = readConfig()
  const box = new SecretBox(config.encryptionKeys)
  await withDatabase(config, async (url) => {
    const database = await Database.connect({ url, entities })
    try {
      const stores = sealedStores(UnitOfWork.quiet(database))
      tell(await reseal(box, stores))
      // What was sealed meanwhile by a process that has another newest key shows only now.
      conclude(await reseal(box, stores))
    } finally {
      await database.close()
    }
  })
}

function tell(outcomes: readonly Resealed[]): void {
  for (const { store, renewed, current } of outcomes) {
    process.stdout.write(`${store}: ${renewed} sealed anew, ${current} were already\n`)
  }
}

function conclude(outcomes: readonly Resealed[]): void {
  const lost = outcomes.flatMap((outcome) => outcome.lost)
  const late = outcomes.reduce((sum, { renewed }) => sum + renewed, 0)
  for (const { table, column, id } of lost) {
    process.stderr.write(`${table}.${column} of ${id}: none of ENCRYPTION_KEYS opens it.\n`)
  }
  if (lost.length > 0) {
    process.stderr.write('Keep all keys, and bring back the one that these were sealed with.\n')
    process.exitCode = 1
  } else if (late > 0) {
    process.stderr.write(
      `${late} were sealed with an older key meanwhile: restart every process with the newest key first, and run this again.\n`,
    )
    process.exitCode = 1
  } else {
    process.stdout.write(
      'All is sealed with the newest key. Once every process runs with it in the first place, the others may be removed from ENCRYPTION_KEYS.\n',
    )
  }
}
