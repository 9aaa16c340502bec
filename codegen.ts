import type { CodegenConfig } from '@graphql-codegen/cli'

/** Types the example operations, which the tests execute as a client would. */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: 'schema/operations/*.graphql',
  generates: {
    'test/support/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        importExtension: '.js',
        enumsAsTypes: true,
        scalars: {
          BigInt: { input: 'string | number', output: 'string' },
          Currency: 'string',
          DateTime: 'string',
          Decimal: { input: 'string | number', output: 'string' },
          EmailAddress: 'string',
          JSON: 'unknown',
          SemVer: 'string',
          TimeZone: 'string',
          URL: 'string',
        },
      },
    },
  },
}

export default config
