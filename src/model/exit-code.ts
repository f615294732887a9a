/** Exit codes (src/README.md: Exit codes). */
export const EXIT = { done: 0, failed: 1, changes: 2, invalidInput: 3, blocked: 4, secret: 5, connection: 6 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
