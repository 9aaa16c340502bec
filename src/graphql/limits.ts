import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isListType,
  isNonNullType,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  type ValidationContext,
  type ValidationRule,
  validate,
} from 'graphql'
// Its ESM build brings a second copy of graphql-js, which does not know the first one's types.
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity/cjs'
import { notTrusted, type TrustedDocuments } from './trusted-documents.js'

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

const told = {
  exposeLimits: true,
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, { message }: GraphQLError): void =>
      context?.reportError(tooComplex(message.replace(/^Syntax Error: /, ''))),
  ],
}

const boundingRules = [
  maxDepthRule({ n: limits.depth, ignoreIntrospection: true, ...told }),
  maxAliasesRule({ n: limits.aliases, ...told }),
  maxDirectivesRule({ n: limits.directives, ...told }),
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
  /** The only documents that may be executed; null where all may. */
  trusted: TrustedDocuments | null
}

/**
 * Whether a document may be executed: trusted, valid, within its bounds, and not too costly with these variables. Both
 * transports ask this one function, because each by itself knows only graphql-js' own rules.
 */
export function operationErrors(check: OperationCheck): readonly GraphQLError[] {
  if (check.trusted && !check.trusted.has(check.document)) return [notTrusted()]
  const rules = check.introspection ? openRules : closedRules
  const errors = validate(check.schema, check.document, rules, { maxErrors: 20 })
  return errors.length > 0 ? errors : costErrors(check)
}

function costErrors({ schema, document, operationName, variables }: OperationCheck): readonly GraphQLError[] {
  try {
    const cost = getComplexity({
      schema,
      query: document,
      ...(operationName ? { operationName } : {}),
      variables: variables ?? {},
      estimators: [pageCost, objectCost],
    })
    if (cost <= limits.cost) return []
    return [tooComplex(`This operation costs ${cost} points; ${limits.cost} are allowed. Ask for shorter lists.`)]
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    // A variable or an argument that does not fit stands somewhere in the document; else there were too many nodes to count.
    return [error.nodes ? error : tooComplex(error.message)]
  }
}

function tooComplex(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'QUERY_TOO_COMPLEX' } })
}

/** A page costs as often as it may have items; its wrapping costs nothing. */
const pageCost: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  if (type.name.endsWith('Connection') || type.name.endsWith('Edge')) return childComplexity
  if (!field.args.some((argument) => argument.name === 'first')) return undefined
  const asked = Math.max(Number(args.first ?? 0), Number(args.last ?? 0))
  const items = asked > 0 && asked <= 100 ? asked : asked > 100 ? 100 : 20
  return items * Math.max(1, childComplexity)
}

/** Lists without pages are short by nature: five items are assumed. */
const objectCost: ComplexityEstimator = ({ field, childComplexity }) => {
  if (isLeafType(getNamedType(field.type))) return 0
  const inner = isNonNullType(field.type) ? field.type.ofType : field.type
  return isListType(inner) ? 5 * (1 + childComplexity) : 1 + childComplexity
}
