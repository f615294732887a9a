/** The words of one statement, as the builders of `src/sql` quote them. */

export interface Token {
  readonly kind: 'name' | 'text' | 'word'
  readonly value: string
}

const TOKEN = /\s*(?:"((?:[^"]|"")*)"|E'((?:[^'\\]|\\.|'')*)'|'((?:[^']|'')*)'|(-?\w+)|([(),.=]))/sy

/** @throws Error for anything else. */
function tokensOf(sql: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < sql.length) {
    const match = TOKEN.exec(sql)
    if (match === null) throw new Error(`the model cannot read: ${sql}`)
    const [, name, escaped, plain, word, sign] = match
    if (name !== undefined) tokens.push({ kind: 'name', value: name.replaceAll('""', '"') })
    else if (escaped !== undefined)
      tokens.push({ kind: 'text', value: escaped.replaceAll("''", "'").replaceAll('\\\\', '\\') })
    else if (plain !== undefined) tokens.push({ kind: 'text', value: plain.replaceAll("''", "'") })
    else tokens.push({ kind: 'word', value: word ?? sign ?? '' })
  }
  return tokens
}

/** Reads a statement from left to right; what is not as expected is an error with the whole statement. */
export class Reader {
  readonly #tokens: readonly Token[]
  readonly sql: string
  #at = 0

  constructor(sql: string) {
    this.sql = sql
    this.#tokens = tokensOf(sql)
  }

  /** Whether these words come next; then they are read. */
  takes(words: string): boolean {
    const wanted = words.split(' ')
    const isNext = wanted.every((word, index) => {
      const token = this.#tokens[this.#at + index]
      return token?.kind === 'word' && token.value === word
    })
    if (isNext) this.#at += wanted.length
    return isNext
  }

  /** @throws Error where others come. */
  words(words: string): void {
    if (!this.takes(words)) this.fail()
  }

  word(): string {
    return this.#next('word')
  }

  name(): string {
    return this.#next('name')
  }

  /** A name as the server quotes it: only where it has to. */
  identifier(): string {
    return this.#tokens[this.#at]?.kind === 'word' ? this.word() : this.name()
  }

  text(): string {
    return this.#next('text')
  }

  /** A role, or PUBLIC as ''. */
  grantee(): string {
    return this.takes('PUBLIC') ? '' : this.name()
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length
  }

  /** @throws Error where something is left. */
  end(): void {
    if (!this.isAtEnd) this.fail()
  }

  fail(): never {
    throw new Error(`the model knows no such statement: ${this.sql}`)
  }

  #next(kind: Token['kind']): string {
    const token = this.#tokens[this.#at]
    if (token?.kind !== kind) this.fail()
    this.#at += 1
    return token.value
  }
}
