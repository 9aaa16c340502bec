import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import { type App, buildApp } from './app.js'
import { type Config, ConfigError, readConfig } from './config.js'
import { demoAdministrator, demoSignIns, loadDemoMarketplace } from './demo/demo-marketplace.js'
import { startEmbeddedPostgres } from './persistence/embedded-postgres.js'
import { prepareDatabase } from './persistence/prepare-database.js'
import { startSandboxProcess } from './sandbox-process.js'

/** Longest time that an orderly end may take; then it is cut. */
const lastResortInMs = 22_000

/** What was started, to be stopped in the opposite order. */
const started: Array<{ name: string; stop: () => Promise<void> }> = []
let stopping: Promise<void> | null = null

function progress(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function start(): Promise<void> {
  const config = readConfig()
  const log = logger(config)
  process.on('SIGINT', () => void end(0, log))
  process.on('SIGTERM', () => void end(0, log))
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an error that nobody expected: stopping')
    void end(1, log)
  })
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'a failure that nobody waited for: stopping')
    void end(1, log)
  })

  const databaseUrl = await database(config)
  progress('Preparing the database …')
  const migrations = await prepareDatabase(databaseUrl)
  if (migrations.length > 0) progress(`  ${migrations.length} migration${migrations.length === 1 ? '' : 's'} run`)
  if (config.sandboxPort !== null && config.role !== 'worker') await sandbox(config, config.sandboxPort)
  if (stopping) return

  const app = await buildApp({ ...config, databaseUrl }, log)
  started.push({ name: 'backend', stop: () => app.stop() })
  await app.start()
  await firstRun(app, config)
  if (stopping) return
  announce(app, config)
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

async function sandbox(config: Config, port: number): Promise<void> {
  progress('Starting the Stripe sandbox …')
  const process_ = await startSandboxProcess(port, config.dataDir)
  started.push({ name: 'Stripe sandbox', stop: () => process_.stop() })
}

/** An empty database gets its first provider, and where it is wanted the demo marketplace. */
async function firstRun(app: App, config: Config): Promise<void> {
  // Whoever mails and whoever answers are needed for it; a worker or an API alone waits for somebody to fill it.
  const demo = config.seed === 'demo' && config.role === 'all'
  const first = config.firstProvider ?? (demo ? demoAdministrator : null)
  if (!first || !(await app.features.isEmpty())) return
  await app.features.createProvider(first)
  progress(`Made the provider ${first.name} with ${first.email} as its administrator.`)
  if (!demo) return
  progress('Loading the demo marketplace …')
  const { stripeApiBase: stripe, dataDir } = config
  await loadDemoMarketplace({ api: addressOf(app, config), stripe, dataDir, administrator: first })
}

function addressOf(app: App, config: Config): string {
  return `http://${config.host}:${app.port}`
}

function announce(app: App, config: Config): void {
  const at = addressOf(app, config)
  const lines: string[] = ['', 'Ready.']
  if (config.role !== 'worker') {
    lines.push(`  GraphQL, and GraphiQL in a browser   ${at}/graphql`)
    lines.push(`  Live updates (websocket)             ${at.replace('http', 'ws')}/graphql`)
  }
  if (config.sandboxPort !== null) lines.push(`  Stripe sandbox                       ${config.stripeApiBase}/_sandbox`)
  if (config.mailUrl === null) lines.push(`  Mails are written to                 ${join(config.dataDir, 'mail')}`)
  if (config.seed === 'demo') {
    lines.push('', 'Demo sign-ins:')
    for (const { who, email, password, marketplace } of demoSignIns(config.firstProvider === null)) {
      lines.push(`  ${who.padEnd(36)} ${email}  ${password}${marketplace ? `  (marketplace ${marketplace})` : ''}`)
    }
    lines.push('', 'See a sale from start to end: npm run demo')
  }
  lines.push('Ctrl-C stops everything in order.', '')
  progress(lines.join('\n'))
}

/** Stops all in the opposite order, once, however often it is asked. */
function end(code: number, log: Logger): Promise<void> {
  stopping ??= (async () => {
    const cut = setTimeout(() => process.exit(code === 0 ? 1 : code), lastResortInMs)
    progress('\nStopping …')
    for (const { name, stop } of started.reverse()) {
      try {
        await stop()
      } catch (error) {
        log.error({ err: error }, `${name} did not stop in order`)
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
  // People read it in development; problems only, so that the addresses stay in sight.
  const level = config.logLevel === 'info' ? 'warn' : config.logLevel
  return pino({ ...options, level, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname,role' } } })
}

start().catch(async (error: unknown) => {
  const text = error instanceof ConfigError || !(error instanceof Error) ? String((error as Error).message ?? error) : `The start failed: ${error.message}\n${error.stack}`
  process.stderr.write(`\n${text}\n`)
  for (const { stop } of started.reverse()) await stop().catch(() => undefined)
  process.exit(1)
})
