import { join } from 'node:path'
import { type Sandbox, startSandbox } from './sandbox.js'

/** Without a process that started it, what there is to say goes to the terminal. */
function tell(message: { ready: true; url: string } | { error: string }): void {
  if (process.send) process.send(message)
  else if ('error' in message) console.error(message.error)
  else console.log(`Stripe sandbox at ${message.url}, a look inside at ${message.url}/_sandbox`)
}

function stopOnSignal(sandbox: Sandbox): void {
  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    await sandbox.close()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop())
  process.on('SIGINT', () => void stop())
  // Without the process that started it there would be nobody to stop it later.
  process.on('disconnect', () => void stop())
}

function reasonOf(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return `port ${port} is in use. Choose another with SANDBOX_PORT, or stop what uses it.`
  }
  return error instanceof Error ? error.message : String(error)
}

// A variable that is set to nothing counts as not set.
const port = Number(process.env.SANDBOX_PORT || 4010)
try {
  const sandbox = await startSandbox({
    port,
    host: process.env.SANDBOX_HOST || '127.0.0.1',
    journalPath: join(process.env.DATA_DIR || '.data', 'sandbox', 'journal.jsonl'),
  })
  stopOnSignal(sandbox)
  tell({ ready: true, url: sandbox.url })
} catch (error) {
  tell({ error: `The Stripe sandbox did not start: ${reasonOf(error)}` })
  process.exitCode = 1
  process.disconnect?.()
}
