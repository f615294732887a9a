/** The page of what the runner needs: its IAM policy. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as v from 'valibot'
import { codeBlocks, guide, readDocument, ROOT, sorted } from '../../support/documents.ts'

const blocks = codeBlocks(readDocument(guide('runner')))

/** Not commands of an SDK client: what Secrets Manager does for the caller, what a login token proves, what the SDK does by itself, what tags need. */
const NO_COMMAND = ['kms:Decrypt', 'rds-db:connect', 'sts:AssumeRole', 'rds:AddTagsToResource']
/** What a rotation calls is no business of the runner's: modules/lambda-runner gives it to a role of its own. */
const ROTATION = 'secrets/rotating-secret.ts'
const SERVICES = { 'client-secrets-manager': 'secretsmanager', 'client-sts': 'sts', 'client-rds': 'rds' } as const
const Policy = v.object({
  Statement: v.array(v.object({ Effect: v.literal('Allow'), Action: v.union([v.string(), v.array(v.string())]) })),
})

/** Actions of the services that a source calls. */
function callsIn(text: string): string[] {
  return Object.entries(SERVICES)
    .filter(([client]) => text.includes(`@aws-sdk/${client}'`))
    .flatMap(([, service]) =>
      [...text.matchAll(/\b(\w+)Command\(|\bpaginate(\w+)\(/g)].map(
        ([, command = '', paginated = '']) => `${service}:${command}${paginated}`,
      ),
    )
}

test('the role of the rotation function allows what it calls', (t) => {
  const role = readDocument('terraform-module/modules/lambda-runner/own.tf')
  const [, statement = ''] = /Sid\s+= "RotateSecrets"([\s\S]*?)Resource/.exec(role) ?? []
  t.deepEqual(
    sorted([...statement.matchAll(/"(\w+:\w+)"/g)].map(([, action = '']) => action)),
    sorted(callsIn(readFileSync(join(ROOT, 'src', ROTATION), 'utf8'))),
  )
})

test('the policy as a data source allows what every run needs, and snapshots', (t) => {
  const text = readDocument('terraform-module/examples/existing-instance/policy.tf')
  const [, document = ''] = /"aws_iam_policy_document" "runner" \{([\s\S]*?)^\}/m.exec(text) ?? []
  const listed = sorted([...document.matchAll(/"((?:sts|secretsmanager|rds):\w+)"/g)].map(([, action = '']) => action))
  const [policy] = blocks.filter(({ language, text: json }) => language === 'json' && json.includes('"Statement"'))
  const all = v.parse(Policy, JSON.parse(policy?.text ?? '')).Statement.flatMap(({ Action }) => Action)
  const others = ['kms:Decrypt', 'rds-db:connect', 'sts:AssumeRole']
  t.deepEqual(listed, sorted(all.filter((action) => !others.includes(action))))
})

test('the IAM policy allows what the code calls, and nothing else', (t) => {
  const policies = blocks.filter(({ language, text }) => language === 'json' && text.includes('"Statement"'))
  const allowed = policies
    .flatMap(({ text }) => v.parse(Policy, JSON.parse(text)).Statement)
    .flatMap(({ Action }) => Action)
  const called = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith(ROTATION))
    .flatMap((path) => callsIn(readFileSync(path, 'utf8')))
  t.true(called.length > 2)
  t.deepEqual(sorted(allowed.filter((action) => !NO_COMMAND.includes(action))), sorted(called))
})
