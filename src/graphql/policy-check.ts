import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
} from 'graphql'
import { type Policy, policyOf } from './policy.js'

export interface FieldRule {
  readonly type: GraphQLObjectType
  readonly field: GraphQLField<unknown, unknown>
  readonly policy: Policy
  /** Whether the field itself says so; else it follows from its type. */
  readonly declared: boolean
}

/** All types of the schema that have objects, operations aside. */
export function objectTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .filter((type) => !type.name.startsWith('__') && !isOperationRoot(schema, type))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

export function operationTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  return roots.filter((type) => type !== null && type !== undefined)
}

/** The rule of a field; undefined where nobody has declared one. */
export function ruleOf(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): FieldRule | undefined {
  const own = policyOf(field)
  if (own) return { type, field, policy: own, declared: true }
  const policy = inherited(policyOf(type), field)
  return policy && { type, field, policy, declared: false }
}

/**
 * What follows from the type's policy: its plain fields are for whoever sees the object, and what it carries comes by
 * its own rule. Where a field leads to an object with a tenant of its own, nothing follows: that is the place to think.
 */
function inherited(ofType: Policy | undefined, field: GraphQLField<unknown, unknown>): Policy | undefined {
  if (!ofType) return undefined
  const target = getNamedType(field.type)
  if (isLeafType(target)) return 'with its object'
  if (ofType === 'carries others') return 'by its own rule'
  return isObjectType(target) && policyOf(target) === 'with its object' ? 'with its object' : undefined
}

/** A sentence for each type, field and operation that does not say whom it is for. */
export function policyProblems(schema: GraphQLSchema): string[] {
  const ofTypes = objectTypes(schema).flatMap((type) => {
    if (!policyOf(type)) return [`${type.name} does not say whom it is for: give the class \`@For(…)\`.`]
    return fieldsOf(type).flatMap((field) =>
      ruleOf(type, field)
        ? []
        : [
            `${type.name}.${field.name} leads to ${getNamedType(field.type).name} and does not say whom it is for: ` +
              'give the field `@For(byItsOwnRule)`, `@For(withItsObject)` or an audience.',
          ],
    )
  })
  const ofOperations = operationTypes(schema).flatMap((type) =>
    fieldsOf(type)
      .filter((field) => typeof policyOf(field) !== 'object')
      .map((field) => `${type.name}.${field.name} does not say whom it is for: give it \`@For(…)\` with an audience.`),
  )
  return [...ofTypes, ...ofOperations]
}

export function fieldsOf(type: GraphQLObjectType): Array<GraphQLField<unknown, unknown>> {
  return Object.values(type.getFields()).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function isOperationRoot(schema: GraphQLSchema, type: GraphQLObjectType): boolean {
  return operationTypes(schema).includes(type)
}
