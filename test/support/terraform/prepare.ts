/** Prepares Terraform ahead of the tests, so that a missing prerequisite is told once and clearly. */
import { prepareTerraform } from '../terraform.ts'

try {
  const {
    program: { command, version },
  } = await prepareTerraform()
  console.log(`${command} ${version}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
