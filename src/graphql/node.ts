import { Arg, Ctx, Field, ID, InterfaceType, Query, Resolver } from 'type-graphql'
import { type IdPrefix, idPrefix } from '../kernel/id.js'
import { RequestError } from '../kernel/request-error.js'
import type { Context } from './context.js'
import { anyone, For } from './policy.js'

interface Kind {
  typeName: string
  find(context: Context, id: string): Promise<object | null>
}

/** Which type an id's prefix stands for, and how its object is found by those who may see it. */
export class NodeRegistry {
  readonly #kinds = new Map<IdPrefix, Kind>()

  register(prefix: IdPrefix, typeName: string, find: Kind['find']): void {
    this.#kinds.set(prefix, { typeName, find })
    typeNames.set(prefix, typeName)
  }

  /** Null for what is malformed, missing, or not the viewer's. */
  async find(context: Context, id: string): Promise<object | null> {
    const prefix = idPrefix(id)
    const kind = prefix && this.#kinds.get(prefix)
    return kind ? kind.find(context, id) : null
  }
}

// The interface resolves its type from the id alone, and type-graphql asks a class, not an instance.
const typeNames = new Map<IdPrefix, string>()

@InterfaceType('Node', {
  description: 'An object that can be read again by its id.',
  resolveType: (value: { id: string }) => {
    const prefix = idPrefix(value.id)
    return prefix ? typeNames.get(prefix) : undefined
  },
})
export abstract class NodeType {
  @Field(() => ID, { description: 'Opaque and global: do not take it apart.' })
  id!: string
}

@Resolver()
export class NodeResolver {
  constructor(private readonly nodes: NodeRegistry) {}

  @For(anyone)
  @Query(() => NodeType, { nullable: true, description: 'Any object by its id; null for what the viewer cannot see.' })
  node(@Arg('id', () => ID, { description: 'The id of the object.' }) id: string, @Ctx() context: Context) {
    return this.nodes.find(context, id)
  }

  @For(anyone)
  @Query(() => [NodeType], {
    name: 'nodes',
    nullable: 'items',
    description: 'In the order asked for, null for what the viewer cannot see; at most 100.',
  })
  several(
    @Arg('ids', () => [ID], { description: 'The ids of the objects, at most 100.' }) ids: string[],
    @Ctx() context: Context,
  ) {
    if (ids.length > 100) throw new RequestError('BAD_USER_INPUT', 'At most 100 ids at once.')
    return Promise.all(ids.map((id) => this.nodes.find(context, id)))
  }
}
