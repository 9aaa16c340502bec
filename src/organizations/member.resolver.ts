import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import { connection, PageArgs, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { byItsOwnRule, For, withItsObject } from '../graphql/policy.js'
import { UserType, type ViewerRoot, ViewerType } from '../identity/identity.type.js'
import type { UserRepository } from '../identity/user.repository.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import { administersOrganization } from '../persistence/permissions.js'
import type { ConsumerOrganizationState } from './consumer-organization.entity.js'
import type { ConsumerOrganizationRepository, MembershipRepository } from './consumer-organization.repository.js'
import type { MemberService } from './member.service.js'
import type { MembershipRow } from './membership.entity.js'
import { RemoveMemberInput, UpdateMemberRolesInput } from './organization.input.js'
import { RemoveMemberPayload, UpdateMemberRolesPayload } from './organization.payload.js'
import {
  ConsumerOrganizationConnection,
  ConsumerOrganizationStateEnum,
  ConsumerOrganizationType,
  MembershipType,
} from './organization.type.js'

@Resolver(() => MembershipType)
export class MemberResolver {
  constructor(
    private readonly members: MemberService,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly users: UserRepository,
    private readonly mutations: Mutations,
  ) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ConsumerOrganizationType, { description: 'Where.' })
  organization(@Root() membership: MembershipRow, @Ctx() context: Context) {
    return context.load(this.organizations.byIds, membership.organizationId)
  }

  @For(withItsObject)
  @FieldResolver(() => UserType, { description: 'Who.' })
  user(@Root() membership: MembershipRow, @Ctx() context: Context) {
    return context.load(this.users.byIds, membership.userId)
  }

  @For(administersOrganization)
  @Mutation(() => UpdateMemberRolesPayload, { description: 'Changes what a member may do.' })
  updateMemberRoles(
    @Arg('input', () => UpdateMemberRolesInput, { description: 'Who, and what.' }) input: UpdateMemberRolesInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'updateMemberRoles', input, async () => ({
      membership: await this.members.changeRoles(context.scope, input.membershipId, input.roles),
    }))
  }

  @For(administersOrganization)
  @Mutation(() => RemoveMemberPayload, {
    description:
      'Ends what that person could see of the organization, at once: websockets close with 4403, or 4401 when ' +
      "nothing is left to see. What the person made stays the organization's.",
  })
  removeMember(
    @Arg('input', () => RemoveMemberInput, { description: 'Who.' }) input: RemoveMemberInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'removeMember', input, async () => ({
      organization: await this.members.remove(context.scope, input.membershipId),
    }))
  }
}

@Resolver(() => ViewerType)
export class ViewerMembershipResolver {
  constructor(private readonly rows: MembershipRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => [MembershipType], { description: 'Where this person consumes.' })
  memberships(@Root() viewer: ViewerRoot, @Ctx() context: Context) {
    return context.load(this.rows.ofUsers, viewer.userId)
  }
}

@ArgsType()
class OrganizationListArgs extends PageArgs {
  @Field(() => String, { nullable: true, description: 'Part of the name.' })
  search?: string | null

  @Field(() => ConsumerOrganizationStateEnum, { nullable: true, description: 'Only those in this state.' })
  state?: ConsumerOrganizationState | null
}

@Resolver(() => MarketplaceType)
export class MarketplaceOrganizationsResolver {
  constructor(private readonly organizations: ConsumerOrganizationRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ConsumerOrganizationConnection, { description: 'The organizations that consume here.' })
  async consumerOrganizations(
    @Root() marketplace: MarketplaceRow,
    @Args(() => OrganizationListArgs) { search, state, ...page }: OrganizationListArgs,
    @Ctx() { reading }: Context,
  ) {
    const filter = { marketplaceId: marketplace.id, search: search ?? null, state: state ?? null }
    return connection(await this.organizations.listed(reading, requestedPage(page), filter))
  }
}
