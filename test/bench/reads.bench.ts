import { startBackend } from '../support/backend.js'
import { givenMarketplace, givenOffer } from '../support/world.js'
import { floorOn } from './floor.js'
import { compare } from './measure.js'

const query = `query ($slug: String!) {
  marketplace(slug: $slug) {
    products(first: 20) {
      nodes { id slug name description plans { id name type price { base { amount currency } interval } features } }
    }
  }
}`

/** A page of 20 products with their plans, as a shop window shows it to strangers. */
export async function bench(): Promise<void> {
  const backend = await startBackend()
  const market = await givenMarketplace(backend)
  for (let count = 0; count < 20; count += 1) await givenOffer(market)
  const body = JSON.stringify({ query, variables: { slug: market.slug } })
  const headers = { 'content-type': 'application/json' }
  const floor = await floorOn(backend.config.databaseUrl, async (pool, _request, response) => {
    const { rows } = await pool.query({ name: 'window', text: statement, values: [market.slug] })
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ data: { marketplace: { products: { nodes: rows.map(({ node }) => node as object) } } } }),
    )
  })
  const ours = { url: `${backend.url}/graphql`, method: 'POST' as const, headers, bodies: [{ body, headers: {} }] }
  await compare('reads: 20 products with their plans', ours, { ...ours, url: floor.url })
  await floor.close()
  await backend.stop()
}

const statement = `
  select json_build_object('id', p.id, 'slug', p.slug, 'name', p.name, 'description', p.description, 'plans', (
    select coalesce(json_agg(json_build_object('id', l.id, 'name', l.name, 'type', l.type, 'price', json_build_object(
      'base', json_build_object('amount', (l.base_minor / 100.0)::numeric(20, 2)::text, 'currency', l.currency),
      'interval', l.interval), 'features', l.features) order by l.id), '[]'::json)
    from plan l where l.product_id = p.id and l.provider_id = p.provider_id and l.state = 'ACTIVE')) as node
  from product p
  join publication u on u.product_id = p.id and u.provider_id = p.provider_id
  join marketplace m on m.id = u.marketplace_id
  where m.slug = $1 and m.visibility = 'PUBLIC' and u.audience = 'EVERYONE' and p.state in ('ACTIVE', 'DEPRECATED')
  order by p.id desc limit 20`
