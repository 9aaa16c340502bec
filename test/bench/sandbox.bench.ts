import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secretKey } from '../../src/sandbox/sandbox.js'
import { median } from './measure.js'
import { writeState } from './sandbox-state.js'

const rounds = 3
const atOnce = 16
const secondsEach = 4

/** How long the sandbox takes to start with many invoices, and how many it takes in, beside what does the same by hand. */
export async function bench({ invoices }: { invoices: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-bench-'))
  try {
    await starts(folder, invoices)
    await takesIn(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function starts(folder: string, invoices: number): Promise<void> {
  const path = join(folder, 'full', 'sandbox', 'journal.jsonl')
  mkdirSync(join(path, '..'), { recursive: true })
  await writeState(path, invoices)
  const times: { ours: number; floor: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const ours = await startedIn('../../src/sandbox/main.ts', [], { DATA_DIR: join(folder, 'full') })
    const floor = await startedIn('./sandbox-floor.worker.ts', [path])
    times.push({ ours, floor })
  }
  console.log(`sandbox: a start with ${invoices} invoices, ${(statSync(path).size / 1e6).toFixed(0)} MB`)
  console.log(`  sandbox  ${median(times.map(({ ours }) => ours / 1000)).toFixed(2)} s`)
  console.log(
    `  floor    ${median(times.map(({ floor }) => floor / 1000)).toFixed(2)} s to read and parse the same bytes`,
  )
  console.log(`  ratio    ${median(times.map(({ ours, floor }) => ours / floor)).toFixed(3)}`)
}

/** Milliseconds until the process says that it is ready. */
async function startedIn(script: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  const started = performance.now()
  const child = forked(script, args, env)
  await told(child)
  const took = performance.now() - started
  await ended(child)
  return took
}

function forked(script: string, args: string[], env: Record<string, string>): ChildProcess {
  return fork(new URL(script, import.meta.url), args, { env: { ...process.env, SANDBOX_PORT: '0', ...env } })
}

function told(child: ChildProcess): Promise<{ url: string }> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: { url: string; error?: string }) =>
      message.error ? reject(new Error(message.error)) : resolve(message),
    )
    child.once('exit', (code) => reject(new Error(`It ended with ${code} before it was ready.`)))
  })
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exit
}

/** Invoices that are created, filled and finalized, three requests each. */
async function takesIn(folder: string): Promise<void> {
  const child = forked('../../src/sandbox/main.ts', [], { DATA_DIR: join(folder, 'empty') })
  const { url } = await told(child)
  const answer = JSON.stringify({ id: 'in_floor' })
  const server = createServer((asked, response) => asked.on('end', () => response.end(answer)).resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bare = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rates: { ours: number; floor: number }[] = []
  for (let round = 0; round < rounds; round++) {
    rates.push({ ours: await invoicesPerSecond(url), floor: await invoicesPerSecond(bare) })
  }
  console.log('sandbox: invoices created, filled and finalized')
  console.log(`  sandbox  ${median(rates.map(({ ours }) => ours)).toFixed(0)}/s`)
  console.log(`  floor    ${median(rates.map(({ floor }) => floor)).toFixed(0)}/s, by a server that only answers`)
  console.log(`  ratio    ${median(rates.map(({ ours, floor }) => ours / floor)).toFixed(3)}`)
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  await ended(child)
}

async function invoicesPerSecond(url: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const customer = await post(agent, url, '/v1/customers', 'email=a@acme.example')
  const started = performance.now()
  const until = started + 1000 * secondsEach
  let made = 0
  const makeSome = async () => {
    while (performance.now() < until) {
      const invoice = await post(
        agent,
        url,
        '/v1/invoices',
        `customer=${customer}&collection_method=send_invoice&days_until_due=14`,
      )
      await post(agent, url, `/v1/invoices/${invoice}/add_lines`, 'lines[0][amount]=1000&lines[0][description]=Base')
      await post(agent, url, `/v1/invoices/${invoice}/finalize`, '')
      made += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, makeSome))
  agent.destroy()
  return (made * 1000) / (performance.now() - started)
}

let asked = 0

function post(agent: Agent, url: string, path: string, form: string): Promise<string> {
  asked += 1
  const headers = { authorization: `Bearer ${secretKey}`, 'idempotency-key': `bench-${asked}` }
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { agent, method: 'POST', headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve((JSON.parse(body) as { id: string }).id)
        else reject(new Error(body))
      })
    })
    sent.once('error', reject).end(form)
  })
}
