/** A bed for tests of the main job: an RDS-like server and the AWS stub, on which declarations are planned and applied. */
import test from 'ava'

import { type Aws, startAws } from './aws.ts'
import { type PostgresVersion, type Server, type ServerOptions, startServer } from './postgres.ts'
import { type Entry } from './provision/runs.ts'
import { ADMIN_SECRET, Stack } from './provision/stack.ts'

export { Stack } from './provision/stack.ts'
export type { Outcome } from './provision/outcome.ts'
export type { Entry, Target } from './provision/runs.ts'
export { ANY_VERSION, IS_THOROUGH, VERSIONS } from './provision/versions.ts'

/** Starts a bed before the tests of a file and ends it after them; the result gives it to a test. */
export function bedFor(version: PostgresVersion, options: Omit<ServerOptions, 'version'> = {}): () => Bed {
  let bed: Bed | null = null
  test.serial.before(`start PostgreSQL ${version}`, async () => {
    bed = await Bed.start({ ...options, version })
  })
  test.after.always(`stop PostgreSQL ${version}`, async () => bed?.stop())
  return () => {
    if (bed === null) throw new Error('the bed did not start')
    return bed
  }
}

export class Bed {
  readonly server: Server
  readonly aws: Aws

  private constructor(server: Server, aws: Aws) {
    this.server = server
    this.aws = aws
    aws.putLogin(ADMIN_SECRET, server.admin.user, server.admin.password)
  }

  static async start(options: ServerOptions): Promise<Bed> {
    const [server, aws] = await Promise.all([startServer(options), startAws()])
    return new Bed(server, aws)
  }

  /** A stack of its own, with a secret for each application that logs in by password. */
  declare(applications: Readonly<Record<string, Entry>>, variables: Entry = {}): Stack {
    return new Stack(this, applications, variables)
  }

  async stop(): Promise<void> {
    await Promise.all([this.server.stop(), this.aws.stop()])
  }
}
