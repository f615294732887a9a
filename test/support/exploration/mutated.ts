/** Rules of the program, each broken in a copy of `src`: the exploration has to find it, in the scene that is named. */
import { spawn } from 'node:child_process'
import { copySources, type Edit } from '../planted.ts'

export interface Mutated {
  readonly what: string
  readonly scene: string
  /** What the exploration says of it. */
  readonly finds: RegExp
  readonly edits: readonly Edit[]
}

export const MUTATED: readonly Mutated[] = [
  {
    what: 'the lock is not taken',
    scene: 'two runs of one state',
    finds: /was stopped: /,
    edits: [
      {
        file: 'src/server/lock.ts',
        from: 'while (!(await tryLock(session)))',
        to: "while (session.database === '' && !(await tryLock(session)))",
      },
    ],
  },
  {
    what: 'the claim of another state is ignored',
    scene: 'runs of two states',
    finds: /is taken from its state/,
    edits: [
      {
        file: 'src/guardrails/claims.ts',
        from: "case 'other_state': {",
        to: "case 'other_state': {\n      if (!takesOver) return null",
      },
    ],
  },
  {
    what: 'a request is carried out though it was taken back',
    scene: 'a removal, and who takes it back',
    finds: /the data of beta_dev_db is gone by B/,
    edits: [
      {
        file: 'src/plan/role-tags.ts',
        from: 'const request = removalOf(existing, nameIn(existing))',
        to: 'const request = existing.size === 0 ? removalOf(existing, nameIn(existing)) : null',
      },
      {
        file: 'src/plan/tags.ts',
        from: 'const own = new Map(desiredTag(context, application, existing))',
        to:
          'const own = new Map([...desiredTag(context, application, existing), ' +
          "...[...(existing ?? [])].filter(([field]) => field === 'Removal')])",
      },
    ],
  },
  {
    what: 'a marker removes at once',
    scene: 'a key that is renamed, and the removal of the old one',
    finds: /the data of beta_dev_db is gone by the removal of beta/,
    edits: [
      {
        file: 'src/plan/removal-request.ts',
        from: "? { kind: 'asked' }",
        to: "? { kind: 'confirmed', claim: declaration.claim }",
      },
    ],
  },
  {
    what: 'a membership that a run has left is not given back',
    scene: 'a removal, and who takes it back',
    finds: /the admin is left in beta_dev_user/,
    edits: [
      {
        file: 'src/plan/memberships.ts',
        from: 'item.grantor === login && isLeftover(item, login, version)',
        to: "item.grantor === '' && isLeftover(item, login, version)",
      },
    ],
  },
  {
    what: 'a new database is open before PUBLIC is shut out',
    scene: 'two runs of one state',
    finds: /nobody declares: stranger_1 enter alpha_dev_db/,
    edits: [
      {
        file: 'src/sql/database.ts',
        from: "words.push('ALLOW_CONNECTIONS false')",
        to: 'words.push()',
      },
    ],
  },
  {
    what: 'the tag tells of a database before it is made',
    scene: 'two runs of one state',
    finds: /converges no more/,
    edits: [{ file: 'src/plan/tags.ts', from: 'if (isMade || ', to: 'if (existing === null || isMade || ' }],
  },
  {
    what: 'a role has its tag only later',
    scene: 'two runs of one state',
    finds: /converges no more: .*unmanaged_role/,
    edits: [
      {
        file: 'src/sql/role.ts',
        from: "comment === null ? 'NULL' : quoteLiteral(comment)",
        to: "comment === null || !comment.includes('OwnedDatabase') ? 'NULL' : quoteLiteral(comment)",
      },
    ],
  },
  {
    what: 'the pending version of a rotation is not tried',
    scene: 'the rotation of a secret',
    finds: /beta_dev_user is locked out/,
    edits: [
      {
        file: 'src/server/login.ts',
        from: 'const pending = await workingPending(server, versions, question, tried)',
        to: 'const pending = attempt > 9 ? await workingPending(server, versions, question, tried) : null',
      },
    ],
  },
  {
    what: 'a membership that is declared no more stays',
    scene: 'a membership, and a run that is cut off',
    finds: /too much after B: gamma_dev_user read alpha_dev_db/,
    edits: [{ file: 'src/plan/plan.ts', from: '...roles.flatMap(({ left }) => left),', to: '' }],
  },
  {
    what: 'the admin stays a member where something stands in the way of the application',
    scene: 'a person in the middle of a first run',
    finds: /the admin is left in alpha_dev_user after A/,
    edits: [{ file: 'src/plan/plan.ts', from: '...planLeftOut(context),', to: '' }],
  },
  {
    what: 'a password that a person changed is left as it is',
    scene: 'a person in the middle of a run',
    finds: /the password of beta_dev_user is not its secret's/,
    edits: [
      {
        file: 'src/plan/roles.ts',
        from: "state.kind !== 'password_wrong' && state.kind !== 'other_method'",
        to: "state.kind !== 'other_method'",
      },
    ],
  },
]

/** What an exploration of the scene says with the rule broken; the empty text where all holds. */
export async function exploreMutated({ what, scene, edits }: Mutated): Promise<string> {
  const copy = copySources()
  try {
    copy.plant(what, edits)
    return await said(copy.folder, scene)
  } finally {
    copy.remove()
  }
}

function said(cwd: string, scene: string): Promise<string> {
  const args = ['--import=tsx', 'test/support/exploration/main.ts', '--scene', scene]
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const take = (chunk: Buffer): void => {
    text += chunk.toString()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve(code === 0 ? '' : text)
    })
  })
}
