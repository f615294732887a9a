/** Open Policy Agent, built from its Go module where it is not on PATH. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import * as v from 'valibot'
import { exists } from '../postgres/binaries.ts'

const MODULE = 'github.com/open-policy-agent/opa@v1.22.3'
const FOLDER = fileURLToPath(new URL('../../../.cache/opa/', import.meta.url))

const Result = v.object({
  result: v.tuple([v.object({ expressions: v.tuple([v.object({ value: v.array(v.string()) })]) })]),
})

/** @returns the program. @throws Error where go is missing or does not build it */
export async function prepareOpa(): Promise<string> {
  const { exitCode } = await execa('opa', ['version'], { reject: false })
  if (exitCode === 0) return 'opa'
  const program = join(FOLDER, 'opa')
  if (!(await exists(program))) {
    await mkdir(FOLDER, { recursive: true })
    await execa('go', ['install', MODULE], { env: { GOBIN: FOLDER } })
  }
  return program
}

/** What a policy denies of a plan, sorted. @param plan `terraform show -json` of it */
export async function denied(opa: string, policy: string, plan: string): Promise<readonly string[]> {
  const args = ['eval', '--format', 'json', '--data', policy, '--stdin-input', 'data.main.deny']
  const { stdout } = await execa(opa, args, { input: plan })
  const [{ expressions }] = v.parse(Result, JSON.parse(stdout)).result
  return [...expressions[0].value].sort()
}
