/** Runs of the program as it is, on the model: only AWS, the clock and the wire are others. */
import type { RunResult } from '../../../src/audit/result.ts'
import type { Credential } from '../../../src/model/credential.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import type { Command, RunIdentity } from '../../../src/model/run.ts'
import { Secret } from '../../../src/model/secret.ts'
import { apply } from '../../../src/run/apply/apply.ts'
import { prepareUpgrade } from '../../../src/run/upgrade/prepare.ts'
import { requestRemoval } from '../../../src/run/destroy/request.ts'
import { carryOutRequested } from '../../../src/run/destroy/requested.ts'
import type { DestroyDependencies } from '../../../src/run/destroy/dependencies.ts'
import type { SecretReader } from '../../../src/secrets/secret-reader.ts'
import type { SnapshotClient } from '../../../src/snapshot/snapshot-client.ts'
import { ADMIN, ADMIN_SECRET, MASTER, MASTER_SECRET } from '../server-model/names.ts'
import type { ModelServer } from '../server-model/server.ts'
import { dependenciesWith, identityWith, requestOf } from '../server-model/run.ts'
import { type Cut, openOn } from '../server-model/session.ts'

/** How a run differs from a plain one. */
export interface RunOptions extends Partial<Pick<RunIdentity, 'cleanupPolicy' | 'takesOver' | 'buildId'>> {
  readonly cut?: Cut | null
}

/** What one run gave, and what the server did meanwhile. */
export interface Ran extends Pick<RunResult, 'document' | 'problems'> {
  /** The process was gone in the middle: of what it told, nobody knows. */
  readonly isKilled: boolean
  /** Statements that were committed, in order. */
  readonly log: readonly string[]
}

/** All logins have the same password. */
function credential(secretId: string): Credential {
  const username = { [ADMIN_SECRET]: ADMIN, [MASTER_SECRET]: MASTER }[secretId] ?? null
  return { secretId, versionId: 'v1', username, password: new Secret('Pw_walk'), createdAt: null }
}

const SECRETS: SecretReader = {
  readCurrent: (ids) =>
    Promise.resolve({ credentials: new Map(ids.map((id) => [id, credential(id)])), problems: new Map() }),
  readStage: (id, stage) => Promise.resolve(stage === 'AWSCURRENT' ? credential(id) : null),
}

/** Every snapshot is there at once. */
function snapshots(): SnapshotClient {
  const taken = new Map<string, ReadonlyMap<string, string>>()
  const snapshotOf = (id: string, tags: ReadonlyMap<string, string>) =>
    ({ id, status: 'available', percent: 100, tags }) as const
  return {
    locate: (id) => Promise.resolve({ kind: 'instance', id }),
    list: () => Promise.resolve([...taken].map(([id, tags]) => snapshotOf(id, tags))),
    find: (id) => {
      const tags = taken.get(id)
      return Promise.resolve(tags === undefined ? null : snapshotOf(id, tags))
    },
    create: (id, _source, tags) => Promise.resolve(Boolean(taken.set(id, tags))),
    close: () => undefined,
  }
}

function dependenciesOn(server: ModelServer): DestroyDependencies {
  return dependenciesWith({
    secrets: () => SECRETS,
    open: openOn(server),
    now: () => new Date(),
    snapshots: () => Promise.resolve(snapshots()),
  })
}

async function runOn(
  server: ModelServer,
  command: Command,
  { cut = null, ...identity }: RunOptions,
  run: (identity: RunIdentity, dependencies: DestroyDependencies) => Promise<RunResult>,
): Promise<Ran> {
  server.begin(cut)
  const { document, problems } = await run(identityWith(command, identity), dependenciesOn(server))
  const ran = { document, problems, isKilled: server.isDead, log: [...server.log] }
  server.begin(null)
  return ran
}

/** What Terraform does at every apply. */
export async function applyTo(server: ModelServer, declaration: Declaration, options: RunOptions = {}): Promise<Ran> {
  return runOn(server, 'apply', options, (identity, dependencies) => apply(declaration, identity, dependencies))
}

/** What a person runs before a major upgrade. @param declaration with the master's secret */
export async function prepareOn(server: ModelServer, declaration: Declaration): Promise<Ran> {
  return runOn(server, 'prepare-upgrade', {}, (identity, dependencies) =>
    prepareUpgrade(declaration, identity, dependencies),
  )
}

/** What Terraform does where an application's marker is destroyed. @param declaration in which it is declared yet */
export async function requestOn(
  server: ModelServer,
  declaration: Declaration,
  application: string,
  options: RunOptions = {},
): Promise<Ran> {
  const request = requestOf(declaration, application, options.cleanupPolicy)
  return runOn(server, 'destroy', options, (identity, dependencies) => requestRemoval(request, identity, dependencies))
}

/** What Terraform does last where the whole state is destroyed. */
export async function endOn(server: ModelServer, declaration: Declaration, options: RunOptions = {}): Promise<Ran> {
  return runOn(server, 'destroy', options, (identity, dependencies) =>
    carryOutRequested({ declaration, end: 'with removals' }, identity, dependencies),
  )
}
