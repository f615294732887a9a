/** The same for logins by token, where the delegated admin logs in by token too (PostgreSQL asks RDS for no password). */
import test from 'ava'
import { startAws } from '../support/aws.ts'
import { dump } from '../support/catalogs.ts'
import { startServer, startTokenFront } from '../support/postgres.ts'
import { MODULE, makeStack } from '../support/terraform.ts'
import { without } from '../terraform/module/leavers.ts'
import { callModule } from './bed.ts'
import { formerModule } from './former.ts'
import { plannedChanges, removed } from './plan.ts'
import { assertRows, upgrade } from './steps.ts'

const former = formerModule()

test('logins by token: nothing changes but what is listed; removals work', async (t) => {
  const [server, aws] = await Promise.all([startServer({ version: 16, adminAuth: 'iam' }), startAws()])
  // Whether the SDK makes tokens that RDS takes is tested elsewhere.
  const front = await startTokenFront(server, (user, token) => token.includes(`DBUser=${user}&`))
  const stack = await makeStack({
    server,
    aws,
    applications: {
      token: { auth: 'iam' },
      token_reader: {
        auth: 'iam',
        database_name: 'token_dev_db',
        access_level: 'reader',
        cleanup_policy: 'delete',
      },
    },
    variables: {
      admin_auth: 'iam',
      admin_username: server.admin.user,
      admin_secret_id: null,
      connect_through: { host: '127.0.0.1', port: front.port },
    },
  })
  t.teardown(async () => {
    await stack.remove()
    await Promise.all([front.close(), server.stop(), aws.stop()])
  })
  await callModule(stack, former().module)
  await stack.applyOk()
  const before = await dump(server)
  await callModule(stack, MODULE)
  await upgrade(t, { server, stack, former: former().module, before })

  const { token = {} } = stack.applications
  stack.applications = { token }
  t.deepEqual(removed(await plannedChanges(stack)), ['token_reader'])
  await stack.applyOk()
  const gone = [{ username: 'token_reader_dev_user', database: 'token_dev_db', isOwner: false }]
  assertRows(t, without(before, gone), await dump(server))
  const { code, output } = await stack.destroy()
  t.is(code, 0, output)
  assertRows(t, without(before, gone), await dump(server))
})
