/** A `node_command` that notes how long each run of the script took, so that what is left of an apply is Terraform's. */
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'

const Times = v.tuple([v.pipe(v.string(), v.toNumber()), v.pipe(v.string(), v.toNumber())])

export interface TimedNode {
  /** The module's `node_command`. */
  readonly command: string
  /** Seconds of the script since the last time that this was asked. */
  take(): Promise<number>
}

/** @param folder where its files go */
export async function timedNode(folder: string): Promise<TimedNode> {
  const [command, log] = [join(folder, 'timed-node'), join(folder, 'timed-node.log')]
  const lines = [
    '#!/bin/bash',
    'begun=$EPOCHREALTIME',
    `"${process.execPath}" "$@"`,
    'code=$?',
    `echo "$begun $EPOCHREALTIME" >> "${log}"`,
    'exit $code',
  ]
  await writeFile(command, `${lines.join('\n')}\n`)
  await chmod(command, 0o755)
  await writeFile(log, '')
  return {
    command,
    async take() {
      const runs = (await readFile(log, 'utf8')).trim().split('\n').filter(Boolean)
      await writeFile(log, '')
      const seconds = runs.map((line) => {
        const [begun, ended] = v.parse(Times, line.split(' '))
        return ended - begun
      })
      return seconds.reduce((sum, one) => sum + one, 0)
    },
  }
}
