import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { buildSchema } from 'graphql'
import pg from 'pg'
import { entities as tables } from '../../src/entities.js'
import { Database } from '../../src/persistence/database.js'
import { system } from '../../src/persistence/tenant-scope.js'
import { UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { AuditVerification } from '../../src/providers/audit-verification.js'
import { type Backend, startBackend } from '../support/backend.js'
import {
  CreateUnitDocument,
  OrganizationAuditLogDocument,
  UpdateMarketplaceDocument,
} from '../support/generated/graphql.js'
import { auditLogOf, givenMember, givenRival } from '../support/people.js'
import { type SuccessfulMutation, successfulMutations } from '../support/successful-mutations.js'
import { whenEverythingHappens } from '../support/whole-story.js'
import { givenMarketplace, type Market, mark, type Organization } from '../support/world.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** What leaves no entry, and why: everything else does. */
const withoutEntry: Readonly<Record<string, string>> = {
  signIn: 'a session is its own record: who, when, and how it ended',
  refreshSession: 'as for signIn',
  signOut: 'as for signIn',
  requestPasswordReset: 'nothing changes, and that somebody has an account is not told',
  reportUsage: 'a usage record is its own record, and is never changed; there are thousands in a minute',
  advanceSandboxClock: 'there is no such clock where money is real, and it belongs to no provider',
}

interface Entry {
  id: string
  provider_id: string
  sequence: string
  actor_user_id: string | null
  request_id: string | null
  action: string
  subject_id: string
  summary: string
  at: Date
  former_digest: string
  digest: string
}

describe('the audit log', () => {
  let backend: Backend
  let database: pg.Client
  let market: Market
  let organization: Organization
  let made: SuccessfulMutation[]
  beforeAll(async () => {
    backend = await startBackend()
    database = new pg.Client({ connectionString: backend.config.databaseUrl })
    await database.connect()
    const recorded = successfulMutations(backend.url)
    ;({ market, organization } = await whenEverythingHappens(backend))
    made = recorded.stop()
  })
  afterAll(async () => {
    await database.end()
    await backend.stop()
  })

  const entries = async (): Promise<Entry[]> =>
    (await database.query<Entry>('select * from audit_entry order by provider_id, sequence')).rows

  /** As an operator would, with the machine's own environment. */
  async function verify(...more: string[]): Promise<{ code: number; said: string; complained: string }> {
    const { encryptionKeys, databaseUrl, dataDir } = backend.config
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      ENCRYPTION_KEYS: encryptionKeys.map((key) => key.toString('base64')).join(','),
    }
    try {
      const args = ['src/launch.mjs', 'src/audit-command.ts', 'verify', ...more]
      const { stdout, stderr } = await run(process.execPath, args, { cwd: root, env })
      return { code: 0, said: stdout, complained: stderr }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { code, said: stdout, complained: stderr }
    }
  }

  /** As whoever owns the database can, who has turned off what protects it; undone afterwards. */
  async function tampered(statement: string, look: () => Promise<void>): Promise<void> {
    await database.query('create table kept_entry as table audit_entry')
    await database.query('create table kept_chain as table audit_chain')
    const protect = (how: 'disable' | 'enable') => database.query(`alter table audit_entry ${how} trigger user`)
    await protect('disable')
    try {
      await database.query(statement)
      await protect('enable')
      await look()
    } finally {
      await protect('disable')
      await database.query('delete from audit_entry; insert into audit_entry table kept_entry')
      await database.query('delete from audit_chain; insert into audit_chain table kept_chain')
      await database.query('drop table kept_entry; drop table kept_chain')
      await protect('enable')
    }
  }

  test('has an entry of everything that anybody can change, with who asked and for which request', async () => {
    const mutations = Object.keys(
      buildSchema(readFileSync(`${root}/schema/schema.graphql`, 'utf8'))
        .getMutationType()
        ?.getFields() ?? {},
    )
    expect([...new Set(made.map(({ name }) => name))].sort()).toEqual(mutations.sort())

    const byRequest = Map.groupBy(await entries(), ({ request_id: id }) => id)
    // What changes nothing leaves nothing, such as to publish a second time: so each has to have left one at least once.
    const noted = new Set(made.filter(({ requestId }) => byRequest.has(requestId)).map(({ name }) => name))
    expect(mutations.filter((name) => !noted.has(name))).toEqual(Object.keys(withoutEntry).sort())
    for (const { requestId } of made) {
      for (const entry of byRequest.get(requestId) ?? []) {
        expect(entry).toMatchObject({
          actor_user_id: expect.stringMatching(/^usr_/),
          action: expect.stringMatching(/^[a-z-]+\.[a-z-]+$/),
          subject_id: expect.stringMatching(/^[a-z]+_[0-9a-z]{26}$/),
        })
        expect(entry.summary).not.toBe('')
      }
    }
  })

  test('is read by the provider’s people, and by an organization’s administrators for their own part', async () => {
    const { consumer, id } = organization
    const own = async () => {
      const { consumerOrganization } = await consumer.query(OrganizationAuditLogDocument, { id, first: 100 })
      return consumerOrganization?.auditLog.nodes ?? []
    }
    const whole = await auditLogOf(market)
    expect(whole.map((entry) => entry.id)).toEqual(
      (await entries())
        .filter((entry) => entry.provider_id === market.providerId)
        .map((entry) => entry.id)
        .sort(),
    )
    await consumer.signIn(organization.email, 'a fine long password anew', market.id)
    const part = await own()
    expect(part.length).toBeGreaterThan(10)
    expect(part.length).toBeLessThan(whole.length)
    const developer = await givenMember(backend, consumer, id, ['DEVELOPER'])
    const { consumerOrganization } = await developer.client.query(OrganizationAuditLogDocument, { id, first: 100 })
    expect(consumerOrganization?.auditLog.nodes).toEqual([])
  })

  test('is never changed, by nobody: the database itself refuses', async () => {
    const before = await entries()
    for (const statement of [
      `update audit_entry set summary = 'Nothing happened.'`,
      'delete from audit_entry',
      'truncate audit_entry',
      'truncate audit_entry cascade',
    ]) {
      await expect(database.query(statement)).rejects.toMatchObject({ code: '42501' })
    }
    expect(await entries()).toEqual(before)
  })

  test('is one chain for each provider, however many write at once', async () => {
    const rival = await givenRival(backend)
    const units = (provider: Market['provider'], providerId: string) =>
      Array.from({ length: 20 }, () =>
        provider.mutate(CreateUnitDocument, { providerId, name: `x-${mark()}`, title: 'Units' }),
      )
    await Promise.all([...units(market.provider, market.providerId), ...units(rival.provider, rival.providerId)])
    expect(backend.failures()).toEqual([])
    const chains = Map.groupBy(await entries(), (entry) => entry.provider_id)
    expect(chains.size).toBe(2)
    for (const chain of chains.values()) {
      expect(chain.map(({ sequence }) => Number(sequence))).toEqual(chain.map((_, at) => at + 1))
      expect(chain.slice(1).map((entry) => entry.former_digest)).toEqual(
        chain.slice(0, -1).map((entry) => entry.digest),
      )
    }
  })

  test('keeps no entry of what was refused or rolled back', async () => {
    const before = await entries()
    const { provider, id: marketplaceId } = market
    const [refusal] = await provider.refused(UpdateMarketplaceDocument, { marketplaceId, name: '' })
    expect(refusal?.code).toBe('REQUIRED')
    expect(await entries()).toEqual(before)
  })

  test('holds no key, though somebody writes one into a reason or a name', async () => {
    const key = `rk_live_${'51NxSecretSecretSecret'}`
    await givenMarketplace(backend, { name: `Harbour ${key}` })
    const texts = (await entries()).map(({ summary }) => summary).join('\n')
    expect(texts).toContain('Harbour [redacted]')
    expect(texts).not.toContain(key)
  })

  describe('is verified by a command', () => {
    test('that finds it whole, and says how each chain ends', async () => {
      const { code, said, complained } = await verify()
      expect({ code, complained }).toEqual({ code: 0, complained: '' })
      const chains = Map.groupBy(await entries(), (entry) => entry.provider_id)
      for (const [providerId, chain] of chains) {
        const line = `${providerId}: ${chain.length} entries, whole; ends with ${chain.at(-1)?.digest}\n`
        expect(said).toContain(line)
      }
    })

    test.each([
      ['a word was changed', `update audit_entry set summary = summary || '.' where sequence = 7`, 7, 'it was changed'],
      [
        'somebody else was named',
        `update audit_entry set actor_user_id = null where sequence = 9`,
        9,
        'it was changed',
      ],
      ['an entry was taken out', 'delete from audit_entry where sequence = 5', 5, 'it is missing'],
      [
        'entries were taken out and the rest moved up',
        `delete from audit_entry where sequence = 5;
         update audit_entry set sequence = 1 - sequence where sequence > 5;
         update audit_entry set sequence = -sequence where sequence < 0`,
        5,
        'it does not continue the one before',
      ],
      [
        'the last was taken away',
        `delete from audit_entry a using audit_chain c where a.provider_id = c.provider_id and a.sequence = c.sequence`,
        null,
        'it and what followed was taken away',
      ],
      ['all were taken away', 'delete from audit_entry', 1, 'it and what followed was taken away'],
      ['all and the end as well', 'delete from audit_entry; delete from audit_chain', 1, 'it is missing'],
      [
        'two changed places',
        `update audit_entry set sequence = -1 where sequence = 3;
         update audit_entry set sequence = 3 where sequence = 4;
         update audit_entry set sequence = 4 where sequence = -1`,
        3,
        'it does not continue the one before',
      ],
    ])('and, where %s, found broken at the first link that is', async (_what, statement, sequence, why) => {
      const { providerId } = market
      const last = (await entries()).filter((entry) => entry.provider_id === providerId).length
      const own = await Database.connect({ url: backend.config.databaseUrl, entities: tables })
      const verification = new AuditVerification(UnitOfWork.quiet(own).reading(system))
      const broken = async () => (await verification.verify()).find((chain) => chain.providerId === providerId)?.broken
      await tampered(statement, async () => {
        expect(await broken()).toMatchObject({
          sequence: BigInt(sequence ?? last),
          why: expect.stringMatching(new RegExp(`^${why}`)),
        })
      })
      expect(await broken()).toBeNull()
      await own.close()
    })

    test('that names the first link that is broken', async () => {
      const [, second] = (await entries()).filter((entry) => entry.provider_id === market.providerId)
      await tampered(`update audit_entry set summary = 'Nothing.' where id = '${second?.id}'`, async () => {
        const { code, complained } = await verify()
        expect({ code, complained }).toEqual({
          code: 1,
          complained: `${market.providerId}: broken at entry 2 (${second?.id}): it was changed.\n`,
        })
      })
    })

    test('that knows whether a digest noted earlier is still there', async () => {
      const [noted] = (await entries()).slice(-1)
      expect((await verify('--noted', noted?.digest as string)).code).toBe(0)
      const { code, complained } = await verify('--noted', 'f'.repeat(64))
      expect(code).toBe(1)
      expect(complained).toContain('the log was written anew')
    })
  })
})
