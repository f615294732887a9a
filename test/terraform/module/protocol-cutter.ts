/**
 * In place of node: runs it, and cuts the run where CUT says, e.g. `KILL:P:end`: at the start, the end or, of KILL, in
 * the middle of the provisioning (P), of the removal of a marker (R) or of the end of the state (S). The middle is where
 * the first change of a removal has been told. Once: CUT_DONE is then there.
 */
export const CUTTER = `#!/usr/bin/env node
const fs = require('node:fs')
const { spawn, spawnSync } = require('node:child_process')
const args = process.argv.slice(2)
// Terraform that is interrupted kills what it started, and not what that started: by this name both are found.
const argv0 = process.argv[1]
const who = args[1] === 'apply' ? 'P' : args.includes('--requested') ? 'S' : 'R'
const [how, ...where] = (process.env.CUT ?? '').split(':')
function point(name, also = () => {}) {
  if (where.join(':') !== name) return
  try { fs.writeFileSync(process.env.CUT_DONE, '', { flag: 'wx' }) } catch { return }
  if (how === 'FAIL') process.exit(1)
  also()
  process.kill(process.ppid, how === 'KILL' ? 'SIGKILL' : 'SIGINT')
  if (how === 'KILL') process.kill(process.pid, 'SIGKILL')
}
point(who + ':start')
if (where.join(':') === who + ':middle') {
  const env = { ...process.env, RDS_PROVISION_LOG: 'json' }
  const run = spawn(process.execPath, args, { stdio: ['inherit', 'pipe', 'inherit'], env, argv0 })
  // Whoever was killed reads no more; what it has started is waited for all the same.
  process.stdout.on('error', () => {})
  let told = ''
  run.stdout.on('data', (chunk) => {
    process.stdout.write(chunk)
    told += chunk
    if (/"action":"(drop|disabled|release|requested)"/.test(told)) point(who + ':middle', () => run.kill('SIGKILL'))
  })
  run.on('close', (status) => process.exit(status ?? 1))
} else {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', argv0 })
  if (status === 0) point(who + ':end')
  process.exit(status ?? 1)
}
`
