import { Arg, Ctx, Field, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { anyone, carriesOthers, For } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { administersProvider } from '../persistence/permissions.js'
import type { SandboxClockService } from './sandbox-clock.service.js'

@InputType('AdvanceSandboxClockInput', { description: 'Never backwards, and at most two years at once.' })
export class AdvanceSandboxClockInput {
  @Field(() => DateTimeScalar, { description: 'The instant that it is to be.' })
  to!: Date
}

@For(carriesOthers)
@ObjectType('AdvanceSandboxClockPayload', { description: 'The answer of `advanceSandboxClock`.' })
export class AdvanceSandboxClockPayload {
  @Field(() => DateTimeScalar, { nullable: true, description: 'What time it is now; null on refusal.' })
  now?: Date | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@Resolver()
export class SandboxClockResolver {
  constructor(
    private readonly service: SandboxClockService,
    private readonly mutations: Mutations,
  ) {}

  @For(anyone)
  @Query(() => DateTimeScalar, {
    nullable: true,
    description: 'What time it is for billing where the sandbox serves (it ticks); null otherwise.',
  })
  sandboxClock(): Date | null {
    return this.service.now()
  }

  @For(administersProvider)
  @Mutation(() => AdvanceSandboxClockPayload, {
    description:
      "Moves the sandbox's time, and this backend's with it, forward, and runs all that falls due on the way, in " +
      "order: periods, invoices, reminders, grace, retries. For a provider's administrator, and only where the " +
      'sandbox serves.',
  })
  advanceSandboxClock(
    @Arg('input', () => AdvanceSandboxClockInput, { description: 'To when.' }) input: AdvanceSandboxClockInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.act(context, 'advanceSandboxClock', input, async () => ({
      now: await this.service.advance(context.scope, input.to),
    }))
  }
}
