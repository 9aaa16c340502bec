import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type App, buildApp } from '../../src/app.js'
import { type Config, readConfig } from '../../src/config.js'
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
  /** A client that nobody has signed in yet. */
  client(): Client
  /** As the first provider's administrator. */
  administrator(): Promise<Client>
  stop(): Promise<void>
}

export const administrator = { email: 'root@provider.example', password: 'correct horse battery staple', name: 'Provider' }

/** The whole backend with a database and a Stripe sandbox of its own, reached over real HTTP and websockets. */
export async function startBackend(about: Partial<Config> = {}): Promise<Backend> {
  const database = await createTestDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'backend-test-'))
  const sandbox = await startSandbox({ settings: { retries: 'fast' } })
  const port = await freePort()
  const complaints: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void complaints.push(line) })
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
  const app = await buildApp(config, log)
  await app.start()
  const url = `http://127.0.0.1:${port}`
  await app.features.createProvider(administrator)
  const clients = new Set<Client>()
  const client = (): Client => {
    const made = new Client(url, complaints)
    clients.add(made)
    return made
  }
  return {
    url,
    app,
    config,
    sandbox,
    mails: new Mailbox(join(dataDir, 'mail')),
    complaints,
    client,
    async administrator() {
      const signedIn = client()
      await signedIn.signIn(administrator.email, administrator.password)
      return signedIn
    },
    async stop() {
      await Promise.all([...clients].map((one) => one.close()))
      await app.stop()
      await sandbox.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
