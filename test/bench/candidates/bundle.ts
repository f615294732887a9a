/** The committed bundle alone, as Terraform starts it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import * as v from 'valibot'
import { MODULE, type Variables } from '../../support/terraform.ts'
import { applicationsOf, type Bed } from '../bed.ts'
import type { Runner, Told, Usage } from '../measure.ts'

export const BUNDLE = join(MODULE, 'dist', 'rds-provision.mjs')

/**
 * Prints what the process used, as the last line of standard error. The most memory comes from VmHWM, of which Linux knows, in
 * KiB: getrusage's counts what the parent had when it forked (https://man7.org/linux/man-pages/man2/getrusage.2.html, ru_maxrss).
 */
export const REPORT = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync } from 'node:fs'
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage()
    const peak = /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
    process.stderr.write('\\n' + JSON.stringify([(userCPUTime + systemCPUTime) / 1e6, Number(peak[1]) / 1024]) + '\\n')
  })`)}`

export interface BundleRunner extends Runner {
  /** A run with other variables of the module. */
  again(variables: Variables): Promise<Told>
}

/** `application_databases` of these logins. */
type Entries = typeof applicationsOf

/** The script's input. @param variables of the module, besides the bed's */
export function inputOf(bed: Bed, applications = applicationsOf(bed.logins), variables: Variables = {}): string {
  return JSON.stringify({
    ...bed.variables,
    ...variables,
    cluster_name: 'bench',
    stack: 'bench',
    secret_prefix: 'platform',
    application_databases: applications,
  })
}

/** @param entriesOf what is declared for the bed's logins */
export async function bundleRunner(bed: Bed, entriesOf: Entries = applicationsOf): Promise<BundleRunner> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-bench-'))
  const apply = async (logins = bed.logins, variables: Variables = {}): Promise<Told> => {
    // In a file, since one variable of the environment holds no thousands.
    const input = join(folder, 'input.json')
    await writeFile(input, inputOf(bed, entriesOf(logins), variables))
    const env = { ...bed.aws.env, RDS_PROVISION_AUDIT_FILE: join(folder, 'audit.json') }
    const { stderr } = await execa(process.execPath, ['--import', REPORT, BUNDLE, 'apply', '--input', input], {
      env: { PATH: process.env['PATH'], ...env },
      extendEnv: false,
    })
    return { usage: usageIn(stderr), scriptSeconds: null }
  }
  return {
    works: {
      cold: () => apply(),
      again: () => apply(),
      'one more': () => apply([...bed.logins, bed.another]),
    },
    again: (variables) => apply(bed.logins, variables),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** What that line says. */
export function usageIn(stderr: string): Usage {
  const [cpuSeconds, megabytes] = v.parse(
    v.tuple([v.number(), v.number()]),
    JSON.parse(stderr.trim().split('\n').at(-1) ?? ''),
  )
  return { cpuSeconds, megabytes }
}
