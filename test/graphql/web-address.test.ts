import { describe, expect, it } from '@jest/globals'
import { readWebAddress } from '../../src/graphql/web-address.js'

const taken: ReadonlyArray<readonly [given: string, read: string]> = [
  ['https://harbour.example', 'https://harbour.example/'],
  ['https://harbour.example:8443/a/b?c=d#e', 'https://harbour.example:8443/a/b?c=d#e'],
  ['HTTPS://Harbour.Example/', 'https://harbour.example/'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['https://8.8.8.8/', 'https://8.8.8.8/'],
  ['https://172.15.255.255/', 'https://172.15.255.255/'],
  ['https://172.32.0.0/', 'https://172.32.0.0/'],
  ['https://[2606:4700:4700::1111]/', 'https://[2606:4700:4700::1111]/'],
]

const refused = [
  // No page, or one that runs in ours.
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'file:///etc/passwd',
  'ftp://harbour.example/',
  'blob:https://harbour.example/1',
  'ws://harbour.example/',
  'http://harbour.example/',
  '//harbour.example/',
  '/path',
  'harbour.example',
  'https://',
  'https:',
  '',
  // With a name or a password, which people take for the host.
  'https://billing.stripe.com@evil.example/',
  'https://user:password@harbour.example/',
  'https://:password@harbour.example/',
  // Numbers in every spelling that the WHATWG reads.
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://100.64.0.1/',
  'https://0.0.0.0/',
  'https://0/',
  'https://127.0.0.2/',
  'https://0xa9.0xfe.0xa9.0xfe/',
  'https://2852039166/',
  'https://192.0.2.1/',
  'https://198.18.0.1/',
  'https://198.51.100.7/',
  'https://203.0.113.7/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://10.0.0.1./',
  // And of IPv6, the ones that stand for an IPv4 among them.
  'https://[::]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::10.0.0.1]/',
  'https://[2002:a00:1::]/',
  'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
  'https://[2001:db8::1]/',
  'https://[fe80::1]/',
  'https://[fe80::1%25eth0]/',
  'https://[fc00::1]/',
  'https://[fd00:ec2::254]/',
  'https://[ff02::1]/',
  // Names that lead inside.
  'https://api.localhost/',
  'https://metadata.google.internal/',
  'https://printer.local/',
  'https://router.home.arpa/',
  'https://intranet/',
  'https://postgres./',
  'https://metadata.google.internal./',
]
const ofThisMachine = [
  'localhost',
  'LOCALHOST',
  '127.0.0.1',
  '[::1]',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '１２７.０.０.１',
  '127。0。0。1',
]

describe('An address that people may be shown', () => {
  it.each(taken)('%s is taken', (given, read) => {
    expect(readWebAddress(given, false)).toBe(read)
    expect(readWebAddress(given, true)).toBe(read)
  })

  it.each(refused)('%j is not', (given) => {
    expect(readWebAddress(given, false)).toBeNull()
    expect(readWebAddress(given, true)).toBeNull()
  })

  it.each(ofThisMachine)('on this machine, as %s, is taken in development alone', (host) => {
    for (const given of [`http://${host}:3000/`, `https://${host}/`]) {
      expect(readWebAddress(given, true)).not.toBeNull()
      expect(readWebAddress(given, false)).toBeNull()
    }
  })

  it('is what was read, so that nobody reads it in another way', () => {
    expect(readWebAddress('https:\\\\harbour.example\\a', false)).toBe('https://harbour.example/a')
    expect(readWebAddress('  https://harbour.example/\u0000', false)).toBe('https://harbour.example/')
  })
})
