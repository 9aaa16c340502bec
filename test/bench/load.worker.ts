import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

// Run natively, in a thread of its own, so that who asks does not take the time of who answers.
interface Load {
  url: string
  method: string
  headers: Record<string, string>
  /** One after another, round and round; null for a request without a body. */
  bodies: Array<{ body: string | null; headers: Record<string, string> }>
  expect: number
  connections: number
  seconds: number
}

const load = workerData as Load
const agent = new Agent({ keepAlive: true, maxSockets: load.connections })
let next = 0
let faults = 0
const took: number[] = []

function ask(): Promise<void> {
  const { body, headers } = load.bodies[next++ % load.bodies.length] as Load['bodies'][number]
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const asked = request(
      load.url,
      { method: load.method, agent, headers: { ...load.headers, ...headers } },
      (response) => {
        response.resume()
        response.on('end', () => {
          took.push(performance.now() - began)
          if (response.statusCode !== load.expect) faults += 1
          resolve()
        })
      },
    )
    asked.on('error', reject)
    asked.end(body ?? undefined)
  })
}

const until = performance.now() + load.seconds * 1_000
const began = performance.now()
await Promise.all(
  Array.from({ length: load.connections }, async () => {
    while (performance.now() < until) await ask()
  }),
)
const seconds = (performance.now() - began) / 1_000
agent.destroy()
took.sort((a, b) => a - b)
const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] as number
parentPort?.postMessage({ perSecond: took.length / seconds, p50: at(0.5), p99: at(0.99), faults })
