import { createHash } from 'node:crypto'
import { type GraphQLObjectType, getNamedType } from 'graphql'
import pg from 'pg'
import { policyOf } from '../../src/graphql/policy.js'
import type { Audience } from '../../src/persistence/audience.js'
import { neverWas } from '../support/people.js'
import { type Attempt, attempts } from './attempts.js'
import type { Known, Matrix } from './authorization-matrix.js'
import { everythingOf, namesIn, textOf } from './selection.js'
import type { Answer, Transport } from './transports.js'

const refusals = ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_ALLOWED', 'NOT_FOUND']

interface Tried {
  /** Why it was refused, by the payload or for the whole request; none when it was done. */
  readonly codes: string[]
  /** The same with their sentences. */
  readonly refusal: string
  readonly shown: boolean
}

/**
 * Tries every mutation as everybody. Those who may not are refused as the policy says, in the words for what never
 * was where it is not theirs to see, and change nothing; those who may are let in.
 */
export async function doEverything(matrix: Matrix): Promise<void> {
  const { schema, judge, world, viewers } = matrix
  const all = attempts(world)
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {}).filter((name) => name !== 'signOut')
  const missed = mutations.filter((name) => !all.some((attempt) => attempt.name === name))
  if (missed.length > 0) judge.fault(missed.join(), 'is tried by nobody')
  const databaseUrl = world.backend.config.databaseUrl
  const before = await digests(databaseUrl)
  for (const viewer of viewers) await forbidden(matrix, viewer, all)
  for (const [table, digest] of await digests(databaseUrl)) {
    if (before.get(table) !== digest) judge.fault(table, 'was changed by those who may not')
  }
  for (const viewer of viewers) await permitted(matrix, viewer, all)
  await nobodySignsOut(matrix)
}

/** Those who are signed in would be gone: the stories of signing in tell of them. */
async function nobodySignsOut({ viewers, judge }: Matrix): Promise<void> {
  for (const { name, who, transports } of viewers) {
    if (who.kind === 'provider' || who.kind === 'consumer') continue
    for (const transport of transports) {
      const { codes } = await transport.ask('mutation { signOut { userErrors { code } } }')
      judge.checks += 1
      if (codes.join() !== 'UNAUTHENTICATED')
        judge.fault(`${name} over ${transport.name} | signOut`, `was answered ${codes.join()}`)
    }
  }
}

async function forbidden(matrix: Matrix, viewer: Known, all: readonly Attempt[]): Promise<void> {
  for (const attempt of all.filter((one) => !mayDo(matrix, viewer, one))) {
    for (const transport of viewer.transports) {
      const where = `${viewer.name} over ${transport.name} | ${attempt.name}`
      const tried = await tryIt(matrix, transport, attempt)
      matrix.judge.checks += namesIn(payloadOf(matrix, attempt), everythingOf(payloadOf(matrix, attempt), 1)).length
      if (tried.shown) matrix.judge.fault(where, 'shows something to somebody who may not do it')
      const expected = expectedRefusal(matrix, viewer, attempt)
      if (!tried.codes.some((code) => expected.includes(code))) {
        matrix.judge.fault(where, `was answered ${tried.refusal || 'nothing'}, not ${expected.join(' or ')}`)
      }
      if (expected.includes('NOT_FOUND') && attempt.on && !attempt.byToken) {
        const never = { ...attempt, input: { ...attempt.input, [attempt.on[0]]: neverWas(attempt.on[1]) } }
        const other = await tryIt(matrix, transport, never)
        if (other.refusal !== tried.refusal) {
          matrix.judge.fault(where, `differs from what never was: ${tried.refusal} and ${other.refusal}`)
        }
      }
    }
  }
}

async function permitted(matrix: Matrix, viewer: Known, all: readonly Attempt[]): Promise<void> {
  for (const attempt of all.filter((one) => mayDo(matrix, viewer, one))) {
    for (const transport of viewer.transports) {
      const { codes, refusal } = await tryIt(matrix, transport, attempt)
      matrix.judge.checks += 1
      if (codes.some((code) => refusals.includes(code) && !isOwnReason(attempt, code))) {
        matrix.judge.fault(
          `${viewer.name} over ${transport.name} | ${attempt.name}`,
          `may do it, and was refused: ${refusal}`,
        )
      }
    }
  }
}

/** What such a mutation refuses to everybody who comes without the right token. */
const isOwnReason = ({ on }: Attempt, code: string): boolean => on === undefined && code === 'NOT_FOUND'

function expectedRefusal({ oracle, facts }: Matrix, { who }: Known, { on }: Attempt): string[] {
  if (who.kind === 'nobody' || who.kind === 'ended' || who.kind === 'gateway') return ['UNAUTHENTICATED']
  if (!on) return ['NOT_ALLOWED']
  const fact = facts.of(on[1])
  if (oracle.sees(who, on[1]) && oracle.isOnSideOf(who, fact)) return ['NOT_ALLOWED']
  // A consumer makes nothing at a provider, whichever it is.
  return who.kind === 'consumer' && fact.type === 'Provider' ? ['NOT_ALLOWED', 'NOT_FOUND'] : ['NOT_FOUND']
}

function mayDo(
  { schema, oracle, facts }: Matrix,
  { who }: Known,
  { name, on, aboutFreePlan, ...attempt }: Attempt,
): boolean {
  const declared = policyOf(schema.getMutationType()?.getFields()[name] as never) as Audience
  return oracle.admits(who, attempt.audience ?? declared, on ? facts.of(on[1]) : null, aboutFreePlan)
}

const payloadOf = ({ schema }: Matrix, { name }: Attempt): GraphQLObjectType =>
  getNamedType(schema.getMutationType()?.getFields()[name]?.type) as GraphQLObjectType

async function tryIt(matrix: Matrix, transport: Transport, attempt: Attempt): Promise<Tried> {
  const { schema } = matrix
  const type = payloadOf(matrix, attempt)
  const input = String(schema.getMutationType()?.getFields()[attempt.name]?.args[0]?.type)
  const selection = textOf(schema, type, everythingOf(type, 1), matrix.given)
  const document = `mutation($input: ${input}) { ${attempt.name}(input: $input) ${selection} }`
  return triedFrom(await transport.ask(document, { input: attempt.input }), attempt.name)
}

function triedFrom({ data, codes }: Answer, name: string): Tried {
  const { userErrors = [], ...rest } = (data?.[name] ?? {}) as { userErrors?: Array<{ code: string; message: string }> }
  const shown = Object.values(rest).some(
    (value) => value !== null && value !== 0 && !(Array.isArray(value) && value.length === 0),
  )
  return {
    codes: [...codes, ...userErrors.map(({ code }) => code)],
    refusal: [...codes, ...userErrors.map(({ code, message }) => `${code} ${message}`)].join(),
    shown,
  }
}

/** What changes by itself: what waits to be done, how often somebody has tried, and when somebody was last there. */
const restless = /^(graphile_worker\.|public\.attempt$)/

/** A digest of each table, as it stands. */
async function digests(databaseUrl: string): Promise<Map<string, string>> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(`
      select schemaname || '.' || tablename as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema') order by 1`)
    const all = new Map<string, string>()
    for (const { name } of tables.filter((table) => !restless.test(table.name))) {
      const { rows } = await client.query<{ text: string }>(
        `select (to_jsonb(t) - 'last_used_at')::text as text from ${name} t order by 1`,
      )
      all.set(
        name,
        createHash('sha256')
          .update(rows.map(({ text }) => text).join('\n'))
          .digest('hex'),
      )
    }
    return all
  } finally {
    await client.end()
  }
}
