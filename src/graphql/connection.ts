import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql'
import { encodeCursor, type PageArguments, type PageRequest, pageRequest } from '../kernel/page.js'
import { RequestError } from '../kernel/request-error.js'
import type { Page } from '../persistence/tenant-repository.js'
import { carriesOthers, For, withItsObject } from './policy.js'

@For(withItsObject)
@ObjectType('PageInfo', { description: 'Whether there is more, and where to go on.' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether more follows after `endCursor`.' })
  hasNextPage!: boolean

  @Field(() => Boolean, { description: 'Whether something stands before `startCursor`.' })
  hasPreviousPage!: boolean

  @Field(() => String, { nullable: true, description: 'The cursor of the first item; null when there is none.' })
  startCursor!: string | null

  @Field(() => String, { nullable: true, description: 'The cursor of the last item; null when there is none.' })
  endCursor!: string | null
}

/** The four arguments of every list. */
@ArgsType()
export class PageArgs implements PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: 'How many from the start: 1 to 100, and 20 where neither is given.',
  })
  first?: number | null

  @Field(() => String, { nullable: true, description: 'Only what comes after this cursor.' })
  after?: string | null

  @Field(() => Int, { nullable: true, description: 'How many from the end: 1 to 100.' })
  last?: number | null

  @Field(() => String, { nullable: true, description: 'Only what comes before this cursor.' })
  before?: string | null
}

/** What a connection type's fields are read from. */
export interface Connection<Row> {
  edges: Array<{ cursor: string; node: Row }>
  nodes: Row[]
  pageInfo: PageInfoType
  countTotal: () => Promise<number>
}

/** @throws RequestError BAD_USER_INPUT when the arguments are no page. */
export function requestedPage(args: PageArguments): PageRequest {
  const request = pageRequest(args)
  if (request.ok) return request.value
  throw new RequestError('BAD_USER_INPUT', request.errors.map((error) => error.message).join(' '))
}

export function connection<Row extends { id: string }>(page: Page<Row>): Connection<Row> {
  const edges = page.rows.map((row) => ({ cursor: encodeCursor(row.id), node: row }))
  return {
    edges,
    nodes: page.rows,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    countTotal: () => page.countTotal(),
  }
}

/** The connection and edge types of a node type, named after it. */
export function connectionType<Node extends object>(name: string, node: () => ClassType<Node>) {
  @For(carriesOthers)
  @ObjectType(`${name}Edge`, { description: `One ${name} in a list, with its place.` })
  class EdgeType {
    @Field(() => String, { description: 'Its place in the list, for `after` and `before`.' })
    cursor!: string

    @Field(node, { description: 'The object itself.' })
    node!: Node
  }

  @For(carriesOthers)
  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name} objects.` })
  class ConnectionType {
    @Field(() => [EdgeType], { description: 'The items of this page with their places.' })
    edges!: EdgeType[]

    @Field(() => [node()], { description: 'The items of this page.' })
    nodes!: Node[]

    @Field(() => PageInfoType, { description: 'Whether there is more, and where to go on.' })
    pageInfo!: PageInfoType

    countTotal!: () => Promise<number>

    // Counted only when it is asked for.
    @Field(() => Int, { description: 'How many there are in all.' })
    totalCount(): Promise<number> {
      return this.countTotal()
    }
  }
  return ConnectionType
}
