/** What the server refuses, told from what the driver makes up itself. */

/** An ErrorResponse. https://www.postgresql.org/docs/current/protocol-error-fields.html */
export interface ServerError {
  /** SQLSTATE */
  readonly code: string
  readonly message: string
  /** The function of the server's source that said so; '' where it does not tell. */
  readonly routine: string
}

/** @returns null: the error is no answer of the server's. */
export function readServerError(error: unknown): ServerError | null {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return null
  if (typeof error.severity !== 'string' || typeof error.code !== 'string') return null
  const routine = 'routine' in error && typeof error.routine === 'string' ? error.routine : ''
  return { code: error.code, message: error.message, routine }
}
