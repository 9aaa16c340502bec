import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { pino } from 'pino'
import { z } from 'zod'
import { buildApp } from './app.js'
import { type Config, readConfig } from './config.js'
import { CannotStart } from './kernel/cannot-start.js'
import { Refused } from './kernel/result.js'
import { findEmbeddedPostgres, startEmbeddedPostgres } from './persistence/embedded-postgres.js'
import { prepareDatabase } from './persistence/prepare-database.js'

// `npm run provider -- create …`: a further provider and its administrator, while the backend runs or while it does not.

interface Wish {
  name: string
  email: string
  password?: string
}

const program: Command = new Command('provider').description('Providers, for whoever operates this backend.')

program
  .command('create')
  .description('Makes a provider with its first administrator.')
  .requiredOption('--name <name>', 'what the provider is called')
  .requiredOption('--email <address>', "the administrator's address; one who has an account keeps its password")
  .option('--password <password>', '12 to 200 characters; left out, it is asked for, or read from standard input')
  .action(create)

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof Refused || error instanceof CannotStart)) throw error
  const lines = error instanceof Refused ? error.errors.map(({ message }) => message) : [error.message]
  process.stderr.write(`${lines.join('\n')}\n`)
  process.exitCode = 1
}

async function create({ name, email, password }: Wish): Promise<void> {
  const config = readConfig()
  const address = z.email().safeParse(email)
  if (!address.success) program.error(`${email} is no address such as ada@example.com.`)
  const administrator = { name, email: address.data.toLowerCase(), password: password ?? (await askPassword()) }
  const database = await openDatabase(config)
  try {
    await prepareDatabase(database.url)
    const app = await buildApp({ ...config, databaseUrl: database.url }, pino({ level: 'warn' }, process.stderr))
    try {
      await app.features.createProvider(administrator)
      process.stdout.write(`Made the provider ${name} with ${administrator.email} as its administrator.\n`)
    } finally {
      await app.stop()
    }
  } finally {
    await database.close()
  }
}

/** The database that is configured; else the embedded one, which the backend has started or else we do. */
async function openDatabase(config: Config): Promise<{ url: string; close: () => Promise<void> }> {
  const url = config.databaseUrl ?? (await findEmbeddedPostgres({ dataDir: config.dataDir }))
  if (url) return { url, close: async () => undefined }
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir })
  return { url: postgres.url, close: () => postgres.stop() }
}

/** Not shown while it is typed; the first line of what is piped in. */
async function askPassword(): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).split(/\r?\n/, 1)[0] ?? ''
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: unseen, terminal: true })
  process.stdout.write('Password of the administrator: ')
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stdout.write('\n')
  }
}
