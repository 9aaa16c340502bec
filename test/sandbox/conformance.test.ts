import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { differences } from '../../src/sandbox/conformance/compare.js'
import { play } from '../../src/sandbox/conformance/play.js'
import { scenario } from '../../src/sandbox/conformance/scenario.js'
import { restrictedKey, type Sandbox, secretKey, startSandbox } from '../../src/sandbox/sandbox.js'
import { Contract } from './contract/contract.js'
import { control } from './receiver.js'

describe('The comparison with Stripe, with a second sandbox in its place', () => {
  const contract = new Contract()
  let sandboxes: Sandbox[]

  beforeAll(async () => {
    sandboxes = await Promise.all(['one', 'other'].map((seed) => startSandbox({ seed, watch: contract.watch })))
  })
  afterAll(() => Promise.all(sandboxes.map((sandbox) => sandbox.close())))

  async function compared(): Promise<string[]> {
    const places = sandboxes.map(({ url }) => ({ base: url, key: secretKey, restrictedKey }))
    const [theirs, ours] = await Promise.all(places.map((place) => play(scenario, place)))
    return differences(theirs as NonNullable<typeof theirs>, ours as NonNullable<typeof ours>)
  }

  it('finds none where there is none', async () => {
    expect(await compared()).toEqual([])
    expect(contract.problems).toEqual([])
  })

  it('goes as it is meant to: what is to be done is done, what is wrong is refused', async () => {
    const answers = await play(scenario, { base: (sandboxes[0] as Sandbox).url, key: secretKey, restrictedKey })
    const refused = [...answers].filter(([, { status }]) => status >= 400).map(([name, { status }]) => [name, status])
    expect(refused).toEqual([
      ['again', 400],
      ['late line', 400],
      ['late deletion', 400],
      ['declined', 402],
      ['paid twice', 400],
      ['void of a paid one', 400],
      ['unknown parameter', 400],
      ['missing parameter', 400],
      ['unknown customer', 400],
      ['second currency', 400],
      ['unknown address', 404],
      ['misspelt event', 400],
      ['restricted items', 403],
    ])
  })

  it('tells of each that there is', async () => {
    const fault = {
      match: { method: 'DELETE', path: '/v1/invoices/*', nth: 1 },
      act: 'status',
      status: 403,
      code: 'odd',
    }
    await control((sandboxes[0] as Sandbox).url, 'POST', 'faults', fault)
    const found = await compared()
    expect(found).toEqual(
      expect.arrayContaining([
        'late deletion: Stripe answers 403, the sandbox 400',
        'late deletion: error.code is "odd" at Stripe, "invoice_not_editable" here',
      ]),
    )
  })
})
