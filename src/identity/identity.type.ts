import { Field, ID, ObjectType } from 'type-graphql'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar, EmailAddressScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'

@For({ ties: ['is that person', 'sees a membership of that person'] })
@ObjectType('User', { implements: NodeType, description: 'A person, at one provider or in one marketplace.' })
export class UserType extends NodeType {
  @Field(() => EmailAddressScalar, { description: 'In lower case.' })
  email!: string

  @Field(() => Boolean, { description: 'Whether the address was shown to be theirs.' })
  emailVerified!: boolean

  @Field(() => String, { description: 'First name.' })
  givenName!: string

  @Field(() => String, { description: 'Last name.' })
  familyName!: string

  @Field(() => DateTimeScalar, { description: 'When the account was made.' })
  createdAt!: Date
}

@For(withItsObject)
@ObjectType('Session', { description: 'One sign-in on one device.' })
export class SessionType {
  @Field(() => ID, { description: 'The id of the session.' })
  id!: string

  @Field(() => DateTimeScalar, { description: 'When it ends if it is not refreshed before.' })
  expiresAt!: Date
}

@For(withItsObject)
@ObjectType('SessionTokens', {
  description:
    'Opaque tokens, shown once. Send `Authorization: Bearer <accessToken>`; over a websocket, ' +
    '`connectionParams.accessToken`.',
})
export class SessionTokensType {
  @Field(() => String, { description: 'What every request is made with; for 15 minutes.' })
  accessToken!: string

  @Field(() => DateTimeScalar, { description: 'When the access token ends.' })
  accessTokenExpiresAt!: Date

  @Field(() => String, { description: 'Good for one `refreshSession`.' })
  refreshToken!: string

  @Field(() => DateTimeScalar, { description: 'When the refresh token ends.' })
  refreshTokenExpiresAt!: Date
}

@For(withItsObject)
@ObjectType('Viewer', {
  description: "Who is asking. A provider's user and a consumer are different people to this API, even with one email.",
})
export class ViewerType {
  userId!: string
  sessionId!: string
}

/** What a viewer is read from: the scope that is asking. */
export interface ViewerRoot {
  userId: string
  sessionId: string
}

@For(carriesOthers)
@ObjectType('SignInPayload', { description: 'The answer of `signIn`.' })
export class SignInPayload {
  @Field(() => ViewerType, { nullable: true, description: 'Who has signed in; null on refusal.' })
  viewer?: ViewerRoot | null

  @Field(() => SessionTokensType, { nullable: true, description: 'Shown this once; null on refusal.' })
  tokens?: SessionTokensType | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('RefreshSessionPayload', { description: 'The answer of `refreshSession`.' })
export class RefreshSessionPayload {
  @Field(() => SessionTokensType, { nullable: true, description: 'The new tokens; null on refusal.' })
  tokens?: SessionTokensType | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('VerifyEmailPayload', { description: 'The answer of `verifyEmail`.' })
export class VerifyEmailPayload {
  @Field(() => UserType, { nullable: true, description: 'Whose address is confirmed; null on refusal.' })
  user?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('SignOutPayload', { description: 'The answer of `signOut`.' })
export class SignOutPayload {
  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('RequestPasswordResetPayload', { description: 'The answer of `requestPasswordReset`: always the same.' })
export class RequestPasswordResetPayload {
  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('ResetPasswordPayload', { description: 'The answer of `resetPassword`.' })
export class ResetPasswordPayload {
  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}
