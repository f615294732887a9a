/**
 * A rule for ESLint: no name or value is put into a statement but through src/sql/quote.ts, in statements that are printed
 * neither. It reads an expression that makes a text as that text, each part that it does not know as VALUE, and looks for
 * values between quotes in what is a statement.
 *
 * What it cannot see: a text that is put together over several variables or by several functions, a statement without any
 * of the words, and a bare value after other words than those of BARE.
 */

const VALUE = '\uFFFC'
/** One of some words or patterns, between ends of words. */
const oneOf = (...patterns) => `\\b(?:${patterns.join('|')})\\b`
const KINDS = 'role|user|group|database|schema|table|sequence|function|extension|view|index|type'
/** What has a name or a value next. */
const BEFORE_VALUE = oneOf(
  'GRANT|REVOKE|TRUNCATE|RESET|CALL|EXECUTE|VACUUM|PASSWORD|VALID UNTIL|OWNED BY|SET ROLE|LOCK TABLE',
  `(?:ALTER|CREATE|DROP|COMMENT ON) (?:${KINDS.toUpperCase()})`,
)
const BARE = new RegExp(`${BEFORE_VALUE} ${VALUE}`)
/** In capitals, as the builders write them, each makes a statement of a text. */
const WORDS = new RegExp(
  oneOf(
    'GRANT|REVOKE|ALTER|CREATE|DROP|REASSIGN|OWNER|LOGIN|PASSWORD|VALID UNTIL|COMMENT|SELECT|INSERT|UPDATE|DELETE',
    'FROM|TO|ON|WHERE|SET|RESET|TRUNCATE|CALL|LOCK TABLE|EXECUTE|VACUUM',
  ),
)
/** In small letters a single word is English; these together are not. */
const SMALL = new RegExp(
  oneOf(
    `(?:alter|create|drop|comment on) (?:${KINDS})`,
    'grant \\S+ (?:on \\S+ )?to|revoke \\S+ (?:on \\S+ )?from|reassign owned|drop owned|valid until',
    'select\\b.* from|insert into|delete from|update \\S+ set|lock table|truncate table',
    'set (?:role|local|session)|reset (?:role|all)|call \\w+(?=\\()|execute \\w+(?=\\()|vacuum (?:full|analyze)',
  ),
)
const FUNCTION = /\bpg_\w+\(/
const DOLLARS = new RegExp(`(\\$\\w*\\$)(?:(?!\\1)[^])*${VALUE}`)
/** Between two quotes, or behind one whose end is elsewhere. A quote behind a letter ends something, or is an apostrophe. */
const PAIR = /(?<!\w)(["'])((?:(?!\1)[^])*)\1/g
const OPEN = new RegExp(`(?<![\\w"'${VALUE}])["']${VALUE}`)
/** The text that an expression makes, as far as it can be told. */
function textOf(node) {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? node.value : VALUE
    case 'TemplateLiteral':
      return node.quasis
        .map(({ value }, at) => value.cooked + (node.expressions[at] === undefined ? '' : textOf(node.expressions[at])))
        .join('')
    case 'BinaryExpression':
      return node.operator === '+' ? textOf(node.left) + textOf(node.right) : VALUE
    case 'ConditionalExpression':
      return `${textOf(node.consequent)} ${textOf(node.alternate)}`
    case 'ArrowFunctionExpression':
      return node.body.type === 'BlockStatement' ? VALUE : textOf(node.body)
    case 'CallExpression':
      return textOfCall(node)
    default:
      return VALUE
  }
}

/** `[…].join(…)`, `text.concat(…)`, `names.map((name) => text)`; of any other call nothing is known. */
function textOfCall({ callee, arguments: given }) {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return VALUE
  const { object, property } = callee
  if (property.name === 'concat') return [object, ...given].map(textOf).join('')
  if (property.name === 'map' && given.length === 1) return textOf(given[0])
  if (property.name !== 'join') return VALUE
  if (object.type !== 'ArrayExpression') return textOf(object)
  const separator = given[0] === undefined ? ',' : textOf(given[0])
  return object.elements.map((element) => (element === null ? '' : textOf(element))).join(separator)
}

function isQuoted(text) {
  if (!text.includes(VALUE) || !(WORDS.test(text) || SMALL.test(text) || FUNCTION.test(text))) return false
  return (
    DOLLARS.test(text) || OPEN.test(text) || [...text.matchAll(PAIR)].some(([, , inside]) => inside.includes(VALUE))
  )
}

/** Option `bare`: a value without quotes is found too; the builders hold such as are quoted already. */
export default {
  meta: { type: 'problem', schema: [{ type: 'object', properties: { bare: { type: 'boolean' } } }] },
  create(context) {
    const { bare = false } = context.options[0] ?? {}
    const found = []
    const look = (node) => {
      // The whole expression comes before its parts, and is told once.
      if (found.some(({ range }) => range[0] <= node.range[0] && node.range[1] <= range[1])) return
      const text = textOf(node)
      if (!isQuoted(text) && !(bare && BARE.test(text))) return
      found.push(node)
      context.report({
        node,
        message: 'A name or value in a statement, printed ones included, is quoted by src/sql/quote.ts alone.',
      })
    }
    return { TemplateLiteral: look, BinaryExpression: look, CallExpression: look }
  },
}
