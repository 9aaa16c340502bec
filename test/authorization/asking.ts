import { type GraphQLObjectType, getNamedType, isLeafType } from 'graphql'
import { policyOf } from '../../src/graphql/policy.js'
import type { Audience } from '../../src/persistence/audience.js'
import { neverWas } from '../support/people.js'
import type { Known, Matrix } from './authorization-matrix.js'
import type { Fact } from './facts.js'
import { everythingOf, type Selection, textOf } from './selection.js'
import type { Answer, Transport } from './transports.js'

const atOnce = 15

/** The queries that find an object by what it is called, and the type of object. */
const finders: Readonly<Record<string, { type: string; by: string; of: (fact: Fact) => string }>> = {
  application: { type: 'Application', by: 'id', of: ({ id }) => id },
  consumerOrganization: { type: 'ConsumerOrganization', by: 'id', of: ({ id }) => id },
  invoice: { type: 'Invoice', by: 'id', of: ({ id }) => id },
  product: { type: 'Product', by: 'id', of: ({ id }) => id },
  productSubscription: { type: 'ProductSubscription', by: 'id', of: ({ id }) => id },
  provider: { type: 'Provider', by: 'id', of: ({ id }) => id },
  marketplace: { type: 'Marketplace', by: 'slug', of: ({ row }) => row.slug as string },
}

/** Queries that are for some: what they are asked, and on what. */
function questions({ world }: Matrix): Record<string, { args: string; on: string | null }> {
  const { targets, key } = world
  const { organizationId, planId, productSubscriptionId } = targets as Record<string, string>
  const change = `productSubscriptionId: "${productSubscriptionId}", planId: "${planId}", when: PERIOD_END`
  return {
    subscribePreview: {
      args: `input: { organizationId: "${organizationId}", planId: "${planId}" }`,
      on: organizationId as string,
    },
    planChangePreview: { args: `input: { ${change} }`, on: productSubscriptionId as string },
    accessDecision: { args: `credential: "${key}", path: "/nowhere"`, on: null },
    invitation: { args: `token: "${world.invitationToken}"`, on: null },
    marketplaces: { args: 'first: 100', on: null },
    viewer: { args: '', on: null },
    liveCursor: { args: '', on: null },
    sandboxClock: { args: '', on: null },
    node: { args: `id: "${organizationId}"`, on: null },
    nodes: { args: `ids: ["${organizationId}"]`, on: null },
  }
}

/** Every query, as everybody over each transport. */
export async function askEverything(matrix: Matrix): Promise<void> {
  const asked = questions(matrix)
  const queries = Object.keys(matrix.schema.getQueryType()?.getFields() ?? {})
  const missed = queries.filter((name) => !(name in asked) && !(name in finders))
  if (missed.length > 0) matrix.judge.fault(missed.join(), 'is asked by nobody')
  for (const viewer of matrix.viewers) {
    for (const transport of viewer.transports) {
      for (const query of Object.keys(finders)) await find(matrix, viewer, transport, query)
      for (const [query, { args, on }] of Object.entries(asked)) await ask(matrix, viewer, transport, query, args, on)
    }
  }
}

/** What an object is looked for, by a query of its own: shown by the rule of its type, and else as what never was. */
async function find(matrix: Matrix, viewer: Known, transport: Transport, query: string): Promise<void> {
  const { type: name, by, of } = finders[query] as (typeof finders)[string]
  const { schema, facts, oracle, judge } = matrix
  const type = schema.getType(name) as GraphQLObjectType
  const selection = everythingOf(type, 0)
  const text = textOf(schema, type, selection, matrix.given)
  const all = facts.ofType(name)
  for (let at = 0; at < all.length; at += atOnce) {
    const some = all.slice(at, at + atOnce)
    const names = [...some.map(of), by === 'id' ? neverWas((some[0] as Fact).id) : 'never-was']
    const lines = names.map((value, index) => `a${index}: ${query}(${by}: ${JSON.stringify(value)}) ${text}`)
    const { data, codes } = await transport.ask(`{ ${lines.join(' ')} }`)
    const where = `${viewer.name} over ${transport.name} | ${query}`
    if (codes.some((code) => code !== 'UNAUTHENTICATED' || viewer.who.kind !== 'ended')) {
      judge.fault(where, `was answered ${codes.join()}`)
    }
    if (data?.[`a${some.length}`]) judge.fault(where, 'shows what never was')
    for (const [index, fact] of some.entries()) {
      const answered = (data?.[`a${index}`] ?? null) as Record<string, unknown> | null
      const place = `${where} ${fact.id}`
      if (!oracle.sees(viewer.who, fact.id)) judge.absent(place, type, selection, answered)
      else judge.object(place, viewer.who, type, selection, answered, { id: fact.id }, fact)
    }
  }
}

