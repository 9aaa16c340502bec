import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { CannotStart } from './kernel/cannot-start.js'

export type Role = 'all' | 'api' | 'worker'

export interface Config {
  host: string
  port: number
  /** How this machine reaches the API. */
  localUrl: string
  publicUrl: string
  /** Null: the embedded PostgreSQL. */
  databaseUrl: string | null
  dataDir: string
  role: Role
  redisUrl: string | null
  stripeApiBase: string
  /** Where the sandbox listens; null when it does not serve because Stripe itself, or another sandbox, does. */
  sandboxPort: number | null
  encryptionKeys: Buffer[]
  firstProvider: { email: string; password: string; name: string } | null
  seed: 'demo' | 'none'
  /** Null: the marketplaces' own addresses. */
  allowedOrigins: string[] | null
  mailUrl: string | null
  rateLimits: boolean
  graphiql: boolean
  /** The only documents that clients may execute, by their ids; null where they may execute any. */
  trustedDocuments: ReadonlyMap<string, string> | null
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  production: boolean
}

/** What is wrong with the environment, a line for each fault. */
export class ConfigError extends CannotStart {
  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

// None of the messages repeats what was given: it may be a secret, or hold one.
const says = (error: string) => ({ error })
const oneOf = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  z.enum(names, says(`must be one of ${names.join(', ')}`))
const url = (protocol: RegExp, example: string) => z.url({ protocol, error: `must be an address such as ${example}` })

const port = z
  .string()
  .regex(/^\d{1,5}$/, says('must be a port: a whole number from 1 to 65535'))
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65_535, says('must be a port: a whole number from 1 to 65535'))
const onOff = oneOf('on', 'off').transform((value) => value === 'on')

const variables = {
  HOST: z.string().regex(/^[\w.:-]+$/, says('must be the name or the number of an interface, such as 127.0.0.1')),
  PORT: port,
  PUBLIC_URL: url(/^https?$/, 'https://api.example.com'),
  DATABASE_URL: url(/^postgres(ql)?$/, 'postgresql://user:password@host:5432/database'),
  DATA_DIR: z.string(),
  ROLE: oneOf('all', 'api', 'worker'),
  REDIS_URL: url(/^rediss?$/, 'redis://host:6379'),
  STRIPE_API_BASE: url(/^https?$/, 'https://api.stripe.com'),
  SANDBOX_PORT: port,
  ENCRYPTION_KEYS: z.string(),
  ADMIN_EMAIL: z.email(says('must be an address such as ada@example.com')),
  ADMIN_PASSWORD: z
    .string()
    .min(12, says('must have at least 12 characters'))
    .max(200, says('must have at most 200 characters')),
  PROVIDER_NAME: z.string().max(200, says('must have at most 200 characters')),
  SEED: oneOf('demo', 'none'),
  ALLOWED_ORIGINS: z.string(),
  MAIL_URL: url(/^smtps?$/, 'smtp://user:password@host:587'),
  RATE_LIMITS: onOff,
  GRAPHIQL: onOff,
  TRUSTED_DOCUMENTS: z.string(),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  NODE_ENV: oneOf('development', 'production', 'test'),
}

type Variables = typeof variables
/** What is there and good. */
type Environment = { [Name in keyof Variables]?: z.infer<Variables[Name]> }

/**
 * Reads the environment whole and says all that is wrong with it at once. Nothing else in the program reads it.
 * @throws ConfigError
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const faults: string[] = []
  const values = readVariables(env, faults)
  /** Whether it is given, be it good or not. */
  const given = (name: keyof Variables) => Boolean(env[name])

  const production = values.NODE_ENV === 'production'
  const host = values.HOST ?? '127.0.0.1'
  const ownPort = values.PORT ?? 4000
  const sandboxPort = values.SANDBOX_PORT ?? 4010
  const dataDir = resolve(values.DATA_DIR ?? '.data')
  const sandboxed = !given('STRIPE_API_BASE')
  const seed = values.SEED ?? (sandboxed && !production ? 'demo' : 'none')

  if (production && sandboxed && !given('SANDBOX_PORT') && values.SEED !== 'demo') {
    faults.push(
      'STRIPE_API_BASE: is required in production, such as https://api.stripe.com; who wants the sandbox there names its SANDBOX_PORT',
    )
  }
  if (sandboxed && sandboxPort === ownPort) faults.push('SANDBOX_PORT: must be another than PORT')
  if (seed === 'demo' && values.STRIPE_API_BASE?.includes('stripe.com')) {
    faults.push('SEED: demo data can only be made with the sandbox; leave STRIPE_API_BASE or SEED away')
  }
  const firstProvider = readFirstProvider(values, given, faults)
  const allowedOrigins = readOrigins(values.ALLOWED_ORIGINS, faults)
  const trustedDocuments = readTrustedDocuments(values.TRUSTED_DOCUMENTS, faults)
  const encryptionKeys = readEncryptionKeys(values.ENCRYPTION_KEYS, dataDir, production, faults)
  if (faults.length > 0) throw new ConfigError(faults)

  const localUrl = `http://${reachable(host)}:${ownPort}`
  return {
    host,
    port: ownPort,
    localUrl,
    publicUrl: (values.PUBLIC_URL ?? localUrl).replace(/\/+$/, ''),
    databaseUrl: values.DATABASE_URL ?? null,
    dataDir,
    role: values.ROLE ?? 'all',
    redisUrl: values.REDIS_URL ?? null,
    stripeApiBase: (values.STRIPE_API_BASE ?? `http://127.0.0.1:${sandboxPort}`).replace(/\/+$/, ''),
    sandboxPort: sandboxed ? sandboxPort : null,
    encryptionKeys,
    firstProvider,
    seed,
    allowedOrigins,
    mailUrl: values.MAIL_URL ?? null,
    rateLimits: values.RATE_LIMITS ?? true,
    graphiql: values.GRAPHIQL ?? !production,
    trustedDocuments,
    logLevel: values.LOG_LEVEL ?? 'info',
    production,
  }
}

