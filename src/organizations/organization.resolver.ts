import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { connection, PageArgs, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { anyone, byItsOwnRule, For } from '../graphql/policy.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import { administersOrganization, managesMarketplaces } from '../persistence/permissions.js'
import type { AuditEntryRepository } from '../providers/audit-log.js'
import { AuditEntryConnection } from '../providers/provider.type.js'
import type { ConsumerOrganizationRow } from './consumer-organization.entity.js'
import type {
  ConsumerOrganizationRepository,
  InvitationRepository,
  MembershipRepository,
} from './consumer-organization.repository.js'
import {
  CreateConsumerOrganizationInput,
  SetConsumerOrganizationStateInput,
  UpdateConsumerOrganizationInput,
} from './organization.input.js'
import {
  CreateConsumerOrganizationPayload,
  SetConsumerOrganizationStatePayload,
  UpdateConsumerOrganizationPayload,
} from './organization.payload.js'
import type { OrganizationService } from './organization.service.js'
import { ConsumerOrganizationType, InvitationType, MembershipConnection } from './organization.type.js'
import type { OrganizationWarnings } from './organization-warnings.port.js'

@Resolver(() => ConsumerOrganizationType)
export class OrganizationResolver {
  constructor(
    private readonly service: OrganizationService,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly memberships: MembershipRepository,
    private readonly invitationRows: InvitationRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly auditEntries: AuditEntryRepository,
    private readonly warnings: OrganizationWarnings,
    private readonly mutations: Mutations,
  ) {}

  @For(anyone)
  @Query(() => ConsumerOrganizationType, { nullable: true, description: 'An organization that the viewer may see.' })
  consumerOrganization(
    @Arg('id', () => ID, { description: "The organization's id." }) id: string,
    @Ctx() context: Context,
  ) {
    return this.organizations.find(context.reading, id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => MarketplaceType, { description: 'Where it consumes.' })
  marketplace(@Root() organization: ConsumerOrganizationRow, @Ctx() context: Context) {
    return context.load(this.marketplaces.byIds, organization.marketplaceId)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => MembershipConnection, { description: 'Who belongs to it.' })
  async members(
    @Root() organization: ConsumerOrganizationRow,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { reading }: Context,
  ) {
    return connection(
      await this.memberships.page(reading, requestedPage(page), 'oldest first', (query) =>
        query.where('Membership.organizationId', '=', organization.id),
      ),
    )
  }

  @For(byItsOwnRule)
  @FieldResolver(() => [InvitationType], {
    description:
      'Those that were neither accepted nor taken back, for administrators; one that has expired can be sent again.',
  })
  invitations(@Root() organization: ConsumerOrganizationRow, @Ctx() context: Context) {
    return context.load(this.invitationRows.openOf, organization.id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => AuditEntryConnection, { description: 'What was done here, newest first; for administrators.' })
  async auditLog(
    @Root() organization: ConsumerOrganizationRow,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { reading }: Context,
  ) {
    return connection(
      await this.auditEntries.page(reading, requestedPage(page), 'newest first', (query) =>
        query.where('AuditEntry.organizationId', '=', organization.id),
      ),
    )
  }

  @For(managesMarketplaces)
  @Mutation(() => CreateConsumerOrganizationPayload, {
    description: 'Makes a consumer organization, and invites its first administrator.',
  })
  async createConsumerOrganization(
    @Arg('input', () => CreateConsumerOrganizationInput, { description: 'The organization.' })
    input: CreateConsumerOrganizationInput,
    @Ctx() context: Context,
  ) {
    const answer = await this.mutations.answer(context, 'createConsumerOrganization', input, () =>
      this.service.create(context.scope, input),
    )
    return { warnings: await this.#warnings(context, answer), ...answer }
  }

  @For(administersOrganization)
  @Mutation(() => UpdateConsumerOrganizationPayload, { description: 'Changes its name or billing address.' })
  async updateConsumerOrganization(
    @Arg('input', () => UpdateConsumerOrganizationInput, { description: 'What changes.' })
    input: UpdateConsumerOrganizationInput,
    @Ctx() context: Context,
  ) {
    const answer = await this.mutations.answer(context, 'updateConsumerOrganization', input, async () => ({
      organization: await this.service.update(context.scope, input.organizationId, input),
    }))
    return { warnings: await this.#warnings(context, answer), ...answer }
  }

  @For(managesMarketplaces)
  @Mutation(() => SetConsumerOrganizationStatePayload, {
    description:
      'PENDING_APPROVAL to ACTIVE or DENIED, ACTIVE to DISABLED and back, and to CLOSED once nothing runs and ' +
      'nothing is owed.',
  })
  setConsumerOrganizationState(
    @Arg('input', () => SetConsumerOrganizationStateInput, { description: 'The state.' })
    input: SetConsumerOrganizationStateInput,
    @Ctx() context: Context,
  ) {
    const { organizationId, state, reason } = input
    return this.mutations.answer(context, 'setConsumerOrganizationState', input, async () => ({
      organization: await this.service.setState(context.scope, organizationId, state, reason ?? null),
    }))
  }

  async #warnings(
    { reading }: Context,
    { organization }: { organization?: ConsumerOrganizationRow },
  ): Promise<string[]> {
    return organization ? this.warnings.of(reading, organization) : []
  }
}
