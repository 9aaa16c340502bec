import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Config, ConfigError, readConfig } from '../src/config.js'

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** With keys, so that nothing is written down. */
function read(env: Record<string, string> = {}): Config {
  return readConfig({ DATA_DIR: folder, ENCRYPTION_KEYS: key(1), ...env })
}

function faultsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig({ DATA_DIR: folder, ENCRYPTION_KEYS: key(1), ...env })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).toBe(
      ['The configuration is not valid:', ...error.faults.map((fault) => `  - ${fault}`)].join('\n'),
    )
    return error.faults
  }
  throw new Error('It was taken.')
}

const production = { NODE_ENV: 'production', STRIPE_API_BASE: 'https://api.stripe.com' }
const wholeProvider = {
  ADMIN_EMAIL: 'Ada@Example.com',
  ADMIN_PASSWORD: 'a fine long password',
  PROVIDER_NAME: 'Example',
}

describe('with nothing given', () => {
  test('everything runs here, with the sandbox and the demo', () => {
    expect(read()).toEqual({
      host: '127.0.0.1',
      port: 4000,
      localUrl: 'http://127.0.0.1:4000',
      publicUrl: 'http://127.0.0.1:4000',
      databaseUrl: null,
      dataDir: folder,
      role: 'all',
      redisUrl: null,
      stripeApiBase: 'http://127.0.0.1:4010',
      sandboxPort: 4010,
      encryptionKeys: [Buffer.alloc(32, 1)],
      firstProvider: null,
      seed: 'demo',
      allowedOrigins: null,
      mailUrl: null,
      rateLimits: true,
      graphiql: true,
      trustedDocuments: null,
      logLevel: 'info',
      production: false,
    })
  })

  test('what is set to nothing counts as not given', () => {
    const names = ['HOST', 'PORT', 'PUBLIC_URL', 'DATABASE_URL', 'ROLE', 'REDIS_URL', 'STRIPE_API_BASE', 'SANDBOX_PORT']
    const more = ['ADMIN_EMAIL', 'ADMIN_PASSWORD', 'PROVIDER_NAME', 'SEED', 'ALLOWED_ORIGINS', 'MAIL_URL']
    const switches = ['RATE_LIMITS', 'GRAPHIQL', 'TRUSTED_DOCUMENTS', 'LOG_LEVEL', 'NODE_ENV']
    const empty = Object.fromEntries([...names, ...more, ...switches].map((name) => [name, '']))
    expect(read(empty)).toEqual(read())
  })

  test('data lies below the folder in which it is started', () => {
    expect(readConfig({ ENCRYPTION_KEYS: key(1) }).dataDir).toBe(join(process.cwd(), '.data'))
  })
})

