import type { GraphQLSchema } from 'graphql'
import { type Policy, policyOf } from '../../src/graphql/policy.js'
import { buildGraphqlSchema } from '../../src/graphql/schema.js'
import type { Audience } from '../../src/persistence/audience.js'
import { resolverClasses } from '../../src/resolvers.js'
import type { Backend } from '../support/backend.js'
import { ViewerDocument } from '../support/generated/graphql.js'
import { type AuthorizationWorld, givenAuthorizationWorld, type Viewer } from './authorization-world.js'
import { Facts } from './facts.js'
import { Judge } from './judge.js'
import { Oracle, type Who } from './oracle.js'
import { Reading } from './reading.js'
import type { Arguments } from './selection.js'
import { overHttp, overSocket, type Transport } from './transports.js'

/** What a field is told that must be told something. */
const told = (slug: string): Arguments => ({
  'Marketplace.product': `slug: ${JSON.stringify(slug)}`,
  'Marketplace.revenue': 'from: "2026-01-01T00:00:00Z", to: "2028-01-01T00:00:00Z"',
  'Plan.estimate': 'usage: []',
  'Credential.decision': 'path: "/nowhere"',
})

/** Somebody who asks, and who the tables say that is. */
export interface Known extends Viewer {
  readonly who: Who
  readonly transports: readonly Transport[]
}

/** The authorization matrix of a running backend: its policies, its tables, and those who ask. */
export interface Matrix {
  readonly world: AuthorizationWorld
  readonly schema: GraphQLSchema
  readonly facts: Facts
  readonly oracle: Oracle
  readonly judge: Judge
  readonly viewers: readonly Known[]
  readonly reading: Reading
  readonly given: Arguments
  audienceOf(type: string): Audience
  close(): Promise<void>
}

export async function authorizationMatrix(backend: Backend): Promise<Matrix> {
  const world = await givenAuthorizationWorld(backend)
  const schema = await buildGraphqlSchema(resolverClasses, () => {
    throw new Error('Nothing is executed here.')
  })
  const facts = await Facts.of(backend.config.databaseUrl)
  const ofType = (name: string) => audienceOf(schema, name)
  const oracle = new Oracle(facts, ofType)
  const judge = new Judge(schema, facts, oracle)
  const viewers: Known[] = []
  for (const viewer of world.viewers) {
    const { client } = viewer
    viewers.push({ ...viewer, who: await whoIs(viewer, oracle), transports: [overHttp(client), overSocket(client)] })
  }
  const slug = facts.of(world.targets.productId as string).row.slug as string
  return {
    world,
    schema,
    facts,
    oracle,
    judge,
    viewers,
    reading: new Reading(judge, oracle, facts.all, told(slug)),
    given: told(slug),
    audienceOf: ofType,
    async close() {
      for (const { transports } of viewers) for (const transport of transports) await transport.close()
    },
  }
}

/** Everything by its id and on the paths from there, as each viewer is shown it over each transport. */
export async function readEverything({ world, reading, viewers }: Matrix): Promise<void> {
  const administrators = new Map([...world.administrators].map(([id, client]) => [id, overHttp(client)]))
  const reference = await reading.reference(administrators)
  for (const { name, who, transports } of viewers) {
    for (const transport of transports) {
      reading.judgeShown(`${name} over ${transport.name}`, who, await reading.shownTo(transport), reference)
    }
  }
}

async function whoIs({ client, ended, gatewayOf, name }: Viewer, oracle: Oracle): Promise<Who> {
  if (ended) return { kind: 'ended' }
  if (gatewayOf) return oracle.gateway(gatewayOf)
  const { viewer } = await client.query(ViewerDocument)
  if (!viewer && client.accessToken) throw new Error(`${name} is not signed in.`)
  return viewer ? oracle.person(viewer.user.id) : { kind: 'nobody' }
}

function audienceOf(schema: GraphQLSchema, name: string): Audience {
  const type = schema.getType(name)
  const policy: Policy | undefined = type && policyOf(type)
  if (typeof policy !== 'object') throw new Error(`${name} has no audience.`)
  return policy
}
