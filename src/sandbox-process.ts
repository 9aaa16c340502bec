import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

const patienceInMs = 20_000

export interface SandboxProcess {
  url: string
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
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The Stripe sandbox did not start in time.')), patienceInMs)
    child.once('message', (message: { ready?: boolean; url?: string; error?: string }) => {
      clearTimeout(timer)
      if (message.ready && message.url) resolve(message.url)
      else reject(new Error(message.error ?? 'The Stripe sandbox did not start.'))
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`The Stripe sandbox ended with code ${code}; is port ${port} (SANDBOX_PORT) in use?`))
    })
  })
  return { url, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}
