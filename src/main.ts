import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import type { App } from './app.js'
import { type Config, readConfig } from './config.js'
import { demoAdministrator, demoIsOpen, demoSignIns, loadDemoMarketplace } from './demo/demo-marketplace.js'
import { CannotStart } from './kernel/cannot-start.js'
import { Refused } from './kernel/result.js'
import { startEmbeddedPostgres } from './persistence/embedded-postgres.js'
import { startSandboxProcess } from './sandbox-process.js'

/** Longest time that an orderly end may take; then it is cut. */
const lastResortInMs = 22_000

/** What was started, to be stopped in the opposite order. */
const started: Array<{ name: string; stop: () => Promise<void> }> = []
let stopping: Promise<void> | null = null
let log: Logger | null = null
/** Told to a person; in production, where programs read, to the log. */
let progress = (text: string): void => void process.stdout.write(`${text}\n`)

async function start(): Promise<void> {
  const config = readConfig()
  log = logger(config)
  if (config.production) progress = (text) => log?.info(text.trim())

  // First the database: two that are started in one folder part here, before they come to share the sandbox's journal.
  const databaseUrl = await database(config)
  if (stopping) return
  // Whatever becomes of one, the other is waited for: what is there can be stopped.
  const [served, loaded] = await Promise.allSettled([sandbox(config), program()])
  if (served.status === 'rejected') throw served.reason
  if (loaded.status === 'rejected') throw loaded.reason
  if (stopping) return
  const { prepareDatabase, buildApp } = loaded.value
  progress('Preparing the database …')
  const migrations = await prepareDatabase(databaseUrl)
  if (migrations.length > 0) progress(`  ${migrations.length} migration${migrations.length === 1 ? '' : 's'} run`)
  if (stopping) return

  const app = await buildApp({ ...config, databaseUrl }, log)
  started.push({ name: 'backend', stop: () => app.stop() })
  await app.start()
  if (stopping) return
  await firstRun(app, config)
  if (stopping) return
  await announce(config)
  // To whoever has started this process and waits for it.
  process.send?.('ready')
}

async function database(config: Config): Promise<string> {
  if (config.databaseUrl) return config.databaseUrl
  progress('Starting the embedded PostgreSQL …')
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir })
  started.push({ name: 'PostgreSQL', stop: () => postgres.stop() })
  return postgres.url
}

async function sandbox({ sandboxPort, role, dataDir }: Config): Promise<void> {
  if (sandboxPort === null || role === 'worker') return
  progress('Starting the Stripe sandbox …')
  const { ended, stop } = await startSandboxProcess(sandboxPort, dataDir)
  started.push({ name: 'Stripe sandbox', stop })
  void ended.then(() => {
    if (stopping) return
    log?.fatal('the Stripe sandbox has ended: stopping')
    void end(1)
  })
}

/** Most of the program is read while the sandbox starts. */
async function program() {
  const [{ prepareDatabase }, { buildApp }] = await Promise.all([
    import('./persistence/prepare-database.js'),
    import('./app.js'),
  ])
  return { prepareDatabase, buildApp }
}

/** An empty database gets its first provider, and where it is wanted the demo marketplace. */
async function firstRun(app: App, config: Config): Promise<void> {
  // Whoever mails and whoever answers are needed for it; a worker or an API alone waits for somebody to fill it.
  const demo = config.seed === 'demo' && config.role === 'all'
  const first = config.firstProvider ?? (demo ? demoAdministrator : null)
  if (!first || !(await app.features.createFirstProvider(first))) return
  progress(`Made the provider ${first.name} with ${first.email} as its administrator.`)
  if (!demo) return
  progress('Loading the demo marketplace …')
  const { localUrl: api, stripeApiBase: stripe, dataDir } = config
  await loadDemoMarketplace({ api, stripe, dataDir, administrator: first })
}

async function announce(config: Config): Promise<void> {
  if (config.production) return progress('Ready.')
  const { localUrl, role } = config
  const lines = ['', 'Ready.']
  const at = (what: string, where: string) => lines.push(`  ${what.padEnd(36)} ${where}`)
  if (role !== 'worker') {
    at(config.graphiql ? 'GraphQL, and GraphiQL in a browser' : 'GraphQL', `${localUrl}/graphql`)
    at('Live updates (websocket)', `${localUrl.replace('http', 'ws')}/graphql`)
  }
  if (config.sandboxPort !== null) at('Stripe sandbox', `${config.stripeApiBase}/_sandbox`)
  if (config.mailUrl === null && role !== 'api') at('Mails are written to', join(config.dataDir, 'mail'))
  if (config.seed === 'demo' && role !== 'worker' && (await demoIsOpen(localUrl))) {
    lines.push('', 'Demo sign-ins:')
    for (const { who, email, password, marketplace } of demoSignIns(config.firstProvider === null)) {
      at(who, `${email}  ${password}${marketplace ? `  (marketplace ${marketplace})` : ''}`)
    }
    lines.push('', 'See a sale from start to end: npm run demo')
  }
  lines.push('Ctrl-C stops everything in order.', '')
  progress(lines.join('\n'))
}

/** Stops all in the opposite order, once, however often it is asked. */
function end(code: number): Promise<void> {
  stopping ??= (async () => {
    const cut = setTimeout(() => process.exit(code === 0 ? 1 : code), lastResortInMs)
    progress('\nStopping …')
    // What is just being started is stopped too, as soon as it is there.
    await starting
    for (const { name, stop } of started.reverse()) {
      try {
        await stop()
      } catch (error) {
        log?.error({ err: error }, `${name} did not stop in order`)
      }
    }
    clearTimeout(cut)
    process.exit(code)
  })()
  return stopping
}

function logger(config: Config): Logger {
  const options = { level: config.logLevel, base: { role: config.role } }
  if (config.production) return pino(options)
  // People read it in development.
  const pretty = { ignore: 'pid,hostname,role', singleLine: true }
  return pino({ ...options, transport: { target: 'pino-pretty', options: pretty } })
}

function failed(error: unknown): void {
  // Whoever has asked for the end does not wait for a start.
  if (stopping) return
  process.stderr.write(`\n${reasonOf(error)}\n`)
  progress = () => undefined
  void end(1)
}

/** A sentence where somebody can do something about it; else all there is to know. */
function reasonOf(error: unknown): string {
  if (error instanceof CannotStart) return error.message
  if (error instanceof Refused)
    return `The first provider was refused. ${error.errors.map(({ message }) => message).join(' ')}`
  return `The start failed: ${(error as Error).stack ?? String(error)}`
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0))
process.on('uncaughtException', (error) => {
  log?.fatal({ err: error }, 'an error that nobody expected: stopping')
  void end(1)
})
process.on('unhandledRejection', (error) => {
  log?.fatal({ err: error }, 'a failure that nobody waited for: stopping')
  void end(1)
})
const starting = start().catch(failed)
