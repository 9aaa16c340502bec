import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { connection, PageArgs, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { anyone, byItsOwnRule, For, OnlyFor, withItsObject } from '../graphql/policy.js'
import { UserType, type ViewerRoot, ViewerType } from '../identity/identity.type.js'
import type { UserRepository } from '../identity/user.repository.js'
import { administersProvider, managesCatalog, worksForProvider } from '../persistence/permissions.js'
import type { AuditEntryRow } from './audit-entry.entity.js'
import type { AuditEntryRepository } from './audit-log.js'
import type { ProviderMembershipRow, ProviderRow } from './provider.entity.js'
import {
  CreateUnitInput,
  InviteProviderMemberInput,
  RemoveProviderMemberInput,
  UpdateProviderMemberRolesInput,
} from './provider.input.js'
import type {
  ProviderInvitationRepository,
  ProviderMembershipRepository,
  ProviderRepository,
} from './provider.repository.js'
import type { ProviderService } from './provider.service.js'
import {
  AuditEntryConnection,
  AuditEntryType,
  CreateUnitPayload,
  InviteProviderMemberPayload,
  ProviderInvitationType,
  ProviderMembershipConnection,
  ProviderMembershipType,
  ProviderType,
  RemoveProviderMemberPayload,
  UnitType,
  UpdateProviderMemberRolesPayload,
} from './provider.type.js'
import type { ProviderInvitationService } from './provider-invitation.service.js'
import type { UnitRepository } from './unit.repository.js'
import type { UnitService } from './unit.service.js'

@Resolver(() => ProviderType)
export class ProviderResolver {
  constructor(
    private readonly service: ProviderService,
    private readonly invitationService: ProviderInvitationService,
    private readonly unitService: UnitService,
    private readonly providers: ProviderRepository,
    private readonly memberships: ProviderMembershipRepository,
    private readonly invitationRows: ProviderInvitationRepository,
    private readonly unitRows: UnitRepository,
    private readonly auditEntries: AuditEntryRepository,
    private readonly mutations: Mutations,
  ) {}

  @For(anyone)
  @Query(() => ProviderType, { nullable: true, description: 'A provider that the viewer works for.' })
  provider(@Arg('id', () => ID, { description: "The provider's id." }) id: string, @Ctx() context: Context) {
    return this.providers.find(context.reading, id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ProviderMembershipConnection, { description: 'Who works there.' })
  async members(@Root() provider: ProviderRow, @Args(() => PageArgs) page: PageArgs, @Ctx() { reading }: Context) {
    return connection(
      await this.memberships.page(reading, requestedPage(page), 'oldest first', (query) =>
        query.where('ProviderMembership.providerId', '=', provider.id),
      ),
    )
  }

  @For(byItsOwnRule)
  @FieldResolver(() => [ProviderInvitationType], {
    description: 'Those that were neither accepted nor taken back; one that has expired can be sent again.',
  })
  invitations(@Root() provider: ProviderRow, @Ctx() context: Context) {
    return context.load(this.invitationRows.openOf, provider.id)
  }

  @OnlyFor(worksForProvider, [])
  @FieldResolver(() => [UnitType], { description: 'What its plans can count.' })
  units(@Root() provider: ProviderRow, @Ctx() context: Context) {
    return context.load(this.unitRows.ofProviders, provider.id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => AuditEntryConnection, { description: 'What its people did, newest first.' })
  async auditLog(@Root() provider: ProviderRow, @Args(() => PageArgs) page: PageArgs, @Ctx() { reading }: Context) {
    return connection(
      await this.auditEntries.page(reading, requestedPage(page), 'newest first', (query) =>
        query.where('AuditEntry.providerId', '=', provider.id),
      ),
    )
  }

  @For(administersProvider)
  @Mutation(() => InviteProviderMemberPayload, { description: 'Mails somebody an invitation to work for a provider.' })
  inviteProviderMember(
    @Arg('input', () => InviteProviderMemberInput, { description: 'Whom.' }) input: InviteProviderMemberInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'inviteProviderMember', input, async () => ({
      invitation: await this.invitationService.invite(context.scope, input.providerId, input.email, input.roles),
    }))
  }

  @For(administersProvider)
  @Mutation(() => UpdateProviderMemberRolesPayload, { description: 'Changes what a member of a provider may do.' })
  updateProviderMemberRoles(
    @Arg('input', () => UpdateProviderMemberRolesInput, { description: 'Who, and what.' })
    input: UpdateProviderMemberRolesInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'updateProviderMemberRoles', input, async () => ({
      membership: await this.service.changeRoles(context.scope, input.membershipId, input.roles),
    }))
  }

  @For(administersProvider)
  @Mutation(() => RemoveProviderMemberPayload, { description: 'Ends what that person could see of the provider.' })
  removeProviderMember(
    @Arg('input', () => RemoveProviderMemberInput, { description: 'Who.' }) input: RemoveProviderMemberInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'removeProviderMember', input, async () => ({
      provider: await this.service.remove(context.scope, input.membershipId),
    }))
  }

  @For(managesCatalog)
  @Mutation(() => CreateUnitPayload, { description: 'Makes a unit that quotas can count.' })
  createUnit(
    @Arg('input', () => CreateUnitInput, { description: 'The unit.' }) input: CreateUnitInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'createUnit', input, async () => ({
      unit: await this.unitService.createUnit(context.scope, input),
    }))
  }
}

@Resolver(() => ProviderMembershipType)
export class ProviderMembershipResolver {
  constructor(
    private readonly providers: ProviderRepository,
    private readonly users: UserRepository,
  ) {}

  @For(withItsObject)
  @FieldResolver(() => ProviderType, { description: 'Where.' })
  provider(@Root() membership: ProviderMembershipRow, @Ctx() context: Context) {
    return context.load(this.providers.byIds, membership.providerId)
  }

  @For(withItsObject)
  @FieldResolver(() => UserType, { description: 'Who.' })
  user(@Root() membership: ProviderMembershipRow, @Ctx() context: Context) {
    return context.load(this.users.byIds, membership.userId)
  }
}

@Resolver(() => ViewerType)
export class ViewerProviderResolver {
  constructor(private readonly memberships: ProviderMembershipRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => [ProviderMembershipType], { description: 'Where this person works as a provider.' })
  providerMemberships(@Root() viewer: ViewerRoot, @Ctx() context: Context) {
    return context.load(this.memberships.ofUsers, viewer.userId)
  }
}

@Resolver(() => AuditEntryType)
export class AuditEntryResolver {
  constructor(private readonly users: UserRepository) {}

  @For(withItsObject)
  @FieldResolver(() => UserType, { nullable: true, description: 'Null when the system did it.' })
  actor(@Root() entry: AuditEntryRow, @Ctx() context: Context) {
    return entry.actorUserId ? context.load(this.users.byIds, entry.actorUserId) : null
  }
}
