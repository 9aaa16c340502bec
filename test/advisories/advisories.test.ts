import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { gte } from 'semver'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Mistakes that others have made in public, and the test that shows that we do not make them: file, part of its name. */
const tested: ReadonlyArray<readonly [number: string, mistake: string, file: string, test: string]> = [
  [
    'CVE-2026-115329',
    'a subscription or invoice of others by its id',
    'stories/organizations',
    'does not exist: not by its id',
  ],
  ['CVE-2026-24136', 'anybody’s order by its id', 'stories/organizations', 'does not exist: not by its id'],
  ['CVE-2025-12919', 'an id that is taken for a right', 'stories/provider-people', 'does not exist: not by its id'],
  ['CVE-2026-15630', 'rights on one id, the deed on another', 'stories/bad-input', 'of any id that is another thing’s'],
  ['CVE-2026-55610', 'members changed across companies', 'stories/organizations', 'does not exist: not by its id'],
  [
    'CVE-2026-65840',
    'a token that is good in another tenant',
    'stories/joining',
    'is used once, and by nobody but who was invited',
  ],
  ['CVE-2026-53514', 'the same, by the address alone', 'stories/provider-people', 'is for the invited address'],
  [
    'CVE-2026-53516',
    'a password reset by an address that is not theirs',
    'stories/sign-in',
    'with one address in two marketplaces',
  ],
  ['CVE-2026-80223', 'an event pushed to another tenant', 'stories/live', 'once, in order, to those whom it concerns'],
  [
    'CVE-2026-81643',
    'executions shared across tenants',
    'stories/live',
    'with the same rights, document and variables share one execution',
  ],
  [
    'CVE-2026-118666',
    'buffers shared among listeners',
    'stories/live',
    'that differ in a variable hear each their own',
  ],
  [
    'CVE-2026-111917',
    'a websocket that outlives its session',
    'stories/sockets-end',
    'that is signed out closes its own websockets',
  ],
  ['CVE-2026-109289', 'a websocket that outlives a membership', 'stories/sockets-end', 'who is removed is signed out'],
  ['CVE-2026-5423', 'claims of a websocket that nobody has checked', 'stories/live', '4403 where the token is refused'],
  [
    'CVE-2026-118665',
    'parameters of a connection reused for the next',
    'stories/live',
    '4401 where nobody has said who it is',
  ],
  [
    'CVE-2026-35523',
    'an operation before the greeting, an older sub-protocol',
    'stories/live',
    '4401 where nobody has said who it is',
  ],
  [
    'CVE-2026-25536',
    'one object that serves two clients',
    'stories/audit',
    'is one chain for each provider, however many write at once',
  ],
  ['CVE-2025-61928', 'keys made by naming a person in the body', 'stories/access', 'by developers and administrators'],
  [
    'CVE-2026-33756',
    'a batch that costs as one',
    'stories/transport',
    'one operation a request: a batch is refused whole',
  ],
  [
    'CVE-2026-81636',
    'a cost that pages do not multiply',
    'stories/transport',
    'a variable that makes a page longer makes it cost more',
  ],
  ['GHSA-w42g-7vfc-xf37', 'bounds that hold on one transport', 'stories/transport', 'bound what they execute'],
  [
    'GHSA-2p3c-p3qw-69r4',
    'a form that a browser sends for any page',
    'stories/transport',
    'take no request that another site can make',
  ],
  ['GHSA-9q82-xgwf-vj6h', 'a GET that another site can make', 'stories/transport', 'a mutation by GET'],
  ['CVE-2026-23897', 'odd charsets, and bodies that hold up', 'stories/transport', 'of a charset that nobody has'],
  [
    'CVE-2026-62389',
    'fragments of a frame without end',
    'fuzz/transports',
    'frames and messages close their websocket at most',
  ],
  [
    'CVE-2026-48779',
    'a frame that ends the process',
    'fuzz/transports',
    'frames and messages close their websocket at most',
  ],
  ['CVE-2023-22477', 'a message that ends the process', 'stories/live', 'websocket is closed with'],
  ['CVE-2026-34221', 'a prototype in what is assigned', 'stories/transport', 'with a prototype'],
  ['CVE-2026-104852', 'a prototype in variables', 'stories/transport', 'with a prototype'],
  [
    'GHSA-74cr-77xc-8g6r',
    'a prototype in an answer’s names',
    'fuzz/transports',
    'documents from the grammar of the schema',
  ],
  ['CVE-2026-34220', 'an object taken for SQL', 'stories/bad-input', 'of any text that is none'],
  ['CVE-2026-40887', 'SQL in a parameter', 'fuzz/transports', 'documents from the grammar of the schema'],
  ['CVE-2026-63460', 'an expression that somebody brings', 'catalog/request-form', 'regular expression'],
  ['CVE-2026-81633', 'a cursor or an id that crashes', 'fuzz/parsers', 'inputs for each reader'],
  [
    'GHSA-9965-vmph-33xx',
    'an address that a pattern takes for another',
    'graphql/web-address',
    'An address that people may be shown',
  ],
  ['CVE-2026-59288', 'an explorer that sends the session elsewhere', 'http/graphiql', 'loads nothing from elsewhere'],
  ['GHSA-2fvv-qxrq-7jq6', 'a script in the landing page', 'http/graphiql', 'has one script'],
  ['GHSA-x4r7-m2q9-69c8', 'a script in the explorer', 'http/graphiql', 'has one script'],
  [
    'CVE-2026-35413',
    'the schema by a side door',
    'stories/transport',
    'to people who are signed in, and without an explorer',
  ],
  ['GHSA-xf64-2f9p-6pqq', 'what an error tells', 'stories/canaries', 'are in no log'],
  ['CVE-2026-78693', 'what an error tells of the database', 'stories/canaries', 'that people bring are in no answer'],
  ['CVE-2026-25050', 'whether an account exists, by time', 'identity/password', 'of nobody never fits'],
  [
    'CVE-2026-110864',
    'a value signed for another purpose',
    'subscriptions/preview-token',
    'is good for nothing but what was shown',
  ],
  [
    'CVE-2026-121802',
    'the same, of a value that an attacker chose',
    'subscriptions/preview-token',
    'cannot be made, or changed, by anybody else',
  ],
  ['CVE-2026-21894', 'a webhook without a signature', 'stories/webhooks', 'is believed only with a signature'],
  ['GHSA-4g53-vp7q-gfjv', 'a check that is not waited for', 'stories/webhooks', 'is believed only with a signature'],
  ['CVE-2026-41432', 'an empty signing secret', 'stripe/signature', 'is nobody where a secret is blank'],
  [
    'CVE-2026-110285',
    'a webhook where no secret is set',
    'stripe/webhook',
    'for a connection that does not exist, or has no secret yet',
  ],
  ['CVE-2026-119037', 'an empty one among rotated secrets', 'stripe/signature', 'is nobody where a secret is blank'],
  ['GO-2026-5654', 'a body that is read before its signature', 'stripe/webhook', 'is refused by its announced length'],
  ['CVE-2026-104973', 'a call inside, by an address that is named', 'stories/outbound', 'are never fetched'],
  ['CVE-2026-61743', 'the same, in another spelling', 'stories/outbound', 'are refused with'],
  ['CVE-2026-68558', 'the same, by a name', 'stories/outbound', 'are refused with'],
  [
    'CVE-2026-67333',
    'a script, or a foreign host, as an address',
    'stories/outbound',
    'of the customer portal are Stripe’s',
  ],
  ['CVE-2026-71479', 'a quantity below zero that becomes a credit', 'stories/bad-input', 'among records of usage'],
  ['CVE-2026-31824', 'a purchase that is done twice', 'stories/subscribe', 'twenty times at once is done once'],
  ['CVE-2026-116215', 'the same, at once', 'stories/subscribe', 'twenty times at once is done once'],
  ['CVE-2026-77633', 'a quota that is asked and then used', 'stories/gateway', 'a quota that is used up'],
]

