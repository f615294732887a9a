/** How a removal looks in Terraform's plan. */
import type { Bed } from '../bed.ts'
import { MAKER } from '../declaration.ts'
import { claim, doing, heading, quote } from '../screen.ts'

export async function showRemoval({ stack }: Bed): Promise<void> {
  heading(`${MAKER} is taken out of application_databases`)
  const { [MAKER]: removed, ...rest } = stack.applications
  stack.applications = rest
  doing('terraform plan')
  const { stdout } = await stack.plan()
  for (const line of stdout.split('\n').filter((text) => /^ {2}# .* (will|must) be /.test(text))) quote(line.trim())
  claim('the plan names what goes', stdout.includes(`terraform_data.application["${MAKER}"] will be destroyed`))
  if (removed !== undefined) stack.applications = { ...rest, [MAKER]: removed }
}
