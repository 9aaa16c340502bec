import { readFileSync } from 'node:fs'
import {
  buildSchema,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql'

const schema = buildSchema(readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8'))

export type Path = ReadonlyArray<string | number>

/** A value in an input that is neither an object nor a list. */
interface Leaf {
  path: Path
  type: string
}

/** Good values, by the name of the field that they are for. */
export type Values = Readonly<Record<string, unknown>>

export interface MutationInput {
  name: string
  /** What asks for it, and shows nothing but refusals. */
  document: string
  leaves: Leaf[]
  /** The path of each list, with what one of its elements may be. */
  lists: Array<{ path: Path; element: unknown }>
  /** With all that is required. */
  good: Record<string, unknown>
}

/** Every mutation that takes an input. */
export function mutationInputs(values: Values): MutationInput[] {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})
  return mutations.flatMap(({ name, args }) => {
    const [input] = args
    if (!input) return []
    const type = getNamedType(input.type)
    return {
      name,
      document: `mutation($input: ${String(input.type)}) { ${name}(input: $input) { userErrors { code message field } } }`,
      leaves: leavesOf(input.type, []),
      lists: listsOf(input.type, [], values),
      good: goodValue(type, 'input', values) as Record<string, unknown>,
    }
  })
}

/** Every root query that takes something, as a document with one variable for the argument that is spoilt. */
export function queryArguments(values: Values): Array<{ name: string; document: string; type: string; list: boolean }> {
  const queries = Object.values(schema.getQueryType()?.getFields() ?? {})
  return queries.flatMap(({ name, args, type }) =>
    args.flatMap((spoilt) => {
      const named = getNamedType(spoilt.type)
      if (isInputObjectType(named)) return []
      const others = args.filter((arg) => arg !== spoilt && isNonNullType(arg.type))
      const given = others.map((arg) => `${arg.name}: ${JSON.stringify(goodValue(arg.type, arg.name, values))}`)
      const selection = isLeaf(getNamedType(type).name) ? '' : ' { __typename }'
      const document = `query($spoilt: ${String(spoilt.type)}) { ${name}(${[`${spoilt.name}: $spoilt`, ...given].join(', ')})${selection} }`
      return { name: `${name}(${spoilt.name})`, document, type: named.name, list: String(spoilt.type).startsWith('[') }
    }),
  )
}

/** The same input but for one value; what is missing on the way to it is made good. */
export function withValueAt(
  mutation: MutationInput,
  path: Path,
  value: unknown,
  values: Values,
): Record<string, unknown> {
  const type = getNamedType(schema.getMutationType()?.getFields()[mutation.name]?.args[0]?.type)
  return put(mutation.good, type as GraphQLInputType, path, value, values) as Record<string, unknown>
}

function put(within: unknown, type: GraphQLInputType, [step, ...rest]: Path, value: unknown, values: Values): unknown {
  if (step === undefined) return value
  const named = getNamedType(type)
  if (typeof step === 'number') {
    const list = Array.isArray(within) && within.length > 0 ? within : [goodValue(named, '', values)]
    return list.map((element, index) => (index === step ? put(element, named, rest, value, values) : element))
  }
  if (!isInputObjectType(named)) throw new Error(`${named.name} has no ${step}.`)
  const field = named.getFields()[step]
  if (!field) throw new Error(`${named.name} has no ${step}.`)
  const present = (within ?? goodValue(named, step, values)) as Record<string, unknown>
  return { ...present, [step]: put(present[step], field.type, rest, value, values) }
}

function goodValue(type: GraphQLInputType, name: string, values: Values): unknown {
  if (isNonNullType(type)) return goodValue(type.ofType, name, values)
  if (isListType(type)) return [goodValue(type.ofType, name, values)]
  if (name in values) return values[name]
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (!isInputObjectType(type)) return values[type.name]
  const required = Object.values(type.getFields()).filter((field) => isRequiredInputField(field))
  return Object.fromEntries(required.map((field) => [field.name, goodValue(field.type, field.name, values)]))
}

function leavesOf(type: GraphQLInputType, path: Path): Leaf[] {
  if (isNonNullType(type)) return leavesOf(type.ofType, path)
  if (isListType(type)) return leavesOf(type.ofType, [...path, 0])
  if (!isInputObjectType(type)) return isEnumType(type) ? [] : [{ path, type: type.name }]
  return Object.values(type.getFields()).flatMap((field) => leavesOf(field.type, [...path, field.name]))
}

function listsOf(type: GraphQLInputType, path: Path, values: Values): Array<{ path: Path; element: unknown }> {
  if (isNonNullType(type)) return listsOf(type.ofType, path, values)
  if (isListType(type)) return [{ path, element: goodValue(type.ofType, String(path.at(-1)), values) }]
  if (!isInputObjectType(type)) return []
  return Object.values(type.getFields()).flatMap((field) => listsOf(field.type, [...path, field.name], values))
}

function isLeaf(name: string): boolean {
  const type = schema.getType(name)
  return type !== undefined && !('getFields' in type) && !('getTypes' in type)
}
