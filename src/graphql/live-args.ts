import { ArgsType, Field, ID } from 'type-graphql'
import type { LiveArguments } from './live-source.js'

/** The arguments of every live field. Without organization and marketplace it covers all that the viewer may see. */
@ArgsType()
export class LiveArgs implements LiveArguments {
  @Field(() => ID, { nullable: true, description: 'Only what happens to this organization of the viewer.' })
  organizationId?: string | null

  @Field(() => ID, { nullable: true, description: 'Only what happens in this marketplace.' })
  marketplaceId?: string | null

  @Field(() => String, { nullable: true, description: 'The last `cursor` that was seen: what was missed comes first.' })
  after?: string | null
}
