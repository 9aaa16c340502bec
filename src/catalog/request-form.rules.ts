import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { ok, type Result, refuse, type UserError } from '../kernel/result.js'
import { isStorableJson } from '../kernel/text.js'

export type RequestForm = Record<string, unknown>

const draft = 'http://json-schema.org/draft-07/schema'
const longestForm = 32_000
const deepestForm = 12
const mostSchemas = 300
const formats = ['date', 'time', 'date-time', 'email', 'uri', 'uuid', 'hostname', 'ipv4', 'ipv6'] as const

/**
 * A plan's form: a JSON Schema of draft 7 without what could hold up whoever checks answers by it. So it has no
 * regular expressions, refers to nothing outside of itself nor to itself, and stays small when it is written out.
 */
export function acceptableForm(given: unknown, field: string[]): Result<RequestForm | null> {
  if (given === null || given === undefined) return ok(null)
  if (!isObject(given)) return refuse('INVALID', 'A form is a JSON Schema: an object.', field)
  if (JSON.stringify(given).length > longestForm) {
    return refuse('LIMIT_REACHED', 'A form has at most 32,000 characters.', field)
  }
  if (!isStorableJson(given)) return refuse('INVALID', 'A form is plain text, and not nested without end.', field)
  const version = given.$schema
  if (version !== undefined && version !== draft && version !== `${draft}#`) {
    return refuse('INVALID', 'A form is a JSON Schema of draft 7: leave $schema out, or name that draft.', field)
  }
  const errors = new FormReader(given, field).problems()
  if (errors.length > 0) return { ok: false, errors }
  try {
    formValidator(given)
  } catch {
    return refuse('INVALID', 'This is no JSON Schema of draft 7.', field)
  }
  return ok(given)
}

/** Checks answers by a form that was found acceptable. @throws when it is no JSON Schema */
export function formValidator(form: RequestForm): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, strict: false, ownProperties: true, logger: false })
  addFormats.default(ajv, [...formats])
  return ajv.compile(form)
}

/** Keywords that hold one schema, a list of them, or some by name. What else there is holds none. */
const single = ['additionalItems', 'additionalProperties', 'contains', 'else', 'if', 'not', 'propertyNames', 'then']
const listed = ['allOf', 'anyOf', 'oneOf']
const named = ['$defs', 'definitions', 'dependencies', 'properties']
const refused: Record<string, string> = {
  pattern: 'A form has no regular expressions: use format, enum, minLength or maxLength.',
  patternProperties: 'A form has no regular expressions: name the properties.',
  $async: 'A form is checked at once: leave $async out.',
  $id: 'A form needs no address: leave $id out.',
}
const localReference = /^#\/(definitions|\$defs)\/([A-Za-z0-9_.-]+)$/

/** Reads a form as it is written out, each reference in its place, up to the first that is wrong. */
class FormReader {
  #schemas = 0

  constructor(
    private readonly form: RequestForm,
    private readonly field: string[],
  ) {}

  problems(): UserError[] {
    const problem = this.#read(this.form, deepestForm, [])
    return problem ? [problem] : []
  }

  #read(schema: unknown, depth: number, path: readonly string[]): UserError | null {
    // Besides objects there are true and false; what is neither is found by the schema of schemas.
    if (!isObject(schema)) return null
    this.#schemas += 1
    if (depth === 0 || this.#schemas > mostSchemas) return this.#error(tooLarge, path)
    const keyword = Object.keys(refused).find((name) => Object.hasOwn(schema, name))
    if (keyword) return this.#error(refused[keyword] as string, [...path, keyword])
    const { format, $ref } = schema
    if (format !== undefined && !formats.some((known) => known === format)) {
      return this.#error(`A form knows the formats ${formats.join(', ')}.`, [...path, 'format'])
    }
    if ($ref !== undefined) {
      const problem = this.#follow($ref, depth, [...path, '$ref'])
      if (problem) return problem
    }
    for (const [name, inner] of innerSchemas(schema)) {
      const problem = this.#read(inner, depth - 1, [...path, ...name])
      if (problem) return problem
    }
    return null
  }

  #follow(reference: unknown, depth: number, path: readonly string[]): UserError | null {
    const [, group, name] = (typeof reference === 'string' && localReference.exec(reference)) || []
    const definitions = group && this.form[group]
    if (!name || !isObject(definitions) || !Object.hasOwn(definitions, name)) {
      return this.#error('A form refers only to its own definitions, such as #/definitions/address.', path)
    }
    return this.#read(definitions[name], depth - 1, path)
  }

  #error(message: string, path: readonly string[]): UserError {
    return { code: 'INVALID', message, field: [...this.field, ...path] }
  }
}

const tooLarge = `A form has at most ${mostSchemas} parts, nested up to ${deepestForm} deep, and none that refers to itself.`

type PlacedSchema = readonly [path: string[], schema: unknown]

function innerSchemas(schema: RequestForm): PlacedSchema[] {
  const one = (keyword: string): PlacedSchema => [[keyword], schema[keyword]]
  const many = (keyword: string): PlacedSchema[] =>
    Object.entries(schema[keyword] ?? {}).map(([name, inner]) => [[keyword, name], inner])
  const items = Array.isArray(schema.items) ? many('items') : [one('items')]
  return [...single.map(one), ...items, ...[...listed, ...named].flatMap(many)]
}

function isObject(value: unknown): value is RequestForm {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