describe('what is given', () => {
  test.each<[Record<string, string>, Partial<Config>]>([
    [
      { HOST: 'localhost', PORT: '80' },
      { host: 'localhost', port: 80, localUrl: 'http://localhost:80' },
    ],
    [{ HOST: '0.0.0.0' }, { host: '0.0.0.0', localUrl: 'http://127.0.0.1:4000', publicUrl: 'http://127.0.0.1:4000' }],
    [{ HOST: '::' }, { host: '::', localUrl: 'http://[::1]:4000', publicUrl: 'http://[::1]:4000' }],
    [{ HOST: 'fe80::1', PORT: '65535' }, { localUrl: 'http://[fe80::1]:65535' }],
    [
      { PUBLIC_URL: 'https://api.example.com//' },
      { publicUrl: 'https://api.example.com', localUrl: 'http://127.0.0.1:4000' },
    ],
    [{ PUBLIC_URL: 'https://example.com/api/' }, { publicUrl: 'https://example.com/api' }],
    [{ DATABASE_URL: 'postgres://me:p%40ss@db/shop' }, { databaseUrl: 'postgres://me:p%40ss@db/shop' }],
    [{ DATABASE_URL: 'postgresql:///shop?host=/run' }, { databaseUrl: 'postgresql:///shop?host=/run' }],
    [{ ROLE: 'api' }, { role: 'api' }],
    [{ ROLE: 'worker' }, { role: 'worker' }],
    [{ REDIS_URL: 'rediss://:secret@cache:6380/1' }, { redisUrl: 'rediss://:secret@cache:6380/1' }],
    [{ SANDBOX_PORT: '4011' }, { sandboxPort: 4011, stripeApiBase: 'http://127.0.0.1:4011' }],
    [
      { STRIPE_API_BASE: 'http://stripe.local:9/' },
      { sandboxPort: null, stripeApiBase: 'http://stripe.local:9', seed: 'none' },
    ],
    [
      { STRIPE_API_BASE: 'http://stripe.local:9', SEED: 'demo' },
      { sandboxPort: null, seed: 'demo' },
    ],
    [{ SEED: 'none' }, { seed: 'none', sandboxPort: 4010 }],
    [{ ENCRYPTION_KEYS: `${key(2)}, ${key(1)}` }, { encryptionKeys: [Buffer.alloc(32, 2), Buffer.alloc(32, 1)] }],
    [wholeProvider, { firstProvider: { email: 'ada@example.com', password: 'a fine long password', name: 'Example' } }],
    [
      { ALLOWED_ORIGINS: 'https://a.example, http://localhost:3000' },
      { allowedOrigins: ['https://a.example', 'http://localhost:3000'] },
    ],
    [{ MAIL_URL: 'smtps://me:secret@mail:465' }, { mailUrl: 'smtps://me:secret@mail:465' }],
    [{ RATE_LIMITS: 'off' }, { rateLimits: false }],
    [{ GRAPHIQL: 'off' }, { graphiql: false }],
    [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
    [{ NODE_ENV: 'test' }, { production: false, seed: 'demo' }],
  ])('%o is taken', (env, expected) => {
    expect(read(env)).toMatchObject(expected)
  })
})

describe('trusted documents', () => {
  const named = (content: string) => {
    const path = join(folder, 'documents.json')
    writeFileSync(path, content)
    return path
  }

  test.each([
    ['texts by their ids', JSON.stringify({ one: '{ viewer { id } }' })],
    [
      "Apollo's manifest",
      JSON.stringify({ format: 'x', operations: [{ id: 'one', body: '{ viewer { id } }', name: 'A' }] }),
    ],
  ])('are read from %s', (_form, content) => {
    const { trustedDocuments } = read({ TRUSTED_DOCUMENTS: named(content) })
    expect([...(trustedDocuments ?? [])]).toEqual([['one', '{ viewer { id } }']])
  })

  test.each([
    ['a secret that is no JSON', 'hunter2-hunter2'],
    ['a list', '["{ viewer { id } }"]'],
    ['none at all', '{}'],
  ])('are not taken from %s', (_what, content) => {
    const path = named(content)
    expect(faultsOf({ TRUSTED_DOCUMENTS: path })).toEqual([
      `TRUSTED_DOCUMENTS: ${path} holds no documents: it must be JSON with their texts by their ids`,
    ])
  })

  test('that are not there are told', () => {
    expect(faultsOf({ TRUSTED_DOCUMENTS: join(folder, 'nowhere.json') })).toEqual([
      expect.stringMatching(/^TRUSTED_DOCUMENTS: .* cannot be read: ENOENT/),
    ])
  })
})

describe('a fault', () => {
  const aPort = 'must be a port: a whole number from 1 to 65535'
  const secret = 'hunter2-hunter2'

  test.each<[string, string, string]>([
    ['HOST', 'my host', 'must be the name or the number of an interface, such as 127.0.0.1'],
    ['HOST', 'http://127.0.0.1', 'must be the name or the number of an interface, such as 127.0.0.1'],
    ...['0', '65536', '-1', '4e3', '0x10', '40.5', 'http', ' 4000'].flatMap<[string, string, string]>((value) => [
      ['PORT', value, aPort],
      ['SANDBOX_PORT', value, aPort],
    ]),
    ['PUBLIC_URL', 'api.example.com', 'must be an address such as https://api.example.com'],
    ['PUBLIC_URL', 'ftp://api.example.com', 'must be an address such as https://api.example.com'],
    [
      'DATABASE_URL',
      `mysql://me:${secret}@db/shop`,
      'must be an address such as postgresql://user:password@host:5432/database',
    ],
    ['DATABASE_URL', secret, 'must be an address such as postgresql://user:password@host:5432/database'],
    ['ROLE', 'API', 'must be one of all, api, worker'],
    ['REDIS_URL', `http://:${secret}@cache`, 'must be an address such as redis://host:6379'],
    ['STRIPE_API_BASE', 'api.stripe.com', 'must be an address such as https://api.stripe.com'],
    ['ENCRYPTION_KEYS', secret, 'key 1 must be 32 bytes in base64, as `openssl rand -base64 32` makes them'],
    [
      'ENCRYPTION_KEYS',
      `${key(1)},${secret}`,
      'key 2 must be 32 bytes in base64, as `openssl rand -base64 32` makes them',
    ],
    ['SEED', 'yes', 'must be one of demo, none'],
    ['ALLOWED_ORIGINS', '*', 'number 1 is no origin such as https://market.example'],
    ['ALLOWED_ORIGINS', 'https://a.example,https://b.example/', 'number 2 is no origin such as https://market.example'],
    ['MAIL_URL', `imap://me:${secret}@mail`, 'must be an address such as smtp://user:password@host:587'],
    ['RATE_LIMITS', 'false', 'must be one of on, off'],
    ['GRAPHIQL', '1', 'must be one of on, off'],
    ['LOG_LEVEL', 'loud', 'must be one of fatal, error, warn, info, debug, trace, silent'],
    ['NODE_ENV', 'prod', 'must be one of development, production, test'],
  ])('in %s (%s) is told in a line that holds no secret', (name, value, message) => {
    expect(faultsOf({ [name]: value })).toEqual([`${name}: ${message}`])
  })

  test.each<[string, string, string]>([
    ['ADMIN_EMAIL', 'nobody', 'must be an address such as ada@example.com'],
    ['ADMIN_PASSWORD', 'hunter2', 'must have at least 12 characters'],
    ['ADMIN_PASSWORD', 'x'.repeat(201), 'must have at most 200 characters'],
    ['PROVIDER_NAME', 'x'.repeat(201), 'must have at most 200 characters'],
  ])('in %s (%s) of the first provider is told', (name, value, message) => {
    expect(faultsOf({ ...wholeProvider, [name]: value })).toEqual([`${name}: ${message}`])
  })

  test.each<[string[], string]>([
    [['ADMIN_EMAIL'], 'ADMIN_PASSWORD, PROVIDER_NAME'],
    [['ADMIN_EMAIL', 'ADMIN_PASSWORD'], 'PROVIDER_NAME'],
    [['PROVIDER_NAME', 'ADMIN_PASSWORD'], 'ADMIN_EMAIL'],
  ])('%s alone are not enough for a first provider', (names, missing) => {
    const env = Object.fromEntries(names.map((name) => [name, wholeProvider[name as keyof typeof wholeProvider]]))
    expect(faultsOf(env)).toEqual([
      `${missing}: is missing; ADMIN_EMAIL, ADMIN_PASSWORD and PROVIDER_NAME come together`,
    ])
  })

  test('the API and the sandbox cannot share a port', () => {
    expect(faultsOf({ PORT: '4010' })).toEqual(['SANDBOX_PORT: must be another than PORT'])
    expect(read({ PORT: '4010', STRIPE_API_BASE: 'https://api.stripe.com' }).port).toBe(4010)
  })

  test('demo data is not for Stripe itself', () => {
    expect(faultsOf({ STRIPE_API_BASE: 'https://api.stripe.com', SEED: 'demo' })).toEqual([
      'SEED: demo data can only be made with the sandbox; leave STRIPE_API_BASE or SEED away',
    ])
  })

  test('all that is wrong is told at once, of single variables and of what they are together', () => {
    const faults = faultsOf({
      PORT: 'x',
      ROLE: 'boss',
      ADMIN_PASSWORD: 'short',
      ENCRYPTION_KEYS: undefined,
      ALLOWED_ORIGINS: 'a,b',
      NODE_ENV: 'production',
    })
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      'PORT',
      'ROLE',
      'ADMIN_PASSWORD',
      'STRIPE_API_BASE',
      'ADMIN_EMAIL, PROVIDER_NAME',
      'ALLOWED_ORIGINS',
      'ALLOWED_ORIGINS',
      'ENCRYPTION_KEYS',
    ])
  })
})