/** What cannot be, as we are built. */
const impossible: ReadonlyArray<readonly [number: string, why: string]> = [
  ['CVE-2026-21727', 'there is no row of nobody: every table of a tenant has its provider in its key, and never null'],
  ['CVE-2026-63461', 'clients write no conditions: a filter is a list of named values, put beside the fence by AND'],
  ['CVE-2026-84993', 'lists have one order, by id: none is named by a client'],
  ['CVE-2026-45337', 'of a library for sessions that is not used'],
]

/** Mended in what we are built on. */
const mendedIn: ReadonlyArray<readonly [number: string, library: string, since: string]> = [
  ['CVE-2026-62389', 'ws', '8.21.1'],
  ['CVE-2026-48779', 'ws', '8.21.0'],
  ['GHSA-9q82-xgwf-vj6h', '@apollo/server', '5.5.0'],
  ['CVE-2026-23897', '@apollo/server', '5.4.0'],
  ['CVE-2026-34220', '@mikro-orm/core', '7.0.6'],
  ['CVE-2026-34221', '@mikro-orm/core', '7.0.6'],
  ['CVE-2026-84993', '@mikro-orm/core', '7.1.7'],
  ['GHSA-9965-vmph-33xx', 'validator', '13.15.20'],
]

describe('an advisory', () => {
  test.each(tested)('%s (%s) has its test', (_number, _mistake, file, name) => {
    expect(readFileSync(`${root}/test/${file}.test.ts`, 'utf8')).toContain(name)
  })

  test.each(impossible)('%s cannot apply: %s', (number) => {
    expect(tested.map(([known]) => known)).not.toContain(number)
  })

  test.each(mendedIn)('%s is mended in the %s that is installed', (_number, library, since) => {
    const require = createRequire(import.meta.url)
    const { version } = JSON.parse(readFileSync(`${root}/node_modules/${library}/package.json`, 'utf8')) as {
      version: string
    }
    expect(require.resolve(library)).toContain(root)
    expect(gte(version, since)).toBe(true)
  })
})
