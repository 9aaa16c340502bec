import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { pino } from 'pino'
import { z } from 'zod'
import { buildApp } from './app.js'
import { readConfig } from './config.js'
import { command, withDatabase } from './operator-database.js'

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

await command(() => program.parseAsync())

async function create({ name, email, password }: Wish): Promise<void> {
  const config = readConfig()
  const address = z.email().safeParse(email)
  if (!address.success) program.error(`${email} is no address such as ada@example.com.`)
  const administrator = { name, email: address.data.toLowerCase(), password: password ?? (await askPassword()) }
  await withDatabase(config, async (databaseUrl) => {
    const app = await buildApp({ ...config, databaseUrl }, pino({ level: 'warn' }, process.stderr))
    try {
      await app.features.createProvider(administrator)
      process.stdout.write(`Made the provider ${name} with ${administrator.email} as its administrator.\n`)
    } finally {
      await app.stop()
    }
  })
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
