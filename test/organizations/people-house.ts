import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ExecutionResult, graphql } from 'graphql'
import { sql } from 'kysely'
import pg from 'pg'
import { pino } from 'pino'
import { buildPeople } from '../../src/composition/people.js'
import { readConfig } from '../../src/config.js'
import { entities } from '../../src/entities.js'
import type { DomainEvent } from '../../src/events/event.js'
import { EventLog } from '../../src/events/event-log.js'
import { Context } from '../../src/graphql/context.js'
import { Mutations } from '../../src/graphql/mutation.js'
import { NodeRegistry, NodeResolver } from '../../src/graphql/node.js'
import { buildGraphqlSchema } from '../../src/graphql/schema.js'
import { Viewers } from '../../src/http/viewer.js'
import { offerPasswordResetTask } from '../../src/identity/account.service.js'
import { type Mail, sendMailTask } from '../../src/identity/mailer.js'
import type { OpenedSession } from '../../src/identity/session.service.js'
import { MovableClock } from '../../src/kernel/clock.js'
import { newId } from '../../src/kernel/id.js'
import type { ClosingObstacles } from '../../src/organizations/closing.port.js'
import { ConsumerOrganizationRepository } from '../../src/organizations/consumer-organization.repository.js'
import { Database } from '../../src/persistence/database.js'
import { SecretBox } from '../../src/persistence/secret-box.js'
import type { Scope } from '../../src/persistence/tenant-scope.js'
import { UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { createTestDatabase } from '../support/database.js'
import { writing } from '../support/writing.js'

export const password = 'a fine long password'
export const publicUrl = 'http://127.0.0.1:4000'

/** Those who know what runs and what is owed, as a test has it. */
class Obstacles implements ClosingObstacles {
  sentences: string[] = []
  async of(): Promise<string[]> {
    return this.sentences
  }
}

/** People and marketplaces alone, whole up to GraphQL, on a real database. */
export async function openPeopleHouse({ limits = false } = {}) {
  const testDatabase = await createTestDatabase()
  const { url } = testDatabase
  const folder = await mkdtemp(join(tmpdir(), 'people-'))
  const mailbox = join(folder, 'mail')
  const database = await Database.connect({ url, entities })
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  const announced: DomainEvent[] = []
  const log = new EventLog(() => undefined)
  const unitOfWork = new UnitOfWork<DomainEvent>(database, {
    async write(transaction, events) {
      announced.push(...events)
      await log.write(transaction, events)
    },
    committed: () => undefined,
  })
  const clocks = {
    billing: new MovableClock(new Date('2030-05-01T12:00:00Z')),
    transport: new MovableClock(new Date('2026-11-24T10:00:00Z')),
  }
  const obstacles = new Obstacles()
  const config = readConfig({ ENCRYPTION_KEYS: randomBytes(32).toString('base64') })
  const nodes = new NodeRegistry()
  const viewers = new Viewers(unitOfWork, async () => null, clocks.transport)
  const people = buildPeople(
    {
      config: { ...config, dataDir: folder, publicUrl, rateLimits: limits },
      log: pino({ level: 'silent' }),
      unitOfWork,
      clocks,
      box: new SecretBox(config.encryptionKeys),
      limiterPool: pool,
      scopeOf: (token) => viewers.scopeOf(token),
      mutations: new Mutations(unitOfWork, nodes, clocks.transport),
      nodes,
    },
    {
      organizations: new ConsumerOrganizationRepository(),
      obstacles: [obstacles],
      warnings: { of: async () => [] },
    },
  )
  const resolvers = [new NodeResolver(nodes), ...people.resolvers]
  const byClass = new Map<unknown, unknown>(resolvers.map((resolver) => [resolver.constructor, resolver]))
  const schema = await buildGraphqlSchema(
    resolvers.map((resolver) => resolver.constructor as never),
    (resolver) => byClass.get(resolver),
  )
  const reading = (scope: Scope) => unitOfWork.reading(scope)

  /** Answers as the API does to that token; to nobody where it is null. */
  async function ask(token: string | null, source: string, variables: object = {}, address = '192.0.2.1') {
    const { scope } = await viewers.scopeOf(token)
    const node = (context: Context, id: string) => nodes.find(context, id)
    const contextValue = new Context({ scope, requestId: 'test', address, reading, node })
    const result = await graphql({ schema, source, contextValue, variableValues: { ...variables } })
    return result as ExecutionResult<Answer>
  }

  const jobsOf = async (task: string) => {
    const { rows } = await sql<{ id: string; payload: object }>`
      delete from graphile_worker._private_jobs j using graphile_worker._private_tasks t
      where t.id = j.task_id and t.identifier = ${task} returning j.id::text, j.payload`.execute(
      writing(database).kysely,
    )
    return rows.sort((one, other) => Number(one.id) - Number(other.id)).map(({ payload }) => payload)
  }

  /** What the worker would have mailed since the last time, in order. */
  async function mails(): Promise<Mail[]> {
    for (const payload of await jobsOf(offerPasswordResetTask)) await people.tasks[offerPasswordResetTask](payload)
    const sent: Mail[] = []
    for (const payload of await jobsOf(sendMailTask)) {
      await people.tasks[sendMailTask](payload)
      const [file] = await readdir(mailbox)
      const path = join(mailbox, file as string)
      sent.push(JSON.parse(await readFile(path, 'utf8')) as Mail)
      await rm(path)
    }
    return sent
  }

  return {
    clocks,
    announced,
    obstacles,
    ask,
    mails,
    sessions: people.sessions,
    accounts: people.accounts,
    acceptance: people.acceptance,
    signUps: people.signUps,
    providers: people.providerService,
    invitations: people.invitationService,
    organizations: people.organizationService,
    members: people.memberService,
    /** The rights that a session has now. */
    scopeOf: async ({ tokens }: OpenedSession): Promise<Scope> => (await viewers.scopeOf(tokens.accessToken)).scope,
    /** Leaves out what happened before. */
    eventsSince: (from: number) => announced.slice(from).map(({ name }) => name),
    rowsOf: async (table: string): Promise<Array<Record<string, unknown>>> =>
      (await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(writing(database).kysely)).rows,
    async close() {
      await pool.end()
      await database.close()
      await testDatabase.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type PeopleHouse = Awaited<ReturnType<typeof openPeopleHouse>>

// biome-ignore lint/suspicious/noExplicitAny: what is answered has the shape of what was asked
export type Answer = Record<string, any>

/** The codes of what was refused. */
export const codes = (answer: Answer): string[] => answer['userErrors'].map(({ code }: { code: string }) => code)

/** Asks as a client does; what fails as a whole is thrown as the API would tell it. */
export function asking(house: () => PeopleHouse) {
  const query = async (token: string | null, source: string, variables: object = {}): Promise<Answer> => {
    const { data, errors } = await house().ask(token, source, variables)
    if (errors) throw errors[0]?.originalError ?? errors[0]
    return data as Answer
  }
  /** The answer of a mutation whose input type is named after it. */
  const mutate = async (token: string | null, name: string, input: object, fields = ''): Promise<Answer> => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
    const answered = `${fields} userErrors { code message field }`
    const source = `mutation ($input: ${type}!) { ${name}(input: $input) { ${answered} } }`
    return (await query(token, source, { input }))[name]
  }
  return { query, mutate }
}

let count = 0
/** An address that nobody has yet. */
export const newAddress = (name = 'ada') => `${name}-${++count}@acme.example`

/** A provider with its administrator, who is signed in. */
export async function givenProvider(house: PeopleHouse) {
  const email = newAddress('root')
  const provider = await house.providers.create('Northwind', { email, password })
  const session = await house.sessions.signIn(email, password, null, '192.0.2.1')
  return { id: provider.id, email, session, token: session.tokens.accessToken }
}

export async function givenMarketplace(house: PeopleHouse, settings: object = {}) {
  const provider = await givenProvider(house)
  const { marketplace } = await asking(() => house).mutate(
    provider.token,
    'createMarketplace',
    {
      providerId: provider.id,
      name: 'Harbour',
      slug: `harbour-${newId('mkt').slice(-12)}`,
      url: 'https://harbour.example/shop/',
      selfSignupAllowed: true,
      ...settings,
    },
    'marketplace { id slug }',
  )
  const { id, slug } = marketplace as { id: string; slug: string }
  return { id, slug, provider }
}

/** Somebody who has signed up there with an organization. */
export async function givenSignedUp(house: PeopleHouse, marketplaceId: string, organizationName = 'Acme') {
  const email = newAddress()
  const { session, organization } = await house.signUps.signUp(
    { marketplaceId, givenName: 'Ada', familyName: 'Lovelace', email, password, organizationName },
    '192.0.2.1',
  )
  return { email, session, organization, token: session.tokens.accessToken, refresh: session.tokens.refreshToken }
}
