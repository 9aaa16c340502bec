import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { anyone, For } from '../graphql/policy.js'
import type { ScopeOfToken } from '../identity/identity.resolver.js'
import type { OpenedSession } from '../identity/session.service.js'
import { person, type Scope } from '../persistence/tenant-scope.js'
import type { Accepted, InvitationAcceptanceService } from './invitation-acceptance.service.js'
import type { InvitationPreviews } from './invitation-preview.js'
import { AcceptInvitationInput, SignUpInput } from './organization.input.js'
import { AcceptInvitationPayload, InvitationPreviewType, SignUpPayload } from './organization.payload.js'
import type { SignUpService } from './sign-up.service.js'

/** The ways to become a member: by oneself, and by invitation. */
@Resolver()
export class EntranceResolver {
  constructor(
    private readonly signUps: SignUpService,
    private readonly acceptance: InvitationAcceptanceService,
    private readonly previews: InvitationPreviews,
    private readonly mutations: Mutations,
    private readonly scopeOf: ScopeOfToken,
  ) {}

  @For(anyone)
  @Query(() => InvitationPreviewType, {
    nullable: true,
    description: 'What an invitation offers, before it is accepted; null when it cannot be accepted any more.',
  })
  invitation(
    @Arg('token', () => String, { description: 'From the link in the mail.' }) token: string,
    @Ctx() context: Context,
  ) {
    return this.previews.of(token, context.address)
  }

  @For(anyone)
  @Mutation(() => SignUpPayload, {
    description:
      'Registers a person who brings a new organization, where self-signup is allowed; signs them in as its ' +
      'administrator.',
  })
  signUp(
    @Arg('input', () => SignUpInput, { description: 'Person and organization.' }) input: SignUpInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'signUp', {}, async () => {
      const { session, organization } = await this.signUps.signUp(input, context.address)
      await this.enter(context, session)
      return { organization, viewer: person(context.scope), tokens: session.tokens }
    })
  }

  @For(anyone)
  @Mutation(() => AcceptInvitationPayload, { description: 'Joins the organization or provider that has invited.' })
  acceptInvitation(
    @Arg('input', () => AcceptInvitationInput, { description: 'The token, and who comes.' })
    input: AcceptInvitationInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'acceptInvitation', {}, async () => {
      const accepted = await this.acceptance.accept(context.scope, input, context.address)
      const { session, membership, providerMembership } = accepted
      if (session) await this.enter(context, session)
      else context.become(widened(context.scope, accepted))
      return { membership, providerMembership, viewer: person(context.scope), tokens: session?.tokens ?? null }
    })
  }

  /** The rest of the answer is read with the rights of whoever has just come in. */
  private async enter(context: Context, session: OpenedSession): Promise<void> {
    context.become((await this.scopeOf(session.tokens.accessToken)).scope)
  }
}

/** The rights of somebody who was signed in already, with those that have just come. */
function widened(scope: Scope, { membership, providerMembership }: Accepted): Scope {
  if (scope.kind === 'consumer' && membership) {
    const { organizationId, roles } = membership
    return { ...scope, organizations: new Map([...scope.organizations, [organizationId, roles]]) }
  }
  if (scope.kind === 'provider' && providerMembership) {
    const { providerId, roles } = providerMembership
    return { ...scope, providers: new Map([...scope.providers, [providerId, roles]]) }
  }
  return scope
}
