import { Extensions, type MiddlewareFn, UseMiddleware } from 'type-graphql'
import { idPrefix } from '../kernel/id.js'
import { type Audience, admits, type Owned } from '../persistence/audience.js'
import type { Context } from './context.js'

/**
 * Whom a type's objects or a field are for. An audience, or for what has no tenant of its own one of:
 * - `with its object`: whoever is shown the object that it stands on, whatever else it leads to
 * - `by its own rule`: as far as the viewer may see what it leads to; the rest is absent
 * - `carries others`: of a type that only carries objects, such as a page or an answer; each comes by its own rule
 */
export type Policy = Audience | 'with its object' | 'by its own rule' | 'carries others'

export const withItsObject = 'with its object'
export const byItsOwnRule = 'by its own rule'
export const carriesOthers = 'carries others'

/** Whoever asks, with or without any right. */
export const anyone: Audience = { anyone: true, gateway: true }
export const signedIn: Audience = { person: true }

/**
 * Declares whom a type, a field or an operation is for; what enforces it is the repository or service behind it.
 * A type's policy holds for its plain fields; whatever leads to another object says its own.
 */
export function For(policy: Policy): ClassDecorator & PropertyDecorator & MethodDecorator {
  return Extensions({ policy })
}

/** Declares that a field is for fewer than those who see its object, and sees to it: others get null or an empty list. */
export function OnlyFor(audience: Audience, orElse: null | readonly [] = null): PropertyDecorator & MethodDecorator {
  const guard: MiddlewareFn<Context> = ({ root, context }, next) =>
    admits(context.scope, audience, ownerOf(root)) ? next() : Promise.resolve(orElse)
  return ((target: object, name: string, descriptor: PropertyDescriptor) => {
    For(audience)(target, name, descriptor)
    UseMiddleware(guard)(target, name, descriptor)
  }) as PropertyDecorator & MethodDecorator
}

export function policyOf({ extensions }: { extensions: Readonly<Record<string, unknown>> }): Policy | undefined {
  return extensions.policy as Policy | undefined
}

/** A row says whose it is; a provider and an organization are their own. */
function ownerOf(root: Partial<Owned> & { id?: string }): Owned {
  const own = root.id ?? ''
  return {
    providerId: root.providerId ?? (idPrefix(own) === 'prov' ? own : ''),
    organizationId: root.organizationId ?? (idPrefix(own) === 'org' ? own : null),
  }
}
