import type { Statement } from '../../src/model/statement.ts'
import type { Step } from '../../src/model/step.ts'

/** A step of no particular kind. */
export function sampleStep(statements: readonly Statement[], over: Partial<Step> = {}): Step {
  return {
    application: 'a',
    database: 'd',
    username: 'u',
    object: 'role',
    kind: 'alter_role',
    target: null,
    action: 'set',
    status: 'updated',
    message: '',
    statements,
    ...over,
  }
}
