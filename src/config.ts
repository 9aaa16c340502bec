import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'

export type Role = 'all' | 'api' | 'worker'

export interface Config {
  host: string
  port: number
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
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  production: boolean
}

/** What is wrong with the environment, a line for each fault. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

const port = z.coerce.number().int().min(0).max(65_535)
const httpUrl = z.url({ protocol: /^https?$/ })
const onOff = z.enum(['on', 'off']).transform((value) => value === 'on')

const environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(4000),
  PUBLIC_URL: httpUrl.optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATA_DIR: z.string().min(1).default('.data'),
  ROLE: z.enum(['all', 'api', 'worker']).default('all'),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  STRIPE_API_BASE: httpUrl.optional(),
  SANDBOX_PORT: port.default(4010),
  ENCRYPTION_KEYS: z.string().optional(),
  ADMIN_EMAIL: z.email().optional(),
  ADMIN_PASSWORD: z.string().min(12, 'must have at least 12 characters').optional(),
  PROVIDER_NAME: z.string().min(1).max(200).optional(),
  SEED: z.enum(['demo', 'none']).optional(),
  ALLOWED_ORIGINS: z.string().optional(),
  MAIL_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  RATE_LIMITS: onOff.default(true),
  GRAPHIQL: onOff.optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
})

/**
 * Reads the environment whole and says all that is wrong with it at once. Nothing else in the program reads it.
 * @throws ConfigError
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  // A variable that is set to nothing counts as not set, as compose files and shells do it.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`))
  }
  const values = parsed.data
  const production = values.NODE_ENV === 'production'
  const faults: string[] = []

  const sandboxed = values.STRIPE_API_BASE === undefined
  if (production && sandboxed && values.SEED === undefined) {
    faults.push('STRIPE_API_BASE: is required in production, such as https://api.stripe.com (the sandbox is for development)')
  }
  const firstProvider = readFirstProvider(values, faults)
  const encryptionKeys = readEncryptionKeys(values.ENCRYPTION_KEYS, resolve(values.DATA_DIR), production, faults)
  const allowedOrigins = readOrigins(values.ALLOWED_ORIGINS, faults)
  const seed = values.SEED ?? (sandboxed && !production ? 'demo' : 'none')
  if (production && seed === 'demo' && values.SEED === undefined) faults.push('SEED: demo data is not for production')
  if (faults.length > 0) throw new ConfigError(faults)

  return {
    host: values.HOST,
    port: values.PORT,
    publicUrl: (values.PUBLIC_URL ?? `http://${values.HOST}:${values.PORT}`).replace(/\/$/, ''),
    databaseUrl: values.DATABASE_URL ?? null,
    dataDir: resolve(values.DATA_DIR),
    role: values.ROLE,
    redisUrl: values.REDIS_URL ?? null,
    stripeApiBase: (values.STRIPE_API_BASE ?? `http://127.0.0.1:${values.SANDBOX_PORT}`).replace(/\/$/, ''),
    sandboxPort: sandboxed ? values.SANDBOX_PORT : null,
    encryptionKeys,
    firstProvider,
    seed,
    allowedOrigins,
    mailUrl: values.MAIL_URL ?? null,
    rateLimits: values.RATE_LIMITS,
    graphiql: values.GRAPHIQL ?? !production,
    logLevel: values.LOG_LEVEL,
    production,
  }
}

type Environment = z.infer<typeof environment>

function readFirstProvider(values: Environment, faults: string[]): Config['firstProvider'] {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password, PROVIDER_NAME: name } = values
  if (email === undefined && password === undefined && name === undefined) return null
  if (email === undefined || password === undefined || name === undefined) {
    faults.push('ADMIN_EMAIL, ADMIN_PASSWORD, PROVIDER_NAME: give all three, or none')
    return null
  }
  return { email: email.toLowerCase(), password, name }
}

function readEncryptionKeys(text: string | undefined, dataDir: string, production: boolean, faults: string[]): Buffer[] {
  if (text === undefined) {
    if (!production) return [developmentKey(dataDir)]
    faults.push('ENCRYPTION_KEYS: is required in production: 32 random bytes in base64, newest key first, separated by commas')
    return []
  }
  return text.split(',').flatMap((part, index) => {
    const key = Buffer.from(part.trim(), 'base64')
    if (key.length === 32) return [key]
    faults.push(`ENCRYPTION_KEYS: key ${index + 1} must be 32 bytes in base64, as \`openssl rand -base64 32\` makes them`)
    return []
  })
}

/** Made once for a data directory, so that what was sealed yesterday opens today. */
function developmentKey(dataDir: string): Buffer {
  const path = join(dataDir, 'encryption-key')
  if (!existsSync(path)) {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(path, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' })
  }
  return Buffer.from(readFileSync(path, 'utf8'), 'base64')
}

function readOrigins(text: string | undefined, faults: string[]): string[] | null {
  if (text === undefined) return null
  return text.split(',').flatMap((part) => {
    const value = part.trim()
    if (URL.canParse(value) && new URL(value).origin === value) return [value]
    faults.push(`ALLOWED_ORIGINS: "${value}" is no origin such as https://market.example`)
    return []
  })
}
