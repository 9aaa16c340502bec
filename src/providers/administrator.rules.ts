import { ok, type Result, refuse } from '../kernel/result.js'

/** A person with roles, at a provider or in an organization. */
export interface RoleHolder {
  id: string
  roles: readonly string[]
}

/** Whether this one administers and nobody else does: such a place would be left without anybody who may let others in. */
export function isLastAdministrator(members: readonly RoleHolder[], memberId: string): boolean {
  const administrators = members.filter(({ roles }) => roles.includes('ADMINISTRATOR'))
  return administrators.length === 1 && administrators[0]?.id === memberId
}

/** Roles as they are kept: at least one, each once. */
export function acceptableRoles<Role extends string>(given: readonly Role[]): Result<Role[]> {
  if (given.length === 0) return refuse('REQUIRED', 'Name at least one role.', ['input', 'roles'])
  return ok([...new Set(given)])
}
