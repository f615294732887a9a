/** An application leaves: how that looks in Terraform's plan, and what its cleanup policy does. */
import { difference, dump } from '../../support/catalogs.ts'
import type { Bed } from '../bed.ts'
import { APPLICATIONS, databaseOf, MAKER, usernameOf } from '../declaration.ts'
import { claim, doing, heading, quote } from '../screen.ts'

export async function showRemoval(bed: Bed): Promise<void> {
  const { server, stack } = bed
  const { [MAKER]: entry, ...others } = stack.applications
  if (entry === undefined) throw new Error(`${MAKER} is not declared.`)
  heading(`${MAKER} is taken out of application_databases`)
  stack.applications = others
  doing('terraform plan')
  const { stdout } = await stack.plan()
  for (const line of stdout.split('\n').filter((text) => /^ {2}# .* (will|must) be /.test(text))) quote(line.trim())
  claim('the plan names what goes', stdout.includes(`terraform_data.application["${MAKER}"] will be destroyed`))
  doing('terraform apply')
  const before = await dump(server)
  await stack.applyOk()
  claim('its policy is retain, the default: on the server nothing changed', difference(before, await dump(server)), [])

  heading(`${MAKER} comes back with cleanup_policy = "delete", and leaves again`)
  stack.applications = { ...others, [MAKER]: { ...APPLICATIONS[MAKER], cleanup_policy: 'delete' } }
  doing('terraform apply')
  await stack.applyOk()
  stack.applications = others
  doing('terraform apply')
  await stack.applyOk()
  const changes = difference(before, await dump(server))
  claim(
    'its login and its database are gone',
    [
      await exists(bed, 'pg_roles', 'rolname', usernameOf(MAKER)),
      await exists(bed, 'pg_database', 'datname', databaseOf(MAKER)),
    ],
    [false, false],
  )
  claim(
    "and nothing of anybody else's changed",
    changes.filter((line) => !line.includes(MAKER)),
    [],
  )
}

async function exists(
  { server }: Bed,
  catalog: 'pg_roles' | 'pg_database',
  column: 'rolname' | 'datname',
  name: string,
): Promise<boolean> {
  return (await server.sql(`SELECT FROM ${catalog} WHERE ${column} = $1`, [name])).length > 0
}
