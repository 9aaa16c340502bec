import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { deletedTypeOf, parametersOf, typeOf } from './calls.js'
import { deriveSchemas, folderOf, type SchemaSet } from './derive-schemas.js'

/** The releases of Stripe's SDK that are pinned here, by the API version that each of them is pinned to. */
export const releases: Readonly<Record<string, string>> = {
  '2022-11-15': 'stripe-2022-11-15',
  '2024-06-20': 'stripe-2024-06-20',
  '2026-10-28.endive': 'stripe',
}

const names = {
  json: [...Object.values(typeOf), ...Object.values(deletedTypeOf)],
  form: [...new Set(Object.values(parametersOf))],
}

/** To compile Stripe's declarations takes a while, so what came of it is kept until one of them changes. */
function schemasOf(packageName: string): SchemaSet {
  const { version } = JSON.parse(readFileSync(join(folderOf(packageName), 'package.json'), 'utf8')) as {
    version: string
  }
  const script = readFileSync(join(import.meta.dirname, 'derive-schemas.ts'), 'utf8')
  const digest = createHash('sha256')
    .update(JSON.stringify([packageName, version, script, names]))
    .digest('hex')
  const folder = join(folderOf('.cache'), 'stripe-schemas')
  const path = join(folder, `${digest.slice(0, 16)}.json`)
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as SchemaSet
  const schemas = deriveSchemas(packageName, names)
  mkdirSync(folder, { recursive: true })
  // Whole or not at all: other test files look for it too.
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(schemas))
  renameSync(`${path}.${process.pid}`, path)
  return schemas
}

/**
 * The exceptions. What Stripe has added later it shows in older versions too, whose releases do not declare it; and
 * the count of an invoice's lines is declared by none.
 */
const alsoShown = [
  'amount_authorized',
  'authorization_code',
  'advice_code',
  'automatically_finalizes_at',
  'customer_account',
  'disabled_reason',
  'electronic_commerce_indicator',
  'issuer',
  'liability',
  'network_advice_code',
  'network_decline_code',
  'network_transaction_id',
  'payment_method_configuration_details',
  'payment_reference',
  'pretax_credit_amounts',
  'provider',
  'regulated_status',
  'tax_id',
  'total_count',
  'total_pretax_credit_amounts',
  'transaction_link_id',
]

/** The JSON Schemas of one API version, compiled as they are asked for. */
class Schemas {
  readonly #ajv = new Ajv({ strict: false, allErrors: true })
  readonly #known: SchemaSet

  constructor(packageName: string) {
    this.#known = schemasOf(packageName)
    for (const [name, { properties }] of Object.entries(this.#known.$defs)) {
      if (properties && name.startsWith('json-')) for (const also of alsoShown) properties[also] ??= {}
    }
    this.#ajv.addSchema(this.#known)
  }

  /** Null where that release does not know the type. */
  of(name: string): ValidateFunction | null {
    if (!Object.hasOwn(this.#known.$defs, name)) return null
    return this.#ajv.getSchema(`${this.#known.$id}#/$defs/${name}`) ?? null
  }
}

// Read as the tests are loaded, so that no single one of them waits for it.
const known = new Map(Object.entries(releases).map(([version, packageName]) => [version, new Schemas(packageName)]))

/** Null for a version that no release here is pinned to. */
export function schemasFor(version: string): Schemas | null {
  return known.get(version) ?? null
}
