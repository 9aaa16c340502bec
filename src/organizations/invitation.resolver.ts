import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { For } from '../graphql/policy.js'
import { administersInvited, administersOrganization } from '../persistence/permissions.js'
import type { InvitationService } from './invitation.service.js'
import { InviteMemberInput, ResendInvitationInput, RevokeInvitationInput } from './organization.input.js'
import { InviteMemberPayload, ResendInvitationPayload, RevokeInvitationPayload } from './organization.payload.js'

/** Inviting; accepting is in `entrance.resolver.ts`, with the other ways to come in. */
@Resolver()
export class InvitationResolver {
  constructor(
    private readonly invitations: InvitationService,
    private readonly mutations: Mutations,
  ) {}

  @For(administersOrganization)
  @Mutation(() => InviteMemberPayload, { description: 'Mails somebody an invitation to an organization.' })
  inviteMember(
    @Arg('input', () => InviteMemberInput, { description: 'Whom.' }) input: InviteMemberInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'inviteMember', input, async () => ({
      invitation: await this.invitations.invite(context.scope, input.organizationId, input.email, input.roles),
    }))
  }

  @For(administersInvited)
  @Mutation(() => ResendInvitationPayload, {
    description: 'Sends the mail again, with a new token; the former one ends.',
  })
  resendInvitation(
    @Arg('input', () => ResendInvitationInput, { description: 'Which.' }) input: ResendInvitationInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'resendInvitation', input, async () => {
      const { kind, invitation } = await this.invitations.resend(context.scope, input.invitationId)
      return { invitation: kind === 'organization' ? invitation : null }
    })
  }

  @For(administersInvited)
  @Mutation(() => RevokeInvitationPayload, { description: 'Takes an invitation back: its link ends.' })
  revokeInvitation(
    @Arg('input', () => RevokeInvitationInput, { description: 'Which.' }) input: RevokeInvitationInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'revokeInvitation', input, async () => ({
      organization: await this.invitations.revoke(context.scope, input.invitationId),
    }))
  }
}
