/** The demo as a person runs it, behind a proxy that it has no use for: all that it talks to is on this machine. */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

test('with a proxy that nobody listens on, and NO_PROXY for this machine, the demo runs as ever', async (t) => {
  t.timeout(600_000)
  const closed = 'http://127.0.0.1:1'
  const proxies = { HTTPS_PROXY: closed, HTTP_PROXY: closed, https_proxy: closed, http_proxy: closed }
  const { exitCode, all } = await execa(process.execPath, ['test/demo.mjs'], {
    cwd: ROOT,
    env: { ...proxies, NO_PROXY: 'localhost,127.0.0.1' },
    reject: false,
    all: true,
  })
  t.is(exitCode, 0, all)
  t.regex(all, /Removed again: servers, folders, state/)
  t.notRegex(all, /✘/)
})
