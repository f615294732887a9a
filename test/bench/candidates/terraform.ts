/** Ours as its users run it: `terraform apply` of the module. */
import { makeStack, type Stack } from '../../support/terraform.ts'
import { applicationsOf, type Bed } from '../bed.ts'
import type { Runner } from '../measure.ts'

/** The root passes no outputs on, as in the other candidates: with a local state they are written anew after each resource. */
export async function terraformRunner(bed: Bed): Promise<Runner> {
  const stack = await makeStack({
    server: bed.server,
    aws: bed.aws,
    applications: applicationsOf(bed.logins),
    variables: bed.variables,
    outputs: [],
  })
  await stack.prepare()
  await succeed(stack, ['init', '-no-color'])
  return {
    works: {
      cold: () => succeed(stack, ['apply', '-no-color', '-auto-approve']),
      again: () =>
        succeed(stack, ['apply', '-no-color', '-auto-approve', '-replace=module.databases.null_resource.provision']),
      plan: () => succeed(stack, ['plan', '-no-color']),
      'one more': async () => {
        stack.applications = applicationsOf([...bed.logins, bed.another])
        await stack.prepare()
        return succeed(stack, ['apply', '-no-color', '-auto-approve'])
      },
    },
    remove: () => stack.remove(),
  }
}

async function succeed(stack: Stack, args: readonly string[]): Promise<null> {
  const { code, output } = await stack.terraform(args)
  if (code !== 0) throw new Error(`terraform ${args.join(' ')} failed:\n${output}`)
  return null
}
