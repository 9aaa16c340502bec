import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
} from 'graphql'
import { policyOf } from '../../src/graphql/policy.js'
import { fieldsOf } from '../../src/graphql/policy-check.js'

/** What is asked of an object: nothing more of a plain field, and so on of one that leads to objects. */
export interface Selection {
  readonly [field: string]: Selection | null
}

/** Where a field must be told something. */
export type Arguments = Readonly<Record<string, string>>

/** Whether an object can be read again by its id. */
export function isNode(type: GraphQLObjectType | GraphQLInterfaceType): boolean {
  return type.getInterfaces().some(({ name }) => name === 'Node')
}

/** A type with a tenant of its own, or one that carries such: something else may be its policy than that of its object. */
export function leadsElsewhere(field: GraphQLField<unknown, unknown>): boolean {
  const target = getNamedType(field.type)
  if (!isObjectType(target)) return false
  const policy = policyOf(target)
  return typeof policy === 'object' || policy === 'carries others'
}

/**
 * Everything of a type: its plain fields, the parts that are shown with it, and of each object that it leads to the
 * same again, as many steps far as `steps` says.
 */
export function everythingOf(type: GraphQLObjectType, steps: number): Selection {
  const selected: Record<string, Selection | null> = {}
  for (const field of fieldsOf(type)) {
    const target = getNamedType(field.type)
    if (isLeafType(target)) selected[field.name] = null
    else if (isObjectType(target)) {
      const inner = innerOf(field, target, steps)
      if (inner) selected[field.name] = inner
    }
  }
  return selected
}

function innerOf(field: GraphQLField<unknown, unknown>, target: GraphQLObjectType, steps: number): Selection | null {
  if (!leadsElsewhere(field)) return everythingOf(target, steps)
  if (steps === 0) return null
  if (!target.name.endsWith('Connection')) return everythingOf(target, isNode(target) ? steps - 1 : steps)
  const edge = getNamedType(target.getFields().edges?.type) as GraphQLObjectType
  const node = getNamedType(edge.getFields().node?.type) as GraphQLObjectType
  const pageInfo = getNamedType(target.getFields().pageInfo?.type) as GraphQLObjectType
  return {
    edges: { cursor: null, node: { id: null } },
    nodes: everythingOf(node, steps - 1),
    pageInfo: everythingOf(pageInfo, 0),
    totalCount: null,
  }
}

/** The same in pieces that the limits of one operation let through. */
export function pieces(selection: Selection, size: number): Selection[] {
  const plain = Object.entries(selection).filter(([, inner]) => inner === null)
  const leading = Object.entries(selection).filter(([, inner]) => inner !== null)
  const parts: Selection[] = []
  for (let at = 0; at < leading.length; at += size) {
    parts.push(Object.fromEntries([...(at === 0 ? plain : plain.slice(0, 1)), ...leading.slice(at, at + size)]))
  }
  return parts.length > 0 ? parts : [Object.fromEntries(plain)]
}

export function textOf(schema: GraphQLSchema, type: GraphQLObjectType, selection: Selection, given: Arguments): string {
  const fields = Object.entries(selection).map(([name, inner]) => {
    const field = type.getFields()[name]
    if (!field) throw new Error(`${type.name} has no ${name}.`)
    const said = given[`${type.name}.${name}`] ?? (field.args.some((arg) => arg.name === 'first') ? 'first: 50' : '')
    const head = said ? `${name}(${said})` : name
    if (inner === null) return head
    return `${head} ${textOf(schema, getNamedType(field.type) as GraphQLObjectType, inner, given)}`
  })
  return `{ ${fields.join(' ')} }`
}

/** All fields that are asked for, as Type.field. */
export function namesIn(type: GraphQLObjectType, selection: Selection): string[] {
  return Object.entries(selection).flatMap(([name, inner]) => {
    const field = type.getFields()[name] as GraphQLField<unknown, unknown>
    return [`${type.name}.${name}`, ...(inner ? namesIn(getNamedType(field.type) as GraphQLObjectType, inner) : [])]
  })
}
