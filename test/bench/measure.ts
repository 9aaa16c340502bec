import { Worker } from 'node:worker_threads'

export interface Request {
  url: string
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  bodies?: Array<{ body: string | null; headers: Record<string, string> }>
  /** The status that each answer must have; anything else ends the measurement. */
  expect?: number
}

interface Round {
  perSecond: number
  p50: number
  p99: number
  faults: number
}

const rounds = 5
const secondsEach = 2
const connections = 16

/** Both do the same work; asked in turns, so that a machine that drifts drifts for both. */
export async function compare(name: string, ours: Request, floor: Request): Promise<void> {
  await round(ours, 1)
  await round(floor, 1)
  const ratios: number[] = []
  const all: { ours: Round[]; floor: Round[] } = { ours: [], floor: [] }
  for (let count = 0; count < rounds; count += 1) {
    const one = await round(ours, secondsEach)
    const other = await round(floor, secondsEach)
    all.ours.push(one)
    all.floor.push(other)
    ratios.push(one.perSecond / other.perSecond)
  }
  const told = (of: Round[]) =>
    `${median(of.map(({ perSecond }) => perSecond)).toFixed(0)}/s, p50 ${median(of.map(({ p50 }) => p50)).toFixed(2)} ms, p99 ${median(of.map(({ p99 }) => p99)).toFixed(2)} ms`
  console.log(`${name}`)
  console.log(`  backend  ${told(all.ours)}`)
  console.log(`  floor    ${told(all.floor)}`)
  const sorted = [...ratios].sort((a, b) => a - b)
  console.log(`  ratio    ${median(ratios).toFixed(3)} (from ${sorted[0]?.toFixed(3)} to ${sorted.at(-1)?.toFixed(3)})`)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function round(asked: Request, seconds: number): Promise<Round> {
  const { url, method = 'GET', headers = {}, bodies = [{ body: null, headers: {} }], expect = 200 } = asked
  const worker = new Worker(new URL('./load.worker.ts', import.meta.url), {
    workerData: { url, method, headers, bodies, expect, connections, seconds },
    // Its types are stripped natively; a loader of the parent's would only slow it down.
    execArgv: [],
  })
  const result = await new Promise<Round>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  if (result.faults > 0) throw new Error(`${result.faults} answers of ${url} were not ${expect}.`)
  return result
}
