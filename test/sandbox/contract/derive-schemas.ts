import { join } from 'node:path'
import ts from 'typescript'

export interface Schema {
  properties?: Record<string, Schema>
  [keyword: string]: unknown
}

/** How a type is written: as JSON in an answer, as text in a form, where everything is a string. */
export type Encoding = 'json' | 'form'

export interface SchemaSet {
  readonly $id: string
  readonly $defs: Record<string, Schema>
}

/** Objects that the sandbox never shows inside others are only known by their name. */
const inlined = new Set([
  'account',
  'billing_portal.session',
  'charge',
  'credit_note',
  'credit_note_line_item',
  'customer',
  'invoice',
  'invoice_payment',
  'invoiceitem',
  'line_item',
  'list',
  'payment_intent',
  'payment_method',
  'price',
  'test_helpers.test_clock',
  'webhook_endpoint',
])

/**
 * JSON Schemas of what one release of Stripe's SDK declares: the API version that it is pinned to, as Stripe
 * itself describes it. Names that the release does not have are left out.
 */
export function deriveSchemas(
  packageName: string,
  names: { json: readonly string[]; form: readonly string[] },
): SchemaSet {
  const entries = [...names.json, ...names.form]
  const { checker, source } = programOf(packageName, entries)
  const $defs: Record<string, Schema> = {}
  const known = new Map<string, string>()
  const write = (encoding: Encoding) => new Writer(checker, encoding, $defs, known)
  source.forEachChild((node) => {
    if (!ts.isTypeAliasDeclaration(node)) return
    const name = entries[Number(node.name.text.slice(1))] as string
    const type = checker.getTypeAtLocation(node)
    if (type.flags & ts.TypeFlags.Any) return
    $defs[name] = write(names.form.includes(name) ? 'form' : 'json').schemaOf(type)
  })
  return { $id: packageName, $defs }
}

function programOf(packageName: string, names: readonly string[]) {
  const file = join(import.meta.dirname, `types-of-${packageName}.ts`)
  // Older releases declare the module by its name rather than being one.
  const declarations = typesOf(packageName)
  const text = [
    packageName === 'stripe' ? "import { Stripe } from 'stripe'" : "import Stripe from 'stripe'",
    ...names.map((name, at) => `export type T${at} = Stripe.${name}`),
  ].join('\n')
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2024,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.getSourceFile = (name, how, ...rest) =>
    name === file ? ts.createSourceFile(file, text, how) : getSourceFile.call(host, name, how, ...rest)
  host.fileExists = (name) => name === file || fileExists.call(host, name)
  const program = ts.createProgram({ rootNames: [...declarations, file], options, host })
  return { checker: program.getTypeChecker(), source: program.getSourceFile(file) as ts.SourceFile }
}

/** Not resolved, because the packages do not export it. */
export function folderOf(packageName: string): string {
  return join(import.meta.dirname, '..', '..', '..', 'node_modules', packageName)
}

function typesOf(packageName: string): string[] {
  if (packageName === 'stripe') return []
  return [join(folderOf(packageName), 'types', 'index.d.ts')]
}

/** A class of the SDK, which goes over the wire as text. */
function isDecimal(type: ts.Type): boolean {
  return (type.aliasSymbol ?? type.symbol)?.name === 'Decimal'
}

class Writer {
  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly encoding: Encoding,
    private readonly $defs: Record<string, Schema>,
    private readonly known: Map<string, string>,
  ) {}

  schemaOf(type: ts.Type): Schema {
    if (type.isUnion()) return this.#union(type)
    const plain = this.#plain(type)
    if (plain) return plain
    if (this.checker.isArrayType(type)) {
      const [item] = this.checker.getTypeArguments(type as ts.TypeReference)
      const list = { type: 'array', items: item ? this.schemaOf(item) : {} }
      // An empty list is an empty text.
      return this.encoding === 'form' ? { anyOf: [list, { const: '' }] } : list
    }
    return this.#reference(type)
  }

  #plain(type: ts.Type): Schema | null {
    const form = this.encoding === 'form'
    const { flags } = type
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {}
    if (flags & ts.TypeFlags.Null) return form ? { const: '' } : { type: 'null' }
    if (type.isStringLiteral()) return { const: type.value }
    if (type.isNumberLiteral()) return { const: form ? String(type.value) : type.value }
    if (flags & ts.TypeFlags.BooleanLiteral) {
      const value = this.checker.typeToString(type)
      return { const: form ? value : value === 'true' }
    }
    if (flags & ts.TypeFlags.Number)
      return form ? { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' } : { type: 'number' }
    // An enumeration that is open to more: any text.
    if (
      flags & ts.TypeFlags.String ||
      (type.isIntersection() && type.types.some((part) => part.flags & ts.TypeFlags.String))
    ) {
      return { type: 'string' }
    }
    return isDecimal(type) ? { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' } : null
  }

  #union(type: ts.UnionType): Schema {
    const parts = type.types.filter((part) => !(part.flags & ts.TypeFlags.Undefined)).map((part) => this.schemaOf(part))
    const open = parts.some((part) => part.type === 'string' && part.pattern === undefined)
    const literals = parts.filter((part) => 'const' in part).map((part) => part.const)
    const others = parts.filter((part) => !('const' in part))
    const closed = open ? literals.filter((literal) => typeof literal !== 'string') : literals
    const all = closed.length > 0 ? [{ enum: closed }, ...others] : others
    return all.length === 1 ? (all[0] as Schema) : { anyOf: all }
  }

  #reference(type: ts.Type): Schema {
    const id = `${this.encoding}:${(type as ts.Type & { id: number }).id}`
    const name = this.known.get(id)
    if (name) return { $ref: `#/$defs/${name}` }
    const kind = this.#kindOf(type)
    if (this.encoding === 'json' && kind !== null && !inlined.has(kind)) {
      return { type: 'object', required: ['object'], properties: { object: { const: kind } } }
    }
    const given = `${this.encoding}-${type.symbol?.name ?? 'type'}-${this.known.size}`
    this.known.set(id, given)
    this.$defs[given] = this.#object(type)
    return { $ref: `#/$defs/${given}` }
  }

  #kindOf(type: ts.Type): string | null {
    const object = type.getProperty('object')
    const told = object && this.checker.getTypeOfSymbol(object)
    return told?.isStringLiteral() ? told.value : null
  }

  #object(type: ts.Type): Schema {
    const more = this.checker.getIndexInfoOfType(type, ts.IndexKind.String)
    const properties: Record<string, Schema> = {}
    const required: string[] = []
    for (const property of type.getProperties()) {
      // What the SDK adds to an answer.
      if (property.name === 'lastResponse' || property.name.startsWith('__')) continue
      properties[property.name] = this.schemaOf(this.checker.getTypeOfSymbol(property))
      if (!(property.flags & ts.SymbolFlags.Optional)) required.push(property.name)
    }
    return {
      type: 'object',
      properties,
      required,
      additionalProperties: more ? this.schemaOf(more.type) : false,
    }
  }
}
