import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { readConfig } from '../config.js'
import { CannotStart } from '../kernel/cannot-start.js'
import { demoAdministrator } from './demo-marketplace.js'
import { SaleStory } from './story.js'

/** Stops the backend that we have started, where we have. */
let stopOwn = async (): Promise<void> => undefined

/**
 * `npm run demo` tells the story of a sale, as a client of the backend that runs here; where none runs, of one that is
 * started for it and stopped after it.
 */
async function tell(): Promise<void> {
  const config = readConfig()
  if (!(await answers(config.localUrl))) {
    process.stdout.write(`No backend runs at ${config.localUrl}: starting one.\n`)
    await startBackend()
  }
  const document = createRequire(import.meta.url).resolve('@readme/oas-examples/3.0/json/petstore.json')
  const story = new SaleStory({
    api: config.localUrl,
    stripe: config.stripeApiBase,
    mailFolder: join(config.dataDir, 'mail'),
    administrator: config.firstProvider ?? demoAdministrator,
    openapi: readFileSync(document, 'utf8'),
    print: (line) => process.stdout.write(`${line}\n`),
  })
  await story.tell()
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
  return response?.ok === true
}

async function startBackend(): Promise<void> {
  // In a group of its own: a Ctrl-C is ours to answer.
  const child = fork(new URL('../main.ts', import.meta.url), {
    detached: true,
    // Its everyday news would stand between the lines of the story.
    env: { LOG_LEVEL: 'warn', ...process.env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  stopOwn = () => {
    child.kill('SIGTERM')
    return ended
  }
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message) => message === 'ready' && resolve())
    // It has said itself what is wrong.
    void ended.then(() => reject(new CannotStart('Without a backend there is no story.')))
  })
}

let leaving = false
async function leave(code: number): Promise<void> {
  if (leaving) return
  leaving = true
  await stopOwn()
  process.exit(code)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave(130))
tell().then(
  () => leave(0),
  (error: unknown) => {
    if (leaving) return
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`\n${error instanceof CannotStart ? reason : `The story broke off: ${reason}`}\n`)
    return leave(1)
  },
)
