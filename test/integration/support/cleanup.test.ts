import test from 'ava'
import { execa } from 'execa'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const START = `
  import { startServer } from ${JSON.stringify(new URL('../../support/postgres.ts', import.meta.url).href)}
  const server = await startServer({ version: 16 })
  const [{ data }] = await server.sql("SELECT current_setting('data_directory') AS data")
  console.log(data)
  setInterval(() => {}, 1000)
`

test('a test process that dies by SIGKILL leaves neither server nor folder behind', async (t) => {
  const owner = execa(process.execPath, ['--import=tsx', '--input-type=module', '--eval', START], { reject: false })
  const lines = owner[Symbol.asyncIterator]()
  const first: IteratorResult<unknown, unknown> = await lines.next()
  const data = first.value
  t.is(typeof data, 'string')
  const folder = dirname(String(data))
  await access(folder)
  owner.kill('SIGKILL')
  await owner
  // The folder goes after the server has ended; ava's own timeout tells of one that never does.
  while (
    await access(folder).then(
      () => true,
      () => false,
    )
  )
    await sleep(20)
  t.pass()
})
