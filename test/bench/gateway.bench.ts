import { createHash } from 'node:crypto'
import { startBackend } from '../support/backend.js'
import { CreateGatewayTokenDocument } from '../support/generated/graphql.js'
import {
  givenMarketplace,
  givenOffer,
  givenOrganization,
  whenAccessIsAskedFor,
  whenSubscribed,
} from '../support/world.js'
import { floorOn } from './floor.js'
import { compare } from './measure.js'

/** May this call pass? A key that may, asked by a gateway. */
export async function bench(): Promise<void> {
  const backend = await startBackend()
  const market = await givenMarketplace(backend)
  const acme = await givenOrganization(market)
  const offer = await givenOffer(market, { type: 'FREE' })
  const { productSubscription } = await whenSubscribed(acme, offer)
  const { key } = await whenAccessIsAskedFor(acme, offer, productSubscription.id)
  const { token } = await market.provider.mutate(CreateGatewayTokenDocument, { marketplaceId: market.id, name: 'edge' })
  const headers = { 'x-gateway-token': token, 'x-api-key': key, 'x-original-uri': `${offer.basePath}/pets` }
  const floor = await floorOn(backend.config.databaseUrl, async (pool, request, response) => {
    const digest = createHash('sha256').update(String(request.headers['x-api-key'])).digest('hex')
    // The key's row, its requests and its counters by one look-up: what the question needs at least.
    await pool.query({ name: 'question', text: statement, values: [digest] })
    response.statusCode = 204
    response.end()
  })
  const ours = { url: `${backend.url}/gateway/authorize`, headers, expect: 204 }
  await compare('gateway: a key that may call', ours, { ...ours, url: floor.url })
  await floor.close()
  await backend.stop()
}

const statement = `
  select c.state, r.state as request_state, s.state as subscription_state, s.standing
  from credential c
  left join access_request r on r.application_id = c.application_id
  left join product_subscription s on s.id = r.product_subscription_id
  where c.digest = $1`
