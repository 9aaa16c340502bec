import { cliRoutes } from './cli.routes.js'
import { customerRoutes } from './customer.routes.js'
import { invoiceRoutes } from './invoice.routes.js'
import { platformRoutes } from './platform.routes.js'
import type { Route } from './route.js'

interface Found {
  readonly route: Route
  readonly path: Readonly<Record<string, string>>
}

/** What Stripe has where an id might stand, and the sandbox has not: an address of its own, not an object that is missing. */
const notIds = /^\/v1\/(invoices\/(create_preview|upcoming)|credit_notes\/preview)(\/|$)/

/** Fixed addresses by their text, the others by their pattern, the more telling first. */
class Routes {
  readonly #fixed = new Map<string, Route>()
  readonly #patterns: { readonly route: Route; readonly form: RegExp }[] = []

  add(routes: readonly Route[]): void {
    for (const route of routes) {
      if (!route.path.includes(':')) this.#fixed.set(`${route.method} ${route.path}`, route)
      else {
        const form = route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')
        this.#patterns.push({ route, form: new RegExp(`^${form}$`) })
      }
    }
  }

  find(method: string, path: string): Found | null {
    const fixed = this.#fixed.get(`${method} ${path}`)
    if (fixed) return { route: fixed, path: {} }
    if (notIds.test(path)) return null
    for (const { route, form } of this.#patterns) {
      if (route.method !== method) continue
      const groups = form.exec(path)?.groups
      if (groups) return { route, path: groups }
    }
    return null
  }
}

export const routes = new Routes()
routes.add([...customerRoutes, ...invoiceRoutes, ...platformRoutes])
routes.add(cliRoutes((method, path) => routes.find(method, path)))
