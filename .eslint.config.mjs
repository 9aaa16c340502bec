// What neither the compiler nor biome sees: promises that nobody waits for, cases that nobody thought of.
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['test/support/generated/**'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    // Biome's own suppressions stand in the same files.
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-base-to-string': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-for-in-array': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowArray: true },
      ],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // Whoever reckons with money has BigInt and exact decimals; instants are whole numbers, and may be compared.
    name: 'money is never a float',
    files: [
      'src/kernel/{currency,decimal,money,pricing}.ts',
      'src/catalog/{estimate,plan,quota}.rules.ts',
      'src/usage/{chargeable-usage,usage.rules}.ts',
      'src/billing/{credit,cycle-invoice,first-invoice,turn-invoices,usage-lines}.rules.ts',
      'src/billing/{billing-charges,invoice-writing,plan-change-charges,quota-prices,upcoming-invoice.service}.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Literal[raw=/^(\\d[\\d_]*)?\\.\\d|^\\d[\\d_]*\\.$|^\\d.*e-/i]',
          message: 'A number with a fraction is inexact.',
        },
        { selector: 'CallExpression[callee.name=/^(Number|parseFloat)$/]', message: 'Money is never a number.' },
        {
          selector: 'CallExpression[callee.object.name="Number"][callee.property.name="parseFloat"]',
          message: 'Money is never a number.',
        },
        { selector: 'UnaryExpression[operator="+"]', message: 'Money is never a number.' },
        {
          selector: 'CallExpression[callee.property.name=/^(toNumber|toPrecision|toExponential)$/]',
          message: 'Money is never a number.',
        },
        {
          selector:
            'CallExpression[callee.object.name="Math"][callee.property.name=/^(round|floor|ceil|trunc|fround|pow)$/]',
          message: 'Rounding is for decimals and fractions: see kernel/money.ts.',
        },
      ],
    },
  },
  {
    // Tests throw and print what the code under test must be able to take.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
)
