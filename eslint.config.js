import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'
import quotedByHand from './test/support/lint/quoted-by-hand.mjs'

/** The one relation of the catalogs on which PUBLIC has more than SELECT (UPDATE), so that anybody may lock it. */
const LOCKABLE = '/\\bpg_settings\\b/'
const READ = 'Anybody may lock pg_settings: read pg_show_all_settings().'

/** The program is held to more than the tests: small files, small functions, no assertions that the compiler cannot check. */
export default defineConfig(
  { ignores: ['terraform-module/', '.cache/', 'lib/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { requireDefaultForNonUnion: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, varsIgnorePattern: '^_', argsIgnorePattern: '^_' },
      ],
      'max-lines': ['error', { max: 250 }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { sql: { rules: { 'quoted-by-hand': quotedByHand } } },
    rules: {
      'sql/quoted-by-hand': ['error', { bare: true }],
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: `:matches(TemplateElement[value.raw=${LOCKABLE}], Literal[value=${LOCKABLE}])`, message: READ },
      ],
    },
  },
  { files: ['src/sql/**/*.ts'], rules: { 'sql/quoted-by-hand': ['error', { bare: false }] } },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-empty-function': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['test/**/*.test.ts'],
    rules: { 'max-lines': ['error', { max: 400 }] },
  },
)
