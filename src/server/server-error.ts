/** What the server refuses, told from what the driver makes up itself. */

/** An ErrorResponse. https://www.postgresql.org/docs/current/protocol-error-fields.html */
export interface ServerError {
  /** SQLSTATE */
  readonly code: string
  readonly message: string
  /** The function of the server's source that said so; '' where it does not tell. */
  readonly routine: string
  /** DETAIL, HINT and CONTEXT; '' where it has none. */
  readonly detail: string
  readonly hint: string
  readonly context: string
}

/** @returns null: the error is no answer of the server's. */
export function readServerError(error: unknown): ServerError | null {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return null
  if (typeof error.severity !== 'string' || typeof error.code !== 'string') return null
  const text = (field: string): string => {
    const value: unknown = Reflect.get(error, field)
    return typeof value === 'string' ? value : ''
  }
  return {
    code: error.code,
    message: error.message,
    routine: text('routine'),
    detail: text('detail'),
    hint: text('hint'),
    context: text('where'),
  }
}
