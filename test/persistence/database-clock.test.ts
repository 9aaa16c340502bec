import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { type Logger, pino } from 'pino'
import { Registry } from 'prom-client'
import { DatabaseClock } from '../../src/persistence/database-clock.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

const hour = 3_600_000
/** Far more than a question to the database takes, and far less than the clocks here are off. */
const moment = 60_000

let database: TestDatabase
let pool: pg.Pool
let told: Array<Record<string, unknown>>
let log: Logger

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 2 })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})
beforeEach(() => {
  told = []
  log = pino({ level: 'info' }, { write: (line: string) => void told.push(JSON.parse(line)) })
})

const real = {
  async connection<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    try {
      return await work(client)
    } finally {
      client.release()
    }
  },
}

/** In whole moments. */
function roughly(milliseconds: number): number {
  // What is just below zero would be another zero to the expectations.
  return Math.round(milliseconds / moment) + 0
}

async function databaseTime(): Promise<number> {
  const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
  return (rows[0] as { now: Date }).now.getTime()
}

/** A machine that counts as it likes. */
class Machine {
  /** By how much it has miscounted. */
  wrongBy = 0
  readonly ticks = () => performance.now() + this.wrongBy
}

/** The database, with answers that come when they are told to. */
function answering(machine: { at: number }, answers: Array<{ takes: number; says: number }>) {
  const query = async () => {
    const { takes, says } = answers.shift() as { takes: number; says: number }
    machine.at += takes
    return { rows: [{ now: says }] }
  }
  return { connection: <T>(work: (client: pg.ClientBase) => Promise<T>) => work({ query } as unknown as pg.ClientBase) }
}

describe("the database's time", () => {
  it('is told alike by machines that count from another beginning, or miscount, once they have asked again', async () => {
    const machines = [new Machine(), new Machine(), new Machine()] as const
    machines[1].wrongBy = 1_000 * hour
    const clocks = machines.map(({ ticks }) => new DatabaseClock(real, log, ticks))
    const off = async () => {
      const now = await databaseTime()
      return clocks.map((clock) => roughly(clock.now().getTime() - now))
    }
    for (const clock of clocks) await clock.follow()
    expect(await off()).toEqual([0, 0, 0])
    // One was asleep for three hours, of another time was skipped.
    machines[1].wrongBy -= 3 * hour
    machines[2].wrongBy += 5 * hour
    expect(await off()).toEqual([0, -180, 300])
    for (const clock of clocks) await clock.follow()
    expect(await off()).toEqual([0, 0, 0])
    expect(told).toEqual([])
  })

  it('is that of the quickest answer, in the middle of its way', async () => {
    const machine = { at: 100 }
    const says = Date.UTC(2030, 0, 31, 12)
    const slow = { takes: 900, says }
    const quick = { takes: 20, says: says + 450 }
    const clock = new DatabaseClock(answering(machine, [slow, quick, slow]), log, () => machine.at)
    await clock.follow()
    // Asked at 1,000, it has answered at 1,010, and it is 1,920 by now.
    expect(clock.now()).toEqual(new Date(says + 450 + 910))
  })

  it('is not shaken by answers whose doubt is larger than what they would change', async () => {
    const machine = { at: 0 }
    const says = Date.UTC(2030, 0, 31, 12)
    const quick = { takes: 2, says }
    const vague = { takes: 400, says: says + 150 }
    const clock = new DatabaseClock(
      answering(machine, [quick, quick, quick, vague, vague, vague]),
      log,
      () => machine.at,
    )
    await clock.follow()
    const before = clock.now().getTime()
    const at = machine.at
    await clock.follow()
    expect(clock.now().getTime() - before).toBe(machine.at - at)
  })

  it('is told of once where the machine has another, and at any time in the metrics', async () => {
    const ahead = { connection: real.connection }
    const machine = new Machine()
    const clock = new DatabaseClock(ahead, log, machine.ticks)
    const registry = new Registry()
    clock.register(registry)
    const measured = async () => {
      const [metric] = await registry.getMetricsAsJSON()
      const [value] = (metric as { values: Array<{ value: number }> }).values
      return roughly((value as { value: number }).value * 1_000)
    }
    await clock.follow()
    expect(await measured()).toBe(0)
    const date = Date.now
    try {
      Date.now = () => date() + 2 * hour
      await clock.follow()
      await clock.follow()
      expect(await measured()).toBe(120)
      expect(roughly(clock.now().getTime() - (await databaseTime()))).toBe(0)
    } finally {
      Date.now = date
    }
    await clock.follow()
    expect(await measured()).toBe(0)
    expect(told).toEqual([
      expect.objectContaining({
        aheadInSeconds: expect.any(Number),
        msg: "this machine's clock is not the database's: what is due goes by the database's",
      }),
    ])
  })

  it('is not guessed at the start, and goes on where the database is away later', async () => {
    const away = {
      connection: () => Promise.reject(new Error('away')),
    }
    await expect(new DatabaseClock(away, log).start()).rejects.toThrow('away')
    const clock = new DatabaseClock(real, log)
    await clock.start()
    await clock.stop()
    expect(roughly(clock.now().getTime() - (await databaseTime()))).toBe(0)
  })
})
