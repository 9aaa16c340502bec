import { join } from 'node:path'
import { AccountService, offerPasswordResetTask } from '../identity/account.service.js'
import { AttemptLimiter } from '../identity/attempt-limiter.js'
import { IdentityResolver, UserResolver } from '../identity/identity.resolver.js'
import { Mailer, sendMailTask } from '../identity/mailer.js'
import { SessionService } from '../identity/session.service.js'
import { UserRepository } from '../identity/user.repository.js'
import { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { MarketplaceResolver, ProviderMarketplacesResolver } from '../marketplaces/marketplace.resolver.js'
import { MarketplaceService } from '../marketplaces/marketplace.service.js'
import { TermsService } from '../marketplaces/terms.service.js'
import { AddresseeRepository } from '../organizations/addressee.repository.js'
import { AuditedAccounts } from '../organizations/audited-accounts.js'
import type { ClosingObstacles } from '../organizations/closing.port.js'
import {
  type ConsumerOrganizationRepository,
  InvitationRepository,
  MembershipRepository,
} from '../organizations/consumer-organization.repository.js'
import { EntranceResolver } from '../organizations/entrance.resolver.js'
import { InvitationResolver } from '../organizations/invitation.resolver.js'
import { InvitationService } from '../organizations/invitation.service.js'
import { InvitationAcceptanceService } from '../organizations/invitation-acceptance.service.js'
import { InvitationPreviews } from '../organizations/invitation-preview.js'
import {
  MarketplaceOrganizationsResolver,
  MemberResolver,
  ViewerMembershipResolver,
} from '../organizations/member.resolver.js'
import { MemberService } from '../organizations/member.service.js'
import { Notices } from '../organizations/notices.js'
import { OrganizationResolver } from '../organizations/organization.resolver.js'
import { OrganizationService } from '../organizations/organization.service.js'
import type { OrganizationWarnings } from '../organizations/organization-warnings.port.js'
import { People } from '../organizations/people.js'
import { MembershipPlaces } from '../organizations/persons-places.js'
import { SignUpService } from '../organizations/sign-up.service.js'
import { AuditEntryRepository, AuditLog } from '../providers/audit-log.js'
import {
  ProviderInvitationRepository,
  ProviderMembershipRepository,
  ProviderRepository,
} from '../providers/provider.repository.js'
import {
  AuditEntryResolver,
  ProviderMembershipResolver,
  ProviderResolver,
  ViewerProviderResolver,
} from '../providers/provider.resolver.js'
import { ProviderService } from '../providers/provider.service.js'
import { ProviderInvitationService } from '../providers/provider-invitation.service.js'
import { UnitRepository } from '../providers/unit.repository.js'
import { UnitService } from '../providers/unit.service.js'
import type { Foundation } from './foundation.js'

export type PeopleFeatures = ReturnType<typeof buildPeople>

/** What others know of organizations. */
interface AroundPeople {
  organizations: ConsumerOrganizationRepository
  /** What may keep one from closing. */
  obstacles: readonly ClosingObstacles[]
  warnings: OrganizationWarnings
}

/** identity, providers, marketplaces, organizations. */
export function buildPeople(
  foundation: Omit<Foundation, 'metrics' | 'sandboxClock' | 'logPosition'>,
  { organizations, obstacles, warnings }: AroundPeople,
) {
  const { unitOfWork, clocks, box, config, log, mutations, nodes, scopeOf } = foundation
  const { billing, transport } = clocks
  const { publicUrl } = config

  const users = new UserRepository()
  const providers = new ProviderRepository()
  const providerMemberships = new ProviderMembershipRepository()
  const providerInvitations = new ProviderInvitationRepository()
  const units = new UnitRepository()
  const auditEntries = new AuditEntryRepository()
  const marketplaces = new MarketplaceRepository()
  const memberships = new MembershipRepository()
  const invitations = new InvitationRepository()
  const people = new People(users, memberships, providerMemberships)

  const limiter = new AttemptLimiter(foundation.limiterPool, config.rateLimits)
  const from = `no-reply@${new URL(publicUrl).hostname}`
  const mailer = new Mailer({
    url: config.mailUrl,
    folder: join(config.dataDir, 'mail'),
    from,
    box,
    clock: transport,
    log,
  })
  const places = new MembershipPlaces(publicUrl)
  const audit = new AuditLog(billing)
  const sessions = new SessionService(unitOfWork, users, places, limiter, clocks)
  const accounts = new AccountService(
    unitOfWork,
    users,
    sessions,
    places,
    mailer,
    limiter,
    new AuditedAccounts(places, audit),
    transport,
  )
  const providerService = new ProviderService(
    unitOfWork,
    providers,
    providerMemberships,
    users,
    accounts,
    sessions,
    audit,
    billing,
  )
  const providerInvitationService = new ProviderInvitationService(
    unitOfWork,
    providers,
    providerMemberships,
    users,
    mailer,
    audit,
    transport,
    publicUrl,
  )
  const unitService = new UnitService(unitOfWork, providers, audit, billing)
  const terms = new TermsService(billing)
  const marketplaceService = new MarketplaceService(unitOfWork, marketplaces, terms, audit, billing)
  const memberService = new MemberService(unitOfWork, memberships, organizations, users, sessions, audit, billing)
  const invitationService = new InvitationService(
    unitOfWork,
    invitations,
    providerInvitations,
    organizations,
    memberships,
    marketplaces,
    users,
    providerInvitationService,
    mailer,
    audit,
    transport,
    publicUrl,
  )
  const acceptance = new InvitationAcceptanceService(
    unitOfWork,
    organizations,
    memberService,
    providerService,
    users,
    accounts,
    sessions,
    terms,
    limiter,
    transport,
  )
  const organizationService = new OrganizationService(
    unitOfWork,
    organizations,
    marketplaces,
    invitationService,
    audit,
    obstacles,
    billing,
  )
  const signUps = new SignUpService(
    unitOfWork,
    marketplaces,
    organizationService,
    memberService,
    places,
    users,
    accounts,
    sessions,
    terms,
    limiter,
  )
  const previews = new InvitationPreviews(unitOfWork, acceptance, organizations, marketplaces, providers, terms)

  nodes.register('usr', 'User', ({ reading }, id) => people.find(reading, id))
  nodes.register('prov', 'Provider', ({ reading }, id) => providers.find(reading, id))
  nodes.register('pmem', 'ProviderMembership', ({ reading }, id) => providerMemberships.find(reading, id))
  nodes.register('pinv', 'ProviderInvitation', ({ reading }, id) => providerInvitations.find(reading, id))
  nodes.register('unit', 'Unit', ({ reading }, id) => units.find(reading, id))
  nodes.register('aud', 'AuditEntry', ({ reading }, id) => auditEntries.find(reading, id))
  nodes.register('mkt', 'Marketplace', ({ reading }, id) => marketplaces.find(reading, id))
  nodes.register('org', 'ConsumerOrganization', ({ reading }, id) => organizations.find(reading, id))
  nodes.register('mem', 'Membership', ({ reading }, id) => memberships.find(reading, id))
  nodes.register('invt', 'Invitation', ({ reading }, id) => invitations.find(reading, id))

  return {
    users,
    providers,
    units,
    marketplaces,
    organizations,
    addressees: new AddresseeRepository(),
    notices: new Notices(mailer, billing),
    audit,
    terms,
    limiter,
    sessions,
    accounts,
    acceptance,
    signUps,
    providerService,
    memberService,
    invitationService,
    organizationService,
    resolvers: [
      new UserResolver(),
      new IdentityResolver(sessions, accounts, users, mutations, scopeOf),
      new ProviderResolver(
        providerService,
        providerInvitationService,
        unitService,
        providers,
        providerMemberships,
        providerInvitations,
        units,
        auditEntries,
        mutations,
      ),
      new ProviderMembershipResolver(providers, users),
      new ViewerProviderResolver(providerMemberships),
      new AuditEntryResolver(users),
      new MarketplaceResolver(marketplaceService, marketplaces, providers, terms, mutations),
      new ProviderMarketplacesResolver(marketplaces),
      new OrganizationResolver(
        organizationService,
        organizations,
        memberships,
        invitations,
        marketplaces,
        auditEntries,
        warnings,
        mutations,
      ),
      new MemberResolver(memberService, organizations, users, mutations),
      new ViewerMembershipResolver(memberships),
      new MarketplaceOrganizationsResolver(organizations),
      new InvitationResolver(invitationService, mutations),
      new EntranceResolver(signUps, acceptance, previews, mutations, scopeOf),
    ],
    tasks: {
      [sendMailTask]: (payload: unknown) => mailer.deliver(payload),
      [offerPasswordResetTask]: (payload: unknown) => accounts.offerPasswordReset(payload),
      'prune-sessions': () => sessions.prune(),
    },
    schedule: ['17 3 * * * prune-sessions'],
  }
}
