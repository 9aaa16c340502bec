import { restrictedKey as ownRestrictedKey, secretKey, startSandbox } from '../sandbox.js'
import { differences } from './compare.js'
import { play } from './play.js'
import { scenario } from './scenario.js'

const { STRIPE_TEST_KEY: key, STRIPE_TEST_RESTRICTED_KEY: restrictedKey = null } = process.env
const base = process.env.STRIPE_API_BASE ?? 'https://api.stripe.com'

if (!key || !/^sk_test_/.test(key) || (restrictedKey !== null && !/^rk_test_/.test(restrictedKey))) {
  console.error(
    'To compare the sandbox with Stripe, give a key of your test mode in STRIPE_TEST_KEY (sk_test_…), and one that may ' +
      'only write customers and invoices in STRIPE_TEST_RESTRICTED_KEY (rk_test_…) to compare its refusals too.',
  )
  process.exit(1)
}

const sandbox = await startSandbox()
const [theirs, ours] = await Promise.all([
  play(scenario, { base, key, restrictedKey }),
  play(scenario, { base: sandbox.url, key: secretKey, restrictedKey: restrictedKey && ownRestrictedKey }),
])
await sandbox.close()

const found = differences(theirs, ours)
for (const line of found) console.log(line)
console.log(
  found.length === 0 ? 'The sandbox answers as Stripe does.' : `${found.length} differences in ${theirs.size} steps.`,
)
process.exit(found.length === 0 ? 0 : 2)
