/** What only looks: the function says it, and this process prints it. */
import { ApplyError, InvalidInputError } from '../../errors.ts'
import type { Generated } from '../../generate/types.ts'
import type { Section } from '../../report/report.ts'
import type { ToldLine } from '../answer.ts'
import type { TurnlessRequest } from '../protocol.ts'
import type { Answer, FunctionClient, Watch } from './ask.ts'

/** @throws ProvisionError */
export async function tellThere(
  client: FunctionClient,
  request: TurnlessRequest,
  watch: Omit<Watch, 'line'>,
  waitedMs: number,
): Promise<ToldLine> {
  const answer = await ask(client, request, watch, waitedMs)
  if (answer.type !== 'told') throw withoutEnd(client, answer)
  return answer
}

/** @throws ProvisionError */
export async function lookThere(
  client: FunctionClient,
  request: TurnlessRequest,
  watch: Omit<Watch, 'line'>,
): Promise<readonly Section[]> {
  const answer = await ask(client, request, watch)
  if (answer.type !== 'sections') throw withoutEnd(client, answer)
  return answer.sections
}

/** An older function knows no such request: it would plan, and `tell` keeps it from more. @throws ProvisionError */
export async function generateThere(
  client: FunctionClient,
  request: TurnlessRequest,
  watch: Omit<Watch, 'line'>,
): Promise<Generated> {
  const tell = { json: true, document: false, colour: false, list_unchanged: false }
  const answer = await ask(client, { ...request, command: 'report', tell }, watch)
  if (answer.type === 'told') throw tooOld(client)
  if (answer.type !== 'generated') throw withoutEnd(client, answer)
  return answer.generated
}

async function ask(
  client: FunctionClient,
  request: TurnlessRequest,
  watch: Omit<Watch, 'line'>,
  waitedMs = 0,
): Promise<Answer> {
  const line: Watch['line'] = (told) => {
    if (told.type === 'progress') watch.progress(told.message)
  }
  return client.ask({ ...request, turn: 1, resume: null, waited_ms: waitedMs }, { ...watch, line })
}

function tooOld({ name }: FunctionClient): InvalidInputError {
  const message = `the function ${name} is of a release that cannot generate.`
  const remedy = 'Update the function to the release of this program; nothing was changed.'
  return new InvalidInputError([{ application: null, code: 'usage', field: 'runner', message, remedy }])
}

function withoutEnd({ name }: FunctionClient, answer: Answer): ApplyError {
  const why = answer.type === 'lost' ? answer.why : `it is one of ${answer.type}`
  return new ApplyError([
    {
      application: null,
      code: 'function_lost',
      field: 'runner',
      message: `the answer of the function ${name} broke off (${why}).`,
      remedy: 'Nothing was changed; run again.',
    },
  ])
}
