/** `generate`: a declaration of what is on an instance; changes nothing, takes no lock and needs no approval. */
import { AwsError, ConnectionError } from '../errors.ts'
import { generate, type Wanted } from '../generate/generate.ts'
import { surveyDeclaration } from '../generate/survey.ts'
import type { Generated, Hints, Survey } from '../generate/types.ts'
import { isReservedName } from '../guardrails/names.ts'
import type { Declaration } from '../model/declaration.ts'
import type { ProblemCode } from '../model/problem.ts'
import type { RunIdentity } from '../model/run.ts'
import type { SecretReader } from '../secrets/secret-reader.ts'
import { type FoundInstance, inspectInstance } from '../server/inspect-survey.ts'
import { withInstance } from './connection/look.ts'
import { masterLogin } from './connection/credentials.ts'
import type { Dependencies } from './context.ts'
import { toProvisionError } from './end/provision-error.ts'

export interface GenerateRequest {
  readonly declaration: Declaration
  readonly identity: RunIdentity
  readonly wanted: Wanted
  readonly hints: Hints
}

/** Why there may be no delegated admin yet. */
const NO_ADMIN: ReadonlySet<ProblemCode> = new Set([
  'wrong_password',
  'login_refused',
  'refused_after_authentication',
  'other_authentication',
  'secret_not_found',
  'secret_empty',
])

/** @throws ProvisionError */
export async function generateDeclaration(request: GenerateRequest, dependencies: Dependencies): Promise<Generated> {
  try {
    return generate(await survey(request, dependencies), request.wanted)
  } catch (error) {
    throw toProvisionError(error)
  }
}

/** As the delegated admin; as the master where that one cannot log in, or is not there. */
async function survey(request: GenerateRequest, dependencies: Dependencies): Promise<Survey> {
  const { declaration } = request
  try {
    return await surveyAs(request, dependencies, declaration.admin)
  } catch (error) {
    const isRefused =
      (error instanceof ConnectionError || error instanceof AwsError) &&
      error.problems.every(({ code }) => NO_ADMIN.has(code))
    if (!isRefused || declaration.masterSecretId === null) throw error
    dependencies.progress('the delegated admin cannot log in: looking as the master, in transactions that only read')
    return surveyAs(request, dependencies, {
      ...declaration.admin,
      auth: 'password',
      secretId: declaration.masterSecretId,
    })
  }
}

/** Applications of the input are not looked at: their secrets need not be read. */
async function surveyAs(
  { declaration, identity, hints }: GenerateRequest,
  dependencies: Dependencies,
  login: Declaration['admin'],
): Promise<Survey> {
  const asLogin = { ...declaration, applications: [], databases: [], admin: login, prepareMajorUpgrade: false }
  return withInstance(asLogin, identity, dependencies, async (server, context) => {
    const isWanted = (database: string): boolean => !isReservedName(database)
    const found = await inspectInstance(server, (known) => surveyDeclaration(asLogin, known), isWanted)
    const isAdmin = login === declaration.admin
    return {
      ...found,
      declaration,
      admin: isAdmin ? found.cluster.server.login : declaration.admin.username,
      master: isAdmin ? await masterOf(declaration, context.secrets, found) : found.cluster.server.login,
      hints,
    }
  })
}

/** As its secret names it; else who owns the database `postgres`, which RDS gives to the master. */
async function masterOf(
  { masterSecretId: id }: Declaration,
  secrets: SecretReader,
  { cluster }: FoundInstance,
): Promise<string | null> {
  if (id !== null) {
    const { credentials } = await secrets.readCurrent([id])
    const credential = credentials.get(id)
    if (credential !== undefined) return masterLogin(id, credential)
  }
  const owner = cluster.databases.get('postgres')?.owner
  return owner === undefined || cluster.roles.get(owner)?.superuser === true ? null : owner
}
