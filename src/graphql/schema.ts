import 'reflect-metadata'
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql'
import { buildSchema, type ClassType, type NonEmptyArray } from 'type-graphql'
import { RequestError } from '../kernel/request-error.js'
import { UrlScalar, urlScalar } from './scalars.js'

const longestText = 1_100_000
const longestList = 1_000

/**
 * The executable schema of the resolvers given. They are built by the composition root and found by their
 * class, so a resolver never looks anything up.
 * @param options.onThisMachine whether addresses of this machine are taken where an address is asked for
 */
export async function buildGraphqlSchema(
  resolvers: ReadonlyArray<ClassType>,
  instanceOf: (resolver: ClassType) => unknown,
  { onThisMachine = false } = {},
): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: resolvers as unknown as NonEmptyArray<ClassType>,
    container: { get: (resolver) => instanceOf(resolver as ClassType) },
    // Rules answer what a person can mend; here stands only what no honest input can have.
    validateFn: (value) => assertBounded(value, 0),
    // Live fields are served by our own fan-out: the library's queues are shared and may throw into publishers.
    pubSub: { publish: noPubSub, subscribe: noPubSub },
    scalarsMap: [{ type: UrlScalar, scalar: urlScalar(onThisMachine) }],
  })
}

export function schemaText(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`
}

function noPubSub(): never {
  throw new Error('Live fields give back a LiveSource; there is no pub/sub.')
}

function assertBounded(value: unknown, depth: number): void {
  if (typeof value === 'string' && value.length > longestText) {
    throw new RequestError('BAD_USER_INPUT', `A text has at most ${longestText} characters.`)
  }
  if (typeof value !== 'object' || value === null || value instanceof Date || depth > 20) return
  if (Array.isArray(value) && value.length > longestList) {
    throw new RequestError('BAD_USER_INPUT', `A list has at most ${longestList} items.`)
  }
  for (const inner of Object.values(value)) assertBounded(inner, depth + 1)
}
