import { type Backend, startBackend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import { CreateApplicationDocument } from '../support/generated/graphql.js'
import { switchSecondFence } from '../support/second-fence.js'
import { givenMarketplace, givenOffer, givenOrganization } from '../support/world.js'
import { compare } from './measure.js'

const window = `query ($slug: String!) {
  marketplace(slug: $slug) { products(first: 20) { nodes { id slug name plans { id name type } } } }
}`
const own = `query ($id: ID!) {
  consumerOrganization(id: $id) { applications(first: 20) { nodes { id name createdAt } } }
}`

/** The same lists by two backends that differ in one thing: in the second one's database no policy is in force. */
export async function bench(): Promise<void> {
  const [fenced, open] = [await given(), await given()]
  await switchSecondFence(open.backend.config.databaseUrl, 'off')
  await compare("fences: an organization's 20 applications", fenced.applications, open.applications)
  await compare('fences: 20 products with their plans, as a stranger sees them', fenced.products, open.products)
  for (const { backend } of [fenced, open]) await backend.stop()
}

async function given() {
  const backend = await startBackend()
  const market = await givenMarketplace(backend)
  const { id, consumer } = await givenOrganization(market)
  for (let count = 0; count < 20; count += 1) {
    await givenOffer(market)
    await consumer.mutate(CreateApplicationDocument, { organizationId: id, name: `Application ${count}` })
  }
  return {
    backend,
    applications: asked(backend, own, { id }, consumer),
    products: asked(backend, window, { slug: market.slug }),
  }
}

function asked({ url }: Backend, query: string, variables: object, as?: Client) {
  const authorization = as ? { authorization: `Bearer ${as.accessToken}` } : {}
  const headers = { 'content-type': 'application/json', ...authorization } as Record<string, string>
  const bodies = [{ body: JSON.stringify({ query, variables }), headers: {} }]
  return { url: `${url}/graphql`, method: 'POST' as const, headers, bodies }
}
