/** `generate`: a declaration of what is on an instance; changes nothing, takes no lock and needs no approval. */
import { AwsError, ConnectionError } from '../errors.ts'
import { generate, type Wanted } from '../generate/generate.ts'
import { hintsOf, NO_HINTS } from '../generate/intent.ts'
import { surveyDeclaration } from '../generate/survey.ts'
import type { Generated, Hints, Survey } from '../generate/types.ts'
import { isReservedName } from '../guardrails/names.ts'
import { parseJson } from '../input/decode.ts'
import { isObject } from '../input/object.ts'
import type { StateResource } from '../input/terraform-state.ts'
import type { Declaration } from '../model/declaration.ts'
import type { ProblemCode } from '../model/problem.ts'
import type { RunIdentity } from '../model/run.ts'
import type { SecretReader } from '../secrets/secret-reader.ts'
import { type AdminCredential, loginTo } from '../server/connections.ts'
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

/** What is wanted, as the command line and the function's request have it. */
export interface GenerateAsked {
  readonly declaration: Declaration
  readonly identity: RunIdentity
  /** The input, decoded. */
  readonly text: string
  /** null: all of the instance. */
  readonly database: string | null
  readonly resources: readonly StateResource[]
}

/** @throws ProvisionError */
export async function generateAsAsked(
  { declaration, identity, text, database, resources }: GenerateAsked,
  dependencies: Dependencies,
): Promise<Generated> {
  const input = parseJson(text)
  const wanted = { input: isObject(input) ? input : {}, database, resources, now: new Date() }
  const hints = resources.length === 0 ? NO_HINTS : hintsOf(resources)
  return generateDeclaration({ declaration, identity, wanted, hints }, dependencies)
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
  return withInstance(asLogin, identity, dependencies, async ({ server, context, part }) => {
    const isAdmin = login === declaration.admin && part === null
    const credential = isAdmin ? await masterCredential(declaration, context.secrets) : null
    const found = await inspectInstance(
      server,
      (known) => surveyDeclaration(asLogin, known),
      (database) => !isReservedName(database),
      credential === null ? null : (database) => loginTo(database, credential),
    )
    const { login: user } = found.cluster.server
    return {
      ...found,
      declaration,
      admin: isAdmin ? user : declaration.admin.username,
      master: isAdmin ? (credential?.user ?? masterOf(found)) : user,
      hints,
    }
  })
}

async function masterCredential(
  { masterSecretId: id }: Declaration,
  secrets: SecretReader,
): Promise<AdminCredential | null> {
  if (id === null) return null
  const credential = (await secrets.readCurrent([id])).credentials.get(id)
  if (credential === undefined) return null
  return {
    user: masterLogin(id, credential),
    password: () => Promise.resolve(credential.password),
    isToken: false,
  }
}

/** Who owns the database `postgres`, which RDS gives to the master. */
function masterOf({ cluster }: FoundInstance): string | null {
  const owner = cluster.databases.get('postgres')?.owner
  return owner === undefined || cluster.roles.get(owner)?.superuser === true ? null : owner
}
