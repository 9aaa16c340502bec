import { type DocumentNode, Kind, visit } from 'graphql'

/**
 * The variables that decide what listeners see. The one that only says where a listener goes on is left out, so that
 * those who came at different moments are alike.
 */
export function withoutCursor(
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const cursor = cursorVariable(document)
  return Object.fromEntries(Object.entries(variables).filter(([name]) => name !== cursor))
}

/** The variable that stands at the live field's own `after`, and nowhere else. */
function cursorVariable(document: DocumentNode): string | null {
  const names = document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return []
    return definition.selectionSet.selections.flatMap((selection) => {
      const given = selection.kind === Kind.FIELD ? selection.arguments : undefined
      const after = given?.find(({ name }) => name.value === 'after')
      return after?.value.kind === Kind.VARIABLE ? [after.value.name.value] : []
    })
  })
  const [name] = names
  if (name === undefined) return null
  let uses = 0
  visit(document, {
    Variable(variable, _key, parent) {
      const isDeclared = parent !== undefined && 'kind' in parent && parent.kind === Kind.VARIABLE_DEFINITION
      if (variable.name.value === name && !isDeclared) uses += 1
    },
  })
  return uses === 1 ? name : null
}
