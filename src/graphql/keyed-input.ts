import { Field, InputType } from 'type-graphql'

/** What the inputs of all mutations have, those of sign-in aside. */
@InputType('KeyedInput')
export abstract class KeyedInput {
  @Field(() => String, {
    nullable: true,
    description:
      'For 24 hours the same key with the same input answers the same result; with another input it is refused.',
  })
  idempotencyKey?: string | null
}
