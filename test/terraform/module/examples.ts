/** Examples of the module without the AWS provider: what they ask of it replaced by values. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MODULE } from '../../support/terraform.ts'

/** What stands in for the attributes of the instance; values are expressions of Terraform. */
export interface InAwsPlace {
  readonly address: string
  readonly port: string
  readonly masterSecret: string
  /** The module's folder, as `source` names it, and what the call passes besides. */
  readonly call: string
}

const CONSTANTS: InAwsPlace = {
  address: '"constant"',
  port: '5432',
  masterSecret: '"constant"',
  call: 'source = "./module"',
}

/** Writes the variables and the module call of an example into a folder. */
export async function writeExample(folder: string, example: string, inPlace = CONSTANTS): Promise<void> {
  for (const file of ['variables.tf', 'databases.tf'])
    await writeFile(
      join(folder, file),
      withoutAws(await readFile(join(MODULE, 'examples', example, file), 'utf8'), inPlace),
    )
}

/** A configuration with its data sources taken out and each reference to AWS replaced by a value of the same type. */
function withoutAws(configuration: string, { address, port, masterSecret, call }: InAwsPlace): string {
  return configuration
    .replaceAll(/^data "[\s\S]*?^\}\n/gm, '')
    .replaceAll(/\b(?:data\.)?aws_\w+\.\w+(?:\[each\.key\])?((?:\.\w+(?:\[0\])?)*)/g, (_, path: string) => {
      if (path === '') return '{}'
      if (path.endsWith('.port')) return port
      if (path.endsWith('.address')) return address
      return path.endsWith('.secret_arn') ? masterSecret : '"constant"'
    })
    .replace('module.runner.runner', '{ function = "constant" }')
    .replace(/source\s+= "\.\.\/\.\."/, call)
}
