import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { SaleStory } from '../../src/demo/story.js'
import { administrator, type Backend, startBackend } from '../support/backend.js'
import { openApiDocument } from '../support/world.js'

describe('the demo', () => {
  let backend: Backend
  beforeAll(async () => {
    backend = await startBackend()
  })
  afterAll(() => backend.stop())

  function storyOf(print: (line: string) => void, password = administrator.password): SaleStory {
    return new SaleStory({
      api: backend.url,
      stripe: backend.sandbox.url,
      mailFolder: join(backend.config.dataDir, 'mail'),
      administrator: { email: administrator.email, password },
      openapi: openApiDocument(),
      print,
    })
  }

  test('tells the sale step by step, and ends with a call that passes', async () => {
    const lines: string[] = []
    await storyOf((line) => lines.push(line)).tell()
    const { steps, told, pushed } = sorted(lines)

    expect(steps).toEqual([
      ' 1. root@provider.example signs in and opens a marketplace',
      ' 2. Connects it to Stripe with a restricted key, a webhook endpoint and the portal link',
      ' 3. Makes a consumer organization and invites its administrator',
      ' 4. Makes an asset from an OpenAPI document, a product and a plan, and publishes them',
      ' 5. Ada looks around, looks at the price, accepts the terms and subscribes',
      ' 6. Asks for access and a key before the invoice is paid',
      ' 7. The gateway asks whether a call may pass',
      expect.stringMatching(/^ 8\. Pays at Stripe: http:\/\/127\.0\.0\.1:\d+\/i\/\S+$/),
      ' 9. The gateway asks whether a call may pass',
    ])
    expect(told).toEqual([
      expect.stringMatching(/^marketplace harbour-\w+, time zone UTC$/),
      expect.stringMatching(
        /^mode SANDBOX, key …0001, webhooks to http:\/\/127\.0\.0\.1:\d+\/integrations\/stripe\/bint_\w+$/,
      ),
      'Stripe refuses «invoicemarked_uncollectable», as its own guide spells it: Invalid enabled_events[1]',
      '✓ key.valid: Stripe knows the restricted key.',
      '✓ key.mode: The key is for tests.',
      '✓ customers.read: Customers can be listed.',
      '✓ customers.write: A customer was made and deleted.',
      '✓ invoices.read: Invoices can be listed.',
      '✓ invoices.write: A draft was made and deleted.',
      '✓ invoices.add_lines: A line was added to the draft.',
      '– webhook.received: Nothing has arrived yet: the first invoice will show whether the endpoint works.',
      expect.stringMatching(/^invitation mailed to ada-\w+@acme\.example$/),
      expect.stringMatching(/^ada-\w+@acme\.example has joined Acme as ADMINISTRATOR$/),
      expect.stringMatching(/^API «Swagger Petstore» 1\.0\.0, served below \/pets-\w+\/v1$/),
      'plan Business: $25.00 a month, 1,000 calls',
      expect.stringMatching(/^gateway token …\S{4} for the gateway$/),
      '1 product on offer',
      expect.stringMatching(/^due now: \$25\.00, then again on \d{4}-\d\d-\d\d$/),
      'subscription ACTIVE, AWAITING_FIRST_PAYMENT',
      expect.stringMatching(/^invoice \S+-0001: \$25\.00, OPEN$/),
      'access WAITING: Access opens when the first invoice is paid.',
      expect.stringMatching(/^key apk_test_\w+…\w{4}, shown once$/),
      '403 FIRST_INVOICE_UNPAID',
      expect.stringMatching(/^a declined card changes nothing \(\d+ ms\)$/),
      expect.stringMatching(/^the page has taken the card \(\d+ ms\)$/),
      expect.stringMatching(/^invoice-paid was pushed \d+ ms after the click$/),
      expect.stringMatching(/^access-granted was pushed \d+ ms after the click$/),
      '204 passes, 1000 calls left',
    ])
    expect(pushed).toEqual({
      'invoice-changed': ['CREATED, – → DRAFT', 'OPENED, DRAFT → OPEN', 'PAID, OPEN → PAID'],
      'product-subscription-changed': ['– → ACTIVE, – → AWAITING_FIRST_PAYMENT', 'AWAITING_FIRST_PAYMENT → GOOD'],
      'invoice-paid': [expect.stringMatching(/^\S+-0001, 25\.00 USD$/)],
      'access-granted': ['Pet finder may call Swagger Petstore'],
      'access-changed': ['WAITING → GRANTED'],
    })
    expect(lines.at(-1)).toBe('The sale is done: what was refused before the payment passes after it.')
    expect(backend.complaints).toEqual([])
  })

  test('is told again to the same backend', async () => {
    const lines: string[] = []
    await storyOf((line) => lines.push(line)).tell()
    expect(sorted(lines).told.at(-1)).toBe('204 passes, 1000 calls left')
  })

  test('says why it breaks off', async () => {
    const lines: string[] = []
    await expect(storyOf((line) => lines.push(line), 'not the password').tell()).rejects.toThrow(
      'INVALID_CREDENTIALS: Address or password is wrong.',
    )
    expect(sorted(lines).steps).toHaveLength(1)
  })
})

/** What comes pushed comes between the lines, each kind in an order of its own. */
function sorted(lines: readonly string[]) {
  const pushed: Record<string, string[]> = {}
  for (const line of lines) {
    const [, what, text] = /^ {8}⇠ ([\w-]+): (.*)$/.exec(line) ?? []
    if (what && text) pushed[what] = [...(pushed[what] ?? []), text]
  }
  return {
    steps: lines.filter((line) => /^[ \d]\d\. /.test(line)),
    told: lines.filter((line) => /^ {6}\S/.test(line)).map((line) => line.trim()),
    pushed,
  }
}
