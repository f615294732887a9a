import { existsSync } from 'node:fs'
import { POSTGRES_VERSIONS, type PostgresVersion } from '../postgres.ts'
import { CHECKOUT } from './runs.ts'

/**
 * The servers that tests of the main job run on: one below 16 and one from 16 on (14 has no package for every platform);
 * with RDS_PROVISION_TEST_VERSIONS=all every version.
 */
export const VERSIONS: readonly PostgresVersion[] =
  process.env['RDS_PROVISION_TEST_VERSIONS'] === 'all'
    ? POSTGRES_VERSIONS.filter(isInstalled)
    : [isInstalled(14) ? 14 : 15, 16]

function isInstalled(version: PostgresVersion): boolean {
  return existsSync(`${CHECKOUT}node_modules/postgres-${version}-${process.platform}-${process.arch}`)
}
