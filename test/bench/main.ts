import { startTestCluster } from '../support/test-cluster.js'

/**
 * `npm run bench [-- NAME …]` measures the backend beside a floor that does the same work by hand, in one run, and
 * prints the ratio. Without names, all.
 */
const benches = {
  reads: () => import('./reads.bench.js'),
  gateway: () => import('./gateway.bench.js'),
  webhooks: () => import('./webhooks.bench.js'),
  live: () => import('./live.bench.js'),
}
type Name = keyof typeof benches

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`)
  process.exit(1)
}

const cluster = await startTestCluster({ durable: true })
process.env.TEST_CLUSTER_URL = cluster.url
try {
  for (const name of (wanted.length > 0 ? wanted : Object.keys(benches)) as Name[]) {
    const { bench } = await benches[name]()
    await bench()
  }
} finally {
  await cluster.stop()
}
