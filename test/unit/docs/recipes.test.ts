/** The recipes for pipelines: files that parse, and calls of the script and of the action that these accept. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import test from 'ava'
import yaml from 'js-yaml'
import * as v from 'valibot'
import { parseOptions } from '../../../src/input/options.ts'
import { readDocument, ROOT } from '../../support/documents.ts'

const FILES = ['docs/pipeline-github.yml', 'docs/pipeline-gitlab.yml', 'action.sh'].map(
  (name) => `terraform-module/${name}`,
)
const Step = v.looseObject({ uses: v.optional(v.string()), with: v.optional(v.record(v.string(), v.unknown()), {}) })
const Job = v.looseObject({
  environment: v.optional(v.string()),
  env: v.optional(v.record(v.string(), v.string()), {}),
  outputs: v.optional(v.record(v.string(), v.string()), {}),
  steps: v.array(Step),
})
const Workflow = v.looseObject({ jobs: v.record(v.string(), Job) })
const Action = v.looseObject({ inputs: v.record(v.string(), v.unknown()), outputs: v.record(v.string(), v.unknown()) })

test('each call of the script is one that it accepts', (t) => {
  const calls = FILES.flatMap((path) => [...readDocument(path).matchAll(/node "\$(?:script|SCRIPT)" (.*)/g)])
  t.is(calls.length, 5)
  for (const [, line = ''] of calls) {
    const words = line.replaceAll(/"\$\{name\[.*\}"/g, '--terraform-output x').replaceAll(/"\$\w+"/g, 'x')
    t.notThrows(() => parseOptions(words.split(' ')), words)
  }
  execFileSync('bash', ['-n', join(ROOT, 'terraform-module', 'action.sh')])
})

test('the workflow of GitHub applies what the job before has planned, and gives the action what it takes', (t) => {
  const { jobs } = v.parse(Workflow, yaml.safeLoad(readDocument('terraform-module/docs/pipeline-github.yml')))
  const { inputs, outputs } = v.parse(Action, yaml.safeLoad(readDocument('terraform-module/action.yml')))
  t.deepEqual(Object.keys(outputs), ['digest'])
  const uses = Object.values(jobs).flatMap(({ steps }) =>
    steps.filter((step) => step.uses?.includes('/terraform-module@')),
  )
  t.deepEqual(
    uses.map((step) => step.with['command']),
    ['plan', 'drift'],
  )
  for (const step of uses)
    t.deepEqual(
      Object.keys(step.with).filter((name) => !Object.hasOwn(inputs, name)),
      [],
    )
  t.is(jobs['plan']?.outputs['digest'], '${{ steps.plan.outputs.digest }}')
  t.is(jobs['apply']?.environment, 'prod')
  t.is(jobs['apply']?.env['ALLOW_DB_PROVISION'], 'plan:${{ needs.plan.outputs.digest }}')
})

test('the jobs of GitLab parse, and apply waits for a person', (t) => {
  const { apply } = v.parse(
    v.looseObject({
      apply: v.looseObject({ needs: v.array(v.string()), rules: v.array(v.looseObject({ when: v.string() })) }),
    }),
    yaml.safeLoad(readDocument('terraform-module/docs/pipeline-gitlab.yml')),
  )
  t.deepEqual([apply.needs, apply.rules.map((rule) => rule.when)], [['plan'], ['manual']])
})
