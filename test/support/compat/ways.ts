/** Which Terraform tests are run through a Lambda function too, and why the others are not (test/support/terraform/way.ts). */

/** Everything that comes about on a server: provisioning, removals, plan, taint, outputs, drift, pipelines. */
export const BOTH_WAYS: readonly string[] = [
  'leak',
  'module/claims',
  'module/drift',
  'module/pipeline',
  'module/protocol-calls',
  'module/protocol-depends',
  'module/protocol-none',
  'module/protocol-output',
  'module/removal',
  'module/removed',
  'module/renames',
  'module/server',
]

/** In `npm test`: drift, and keys that are renamed, removed and approved: plan, apply, request and removal once each. */
export const SAMPLE: readonly string[] = ['module/drift', 'module/renames']

const STAND_IN = 'A stand-in is in place of node: what the module passes, and when, before any way is gone.'
const PLAN_TIME = 'Only plan-time: nothing is run.'

/** By file, why its way makes no difference. */
export const ONE_WAY: Readonly<Record<string, string>> = {
  demo: 'What a newcomer sees: an instance that the runner reaches.',
  generate: 'The command line on an instance that is not provisioned yet, and a guide that has no function.',
  'module/agreement': PLAN_TIME,
  'module/applied-examples': 'Goes through a tunnel to stand in for IAM, which a function does not.',
  'module/callers': STAND_IN,
  'module/lifecycle': STAND_IN,
  'module/moves': STAND_IN,
  'module/native': 'The module’s own tests, with a stand-in of node.',
  'module/passes': STAND_IN,
  'module/plain': PLAN_TIME,
  'module/plan-shape': STAND_IN,
  'module/policies': PLAN_TIME,
  'module/refusals': PLAN_TIME,
  'module/runner': 'Is about the function, whatever the way of the others.',
  'module/saved-plan': STAND_IN,
  'module/size': STAND_IN,
  'module/sources': 'The module’s files.',
  'module/upgrades': 'A guide line by line, which has no function.',
  readme: 'What the README prints, without a function.',
  'support/provider': 'The test bed.',
  'support/stack': 'The test bed.',
}

export function filesOf(names: readonly string[]): string[] {
  return names.map((name) => `test/terraform/${name}.test.ts`)
}

/** What makes tests of Terraform go through the function. */
export const THROUGH_FUNCTION = { RDS_PROVISION_TEST_RUNNER: 'function' } as const
