/** No secret in Terraform's plan, state, outputs, logs or child processes (src/README.md: Passwords). */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { startAws } from '../support/aws.ts'
import { canWatchProcesses, Corpus, VERIFIER, watchProcesses } from '../support/leaks.ts'
import { startServer } from '../support/postgres.ts'
import { ADMIN_SECRET, makeStack, MASTER_SECRET } from '../support/terraform.ts'
import { chooseWay } from '../support/terraform/way.ts'

function sentinel(): string {
  return `Sentinel-${randomBytes(12).toString('hex')}`
}

test('no secret in plan file, state, outputs, trace log, child processes or the folder of a stack', async (t) => {
  const [server, aws] = await Promise.all([startServer({ version: 16, createAdmin: false }), startAws()])
  const secrets = {
    admin: sentinel(),
    wrong: sentinel(),
    first: sentinel(),
    second: sentinel(),
    master: server.master.password,
  }
  aws.putLogin(ADMIN_SECRET, 'platform_provisioner', secrets.admin)
  aws.putSecret(MASTER_SECRET, { username: server.master.user, password: server.master.password })
  aws.putLogin('platform/dev/shop/postgres', 'shop_dev_user', secrets.first)
  const stack = await makeStack({
    server,
    aws,
    applications: { shop: {} },
    variables: { master_secret_id: MASTER_SECRET, governance_dir: './governance', secret_versions: { shop: '1' } },
  })
  chooseWay(stack, { server, aws })
  const corpus = new Corpus()
  try {
    const plan = join(stack.folder, 'plan.out')
    corpus.add('plan', (await stack.plan(['-out', plan])).output)
    corpus.add('plan, as JSON', (await stack.terraform(['show', '-json', plan])).output)
    aws.delay('GetCallerIdentity', 300)
    const applying = stack.applyOk([], { TF_LOG: 'TRACE' })
    const processes = canWatchProcesses ? await watchProcesses(stack.folder, applying) : new Map<string, string>()
    for (const [pid, text] of processes) corpus.add(`process ${pid}`, text)
    t.true(
      !canWatchProcesses ||
        [...processes.values()].some(
          (text) => text.includes('rds-provision.mjs') && text.includes('RDS_PROVISION_INPUT'),
        ),
    )
    corpus.add('apply', (await applying).output)
    aws.heal()

    aws.putLogin('platform/dev/shop/postgres', 'shop_dev_user', secrets.second)
    stack.variables['secret_versions'] = { shop: '2' }
    const changed = await stack.applyOk()
    corpus.add('change', changed.output)
    t.regex(changed.output, /password of shop_dev_user set/)
    aws.putLogin(ADMIN_SECRET, 'platform_provisioner', secrets.wrong)
    aws.putSecret(MASTER_SECRET, { username: server.master.user, password: secrets.wrong })
    await stack.taint()
    const failed = await stack.apply()
    t.is(failed.code, 1)
    corpus.add('failure', failed.output)
    corpus.add('outputs', JSON.stringify(await stack.outputs()))
    corpus.add('state', await stack.stateText())
    await corpus.addFolder('file', stack.folder)
    t.true(corpus.has('shop_dev_user') && corpus.has('[redacted]'))
    t.deepEqual(corpus.hits({ ...secrets, 'a verifier': VERIFIER }), [])
  } finally {
    await Promise.all([server.stop(), aws.stop()])
    await rm(stack.folder, { recursive: true, force: true })
  }
})
