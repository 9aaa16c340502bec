import { boolean, list, required, text } from '../parameters/parameter.js'
import { type Permission, permissionName } from './permissions.js'
import { type Route, route } from './route.js'

const openSession = {
  device_name: text(),
  forward_connect_to_url: text(),
  forward_thin_connect_to_url: text(),
  forward_thin_to_url: text(),
  forward_to_url: text(),
  filters: text(),
  sync: boolean(),
  websocket_features: list(text()),
}

/** What the official CLI asks of Stripe beside the API that everybody uses. */
export function cliRoutes(find: (method: string, path: string) => { route: Route } | null): Route[] {
  return [
    route('POST', '/v1/stripecli/sessions', 'cli:write', openSession, (call) => ({
      body: call.cli.open(call.asking.account) as { object: string },
    })),
    route('POST', '/v1/stripecli/key_permissions', 'cli:write', { endpoints: required(list(text())) }, (call) => {
      const permissions = new Set<string>()
      const unresolved_endpoints: { endpoint: string; reason: string }[] = []
      for (const endpoint of call.params.endpoints) {
        const [method = '', path = ''] = endpoint.split(' ')
        const permission: Permission | null | undefined = find(method, path)?.route.permission
        if (permission) permissions.add(permissionName(permission))
        else unresolved_endpoints.push({ endpoint, reason: 'The sandbox does not know this endpoint.' })
      }
      return { body: { object: 'stripecli.key_permissions', permissions: [...permissions], unresolved_endpoints } }
    }),
  ]
}
