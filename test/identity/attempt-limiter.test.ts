import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import pg from 'pg'
import { AttemptLimiter } from '../../src/identity/attempt-limiter.js'
import { RequestError } from '../../src/kernel/request-error.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

let database: TestDatabase
let pool: pg.Pool
let limiter: AttemptLimiter

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 4 })
  limiter = new AttemptLimiter(pool, true)
})

afterAll(async () => {
  await pool.end()
  await database.drop()
})

let count = 0
const somebody = () => ({ purpose: 'sign-in', account: `account ${++count}`, address: `address ${count}` })
const isFalse = (result: boolean) => !result

type Attempt = Parameters<AttemptLimiter['guard']>[0]
const fail = (attempt: Attempt, by = limiter) => by.guard(attempt, isFalse, async () => false)
const succeed = (attempt: Attempt, by = limiter) => by.guard(attempt, isFalse, async () => true)

async function refusalOf(attempt: Attempt): Promise<RequestError> {
  let done = 0
  const error = await limiter.guard(attempt, isFalse, async () => ++done > 0).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RequestError)
  expect(done).toBe(0)
  return error as RequestError
}

describe('attempts', () => {
  it('are ten for an account, and the eleventh is not made', async () => {
    const attempt = somebody()
    for (let time = 1; time <= 10; time++) expect(await fail(attempt)).toBe(false)
    const refusal = await refusalOf(attempt)
    expect(refusal.code).toBe('RATE_LIMITED')
    expect(refusal.retryAfter).toBeGreaterThan(14 * 60)
    expect(refusal.retryAfter).toBeLessThanOrEqual(15 * 60)
  })

  it('at an account end wherever they come from', async () => {
    const { purpose, account } = somebody()
    for (let time = 1; time <= 10; time++) await fail({ purpose, account, address: `elsewhere ${time}` })
    expect((await refusalOf({ purpose, account, address: 'elsewhere 11' })).code).toBe('RATE_LIMITED')
  })

  it('are a hundred for an address, whosever the accounts are', async () => {
    const { purpose, address } = somebody()
    for (let time = 1; time <= 100; time++) await fail({ purpose, account: `one of many ${time}`, address })
    expect((await refusalOf({ purpose, account: 'one more', address })).code).toBe('RATE_LIMITED')
    expect(await succeed({ purpose, account: 'one more', address: 'another address' })).toBe(true)
  })

  it('that succeed are not counted', async () => {
    const attempt = somebody()
    for (let time = 1; time <= 30; time++) expect(await succeed(attempt)).toBe(true)
    for (let time = 1; time <= 9; time++) await fail(attempt)
    expect(await succeed(attempt)).toBe(true)
  })

  it('that break are not counted either', async () => {
    const attempt = somebody()
    const broken = () => limiter.guard(attempt, isFalse, () => Promise.reject(new Error('The database is away.')))
    for (let time = 1; time <= 15; time++) await expect(broken()).rejects.toThrow('away')
    expect(await succeed(attempt)).toBe(true)
  })

  it('are counted for each purpose apart', async () => {
    const attempt = somebody()
    for (let time = 1; time <= 10; time++) await fail(attempt)
    expect(await succeed({ ...attempt, purpose: 'invitation' })).toBe(true)
  })

  it('are counted together by all processes', async () => {
    const attempt = somebody()
    const elsewhere = new AttemptLimiter(pool, true)
    for (let time = 1; time <= 5; time++) await fail(attempt)
    for (let time = 1; time <= 5; time++) await fail(attempt, elsewhere)
    expect((await refusalOf(attempt)).code).toBe('RATE_LIMITED')
  })

  it('that come in one moment pass the limit no more than others', async () => {
    const attempt = somebody()
    let made = 0
    const guess = () =>
      limiter.guard(attempt, isFalse, async () => {
        made += 1
        return false
      })
    const results = await Promise.allSettled(Array.from({ length: 60 }, guess))
    expect(made).toBe(10)
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(50)
  })

  it('may be made again after a quarter of an hour', async () => {
    const attempt = somebody()
    for (let time = 1; time <= 10; time++) await fail(attempt)
    await refusalOf(attempt)
    const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 15 * 60 * 1_000 + 1)
    try {
      expect(await succeed(attempt)).toBe(true)
    } finally {
      later.mockRestore()
    }
  })

  it('leave no address in the database', async () => {
    await fail({ purpose: 'sign-in', account: 'provider ada@acme.example', address: '198.51.100.7' })
    const { rows } = await pool.query<{ key: string }>('select key from attempt')
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.filter(({ key }) => /ada@|198\.51/.test(key))).toEqual([])
  })

  it('have no limit where limits are off', async () => {
    const attempt = somebody()
    const off = new AttemptLimiter(pool, false)
    for (let time = 1; time <= 20; time++) expect(await fail(attempt, off)).toBe(false)
    expect(await succeed(attempt)).toBe(true)
  })
})
