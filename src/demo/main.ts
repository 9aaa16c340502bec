import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { readConfig } from '../config.js'
import { demoAdministrator } from './demo-marketplace.js'
import { SaleStory } from './story.js'

/**
 * `npm run demo` tells the story of a sale, as a client of the backend that runs at PUBLIC_URL; where none runs, of one
 * that is started for it and stopped after it.
 */
const config = readConfig()
const ready = await answers()
const own = ready ? null : await startBackend()
const story = new SaleStory({
  api: config.publicUrl,
  stripe: config.stripeApiBase,
  mailFolder: join(config.dataDir, 'mail'),
  administrator: config.firstProvider ?? demoAdministrator,
  openapi: readFileSync(createRequire(import.meta.url).resolve('@readme/oas-examples/3.0/json/petstore.json'), 'utf8'),
  print: (line) => process.stdout.write(`${line}\n`),
})
try {
  await story.tell()
} catch (error) {
  process.stderr.write(`\nThe story broke off: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  await own?.stop()
}

async function answers(): Promise<boolean> {
  const response = await fetch(`${config.publicUrl}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
  return response?.ok === true
}

async function startBackend(): Promise<{ stop: () => Promise<void> }> {
  process.stdout.write(`No backend runs at ${config.publicUrl}: starting one.\n`)
  const child = fork(new URL('../main.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    void ended.then((code) => reject(new Error(`The backend ended with code ${code} before it was ready.`)))
  })
  return {
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
