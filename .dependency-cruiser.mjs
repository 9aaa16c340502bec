// Who may import whom. Folders stand in one line and import only what stands to their left; a file's suffix says
// which kind of code it is, and so what it may know of. The reasons stand in src/README.md.

/** From the left to the right. */
const foundations = ['kernel', 'persistence', 'events', 'realtime', 'graphql']
const features = [
  'identity',
  'providers',
  'marketplaces',
  'organizations',
  'catalog',
  'subscriptions',
  'usage',
  'billing',
  'access',
]
const line = [...foundations, ...features, 'stripe', 'http']

const folders = (names) => `^src/(${names.join('|')})/`
const suffixes = (names) => `\\.(${names.join('|')})\\.ts$`
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

const toTheRight = line
  .slice(0, -1)
  .map((name, index) =>
    forbid(
      `${name}-knows-only-what-stands-left-of-it`,
      'What happens further right is told by events, which anybody may name.',
      { path: `^src/${name}/` },
      { path: folders(line.slice(index + 1)), pathNot: '\\.events\\.ts$' },
    ),
  )

/** What a kind of file must not know of. */
const bySuffix = [
  [['rules'], ['repository', 'service', 'type', 'input', 'resolver', 'live', 'reactions', 'adapter']],
  [['entity'], ['repository', 'service', 'type', 'input', 'resolver', 'live', 'reactions', 'adapter']],
  [['repository'], ['service', 'type', 'input', 'resolver', 'live', 'reactions', 'adapter']],
  [['service'], ['type', 'resolver', 'live', 'reactions', 'adapter']],
  [['port'], ['repository', 'service', 'type', 'input', 'resolver', 'live', 'reactions', 'adapter']],
  [['events'], ['repository', 'service', 'type', 'input', 'resolver', 'live', 'reactions', 'adapter']],
  [
    ['type', 'input'],
    ['repository', 'service', 'resolver', 'live', 'reactions', 'adapter'],
  ],
  [['reactions'], ['repository', 'type', 'input', 'resolver', 'live', 'adapter']],
  [
    ['resolver', 'live'],
    ['reactions', 'adapter'],
  ],
].map(([from, to]) =>
  forbid(
    `${from.join('-and-')}-files-know-no-${to[0]}`,
    'The suffix says which kind of code a file is.',
    { path: suffixes(from) },
    { path: suffixes(to), dependencyTypesNot: ['type-only'] },
  ),
)

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...toTheRight,
    ...bySuffix,
    forbid('no-circles', 'Data flows one way.', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    forbid(
      'the-sandbox-stands-alone',
      'It is Stripe for us: we meet only on the wire.',
      { path: '^src/sandbox/' },
      { path: '^src/', pathNot: '^src/sandbox/' },
    ),
    forbid(
      'nobody-knows-the-sandbox',
      'The backend cannot tell it from Stripe; it is only started, as a process of its own.',
      { path: '^src/', pathNot: '^src/sandbox/' },
      { path: '^src/sandbox/' },
    ),
    forbid(
      'only-the-adapter-knows-stripe',
      "Stripe's SDK is hidden behind billing's port; the demo uses it as an administrator's script would.",
      { path: '^src/', pathNot: ['^src/stripe/', '^src/demo/', '^src/sandbox/'] },
      { path: 'node_modules/stripe/' },
    ),
    forbid(
      'the-kernel-does-no-io',
      'It is words and rules: no database, no network, no files.',
      { path: '^src/kernel/' },
      { path: '^(fs|net|http|https|child_process|node_modules/(pg|@mikro-orm|kysely|express|ws))' },
    ),
    forbid(
      'rules-are-pure',
      'A rule decides from what it is handed.',
      { path: '\\.rules\\.ts$' },
      { path: '^(fs|net|http|https|child_process|node_modules/(pg|@mikro-orm|kysely|express|ws|type-graphql))' },
    ),
    forbid(
      'only-the-root-composes',
      'Objects are built once, in app.ts, by their constructors.',
      { path: folders(line) },
      { path: '^src/(app|main|reactions|resolvers|config|entities)\\.ts$' },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
