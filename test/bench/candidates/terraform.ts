/** Ours as its users run it: `terraform apply` of the module, with a local state or one behind HTTP. */
import { makeStack, type Stack } from '../../support/terraform.ts'
import { applicationsOf, type Bed } from '../bed.ts'
import type { Runner, Told } from '../measure.ts'
import { keepStateBehind } from '../../support/terraform/state-server.ts'
import { type TimedNode, timedNode } from './timed-node.ts'

/** Where Terraform keeps its state: the folder, or a server that it asks by HTTP. */
export type StatePlace = 'local' | 'http'

/** The root passes no outputs on, as in the other candidates: with a local state they are written anew after each resource. */
export async function terraformRunner(bed: Bed, place: StatePlace): Promise<Runner> {
  const stack = await makeStack({
    server: bed.server,
    aws: bed.aws,
    applications: applicationsOf(bed.logins),
    variables: bed.variables,
    outputs: [],
  })
  const node = await timedNode(stack.folder)
  stack.variables['node_command'] = node.command
  const state = place === 'http' ? await keepStateBehind(stack.folder) : null
  await stack.prepare()
  const apply = (...more: string[]): Promise<Told> =>
    succeed(stack, node, ['apply', '-no-color', '-auto-approve', ...more])
  return {
    works: {
      cold: () => apply(),
      again: () => apply('-replace=module.databases.null_resource.provision'),
      plan: () => succeed(stack, node, ['plan', '-no-color']),
      'one more': async () => {
        stack.applications = applicationsOf([...bed.logins, bed.another])
        await stack.prepare()
        return apply()
      },
    },
    async remove() {
      await state?.stop()
      await stack.remove()
    },
  }
}

async function succeed(stack: Stack, node: TimedNode, args: readonly string[]): Promise<Told> {
  const { code, output } = await stack.terraform(args)
  if (code !== 0) throw new Error(`terraform ${args.join(' ')} failed:\n${output}`)
  return { usage: null, scriptSeconds: await node.take() }
}
