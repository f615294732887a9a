/** Secrets and their rotation, as both stand-ins have to answer. */
import { randomUUID } from 'node:crypto'
import { Secret } from '../../../src/model/secret.ts'
import { createSecretReader } from '../../../src/secrets/aws-secret-reader.ts'
import { openRotatingSecret, type RotatingSecret } from '../../../src/secrets/rotating-secret.ts'
import { AWS_SETTINGS as SETTINGS } from '../../support/aws.ts'
import type { Made, Side } from '../../support/aws/sides.ts'
import { type AlikeCase, login, read } from './alike-case.ts'

export const READER: readonly AlikeCase[] = [
  {
    title: 'a secret is read by its name, its ARN, and its ARN without the end',
    play: async (side: Side): Promise<unknown> => {
      const { name, arn } = await side.secret(login('ü"<&'))
      return read([name, arn, arn.slice(0, -7)])
    },
    expected: ['ü"<&', 'ü"<&', 'ü"<&'],
  },
  {
    title: '25 secrets, more than one batch holds, are read',
    play: async (side: Side): Promise<unknown> => {
      const made = []
      for (let index = 0; index < 25; index += 1) made.push(await side.secret(login(`p${String(index)}`)))
      return read(made.map(({ name }) => name))
    },
    expected: Array.from({ length: 25 }, (_, index) => `p${String(index)}`),
  },
  {
    title: 'version and date arrive',
    play: async (side: Side): Promise<unknown> => {
      const { name, version } = await side.secret(login('p'))
      const { credentials } = await createSecretReader(SETTINGS).readCurrent([name])
      const found = credentials.get(name)
      const age = Math.abs(Date.now() - (found?.createdAt?.getTime() ?? 0))
      return [found?.versionId === version, age < 600_000, found?.username]
    },
    expected: [true, true, 'u'],
  },
  {
    title: 'each that cannot be read says why, and the others are read',
    play: async (side: Side): Promise<unknown> => {
      const deleted = await side.secret(login('p'))
      await side.markForDeletion(deleted)
      const made = [
        await side.secret(login('p')),
        deleted,
        await side.secret(new Uint8Array([0, 255])),
        await side.secret('no JSON'),
        await side.secret({ username: 'u' }),
      ]
      return read(['alike/none', ...made.map(({ name }) => name)])
    },
    expected: [
      'secret_not_found',
      'p',
      'secret_pending_deletion',
      'malformed_secret',
      'malformed_secret',
      'malformed_secret',
    ],
  },
  {
    title: 'a secret that never had a value has no current one',
    play: async (side: Side): Promise<unknown> => read([(await side.secret(null)).name]),
    expected: ['secret_empty'],
    moto: { why: 'it answers as if there were no such secret', expected: ['secret_not_found'] },
  },
  {
    title: 'a rotation moves the labels, and what is current is read by name, alone and in a batch',
    play: async (side: Side): Promise<unknown> => {
      const made = await side.secret(login('one'))
      const reader = createSecretReader(SETTINGS)
      const staged = async (): Promise<unknown> =>
        Promise.all(
          (['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'] as const).map(
            async (stage) => (await reader.readStage(made.name, stage))?.password.reveal() ?? null,
          ),
        )
      const before = await staged()
      const pending = await side.putPending(made, login('two'))
      const between = [await staged(), await read([made.name])]
      await side.makeCurrent(made, pending)
      return [
        before,
        ...between,
        (await reader.readStage(made.name, 'AWSPREVIOUS'))?.versionId === made.version,
        await read([made.name]),
      ]
    },
    expected: [['one', null, null], ['one', 'two', null], ['one'], true, ['two']],
  },
  {
    title: 'a secret is read where its ARN says, and its name is not known elsewhere',
    play: async (side: Side): Promise<unknown> => {
      const far = await side.secret(login('far'), 'us-east-2')
      return read([far.arn, far.name])
    },
    expected: ['far', 'secret_not_found'],
  },
]

/** A rotation of a secret of its own. */
async function rotated<T>(
  side: Side,
  use: (secret: RotatingSecret, made: Made, put: (id: string, password: string) => Promise<boolean>) => Promise<T>,
): Promise<T> {
  const made = await side.secret(login('one'))
  const secret = await openRotatingSecret(made.arn, SETTINGS)
  return use(secret, made, (id, password) =>
    secret.putPending(id, new Secret(JSON.stringify(login(password))), null),
  ).finally(() => {
    secret.close()
  })
}

export const ROTATION: readonly AlikeCase[] = [
  {
    title: 'the calls of a rotation: nothing pending, pending once, the same again, then current',
    play: (side: Side): Promise<unknown> =>
      rotated(side, async (secret, { version }, put) => {
        const id = randomUUID()
        const first = [await secret.read(null, 'AWSPENDING'), await put(id, 'two'), await put(id, 'two')]
        await secret.makeCurrent(id, version)
        const { isEnabled, stages } = await secret.describe()
        const current = (await secret.read(id, 'AWSCURRENT'))?.text?.reveal()
        return [...first, isEnabled, stages.get(version), stages.get(id)?.includes('AWSCURRENT'), current]
      }),
    expected: [null, true, true, false, ['AWSPREVIOUS'], true, JSON.stringify(login('two'))],
  },
  {
    title: 'a version that is pending takes no other content',
    play: (side: Side): Promise<unknown> =>
      rotated(side, async (secret, _made, put) => {
        const id = randomUUID()
        return [await put(id, 'two'), await put(id, 'three'), (await secret.read(id, 'AWSPENDING'))?.text?.reveal()]
      }),
    expected: [true, false, JSON.stringify(login('two'))],
    moto: {
      why: 'it replaces the content of a version',
      expected: [true, true, JSON.stringify(login('three'))],
    },
  },
]
