import { Field, ID, InputType } from 'type-graphql'
import { KeyedInput } from '../graphql/keyed-input.js'
import { EmailAddressScalar } from '../graphql/scalars.js'
import type { ProviderRole } from '../persistence/tenant-scope.js'
import { ProviderRoleEnum } from './provider.type.js'

@InputType('InviteProviderMemberInput', { description: 'Who is to work for a provider.' })
export class InviteProviderMemberInput extends KeyedInput {
  @Field(() => ID, { description: 'The provider.' })
  providerId!: string

  @Field(() => EmailAddressScalar, { description: 'Where the invitation is mailed to.' })
  email!: string

  @Field(() => [ProviderRoleEnum], { description: 'At least one.' })
  roles!: ProviderRole[]
}

@InputType('UpdateProviderMemberRolesInput', { description: 'What a member may do from now on.' })
export class UpdateProviderMemberRolesInput extends KeyedInput {
  @Field(() => ID, { description: 'The member.' })
  membershipId!: string

  @Field(() => [ProviderRoleEnum], { description: 'At least one; they take the place of all before.' })
  roles!: ProviderRole[]
}

@InputType('RemoveProviderMemberInput', { description: 'Who is to leave.' })
export class RemoveProviderMemberInput extends KeyedInput {
  @Field(() => ID, { description: 'The member.' })
  membershipId!: string
}

@InputType('CreateUnitInput', { description: 'Something to count.' })
export class CreateUnitInput extends KeyedInput {
  @Field(() => ID, { description: 'Whose unit it is.' })
  providerId!: string

  @Field(() => String, { description: 'Starts with x-; unique within the provider, never changes.' })
  name!: string

  @Field(() => String, { description: 'Its name for people.' })
  title!: string
}
