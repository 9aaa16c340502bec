import { type GraphQLObjectType, getNamedType } from 'graphql'
import { fieldsOf, objectTypes, operationTypes } from '../../src/graphql/policy-check.js'
import type { Matrix } from './authorization-matrix.js'
import { everythingOf, namesIn } from './selection.js'

/** The fields of the schema that no viewer was asked for, and so say nothing: there must be none. */
export function neverAsked({ schema, reading }: Matrix): string[] {
  const asked = new Set(reading.selections.flatMap(({ type, selection }) => namesIn(type, selection)))
  for (const operations of operationTypes(schema)) {
    for (const field of fieldsOf(operations)) {
      const type = getNamedType(field.type)
      if (!('getInterfaces' in type) || type.name === 'Node') continue
      for (const name of namesIn(type as GraphQLObjectType, everythingOf(type as GraphQLObjectType, 1))) asked.add(name)
    }
  }
  return everyField(objectTypes(schema)).filter((name) => !asked.has(name))
}

/** Of the types that objects are read in, the fields that the world has no value of, for anybody. */
export function neverShown({ schema, reading }: Matrix, shown: ReadonlySet<string>): string[] {
  const read = new Set(reading.selections.flatMap(({ type, selection }) => namesIn(type, selection)))
  return everyField(objectTypes(schema)).filter((name) => read.has(name) && !shown.has(name))
}

function everyField(types: readonly GraphQLObjectType[]): string[] {
  return types.flatMap((type) => fieldsOf(type).map((field) => `${type.name}.${field.name}`))
}
