import { Command, InvalidArgumentError } from 'commander'
import { startTestCluster } from '../support/test-cluster.js'

/**
 * `npm run histories -- --count 1000000 --seed 7` lives through so many random histories, in the backend and in the
 * model of its rules. Of the first that differs it prints seed and history, with what could be left out left out.
 */
const number = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('A whole number is wanted.')
  return value
}
const { count, seed, atOnce } = new Command('histories')
  .description('Lives through random histories of billing, and compares them with the rules.')
  .option('--count <number>', 'how many', number, 1_000)
  .option('--seed <number>', 'the first seed; each season has the next', number, Date.now() % 1_000_000)
  .option('--at-once <number>', 'how many share a season: its clock and its marketplaces', number, 250)
  .parse()
  .opts<{ count: number; seed: number; atOnce: number }>()

const cluster = await startTestCluster()
process.env.TEST_CLUSTER_URL = cluster.url
const { liveThrough } = await import('./season.js')
try {
  for (let lived = 0, next = seed; lived < count; next += 1) {
    const histories = Math.min(atOnce, count - lived)
    const began = Date.now()
    const story = await liveThrough(next, histories)
    if (story) {
      console.error(`Seed ${next} with ${histories} histories differs: --seed ${next} --count ${histories}\n${story}`)
      process.exitCode = 1
      break
    }
    lived += histories
    console.info(
      `Seed ${next}: ${lived} of ${count} are as the rules say, ${((Date.now() - began) / 1_000).toFixed(0)} s`,
    )
  }
} finally {
  await cluster.stop()
}
