import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Words by which a text is a statement; in capitals, as the builders write them. */
const SQL_WORDS =
  'GRANT|REVOKE|ALTER|REASSIGN|DROP|COMMENT|CREATE|SELECT|INSERT|UPDATE|DELETE|SET|OWNER|FROM|TO|ON|WHERE|LOGIN'
/** A text with such a word, the places for values aside. */
const STATEMENT = `TemplateLiteral:has(> TemplateElement[value.raw=/\\b(?:${SQL_WORDS})\\b/])`
/** The one relation of the catalogs on which PUBLIC has more than SELECT (UPDATE), so that anybody may lock it. */
const LOCKABLE = '/\\bpg_settings\\b/'
const READ = 'Anybody may lock pg_settings: read pg_show_all_settings().'
const QUOTE = 'A name or value in a statement, printed ones included, is quoted by src/sql/quote.ts alone.'

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
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        // In the text itself, in a template within it (`${names.map(…)}`), and where texts are put together by +.
        { selector: `${STATEMENT} TemplateElement[tail=false][value.raw=/["']$/]`, message: QUOTE },
        {
          selector: `BinaryExpression[operator="+"] > Literal[value=/\\b(?:${SQL_WORDS})\\b.*["']$/]`,
          message: QUOTE,
        },
        { selector: `:matches(TemplateElement[value.raw=${LOCKABLE}], Literal[value=${LOCKABLE}])`, message: READ },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-empty-function': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['test/**/*.test.ts'],
    rules: { 'max-lines': ['error', { max: 400 }] },
  },
)
