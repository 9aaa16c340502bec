import { type GraphQLObjectType, getNamedType, parse } from 'graphql'
import { policyOf } from '../../src/graphql/policy.js'
import type { Audience } from '../../src/persistence/audience.js'
import { givenReporter, givenSubscriber, pushed } from '../support/billing.js'
import type { Listener } from '../support/client.js'
import { LiveCursorDocument } from '../support/generated/graphql.js'
import { givenOffer, whenSubscribed } from '../support/world.js'
import type { Known, Matrix } from './authorization-matrix.js'
import { Facts } from './facts.js'
import { Judge } from './judge.js'
import { Oracle } from './oracle.js'
import { everythingOf, textOf } from './selection.js'

type Event = Record<string, unknown>

interface Ear {
  readonly viewer: Known
  readonly field: string
  readonly listener: Listener<Event>
}

/**
 * Everybody listens to every live field while something of each kind happens in the organization, and then to something
 * of their own: once that is heard, what came before it would have been.
 */
export async function hearEverything(matrix: Matrix): Promise<Judge> {
  const { world, schema, viewers } = matrix
  const fields = Object.keys(schema.getSubscriptionType()?.getFields() ?? {})
  await refusedToListen(matrix, fields)
  const people = viewers.filter(({ who }) => who.kind === 'provider' || who.kind === 'consumer')
  const { liveCursor: after } = await world.market.provider.query(LiveCursorDocument)
  const ears = people.flatMap((viewer) =>
    fields.map((field): Ear => ({ viewer, field, listener: listen(matrix, viewer, field, { after }) })),
  )
  await everythingHappens(matrix)
  const facts = await Facts.of(world.backend.config.databaseUrl)
  const oracle = new Oracle(facts, matrix.audienceOf)
  const judge = new Judge(schema, facts, oracle)
  for (const viewer of people) await hasHeardAll(matrix, viewer, ears)
  for (const { viewer, field, listener } of ears) {
    listener.stop()
    const where = `${viewer.name} | ${field}`
    const { audience, type, selection } = told(matrix, field)
    const organization = facts.of(world.organization.id)
    const due = oracle.admits(viewer.who, audience, organization)
    const subjects = listener.received.map((event) => facts.of(subjectOf(event)))
    for (const [index, fact] of subjects.entries()) {
      judge.object(`${where} ${fact.id}`, viewer.who, type, selection, listener.received[index], undefined, fact)
      if (!oracle.admits(viewer.who, audience, fact))
        judge.fault(`${where} ${fact.id}`, 'was pushed to somebody it is not for')
    }
    const heard = subjects.some(({ organizationId }) => organizationId === organization.id)
    if (heard !== due) judge.fault(where, due ? 'was not heard' : 'was heard')
    judge.checks += 1
  }
  return judge
}

/** Strangers and gateways cannot listen at all, and nobody to what is not theirs. */
async function refusedToListen(matrix: Matrix, fields: readonly string[]): Promise<void> {
  const { world, viewers, oracle, judge } = matrix
  for (const viewer of viewers) {
    if (viewer.who.kind === 'ended') continue
    const isSomebody = viewer.who.kind === 'provider' || viewer.who.kind === 'consumer'
    const theirs = isSomebody && oracle.sees(viewer.who, world.organization.id)
    for (const field of fields) {
      if (theirs) continue
      const listener = listen(matrix, viewer, field, { organizationId: world.organization.id })
      const ended = (await listener.ending()) as
        | { errors?: Array<{ extensions?: { code?: string } }> }
        | Array<{ extensions?: { code?: string } }>
      const code = (Array.isArray(ended) ? ended : ended.errors)?.[0]?.extensions?.code
      const expected = isSomebody ? 'NOT_FOUND' : 'UNAUTHENTICATED'
      judge.checks += 1
      if (code !== expected)
        judge.fault(`${viewer.name} | ${field}`, `ended with ${JSON.stringify(ended)}, not ${expected}`)
    }
  }
}

async function everythingHappens({ world }: Matrix): Promise<void> {
  const { market, organization, neighbours } = world
  const offer = await givenOffer(market, (resourceId) => ({
    quotas: [{ resourceIds: [resourceId], limit: 'STRICT', limitUnits: '10' }],
  }))
  const { id } = await givenSubscriber(market, organization, offer)
  const report = await givenReporter(market)
  await report([{ productSubscriptionId: id, resourceId: offer.resourceId, quantity: '6' }])
  for (const beside of neighbours) await whenSubscribed(beside.organization, beside.offer)
}

/** The last that happens to each: a quota in the organization, a subscription beside it. */
async function hasHeardAll({ world, oracle }: Matrix, viewer: Known, ears: readonly Ear[]): Promise<void> {
  const own = ears.filter((ear) => ear.viewer === viewer)
  const last = oracle.sees(viewer.who, world.organization.id) ? 'quotaThresholdReached' : 'productSubscriptionChanged'
  await pushed((own.find(({ field }) => field === last) as Ear).listener, 1)
  await viewer.client.query(LiveCursorDocument)
}

function listen(matrix: Matrix, { client }: Known, field: string, args: Record<string, string>): Listener<Event> {
  const { type, selection } = told(matrix, field)
  const text = textOf(matrix.schema, type, selection, matrix.given)
  const given = Object.entries(args).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return client.subscribe(parse(`subscription { ${field}(${given.join(', ')}) ${text} }`), {})
}

function told({ schema }: Matrix, name: string) {
  const field = schema.getSubscriptionType()?.getFields()[name]
  const type = getNamedType(field?.type) as GraphQLObjectType
  return { type, selection: everythingOf(type, 1), audience: policyOf(field as never) as Audience }
}

function subjectOf(event: Event): string {
  const subject = (event.invoice ?? event.productSubscription ?? event.accessRequest) as { id: string }
  return subject.id
}
