/** Which versions of PostgreSQL the integration tests run on. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { POSTGRES_VERSIONS, type PostgresVersion } from '../postgres/binaries.ts'

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))
const CHOSEN = process.env['RDS_PROVISION_TEST_VERSIONS'] ?? ''

/** Versions were asked for: tests that try a sample in `npm test` try all they have. */
export const IS_THOROUGH = CHOSEN !== ''

/**
 * The servers that tests of the main job run on, where the version makes a difference (memberships and who grants them,
 * predefined roles, schema public, catalogs, statements of a version): one below 16 and one from 16 on (14 has no package for every platform);
 * with RDS_PROVISION_TEST_VERSIONS=all every version that is installed, with numbers in it (`14,16`) those.
 */
export const VERSIONS: readonly PostgresVersion[] = IS_THOROUGH
  ? chooseVersions(CHOSEN)
  : [isInstalled(14) ? 14 : 15, 16]

/**
 * For tests of what is the same on each version: 16 in `npm test`, and whatever RDS_PROVISION_TEST_VERSIONS chooses. A
 * file that asks which version it has is not one of them (test/unit/support/any-version.test.ts).
 */
export const ANY_VERSION: readonly PostgresVersion[] = IS_THOROUGH ? VERSIONS : VERSIONS.slice(-1)

/**
 * The versions that a text chooses, in their order.
 * @param text `all`, or numbers with commas between
 * @throws Error naming a version that the test bed does not know, or that is not installed
 */
export function chooseVersions(
  text: string,
  has: (version: PostgresVersion) => boolean = isInstalled,
): readonly PostgresVersion[] {
  if (text === 'all') return POSTGRES_VERSIONS.filter(has)
  const wanted = text.split(',')
  const unknown = wanted.filter(
    (word) => !POSTGRES_VERSIONS.some((version) => String(version) === word && has(version)),
  )
  if (unknown.length > 0)
    throw new Error(
      `PostgreSQL ${unknown.join(', ')} is not installed here. There is ${POSTGRES_VERSIONS.filter(has).join(', ')}.`,
    )
  return POSTGRES_VERSIONS.filter((version) => wanted.includes(String(version)))
}

function isInstalled(version: PostgresVersion): boolean {
  return existsSync(`${CHECKOUT}node_modules/postgres-${version}-${process.platform}-${process.arch}`)
}
