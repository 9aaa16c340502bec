import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { byItsOwnRule, For } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import type { Clock } from '../kernel/clock.js'
import { notFound } from '../kernel/request-error.js'
import { develops, endsAccess } from '../persistence/permissions.js'
import type { CredentialRow, CredentialState } from './access.entity.js'
import { CalledArgs, CreateCredentialInput, RotateCredentialInput, SetCredentialStateInput } from './access.input.js'
import type { ApplicationRepository } from './access.repository.js'
import type { AccessDecisions } from './access-decision.service.js'
import { AccessDecisionType } from './access-decision.type.js'
import { ApplicationType } from './application.type.js'
import { credentialStateAt, formerSecretEnd } from './credential.rules.js'
import type { CredentialService } from './credential.service.js'
import {
  CreateCredentialPayload,
  CredentialStateEnum,
  CredentialType,
  RotateCredentialPayload,
  SetCredentialStatePayload,
} from './credential.type.js'

@Resolver(() => CredentialType)
export class CredentialResolver {
  constructor(
    private readonly service: CredentialService,
    private readonly decisions: AccessDecisions,
    private readonly applications: ApplicationRepository,
    private readonly mutations: Mutations,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ApplicationType, { description: 'What calls with it.' })
  application(@Root() credential: CredentialRow, @Ctx() context: Context) {
    return context.load(this.applications.byIds, credential.applicationId)
  }

  @FieldResolver(() => CredentialStateEnum, { description: 'Whether it works.' })
  state(@Root() credential: CredentialRow): CredentialState {
    return credentialStateAt(credential, this.clock.now())
  }

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description: 'After a rotation: until when the former secret still works.',
  })
  previousSecretExpiresAt(@Root() credential: CredentialRow): Date | null {
    return formerSecretEnd(credential, this.clock.now())
  }

  @FieldResolver(() => AccessDecisionType, {
    description: 'Would a call with it pass now? For its own people, to see why it does not.',
  })
  async decision(
    @Root() credential: CredentialRow,
    @Args(() => CalledArgs) called: CalledArgs,
    @Ctx() { reading }: Context,
  ) {
    const decision = await this.decisions.wouldPass(reading, credential.id, called)
    if (!decision) throw notFound()
    return decision
  }

  @For(develops)
  @Mutation(() => CreateCredentialPayload, { description: 'Makes a credential of an application.' })
  createCredential(
    @Arg('input', () => CreateCredentialInput, { description: 'The credential.' }) input: CreateCredentialInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'createCredential', input, async () => {
      const { credential, secret } = await this.service.create(context.scope, input)
      return { credential, secret: secret.reveal() }
    })
  }

  @For(develops)
  @Mutation(() => RotateCredentialPayload, { description: 'A new secret; the former one works on for a while.' })
  rotateCredential(
    @Arg('input', () => RotateCredentialInput, { description: 'Which.' }) input: RotateCredentialInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'rotateCredential', input, async () => {
      const { credential, secret } = await this.service.rotate(context.scope, input.credentialId, input.overlapHours)
      return { credential, secret: secret.reveal() }
    })
  }

  @For(endsAccess)
  @Mutation(() => SetCredentialStatePayload, {
    description:
      'ACTIVE to SUSPENDED and back, either to REVOKED for good. What the provider suspended, only the provider enables.',
  })
  setCredentialState(
    @Arg('input', () => SetCredentialStateInput, { description: 'Which, and to what.' }) input: SetCredentialStateInput,
    @Ctx() context: Context,
  ) {
    const { credentialId, state, reason } = input
    return this.mutations.answer(context, 'setCredentialState', input, async () => ({
      credential: await this.service.setState(context.scope, credentialId, state, reason ?? null),
    }))
  }
}
