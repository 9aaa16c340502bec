import { tsImport } from 'tsx/esm/api'

// Jest transforms tests, but not what runs before them.
const { startTestCluster } = await tsImport('./test-cluster.ts', import.meta.url)

export default async function setUp() {
  const cluster = await startTestCluster()
  globalThis.testCluster = cluster
  process.env.TEST_CLUSTER_URL = cluster.url
}
