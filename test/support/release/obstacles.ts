/** What stands in the way of a release, and how it is tagged. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import * as v from 'valibot'
import { compareVersions } from './version.ts'

const Manifest = v.object({ name: v.string(), version: v.string() })
/** The version stands there twice: of the file, and of the project as one of its packages. */
const Lock = v.object({ version: v.string(), packages: v.object({ '': v.object({ version: v.string() }) }) })

export interface Release {
  readonly name: string
  /** As in package.json. */
  readonly version: string
  readonly tag: string
}

/** The release that a checkout is. */
export async function readRelease(folder: string): Promise<Release> {
  const { name, version } = v.parse(Manifest, JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')))
  return { name, version, tag: `v${version}` }
}

/**
 * Everything that stands in the way of a release, as sentences that say what to do; empty: nothing.
 * Asks the checkout alone, not the place that it is pushed to: what is there is known as of the last fetch or push.
 */
export async function findObstacles(folder: string, { version, tag }: Release): Promise<string[]> {
  const found = await Promise.all([
    checkBranch(folder),
    checkTree(folder),
    checkPushed(folder),
    checkTag(folder, version, tag),
    checkLock(folder, version),
    checkChangelog(folder, version),
    checkBundle(folder),
  ])
  return found.filter((sentence) => sentence !== null)
}

/** The commands that tag and publish a release; a person runs them. */
export function tagCommands({ name, version, tag }: Release): string[] {
  return [`git tag --annotate ${tag} --message '${name} ${version}'`, `git push origin ${tag}`]
}

async function checkBranch(folder: string): Promise<string | null> {
  const { stdout } = await execa('git', ['branch', '--show-current'], { cwd: folder })
  if (stdout === 'main') return null
  return `The branch is ${stdout === '' ? 'none (a commit is checked out)' : stdout}. Releases are made from main: git switch main.`
}

async function checkTree(folder: string): Promise<string | null> {
  const { stdout } = await execa('git', ['status', '--porcelain'], { cwd: folder })
  if (stdout === '') return null
  return `The working tree has changes that are not committed. Commit or remove them:\n${stdout}`
}

/** Commits that a tag would publish and main at the remote would not have. Where there is no remote there is none to ask. */
async function checkPushed(folder: string): Promise<string | null> {
  const { stdout: remotes } = await execa('git', ['remote'], { cwd: folder })
  if (!remotes.split('\n').includes('origin')) return null
  const { stdout } = await execa('git', ['log', '--oneline', 'HEAD', '--not', '--remotes=origin'], { cwd: folder })
  if (stdout === '') return null
  return `These commits are not on origin. Push them, and wait for what runs there: git push origin main.\n${stdout}`
}

async function checkTag(folder: string, version: string, tag: string): Promise<string | null> {
  const { stdout } = await execa('git', ['tag', '--list', 'v*'], { cwd: folder })
  const tags = stdout.split('\n')
  const raise = 'Raise the version in package.json: npm version --no-git-tag-version.'
  if (tags.includes(tag)) return `The tag ${tag} exists. ${raise}`
  if (compareVersions(version, version) === null)
    return `${version} is no version. Use MAJOR.MINOR.PATCH in package.json.`
  const later = tags.filter((other) => (compareVersions(version, other.slice(1)) ?? 1) <= 0)
  return later.length === 0 ? null : `The version ${version} does not come after ${later.join(', ')}. ${raise}`
}

async function checkLock(folder: string, version: string): Promise<string | null> {
  const lock = v.parse(Lock, JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')))
  const other = [lock.version, lock.packages[''].version].find((locked) => locked !== version)
  if (other === undefined) return null
  return `package-lock.json has the version ${other}, package.json ${version}. Run npm install --package-lock-only.`
}

async function checkChangelog(folder: string, version: string): Promise<string | null> {
  const changelog = await readFile(join(folder, 'CHANGELOG.md'), 'utf8')
  const sections = readSections(changelog)
  const own = sections.get(version) ?? ''
  if (own === '')
    return `CHANGELOG.md has no section "## [${version}] - <date>" with something in it. Write what changes for users.`
  const date = changelog.split(`## [${version}] - `)[1]?.slice(0, 10) ?? ''
  if (!isDay(date))
    return `CHANGELOG.md dates ${version} ${date}, and there is no such day. Write the day of the release.`
  if ((sections.get('Unreleased') ?? '') === '') return null
  return `CHANGELOG.md still has something under "## [Unreleased]". Move it to the section of ${version}.`
}

/** Whether the calendar has a date, as `2026-11-26`. */
function isDay(date: string): boolean {
  const time = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date)
}

/** Text of each section by its name. Those of versions count only with their date. */
export function readSections(changelog: string): ReadonlyMap<string, string> {
  const parts = changelog.split(/^## /m).slice(1)
  return new Map(
    parts.flatMap((part): [string, string][] => {
      const [, name, text = ''] =
        /^\[(Unreleased(?=\]\n)|[^\]]+(?=\] - \d{4}-\d{2}-\d{2}\n))\][^\n]*\n([\s\S]*)$/.exec(part) ?? []
      return name === undefined ? [] : [[name, text.replaceAll(/^\[[^\]]+\]: \S+$/gm, '').trim()]]
    }),
  )
}

async function checkBundle(folder: string): Promise<string | null> {
  const { exitCode, all } = await execa('npm', ['run', '--silent', 'build:check'], {
    cwd: folder,
    reject: false,
    all: true,
  })
  return exitCode === 0 ? null : `The bundle is not what the sources give.\n${all}`
}
