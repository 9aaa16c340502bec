import { parseArgs } from 'node:util'
import { startTestCluster } from '../support/test-cluster.js'

/**
 * `npm run bench [-- NAME …]` measures the backend beside a floor that does the same work by hand, in one run, and
 * prints the ratio. Without names, all.
 */
const benches: Record<string, () => Promise<{ bench(given: { renewals: number; invoices: number }): Promise<void> }>> =
  {
    reads: () => import('./reads.bench.js'),
    gateway: () => import('./gateway.bench.js'),
    webhooks: () => import('./webhooks.bench.js'),
    live: () => import('./live.bench.js'),
    billing: () => import('./billing.bench.js'),
    fences: () => import('./fences.bench.js'),
    sandbox: () => import('./sandbox.bench.js'),
  }

const { values, positionals: wanted } = parseArgs({
  options: { renewals: { type: 'string', default: '20000' }, invoices: { type: 'string', default: '100000' } },
  allowPositionals: true,
})
const given = { renewals: Number(values.renewals), invoices: Number(values.invoices) }
const unknown = wanted.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`)
  process.exit(1)
}

const cluster = await startTestCluster({ durable: true })
process.env.TEST_CLUSTER_URL = cluster.url
try {
  for (const [name, load] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const { bench } = await load()
    await bench(given)
  }
} finally {
  await cluster.stop()
}
