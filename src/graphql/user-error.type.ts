import { Field, ObjectType, registerEnumType } from 'type-graphql'
import type { UserError } from '../kernel/result.js'
import { type UserErrorCode, userErrorCodes, userErrorDescriptions } from '../kernel/user-error-code.js'
import { enumObject } from './enum.js'
import { For, withItsObject } from './policy.js'

export const UserErrorCodeEnum = enumObject(userErrorCodes)
registerEnumType(UserErrorCodeEnum, {
  name: 'UserErrorCode',
  description: 'Why something was refused. The list may grow: have a default branch.',
  valuesConfig: Object.fromEntries(userErrorCodes.map((code) => [code, { description: userErrorDescriptions[code] }])),
})

@For(withItsObject)
@ObjectType('UserError', { description: 'Something that a person can cause, and can mend.' })
export class UserErrorType implements UserError {
  @Field(() => UserErrorCodeEnum, { description: 'Why.' })
  code!: UserErrorCode

  @Field(() => String, {
    description: 'A whole sentence that can be shown to a person. Never holds a secret or an internal name.',
  })
  message!: string

  @Field(() => [String], {
    nullable: true,
    description: 'Where in the input, such as ["input", "plan", "price"]; null when it is about the whole.',
  })
  field!: string[] | null
}
