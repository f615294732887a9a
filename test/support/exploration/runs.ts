/** What runs in a scene: applies, the request of a removal, and the rotation of a secret. */
import type { RunResult } from '../../../src/audit/result.ts'
import { setPendingPassword } from '../../../src/lambda/rotation/set-password.ts'
import type { Credential } from '../../../src/model/credential.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import type { Command, RunIdentity } from '../../../src/model/run.ts'
import { Secret } from '../../../src/model/secret.ts'
import { apply } from '../../../src/run/apply/apply.ts'
import type { DestroyDependencies } from '../../../src/run/destroy/dependencies.ts'
import { requestRemoval } from '../../../src/run/destroy/request.ts'
import { recordRun } from '../../../src/run/end/record-run.ts'
import type { SecretReader } from '../../../src/secrets/secret-reader.ts'
import { ADMIN, ADMIN_SECRET } from '../server-model/names.ts'
import { dependenciesWith, identityWith, requestOf } from '../server-model/run.ts'
import { usernameOf } from '../walk/declare.ts'
import { passwordName } from './passwords.ts'
import type { Process } from './process.ts'

/** Which application's secret is rotated. */
const ROTATED = 'beta'

/** Its versions: v1 is of Pw_1, v2 of Pw_2. Every other secret has v1 alone. */
export interface Secrets {
  current: 1 | 2
  /** A rotation has begun: v2 waits for the server to have its password. */
  isRotating: boolean
}

export type Run = 'apply' | 'request' | 'rotate'

/** A run that may begin. */
export interface Spec {
  readonly name: string
  readonly run: Run
  readonly declaration: Declaration
  /** Of the request and the rotation. */
  readonly application: string | null
}

/** What the server should have as the password of a login. */
export function passwordIn({ current }: Secrets, username: string): string {
  return passwordName(username === usernameOf(ROTATED) ? current : 1)
}

function credential(secretId: string, rotated: 1 | 2): Credential {
  const isAdmin = secretId === ADMIN_SECRET
  const version = secretId.includes(ROTATED) ? rotated : 1
  return {
    secretId,
    versionId: isAdmin ? 'v1' : `v${String(version)}`,
    username: isAdmin ? ADMIN : null,
    password: new Secret(isAdmin ? 'Pw_admin' : `Pw_${String(version)}`),
    createdAt: null,
  }
}

function readerOf(secrets: Secrets, process: Process): SecretReader {
  return {
    readCurrent: (ids) => {
      process.note(secrets)
      const found = ids.map((id) => [id, credential(id, secrets.current)] as const)
      return Promise.resolve({ credentials: new Map(found), problems: new Map() })
    },
    readStage: (id, stage) => {
      process.note(secrets)
      if (stage === 'AWSCURRENT') return Promise.resolve(credential(id, secrets.current))
      if (stage === 'AWSPENDING') return Promise.resolve(secrets.isRotating ? credential(id, 2) : null)
      return Promise.resolve(secrets.current === 2 ? credential(id, 1) : null)
    },
  }
}

function dependenciesOf(secrets: Secrets, process: Process): DestroyDependencies {
  return dependenciesWith({
    secrets: () => readerOf(secrets, process),
    open: process.open,
    now: () => new Date(1_000_000_000_000),
    snapshots: () => Promise.reject(new Error('no snapshots in these scenes')),
  })
}

function identityOf(command: Command, { name }: Spec): RunIdentity {
  return identityWith(command, { runId: name, buildId: name })
}

/** Begins a run. @param secrets what AWS has; a rotation changes it */
export function begin(
  spec: Spec,
  secrets: Secrets,
  process: Process,
): Promise<Pick<RunResult, 'document' | 'problems'>> {
  const { declaration } = spec
  const dependencies = dependenciesOf(secrets, process)
  switch (spec.run) {
    case 'apply':
      return apply(declaration, identityOf('apply', spec), dependencies)
    case 'request':
      return requestRemoval(requestOf(declaration, spec.application ?? ''), identityOf('destroy', spec), dependencies)
    case 'rotate':
      return rotate(spec, secrets, process, dependencies)
  }
}

/** As Secrets Manager does it: a version that is pending, its password on the server, and the version is current. */
async function rotate(
  spec: Spec,
  secrets: Secrets,
  process: Process,
  dependencies: DestroyDependencies,
): Promise<Pick<RunResult, 'document' | 'problems'>> {
  const { declaration } = spec
  const application = declaration.applications.find(({ name }) => name === spec.application)
  if (application === undefined) throw new Error(`${String(spec.application)} is not declared`)
  secrets.isRotating = true
  const identity = identityOf('apply', spec)
  const ended = await recordRun(
    { declaration, identity, dependencies, concerned: declaration, recordsOf: () => [] },
    async (recorder) => {
      const pending = credential(application.secretId, 2)
      const user = application.username
      await setPendingPassword({ declaration, identity, dependencies, recorder, application, pending, user })
      return { value: null, setbacks: null }
    },
  )
  await process.turn()
  // Secrets Manager makes no version current whose step has failed.
  if (ended.problems.length === 0) secrets.current = 2
  secrets.isRotating = false
  return ended
}