async function ask(
  matrix: Matrix,
  viewer: Known,
  transport: Transport,
  query: string,
  args: string,
  on: string | null,
): Promise<void> {
  const { schema, judge, facts, oracle } = matrix
  const field = schema.getQueryType()?.getFields()[query]
  const target = getNamedType(field?.type)
  const selection: Selection | null =
    target && !isLeafType(target) && 'getInterfaces' in target && query !== 'node' && query !== 'nodes'
      ? everythingOf(target as GraphQLObjectType, 1)
      : null
  const text = selection
    ? textOf(schema, target as GraphQLObjectType, selection, matrix.given)
    : isLeafType(target)
      ? ''
      : '{ id }'
  const answer = await transport.ask(`{ ${query}${args ? `(${args})` : ''} ${text} }`)
  const where = `${viewer.name} over ${transport.name} | ${query}`
  judge.checks += 1
  const { who } = viewer
  const fact = on === null ? null : facts.of(on)
  if (!oracle.admits(who, policyOf(field as never) as Audience, fact)) {
    judgeRefusal(matrix, where, viewer, answer, fact)
  } else if (answer.codes.length > 0) {
    judge.fault(where, `may be asked, and was answered ${answer.codes.join()}`)
  } else if (selection && answer.data?.[query]) {
    const shown = answer.data[query] as Record<string, unknown>
    if (query === 'marketplaces') judgeListed(matrix, where, viewer, shown)
    else judge.object(where, who, target as GraphQLObjectType, selection, shown, undefined, fact)
  }
  const isSomebody = who.kind === 'provider' || who.kind === 'consumer'
  if (query === 'viewer' && !answer.data?.viewer === isSomebody) judge.fault(where, 'does not tell who is asking')
  if (query === 'node' && !answer.data?.node === oracle.sees(who, matrix.world.targets.organizationId as string)) {
    judge.fault(where, 'tells otherwise than the type’s rule')
  }
}

function judgeRefusal(
  { judge, oracle }: Matrix,
  where: string,
  { who }: Known,
  answer: Answer,
  fact: Fact | null,
): void {
  const isSomebody = who.kind === 'provider' || who.kind === 'consumer'
  const known = fact === null || (oracle.sees(who, fact.id) && oracle.isOnSideOf(who, fact))
  const expected = isSomebody ? (known ? 'FORBIDDEN' : 'NOT_FOUND') : 'UNAUTHENTICATED'
  if (!answer.codes.includes(expected))
    judge.fault(where, `was answered ${answer.codes.join() || 'something'}, not ${expected}`)
  if (Object.values(answer.data ?? {}).some((value) => value !== null)) judge.fault(where, 'shows something')
}

/** Lists name public marketplaces and those where the viewer has a part; the others' fronts are for who knows them. */
function judgeListed(
  { judge, facts, oracle }: Matrix,
  where: string,
  { who }: Known,
  shown: Record<string, unknown>,
): void {
  const listed = (shown.nodes as Array<{ id: string }>).map(({ id }) => id).sort()
  const isOf = ({ id, row }: Fact) =>
    who.kind === 'gateway'
      ? who.marketplaceId === id && row.visibility === 'PUBLIC'
      : row.visibility === 'PUBLIC' || oracle.isOnSideOf(who, facts.of(id))
  const due = facts
    .ofType('Marketplace')
    .filter(isOf)
    .map(({ id }) => id)
    .sort()
  if (listed.join() !== due.join()) judge.fault(where, `lists ${listed.join()}, not ${due.join()}`)
}
