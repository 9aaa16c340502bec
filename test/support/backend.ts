import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type App, buildApp } from '../../src/app.js'
import { type Config, readConfig } from '../../src/config.js'
import type { Clock } from '../../src/kernel/clock.js'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js'
import { Client } from './client.js'
import { createTestDatabase } from './database.js'
import { Mailbox } from './mailbox.js'

export interface Backend {
  readonly url: string
  readonly app: App
  readonly config: Config & { databaseUrl: string }
  readonly sandbox: Sandbox
  readonly mails: Mailbox
  /** What was logged as a warning or worse, as JSON texts. */
  readonly complaints: string[]
  /** All that was logged: nothing below a warning, unless the configuration says so. */
  readonly logged: string[]
  /** What went wrong inside so far: answers that were masked, listeners that were let down. */
  failures(): string[]
  /** A client that nobody has signed in yet. */
  client(): Client
  /** As the first provider's administrator. */
  administrator(): Promise<Client>
  /** Stops it and starts it again, with the same database, Stripe and address. */
  restart(meanwhile?: () => Promise<unknown>): Promise<void>
  /** A second backend on the same database and Stripe, with an address of its own; it ends with the first. */
  second(): Promise<{ readonly app: App; client(): Client }>
  stop(): Promise<void>
}

/** As pino numbers its levels. */
const warning = 40

export const administrator = {
  email: 'root@provider.example',
  password: 'correct horse battery staple',
  name: 'Provider',
}

/**
 * The whole backend with a database and a Stripe sandbox of its own, reached over real HTTP and websockets.
 * @param transport by what time sessions, invitations and links end; left out, by the database's
 */
export async function startBackend(about: Partial<Config> = {}, transport?: Clock): Promise<Backend> {
  const database = await createTestDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'backend-test-'))
  const sandbox = await startSandbox({ settings: { retries: 'fast' } })
  const port = await freePort()
  const logged: string[] = []
  const complaints: string[] = []
  const write = (line: string) => {
    logged.push(line)
    if ((JSON.parse(line) as { level: number }).level >= warning) complaints.push(line)
  }
  const log = pino({ level: about.logLevel ?? 'warn' }, { write })
  const config = {
    ...readConfig({
      PORT: String(port),
      DATA_DIR: dataDir,
      SANDBOX_PORT: String(sandbox.port),
      ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
      SEED: 'none',
      RATE_LIMITS: 'off',
    }),
    ...about,
    databaseUrl: database.url,
  }
  const startApp = async (at: number): Promise<App> => {
    const started = await buildApp({ ...config, port: at }, log, transport)
    await started.start()
    return started
  }
  let app = await startApp(port)
  const others: App[] = []
  const url = `http://127.0.0.1:${port}`
  await app.features.createProvider(administrator)
  const clients = new Set<Client>()
  const client = (of = url): Client => {
    const made = new Client(of, complaints)
    clients.add(made)
    return made
  }
  return {
    url,
    get app() {
      return app
    },
    config,
    sandbox,
    mails: new Mailbox(join(dataDir, 'mail')),
    complaints,
    logged,
    failures: () => complaints.flatMap(failureIn),
    client: () => client(),
    async restart(meanwhile = async () => undefined) {
      await app.stop()
      await meanwhile()
      app = await startApp(port)
    },
    async second() {
      const at = await freePort()
      const other = await startApp(at)
      others.push(other)
      return { app: other, client: () => client(`http://127.0.0.1:${at}`) }
    },
    async administrator() {
      const signedIn = client()
      await signedIn.signIn(administrator.email, administrator.password)
      return signedIn
    },
    async stop() {
      await Promise.all([...clients].map((one) => one.close()))
      await Promise.all([app, ...others].map((one) => one.stop()))
      await sandbox.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function failureIn(line: string): string[] {
  const { level, msg, err } = JSON.parse(line) as { level: number; msg: string; err?: { message: string } }
  return level >= 50 ? [err ? `${msg}: ${err.message}` : msg] : []
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
