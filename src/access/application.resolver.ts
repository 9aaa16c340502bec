import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { connection, PageArgs, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { anyone, byItsOwnRule, For } from '../graphql/policy.js'
import type { ConsumerOrganizationRow } from '../organizations/consumer-organization.entity.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { ConsumerOrganizationType } from '../organizations/organization.type.js'
import { develops } from '../persistence/permissions.js'
import type { ApplicationRow } from './access.entity.js'
import { CreateApplicationInput } from './access.input.js'
import type { AccessRequestRepository, ApplicationRepository, CredentialRepository } from './access.repository.js'
import { AccessRequestType } from './access-request.type.js'
import type { ApplicationService } from './application.service.js'
import { ApplicationConnection, ApplicationType, CreateApplicationPayload } from './application.type.js'
import { CredentialType } from './credential.type.js'

@Resolver(() => ApplicationType)
export class ApplicationResolver {
  constructor(
    private readonly service: ApplicationService,
    private readonly applications: ApplicationRepository,
    private readonly requests: AccessRequestRepository,
    private readonly credentialRows: CredentialRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly mutations: Mutations,
  ) {}

  @For(anyone)
  @Query(() => ApplicationType, { nullable: true, description: 'An application that the viewer may see.' })
  application(@Arg('id', () => ID, { description: "The application's id." }) id: string, @Ctx() context: Context) {
    return this.applications.find(context.reading, id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ConsumerOrganizationType, { description: 'Whose it is.' })
  organization(@Root() application: ApplicationRow, @Ctx() context: Context) {
    return context.load(this.organizations.byIds, application.organizationId)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => [AccessRequestType], { description: 'What it has asked to call, oldest first.' })
  accessRequests(@Root() application: ApplicationRow, @Ctx() context: Context) {
    return context.load(this.requests.ofApplications, application.id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => [CredentialType], { description: 'What it calls with, oldest first.' })
  credentials(@Root() application: ApplicationRow, @Ctx() context: Context) {
    return context.load(this.credentialRows.ofApplications, application.id)
  }

  @For(develops)
  @Mutation(() => CreateApplicationPayload, { description: 'Makes an application of an organization.' })
  createApplication(
    @Arg('input', () => CreateApplicationInput, { description: 'The application.' }) input: CreateApplicationInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'createApplication', input, async () => ({
      application: await this.service.create(context.scope, input),
    }))
  }
}

@Resolver(() => ConsumerOrganizationType)
export class OrganizationApplicationsResolver {
  constructor(private readonly applicationRows: ApplicationRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ApplicationConnection, { description: 'What it builds, newest first.' })
  async applications(
    @Root() organization: ConsumerOrganizationRow,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { reading }: Context,
  ) {
    return connection(
      await this.applicationRows.page(
        reading,
        requestedPage(page),
        'newest first',
        this.applicationRows.ofOrganization(organization.id),
      ),
    )
  }
}
