/** What an upgrade does to a consumer's plan is told in the changelog. */
import test from 'ava'
import { readDocument } from '../../support/documents.ts'
import { readSections } from '../../support/release/obstacles.ts'
import { type Change, CHANGES } from '../../upgrade/changes.ts'

/** What the section of a change does not say: its resources, or that there is such a section. */
function untold({ heading, resources }: Change, changelog: string): string[] {
  const section = readSections(changelog).get(heading)
  if (section === undefined) return [heading]
  return resources
    .flatMap(({ address, from }) => [address, ...(from === undefined ? [] : [from])])
    .map((address) => address.replace('[*]', ''))
    .filter((address) => !section.includes(`\`${address}\``))
}

test('below the heading of each row of the table the changelog names every resource that the plan touches', (t) => {
  const changelog = readDocument('CHANGELOG.md')
  t.true(CHANGES.length > 0)
  t.deepEqual(
    CHANGES.flatMap((change) => untold(change, changelog)),
    [],
  )
})

test('what a section does not name is found, and a section that is not there', (t) => {
  const resource = { actions: ['update'], attributes: ['input'] }
  const change: Change = {
    heading: '1.1.0',
    resources: [
      { ...resource, address: 'terraform_data.application[*]', from: 'null_resource.application[*]' },
      { ...resource, address: 'terraform_data.audit' },
    ],
    rows: [],
    tags: [],
  }
  const changelog =
    '# C\n\n## [Unreleased]\n\n- `terraform_data.audit`\n\n## [1.1.0] - 2026-12-01\n\n- `terraform_data.application` moves.\n'
  t.deepEqual(untold(change, changelog), ['null_resource.application', 'terraform_data.audit'])
  t.deepEqual(untold({ ...change, heading: '1.2.0' }, changelog), ['1.2.0'])
})
