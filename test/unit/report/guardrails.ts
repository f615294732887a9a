/** The guardrails of design §7, by the name that their problems carry. */
export const CHECKED_GUARDRAILS = [
  'approval',
  'owner mismatch',
  'unmanaged role',
  'foreign claim',
  'extension',
  'setting',
  'immutable',
  'schema',
  'IAM',
  'reserved names',
  'naming',
  'endpoint',
  'privileged role',
  'destroy',
] as const
