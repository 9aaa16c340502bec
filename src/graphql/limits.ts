import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  isListType,
  isNonNullType,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql'
// Its ESM build brings a second copy of graphql-js, which does not know the first one's types.
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity/cjs'

/** Fits every operation of the examples with room to spare, and no bomb. */
export const limits = {
  tokens: 2_000,
  depth: 12,
  aliases: 30,
  directives: 30,
  /** In points: an object costs one, times the length of the lists that it stands in. */
  cost: 25_000,
  /** Bytes of a request's body. */
  bodyBytes: 2 * 1024 * 1024,
} as const

const quiet = { exposeLimits: true, propagateOnRejection: true } as const

const boundingRules = [
  maxDepthRule({ n: limits.depth, ignoreIntrospection: true, ...quiet }),
  maxAliasesRule({ n: limits.aliases, ...quiet }),
  maxDirectivesRule({ n: limits.directives, ...quiet }),
] as unknown as ValidationRule[]

const openRules: readonly ValidationRule[] = [...specifiedRules, ...boundingRules]
const closedRules: readonly ValidationRule[] = [...openRules, NoSchemaIntrospectionCustomRule]

export interface OperationCheck {
  schema: GraphQLSchema
  document: DocumentNode
  operationName: string | null | undefined
  variables: Record<string, unknown> | null | undefined
  /** Whether the viewer may ask for the schema. */
  introspection: boolean
}

/** The rules by which every document is validated, over HTTP and websocket alike. */
export function rulesFor(introspection: boolean): readonly ValidationRule[] {
  return introspection ? openRules : closedRules
}

/**
 * Whether a document may be executed: valid, within its bounds, and not too costly with these variables. Both
 * transports ask this one function, because graphql-ws by itself knows only graphql-js' own rules.
 */
export function operationErrors(check: OperationCheck): readonly GraphQLError[] {
  const errors = validate(check.schema, check.document, rulesFor(check.introspection), { maxErrors: 20 })
  return errors.length > 0 ? errors : costErrors(check)
}

export function costErrors({ schema, document, operationName, variables }: OperationCheck): readonly GraphQLError[] {
  try {
    const cost = getComplexity({
      schema,
      query: document,
      ...(operationName ? { operationName } : {}),
      variables: variables ?? {},
      estimators: [pageCost, objectCost],
    })
    if (cost <= limits.cost) return []
    return [
      new GraphQLError(`This operation costs ${cost} points; ${limits.cost} are allowed. Ask for shorter lists.`, {
        extensions: { code: 'QUERY_TOO_COMPLEX' },
      }),
    ]
  } catch (error) {
    // Variables that do not fit their types: execution tells it better, and does not start.
    if (error instanceof GraphQLError) return []
    throw error
  }
}

/** A page costs as often as it may have items; its wrapping costs nothing. */
const pageCost: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  if (type.name.endsWith('Connection') || type.name.endsWith('Edge')) return childComplexity
  if (!field.args.some((argument) => argument.name === 'first')) return undefined
  const asked = Math.max(Number(args['first'] ?? 0), Number(args['last'] ?? 0))
  const items = asked > 0 && asked <= 100 ? asked : asked > 100 ? 100 : 20
  return items * Math.max(1, childComplexity)
}

/** Lists without pages are short by nature: ten items are assumed. */
const objectCost: ComplexityEstimator = ({ field, childComplexity }) => {
  if (childComplexity === 0) return 0
  const inner = isNonNullType(field.type) ? field.type.ofType : field.type
  return isListType(inner) ? 10 * (1 + childComplexity) : 1 + childComplexity
}