/** A variable that is set to nothing counts as not set, as compose files and shells do it. */
function readVariables(env: Readonly<Record<string, string | undefined>>, faults: string[]): Environment {
  const values: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(variables)) {
    if (!env[name]) continue
    const { success, data, error } = schema.safeParse(env[name])
    if (success) values[name] = data
    else faults.push(`${name}: ${error.issues[0]?.message}`)
  }
  return values
}

/** As it stands in an address; who listens everywhere is reached here too. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function readFirstProvider(
  values: Environment,
  given: (name: keyof Variables) => boolean,
  faults: string[],
): Config['firstProvider'] {
  const missing = (['ADMIN_EMAIL', 'ADMIN_PASSWORD', 'PROVIDER_NAME'] as const).filter((name) => !given(name))
  if (missing.length === 1 || missing.length === 2) {
    faults.push(`${missing.join(', ')}: is missing; ADMIN_EMAIL, ADMIN_PASSWORD and PROVIDER_NAME come together`)
  }
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password, PROVIDER_NAME: name } = values
  if (email === undefined || password === undefined || name === undefined) return null
  return { email: email.toLowerCase(), password, name }
}

function readEncryptionKeys(
  text: string | undefined,
  dataDir: string,
  production: boolean,
  faults: string[],
): Buffer[] {
  if (text === undefined) {
    // A start that is refused leaves nothing behind.
    if (!production) return faults.length > 0 ? [] : developmentKeys(dataDir, faults)
    faults.push(
      'ENCRYPTION_KEYS: is required in production: 32 random bytes in base64, newest key first, separated by commas',
    )
    return []
  }
  return text.split(',').flatMap((part, index) => {
    const key = Buffer.from(part.trim(), 'base64')
    if (key.length === 32) return [key]
    faults.push(
      `ENCRYPTION_KEYS: key ${index + 1} must be 32 bytes in base64, as \`openssl rand -base64 32\` makes them`,
    )
    return []
  })
}

/** Made once for a data directory, so that what was sealed yesterday opens today. */
function developmentKeys(dataDir: string, faults: string[]): Buffer[] {
  const path = join(dataDir, 'encryption-key')
  try {
    if (!existsSync(path)) makeKey(path, dataDir)
    const key = Buffer.from(readFileSync(path, 'utf8'), 'base64')
    if (key.length === 32) return [key]
    faults.push(`ENCRYPTION_KEYS: ${path} holds no key any more: bring it back, or name the keys yourself`)
  } catch (error) {
    faults.push(`DATA_DIR: ${dataDir} cannot be used: ${(error as Error).message}`)
  }
  return []
}

/** Several may be started at once: all come to hold the key of the fastest, and none reads one half written. */
function makeKey(path: string, dataDir: string): void {
  mkdirSync(dataDir, { recursive: true })
  const own = `${path}.${process.pid}`
  writeFileSync(own, randomBytes(32).toString('base64'), { mode: 0o600 })
  try {
    linkSync(own, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(own, { force: true })
  }
}

function readOrigins(text: string | undefined, faults: string[]): string[] | null {
  if (text === undefined) return null
  return text.split(',').flatMap((part, index) => {
    const value = part.trim()
    if (URL.canParse(value) && new URL(value).origin === value) return [value]
    faults.push(`ALLOWED_ORIGINS: number ${index + 1} is no origin such as https://market.example`)
    return []
  })
}

const documentsById = z.union([
  // As GraphQL Code Generator and Relay write it.
  z.record(z.string(), z.string()).transform((texts) => new Map(Object.entries(texts))),
  // As Apollo's generate-persisted-query-manifest does.
  z
    .object({ operations: z.array(z.object({ id: z.string(), body: z.string() })) })
    .transform(({ operations }) => new Map(operations.map(({ id, body }) => [id, body]))),
])

function readTrustedDocuments(path: string | undefined, faults: string[]): Config['trustedDocuments'] {
  if (path === undefined) return null
  const holdsNone = `TRUSTED_DOCUMENTS: ${path} holds no documents: it must be JSON with their texts by their ids`
  try {
    const { success, data } = documentsById.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (success && data.size > 0) return data
    faults.push(holdsNone)
  } catch (error) {
    // The parser quotes what it has read.
    if (error instanceof SyntaxError) faults.push(holdsNone)
    else faults.push(`TRUSTED_DOCUMENTS: ${path} cannot be read: ${(error as Error).message}`)
  }
  return null
}
