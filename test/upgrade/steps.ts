/** The upgrade itself, held to the table of what may change. */
import { readFile } from 'node:fs/promises'
import type { ExecutionContext } from 'ava'
import * as v from 'valibot'
import { formatTag, parseTag } from '../../src/model/tag.ts'
import { difference, type Dump, dump } from '../support/catalogs.ts'
import type { Server } from '../support/postgres.ts'
import { MODULE, type Stack } from '../support/terraform.ts'
import { bundleOf } from './bed.ts'
import { CHANGES, resourcesOf } from './changes.ts'
import { foldInstances, plannedChanges, removed } from './plan.ts'

const ROWS = CHANGES.flatMap(({ rows }) => rows)
const TAGS: ReadonlySet<string> = new Set(CHANGES.flatMap(({ tags }) => tags))
/** A comment on a database is written as its owner, so the admin becomes a member for that transaction. */
const WRITES_TAG =
  /^(?:COMMENT ON (?:ROLE|DATABASE) |GRANT "[^"]+" TO "platform_provisioner"|REVOKE "[^"]+" FROM "platform_provisioner")/

interface Upgrade {
  readonly server: Server
  /** Calls today's module already. */
  readonly stack: Stack
  /** The former module's folder. */
  readonly former: string
  /** The catalogs as the former module has left them. */
  readonly before: Dump
}

/** What is planned is what the table lists; once applied, the server is as it was but for the rows that the table lists. */
export async function upgrade(t: ExecutionContext, { server, stack, former, before }: Upgrade): Promise<void> {
  const [old, today] = await Promise.all([former, MODULE].map((module) => readFile(bundleOf(module))))
  // A bundle that no source has changed yet is the same file, and there is nothing to run for.
  const expected = old !== undefined && today?.equals(old) === true ? [] : resourcesOf(CHANGES)
  const planned = await plannedChanges(stack)
  t.deepEqual(removed(planned), [], 'that would run a removal')
  t.deepEqual(foldInstances(planned), expected)
  stack.variables['build_id'] = 'build-today'
  const mark = await server.mark()
  await stack.applyOk()
  assertRows(t, before, await dump(server))
  const changes = await server.changesSince(mark)
  if (ROWS.length === 0) t.deepEqual(TAGS.size === 0 ? changes : changes.filter((text) => !WRITES_TAG.test(text)), [])
  if (ROWS.length === 0 && expected.length > 0) t.is((await stack.outputs())['changed'], TAGS.size > 0)
  t.is((await stack.plan()).code, 0, 'a second plan has nothing to do')
}

/** No row of the catalogs differs but those that the table lists. */
export function assertRows(t: ExecutionContext, expected: Dump, actual: Dump): void {
  const unlisted = difference(withoutTags(expected), withoutTags(actual)).filter(
    (row) => !ROWS.some((pattern) => pattern.test(row)),
  )
  t.deepEqual(unlisted, [])
}

const Row = v.looseObject({ comment: v.nullish(v.string()) })

/** The keys that the table lists are taken out of every tag; all else of a row stays. */
function withoutTags(dumped: Dump): Dump {
  return new Map(
    [...dumped].map(([catalog, rows]) => [
      catalog,
      catalog === 'roles' || catalog === 'databases' ? rows.map(withoutTag) : rows,
    ]),
  )
}

function withoutTag(text: string): string {
  const row = v.parse(Row, JSON.parse(text))
  const tag = parseTag(row.comment ?? null)
  if (tag === null) return text
  return JSON.stringify({ ...row, comment: formatTag(new Map([...tag].filter(([key]) => !TAGS.has(key)))) })
}
