import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { CannotStart } from './kernel/cannot-start.js'

const patienceInMs = 60_000

export interface SandboxProcess {
  url: string
  /** Resolves when it ends, asked to or not. */
  ended: Promise<void>
  stop(): Promise<void>
}

/**
 * Starts the Stripe sandbox as a process of its own, as Stripe is one; it ends with this process, however that
 * ends, because it holds on to the channel between them.
 */
export async function startSandboxProcess(port: number, dataDir: string): Promise<SandboxProcess> {
  const child = fork(new URL('./sandbox/main.ts', import.meta.url), {
    env: { ...process.env, SANDBOX_PORT: String(port), DATA_DIR: dataDir },
    // Its own group gets no Ctrl-C from the terminal: it is stopped in its turn, after those who use it.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await addressToldBy(child)
  return { url, ended, stop: () => stop(child, ended) }
}

async function addressToldBy(child: ChildProcess): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<string>((resolve, reject) => {
      const fail = (message: string) => reject(new CannotStart(message))
      timer = setTimeout(() => fail('The Stripe sandbox did not start in time.'), patienceInMs)
      // Among others: where Node.js watches for changes, it has each process tell what it reads.
      child.on('message', ({ url, error }: { url?: string; error?: string }) => {
        if (url) resolve(url)
        else if (error) fail(error)
      })
      child.once('exit', (code) => fail(`The Stripe sandbox ended with code ${code} before it was ready.`))
    })
  } finally {
    clearTimeout(timer)
  }
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}
