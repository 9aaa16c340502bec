import { BlockList, isIP } from 'node:net'

/**
 * Addresses that lead somewhere else for everybody who follows them: inside a network, to the machine itself, to a cloud's
 * own services, or nowhere. RFC 6890 and its like.
 */
const inside = new BlockList()
const networks: ReadonlyArray<readonly [network: string, prefix: number]> = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
for (const [network, prefix] of networks) inside.addSubnet(network, prefix, 'ipv4')
/** Of IPv6 only what is given out to the public, and of that nothing that stands for an IPv4 address or is for examples. */
const publicIpv6 = new BlockList()
publicIpv6.addSubnet('2000::', 3, 'ipv6')
const insideIpv6 = new BlockList()
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  insideIpv6.addSubnet(network, prefix, 'ipv6')
}

const insideNames = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home\.arpa|onion|test|invalid)$/
const thisMachine = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * An address that people may be shown, as the WHATWG reads it: https, without a name and a password in it, and to a public
 * place, as far as the address itself tells. Null for any other.
 * @param onThisMachine whether this machine will do as well, by http too: in development
 */
export function readWebAddress(text: string, onThisMachine: boolean): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (url.username || url.password) return null
  if (thisMachine.has(url.hostname)) {
    return onThisMachine && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
  }
  return url.protocol === 'https:' && isPublic(url.hostname) ? url.href : null
}

/** @param host as the WHATWG writes it: numbers in every spelling are four decimals, IPv6 stands in brackets */
function isPublic(host: string): boolean {
  const name = host.replace(/\.$/, '')
  const bare = name.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) === 4) return !inside.check(bare, 'ipv4')
  if (isIP(bare) === 6) return publicIpv6.check(bare, 'ipv6') && !insideIpv6.check(bare, 'ipv6')
  return name.includes('.') && !insideNames.test(name)
}
