/** What type-graphql wants of an enum: an object whose keys are its values. */
export function enumObject<Value extends string>(values: readonly Value[]): { [Name in Value]: Name } {
  return Object.fromEntries(values.map((value) => [value, value])) as { [Name in Value]: Name }
}
