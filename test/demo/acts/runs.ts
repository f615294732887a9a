/** Later applies: nothing to do, forced, and after a secret was changed. */
import { difference, dump } from '../../support/catalogs.ts'
import { MASTER_SECRET } from '../../support/terraform.ts'
import { type Bed, newPassword } from '../bed.ts'
import { OWNER, secretOf, usernameOf } from '../declaration.ts'
import { claim, doing, heading, say } from '../screen.ts'

export async function showNothingToDo({ server, stack }: Bed): Promise<void> {
  heading('terraform apply once more')
  doing('terraform apply')
  const mark = await server.mark()
  const { stdout } = await stack.applyOk()
  claim('nothing to add, change or destroy', stdout.includes('Resources: 0 added, 0 changed, 0 destroyed'))
  claim('the script did not run: no connection was made', await server.connectionsSince(mark), 0)
}

export async function showTaint({ server, stack, aws }: Bed): Promise<void> {
  heading('terraform taint module.databases.null_resource.provision, then apply')
  doing('terraform taint and apply')
  const before = await dump(server)
  const reads = aws.readsOf(MASTER_SECRET).length
  await stack.taint()
  await stack.applyOk()
  const { run, records, summary } = await stack.lastAudit()
  claim(
    `the script ran and looked at everything: ${String(summary.no_change)} records, all no_change`,
    [run.outcome, ...new Set(records.map(({ status }) => status))],
    ['no_change', 'no_change'],
  )
  claim("the server's catalogs are what they were, row by row", difference(before, await dump(server)), [])
  claim("the master's secret was not read", aws.readsOf(MASTER_SECRET).length, reads)
}

export async function showChangedSecret({ server, stack, aws, passwords }: Bed): Promise<void> {
  heading("Somebody changes a password in Secrets Manager; Terraform is told the secret's new version")
  const old = passwords.get(OWNER) ?? ''
  const password = newPassword()
  const version = aws.putLogin(secretOf(OWNER), usernameOf(OWNER), password)
  passwords.set(OWNER, password)
  stack.variables['secret_versions'] = { [OWNER]: version }
  say(`secret_versions = { ${OWNER} = "${version}" }`)
  doing('terraform apply')
  await stack.applyOk()
  const { records } = await stack.lastAudit()
  const updated = records.filter(({ object, status }) => object === 'password' && status === 'updated')
  claim(
    `one password was updated, that of ${OWNER}`,
    updated.map(({ application }) => application),
    [OWNER],
  )
  claim(
    'the new password logs in, the old one does not',
    [
      await server.canLogin(usernameOf(OWNER), password, `${OWNER}_dev_db`),
      await server.canLogin(usernameOf(OWNER), old, `${OWNER}_dev_db`),
    ],
    [true, false],
  )
}
