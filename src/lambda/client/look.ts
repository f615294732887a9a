/** What only looks: the function says it, and this process prints it. */
import { ApplyError } from '../../errors.ts'
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
