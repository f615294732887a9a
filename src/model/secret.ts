const REDACTED = '[redacted]'

/**
 * A value that cannot print itself: string conversion, JSON, template literals and console.log all give `[redacted]`.
 * Only `reveal()` gives the value, so that every use can be found by its name.
 */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  reveal(): T {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED
  }
}
