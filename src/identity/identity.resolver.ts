import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { anyone, For, signedIn, withItsObject } from '../graphql/policy.js'
import { invariant } from '../kernel/invariant.js'
import { person, type Scope } from '../persistence/tenant-scope.js'
import type { AccountService } from './account.service.js'
import {
  RefreshSessionInput,
  RequestPasswordResetInput,
  ResetPasswordInput,
  SignInInput,
  VerifyEmailInput,
} from './identity.input.js'
import {
  RefreshSessionPayload,
  RequestPasswordResetPayload,
  ResetPasswordPayload,
  SessionType,
  SignInPayload,
  SignOutPayload,
  UserType,
  VerifyEmailPayload,
  type ViewerRoot,
  ViewerType,
} from './identity.type.js'
import type { SessionService } from './session.service.js'
import type { UserRow } from './user.entity.js'
import type { UserRepository } from './user.repository.js'

/** The rights that an access token gives. */
export type ScopeOfToken = (accessToken: string) => Promise<{ scope: Scope }>

@Resolver(() => UserType)
export class UserResolver {
  @FieldResolver(() => Boolean, { description: 'Whether the address was shown to be theirs.' })
  emailVerified(@Root() user: UserRow): boolean {
    return user.emailVerifiedAt !== null
  }
}

@Resolver(() => ViewerType)
export class IdentityResolver {
  constructor(
    private readonly sessions: SessionService,
    private readonly accounts: AccountService,
    private readonly users: UserRepository,
    private readonly mutations: Mutations,
    private readonly scopeOf: ScopeOfToken,
  ) {}

  @For(anyone)
  @Query(() => ViewerType, { nullable: true, description: 'Who is asking; null when nobody is signed in.' })
  viewer(@Ctx() { scope }: Context): ViewerRoot | null {
    return scope.kind === 'provider' || scope.kind === 'consumer' ? scope : null
  }

  @For(withItsObject)
  @FieldResolver(() => UserType, { description: 'The person.' })
  async user(@Root() viewer: ViewerRoot, @Ctx() context: Context) {
    const user = await context.load(this.users.byIds, viewer.userId)
    invariant(user, 'A viewer is a person.')
    return user
  }

  @FieldResolver(() => SessionType, { description: 'The sign-in that this request is made with.' })
  session(@Root() viewer: ViewerRoot, @Ctx() context: Context) {
    return this.sessions.current(context.reading, viewer)
  }

  @For(anyone)
  @Mutation(() => SignInPayload, { description: 'Begins a session.' })
  signIn(
    @Arg('input', () => SignInInput, { description: 'Who, and where.' }) input: SignInInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'signIn', {}, async () => {
      const { email, password, marketplaceId } = input
      const opened = await this.sessions.signIn(email, password, marketplaceId, context.address)
      // The rest of the answer is read with the rights of whoever has just come in.
      const { scope } = await this.scopeOf(opened.tokens.accessToken)
      context.become(scope)
      return { viewer: person(scope), tokens: opened.tokens }
    })
  }

  @For(anyone)
  @Mutation(() => RefreshSessionPayload, { description: 'New tokens for a refresh token, which is used up.' })
  refreshSession(
    @Arg('input', () => RefreshSessionInput, { description: 'The refresh token.' }) input: RefreshSessionInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'refreshSession', {}, async () => ({
      tokens: await this.sessions.refresh(input.refreshToken),
    }))
  }

  @For(signedIn)
  @Mutation(() => SignOutPayload, { description: 'Ends the session: its tokens and its websockets.' })
  signOut(@Ctx() context: Context) {
    const { sessionId } = person(context.scope)
    return this.mutations.answer(context, 'signOut', {}, async () => {
      await this.sessions.signOut(sessionId)
      return {}
    })
  }

  @For(anyone)
  @Mutation(() => VerifyEmailPayload, { description: 'Confirms an address with the token that was mailed to it.' })
  verifyEmail(
    @Arg('input', () => VerifyEmailInput, { description: 'The token.' }) input: VerifyEmailInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'verifyEmail', {}, async () => ({
      user: await this.accounts.verifyEmail(input.token, context.address),
    }))
  }

  @For(anyone)
  @Mutation(() => RequestPasswordResetPayload, {
    description: 'Always answers the same, whether or not the address is known.',
  })
  requestPasswordReset(
    @Arg('input', () => RequestPasswordResetInput, { description: 'Whose password.' }) input: RequestPasswordResetInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'requestPasswordReset', {}, async () => {
      await this.accounts.requestPasswordReset(input.email, input.marketplaceId, context.address)
      return {}
    })
  }

  @For(anyone)
  @Mutation(() => ResetPasswordPayload, { description: 'Sets a new password and ends all sessions.' })
  resetPassword(
    @Arg('input', () => ResetPasswordInput, { description: 'Token and password.' }) input: ResetPasswordInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'resetPassword', {}, async () => {
      await this.accounts.resetPassword(input.token, input.password, context.address)
      return {}
    })
  }
}
