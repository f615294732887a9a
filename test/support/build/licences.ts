/** Which packages a bundle contains, under which licences, and the text that those ask to pass on. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'

const Manifest = v.object({ name: v.string(), version: v.string(), license: v.fallback(v.string(), 'not given') })

/** Licences that ask for no more than to be named: SPDX identifiers. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BSL-1.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
])

interface Package {
  readonly title: string
  readonly license: string
  readonly text: string
}

/**
 * The content of THIRD_PARTY_LICENSES.txt for a bundle.
 * @param root folder that `inputs` are relative to
 * @param inputs the bundled files, as esbuild's metafile names them
 * @throws Error naming every package whose licence is not permissive or whose licence text is missing
 */
export function thirdPartyLicences(root: string, inputs: readonly string[]): string {
  const apache = readFileSync(join(root, 'LICENSE'), 'utf8').trim()
  const packages = packageFolders(inputs).map((folder) => describe(join(root, folder), apache))
  const problems = packages.flatMap(objection)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return `rds-provision.mjs contains these packages, each under the licence that follows.\n\n${sections(packages).join(RULE)}`
}

const RULE = `\n${'-'.repeat(80)}\n\n`

/** One section a licence text, headed by all packages that come with it; sorted by the first of them. */
function sections(packages: readonly Package[]): string[] {
  const titles = new Map<string, Set<string>>()
  for (const { title, license, text } of packages) {
    titles.set(text, (titles.get(text) ?? new Set()).add(`${title} (${license})`))
  }
  return [...titles].map(([text, names]) => `${[...names].sort().join('\n')}\n\n${text}\n`).sort()
}

/** `node_modules/a/node_modules/@b/c/lib/x.js` belongs to `node_modules/a/node_modules/@b/c`. */
function packageFolders(inputs: readonly string[]): string[] {
  const folders = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [])
  return [...new Set(folders)].sort()
}

/** `apache`: the text of Apache-2.0, the same for everybody, for those packages that only name it (parts of the AWS SDK). */
function describe(folder: string, apache: string): Package {
  const { name, version, license } = v.parse(Manifest, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  const own = licenceText(folder)
  return { title: `${name} ${version}`, license, text: own === '' && license === 'Apache-2.0' ? apache : own }
}

/** LICENSE and NOTICE files, else the licence section of the README, else ''. */
function licenceText(folder: string): string {
  const names = readdirSync(folder).sort()
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim()
  const files = names.filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
  if (files.length > 0) return files.map(read).join('\n\n')
  const readme = names.find((name) => /^readme/i.test(name))
  return readme === undefined ? '' : (/^#*\s*licen[cs]e\b[\s\S]*/im.exec(read(readme))?.[0] ?? '')
}

function objection({ title, license, text }: Package): string[] {
  if (!isPermissive(license))
    return [`${title}: the licence ${license} may not go into the bundle. Use another package.`]
  if (text === '') return [`${title}: no licence text comes with it. Use another package or version.`]
  return []
}

/** SPDX expressions of the two forms that occur: `(A OR B)` needs one, `A AND B` needs all. */
function isPermissive(expression: string): boolean {
  const choices = expression.replaceAll(/[()]/g, '').split(' OR ')
  return choices.some((choice) => choice.split(' AND ').every((id) => PERMISSIVE.has(id.trim())))
}