describe('in production', () => {
  test('Stripe and the keys are named; the explorer and the demo stay away', () => {
    expect(read(production)).toMatchObject({
      production: true,
      stripeApiBase: 'https://api.stripe.com',
      sandboxPort: null,
      seed: 'none',
      graphiql: false,
    })
    expect(read({ ...production, GRAPHIQL: 'on' }).graphiql).toBe(true)
  })

  test('neither the sandbox nor a key is taken for granted', () => {
    const faults = faultsOf({ NODE_ENV: 'production', ENCRYPTION_KEYS: undefined })
    expect(faults).toEqual([
      expect.stringMatching(/^STRIPE_API_BASE: is required in production/),
      expect.stringMatching(/^ENCRYPTION_KEYS: is required in production/),
    ])
    // That no demo is wanted does not say that the sandbox is.
    expect(faultsOf({ NODE_ENV: 'production', SEED: 'none' })).toHaveLength(1)
  })

  test('the sandbox and the demo come to whoever asks for them', () => {
    expect(read({ NODE_ENV: 'production', SANDBOX_PORT: '4010' })).toMatchObject({ sandboxPort: 4010, seed: 'none' })
    expect(read({ NODE_ENV: 'production', SEED: 'demo' })).toMatchObject({ sandboxPort: 4010, seed: 'demo' })
  })
})

