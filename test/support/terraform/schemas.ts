/**
 * Providers that cannot be had here, as far as a configuration can be held against them: hashicorp/aws 6 with the schemas of
 * a release, and hashicorp/archive, random and external by hand, all served by one program (src/README.md: The test bed).
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import lockfile from 'proper-lockfile'
import * as v from 'valibot'
import { exists, publish } from '../postgres/binaries.ts'
import { MODULE, prepareTerraform, type Terraform } from '../terraform.ts'
import { readSchema, type Schema, schemaOf } from './aws-schema.ts'

const CACHE = fileURLToPath(new URL('../../../.cache/stand-in/', import.meta.url))
const SOURCES = fileURLToPath(new URL('stand-in/', import.meta.url))

/** MPL-2.0 and large: needed by these tests only, and nothing of it is committed. */
const PACKAGE = '@cdktf/provider-aws@21.22.1'
const TARBALL = 'cdktf-provider-aws-21.22.1.tgz'
const INTEGRITY = 'BuSHeaQFUL9l33pBzIMRT7cTQ69AM2mLtijjteCPhVQRmvuhuj9Lvfymf7knAMhYqAT6+Lrls9jiGVW/Us3zrQ=='
const AWS_VERSION = '6.25.0'
const BUILD_TIMEOUT_MS = 300_000
/** Somebody else's preparation is waited for, a second at a time. */
const LOCK_OPTIONS = { retries: { retries: BUILD_TIMEOUT_MS / 1000, factor: 1, minTimeout: 1000 }, stale: 20_000 }

interface Schemas {
  readonly provider: Schema
  readonly resource_schemas?: Readonly<Record<string, Schema>>
  readonly data_source_schemas?: Readonly<Record<string, Schema>>
  readonly ephemeral_resource_schemas?: Readonly<Record<string, Schema>>
}

const NOTHING = schemaOf({})
const given = (type: 'string' | readonly ['list' | 'map', 'string']) => ({ type, optional: true })
const told = (type: 'string' | 'number') => ({ type, computed: true })

/** https://registry.terraform.io/providers/hashicorp/archive/latest/docs/data-sources/file */
const ARCHIVE: Schemas = {
  provider: NOTHING,
  data_source_schemas: {
    archive_file: schemaOf(
      {
        type: { type: 'string', required: true },
        output_path: { type: 'string', required: true },
        source_file: given('string'),
        output_file_mode: given('string'),
        id: told('string'),
        output_base64sha256: told('string'),
        output_size: told('number'),
      },
      {
        source: {
          nesting_mode: 'set',
          block: schemaOf({
            content: { type: 'string', required: true },
            filename: { type: 'string', required: true },
          }).block,
        },
      },
    ),
  },
}

/** https://registry.terraform.io/providers/hashicorp/random/latest/docs/ephemeral-resources/password */
const RANDOM: Schemas = {
  provider: NOTHING,
  ephemeral_resource_schemas: {
    random_password: schemaOf({ length: { type: 'number', required: true }, result: told('string') }),
  },
}

/** https://registry.terraform.io/providers/hashicorp/external/latest/docs/data-sources/external */
const EXTERNAL: Schemas = {
  provider: NOTHING,
  data_source_schemas: {
    external: schemaOf({
      program: { type: ['list', 'string'], required: true },
      working_dir: given('string'),
      query: given(['map', 'string']),
      id: told('string'),
      result: { type: ['map', 'string'], computed: true },
    }),
  },
}

/** What of hashicorp/aws the module, its submodules and its examples use: `resource aws_s3_object`. */
async function usedTypes(): Promise<readonly (readonly [string, string])[]> {
  const files = (await readdir(MODULE, { recursive: true })).filter((name) => name.endsWith('.tf'))
  const texts = await Promise.all(files.map((name) => readFile(join(MODULE, name), 'utf8')))
  const found = texts.join('\n').matchAll(/^(resource|data) "aws_(\w+)"/gm)
  const all = [...found].map(([, kind = '', name = '']) => `${kind} ${name}`)
  return [...new Set(all)].sort().map((one): [string, string] => {
    const [kind = '', name = ''] = one.split(' ')
    return [kind, name]
  })
}

const SourceMap = v.object({ sourcesContent: v.tuple([v.string()]) })

/** The TypeScript that a generated class was compiled from stands in the map of its JavaScript. */
function sourceOf(compiled: string): string {
  const [, map = ''] = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(compiled) ?? []
  return v.parse(SourceMap, JSON.parse(Buffer.from(map, 'base64').toString('utf8'))).sourcesContent[0]
}

/** Read once for the types that are used: the package takes seconds to unpack. @returns JSON of Schemas */
async function awsSchemas(folder: string): Promise<string> {
  const types = await usedTypes()
  const reader = await readFile(new URL('aws-schema.ts', import.meta.url))
  const key = createHash('sha256')
    .update(reader)
    .update(JSON.stringify([INTEGRITY, types]))
    .digest('hex')
    .slice(0, 16)
  const file = join(CACHE, `aws-${key}.json`)
  if (!(await exists(file))) {
    const making = join(folder, 'aws.json')
    await writeFile(making, JSON.stringify(await readPackage(types, folder)))
    await rename(making, file)
  }
  return readFile(file, 'utf8')
}

