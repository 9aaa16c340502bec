import { Field, ID, InputType } from 'type-graphql'
import { EmailAddressScalar } from '../graphql/scalars.js'

@InputType('SignInInput', { description: 'Who signs in, and where.' })
export class SignInInput {
  @Field(() => EmailAddressScalar, { description: "The person's address." })
  email!: string

  @Field(() => String, { description: 'The password.' })
  password!: string

  @Field(() => ID, {
    nullable: true,
    description: "The marketplace to consume from; without it, as a provider's user.",
  })
  marketplaceId?: string | null
}

@InputType('RefreshSessionInput', { description: 'What new tokens are given for.' })
export class RefreshSessionInput {
  @Field(() => String, { description: 'The refresh token; it is used up.' })
  refreshToken!: string
}

@InputType('VerifyEmailInput', { description: 'The token that came by mail.' })
export class VerifyEmailInput {
  @Field(() => String, { description: 'From the link in the mail.' })
  token!: string
}

@InputType('RequestPasswordResetInput', { description: 'Whose password is to be chosen anew.' })
export class RequestPasswordResetInput {
  @Field(() => EmailAddressScalar, { description: "The person's address." })
  email!: string

  @Field(() => ID, { nullable: true, description: "The marketplace of a consumer; left out for a provider's user." })
  marketplaceId?: string | null
}

@InputType('ResetPasswordInput', { description: 'The new password, with the token that came by mail.' })
export class ResetPasswordInput {
  @Field(() => String, { description: 'From the link in the mail.' })
  token!: string

  @Field(() => String, { description: '12 to 200 characters.' })
  password!: string
}