describe('the key for development', () => {
  const readWithout = () => readConfig({ DATA_DIR: join(folder, 'data') })
  const path = () => join(folder, 'data', 'encryption-key')

  test('is made once, for nobody else to read', () => {
    const [made] = readWithout().encryptionKeys
    expect(made).toHaveLength(32)
    expect(readWithout().encryptionKeys).toEqual([made])
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'data'))).toEqual(['encryption-key'])
    expect(readConfig({ DATA_DIR: join(folder, 'other') }).encryptionKeys).not.toEqual([made])
  })

  test('is not made for a start that is refused, nor in production', () => {
    expect(() => readConfig({ DATA_DIR: join(folder, 'data'), PORT: 'x' })).toThrow(ConfigError)
    expect(() => readConfig({ DATA_DIR: join(folder, 'data'), ...production })).toThrow(ConfigError)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('is not replaced when it is spoilt: what it has sealed would be lost', () => {
    readWithout()
    writeFileSync(path(), 'spoilt')
    expect(faultsOf({ DATA_DIR: join(folder, 'data'), ENCRYPTION_KEYS: undefined })).toEqual([
      `ENCRYPTION_KEYS: ${path()} holds no key any more: bring it back, or name the keys yourself`,
    ])
    expect(readFileSync(path(), 'utf8')).toBe('spoilt')
  })

  test('needs a folder', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const [fault] = faultsOf({ DATA_DIR: file, ENCRYPTION_KEYS: undefined })
    expect(fault).toMatch(`DATA_DIR: ${file} cannot be used: `)
  })
})