async function readPackage(types: readonly (readonly [string, string])[], folder: string): Promise<Schemas> {
  const directory = ([kind, name]: readonly [string, string]): string =>
    `package/lib/${kind === 'data' ? 'data-aws-' : ''}${name.replaceAll('_', '-')}`
  const files = types.map((type) => `${directory(type)}/index.js`)
  await execa('tar', ['-xzf', await fetchPackage(), '-C', folder, ...files])
  const read = async (kind: string): Promise<Record<string, Schema>> => {
    const some = types.filter((type) => type[0] === kind)
    const entries = await Promise.all(
      some.map(async (type): Promise<[string, Schema]> => {
        const text = await readFile(join(folder, directory(type), 'index.js'), 'utf8')
        return [`aws_${type[1]}`, readSchema(sourceOf(text))]
      }),
    )
    return Object.fromEntries(entries)
  }
  return {
    provider: schemaOf({ region: given('string'), profile: given('string') }),
    resource_schemas: await read('resource'),
    data_source_schemas: await read('data'),
  }
}

/** By npm, as any package, and held to its hash. @returns its path */
async function fetchPackage(): Promise<string> {
  const file = join(CACHE, TARBALL)
  if (!(await exists(file))) {
    const folder = await mkdtemp(join(CACHE, 'fetching-'))
    await execa('npm', ['pack', '--silent', '--pack-destination', folder, PACKAGE], { cwd: folder })
    await rename(join(folder, TARBALL), file)
    await rm(folder, { recursive: true })
  }
  const hash = createHash('sha512')
    .update(await readFile(file))
    .digest('base64')
  if (hash !== INTEGRITY) throw new Error(`${PACKAGE} is not what it was: sha512-${hash}`)
  return file
}

/** Built with go once. @returns its path */
async function program(): Promise<string> {
  const file = join(CACHE, `program-${await hashOf(SOURCES)}`)
  if (!(await exists(file)))
    await execa('go', ['build', '-buildvcs=false', '-o', file, '.'], { cwd: SOURCES, timeout: BUILD_TIMEOUT_MS })
  return file
}

async function hashOf(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(folder)).sort()) hash.update(await readFile(join(folder, name)))
  return hash.digest('hex').slice(0, 16)
}

/**
 * Terraform with all providers that the examples ask for, and without a network.
 * @throws Error where go, npm's registry or tar is missing
 */
export function prepareSchemas(): Promise<Terraform> {
  prepared ??= prepare()
  return prepared
}

let prepared: Promise<Terraform> | null = null

async function prepare(): Promise<Terraform> {
  const terraform = await prepareTerraform()
  await mkdir(CACHE, { recursive: true })
  const release = await lockfile.lock(CACHE, LOCK_OPTIONS)
  try {
    return await makeMirror(terraform)
  } finally {
    await release()
  }
}

async function makeMirror({ program: terraform, env }: Terraform): Promise<Terraform> {
  const folder = await mkdtemp(join(CACHE, 'making-'))
  try {
    const providers: Readonly<Record<string, readonly [string, string]>> = {
      aws: [AWS_VERSION, await awsSchemas(folder)],
      archive: ['2.7.1', JSON.stringify(ARCHIVE)],
      external: ['2.3.5', JSON.stringify(EXTERNAL)],
      random: ['3.7.2', JSON.stringify(RANDOM)],
    }
    const text = JSON.stringify(providers)
    const served = await program()
    const name = createHash('sha256').update(served).update(text).digest('hex').slice(0, 16)
    const mirror = join(CACHE, `mirror-${name}`)
    if (!(await exists(mirror))) {
      const made = join(folder, 'mirror')
      for (const [provider, [version, schemas]] of Object.entries(providers)) {
        const target = join(made, 'registry.terraform.io', 'hashicorp', provider, version, terraform.platform)
        await mkdir(target, { recursive: true })
        await copyFile(served, join(target, `terraform-provider-${provider}_v${version}`))
        await writeFile(join(target, 'schema.json'), schemas)
      }
      await publish(made, mirror)
    }
    return { program: terraform, env: { TF_CLI_CONFIG_FILE: await configure(env, mirror, Object.keys(providers)) } }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The null provider as for all tests, the others from the mirror. */
async function configure(env: Terraform['env'], mirror: string, names: readonly string[]): Promise<string> {
  const own = await readFile(env['TF_CLI_CONFIG_FILE'] ?? '', 'utf8')
  const include = JSON.stringify(names.map((name) => `hashicorp/${name}`))
  const block = `  filesystem_mirror {\n    path    = ${JSON.stringify(mirror)}\n    include = ${include}\n  }\n`
  const file = `${mirror}.rc`
  await writeFile(file, own.replace(/ {2}direct \{[^}]*\}\n/, block))
  return file
}
