/** The page of what the runner needs: its IAM policy. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as v from 'valibot'
import { codeBlocks, guide, readDocument, ROOT, sorted } from '../../support/documents.ts'

const blocks = codeBlocks(readDocument(guide('runner')))

/** Not commands of an SDK client: what Secrets Manager does for the caller, what a login token proves, what the SDK does by itself, what tags need. */
const NO_COMMAND = ['kms:Decrypt', 'rds-db:connect', 'sts:AssumeRole', 'rds:AddTagsToResource']
const SERVICES = { 'client-secrets-manager': 'secretsmanager', 'client-sts': 'sts', 'client-rds': 'rds' } as const
const Policy = v.object({
  Statement: v.array(v.object({ Effect: v.literal('Allow'), Action: v.union([v.string(), v.array(v.string())]) })),
})

test('the IAM policy allows what the code calls, and nothing else', (t) => {
  const policies = blocks.filter(({ language, text }) => language === 'json' && text.includes('"Statement"'))
  const allowed = policies
    .flatMap(({ text }) => v.parse(Policy, JSON.parse(text)).Statement)
    .flatMap(({ Action }) => Action)
  const called = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
      return Object.entries(SERVICES)
        .filter(([client]) => text.includes(`@aws-sdk/${client}'`))
        .flatMap(([, service]) =>
          [...text.matchAll(/\b(\w+)Command\(|\bpaginate(\w+)\(/g)].map(
            ([, command = '', paginated = '']) => `${service}:${command}${paginated}`,
          ),
        )
    })
  t.true(called.length > 2)
  t.deepEqual(sorted(allowed.filter((action) => !NO_COMMAND.includes(action))), sorted(called))
})
