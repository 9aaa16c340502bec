import { Args, Ctx, Field, FieldResolver, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import type { LoggedEvent } from '../events/event-log.js'
import type { Context } from '../graphql/context.js'
import { LiveArgs } from '../graphql/live-args.js'
import { type LiveEventFields, LiveEventType, liveFields } from '../graphql/live-event.type.js'
import { liveSource } from '../graphql/live-source.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { notFound } from '../kernel/request-error.js'
import { seesOrganization } from '../persistence/permissions.js'
import type { AccessRequestState } from './access.entity.js'
import { type AccessStep, accessChangeNames, accessGranted } from './access.events.js'
import type { AccessRequestRepository } from './access.repository.js'
import { AccessRequestStateEnum, AccessRequestType } from './access-request.type.js'

@For(carriesOthers)
@ObjectType('AccessGrantedEvent', {
  implements: LiveEventType,
  description: 'Each time that access opens, for the first time or again.',
})
export class AccessGrantedEvent extends LiveEventType {
  accessRequestId!: string
}

@For(carriesOthers)
@ObjectType('AccessChangedEvent', {
  implements: LiveEventType,
  description: 'Granted, suspended, granted again, revoked; or denied.',
})
export class AccessChangedEvent extends LiveEventType {
  accessRequestId!: string

  @Field(() => AccessRequestStateEnum, { description: 'Its state after it.' })
  state!: AccessRequestState

  @Field(() => AccessRequestStateEnum, { nullable: true, description: 'Its state before; null when it is new.' })
  previousState!: AccessRequestState | null
}

@Resolver(() => AccessGrantedEvent)
export class AccessGrantedLive {
  constructor(private readonly requests: AccessRequestRepository) {}

  @For(seesOrganization)
  @Subscription(() => AccessGrantedEvent, {
    description: 'Each time that access opens, for the first time or again.',
    subscribe: ({ args, context }: { args: LiveArgs; context: Context }) =>
      liveSource({ names: [accessGranted.name], audience: seesOrganization }, args, context) as never,
  })
  accessGranted(
    @Root() event: LoggedEvent,
    @Args(() => LiveArgs) _args: LiveArgs,
  ): LiveEventFields & { accessRequestId: string } {
    return { ...liveFields(event), accessRequestId: event.subjectId }
  }

  @FieldResolver(() => AccessRequestType, { description: 'The access request as it is now.' })
  accessRequest(@Root() event: AccessGrantedEvent, @Ctx() context: Context) {
    return accessRequestOf(event, context, this.requests)
  }
}

@Resolver(() => AccessChangedEvent)
export class AccessChangedLive {
  constructor(private readonly requests: AccessRequestRepository) {}

  @For(seesOrganization)
  @Subscription(() => AccessChangedEvent, {
    description: 'Each time that access is granted, suspended, granted again, revoked, or denied.',
    subscribe: ({ args, context }: { args: LiveArgs; context: Context }) =>
      liveSource({ names: accessChangeNames, audience: seesOrganization }, args, context) as never,
  })
  accessChanged(
    @Root() event: LoggedEvent,
    @Args(() => LiveArgs) _args: LiveArgs,
  ): LiveEventFields & Pick<AccessStep, 'state' | 'previousState'> & { accessRequestId: string } {
    const { state, previousState } = event.data as AccessStep
    return { ...liveFields(event), state, previousState, accessRequestId: event.subjectId }
  }

  @FieldResolver(() => AccessRequestType, { description: 'The access request as it is now.' })
  accessRequest(@Root() event: AccessChangedEvent, @Ctx() context: Context) {
    return accessRequestOf(event, context, this.requests)
  }
}

async function accessRequestOf(
  { accessRequestId }: { accessRequestId: string },
  context: Context,
  requests: AccessRequestRepository,
) {
  const request = await context.load(requests.byIds, accessRequestId)
  if (!request) throw notFound()
  return request
}
