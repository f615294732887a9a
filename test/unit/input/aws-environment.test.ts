import test from 'ava'
import { checkProxies, isDirect, readAwsEnvironment } from '../../../src/input/aws-environment.ts'
import { NO_AWS_ENVIRONMENT } from '../../../src/model/aws-environment.ts'

test('nothing set, or set to nothing', (t) => {
  t.deepEqual(readAwsEnvironment({}), NO_AWS_ENVIRONMENT)
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'NO_PROXY', 'AWS_CA_BUNDLE', 'AWS_PROFILE']
  t.deepEqual(readAwsEnvironment(Object.fromEntries(names.map((name) => [name, '']))), NO_AWS_ENVIRONMENT)
})

test('the small spelling goes first, and a proxy without a scheme is one of http', (t) => {
  const read = readAwsEnvironment({
    HTTPS_PROXY: 'http://capital:1',
    https_proxy: 'small.example:3128',
    HTTP_PROXY: 'https://plain.example',
    NO_PROXY: 'A.example, .b.example',
    AWS_CA_BUNDLE: '/ca.pem',
    AWS_PROFILE: 'x',
    AWS_ACCESS_KEY_ID: 'a',
  })
  t.is(read.httpsProxy?.href, 'http://small.example:3128/')
  t.is(read.httpProxy?.href, 'https://plain.example/')
  t.like(read, { noProxy: ['a.example', '.b.example'], caBundle: '/ca.pem', profile: 'x', hasKeys: false })
  t.true(readAwsEnvironment({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }).hasKeys)
})

test('a proxy that cannot be used is named, and its text is not told', (t) => {
  for (const address of ['http://', 'socks5://p:1080', 'http://me:sentinel@pro xy:1']) {
    const problems = checkProxies({ HTTPS_PROXY: address })
    t.deepEqual(
      problems.map(({ field }) => field),
      ['HTTPS_PROXY'],
    )
    t.false(JSON.stringify(problems).includes('sentinel'))
    t.is(readAwsEnvironment({ HTTPS_PROXY: address }).httpsProxy, null)
  }
  t.deepEqual(checkProxies({ HTTPS_PROXY: 'p', HTTP_PROXY: 'http://p:1' }), [])
})

test('NO_PROXY names hosts, domains with or without a dot, ports, addresses and everything', (t) => {
  const host = 'sts.eu-west-1.amazonaws.com'
  for (const item of ['*', host, '.amazonaws.com', 'amazonaws.com', '*.amazonaws.com', `${host}:443`])
    t.true(isDirect(['other', item], host, 443), item)
  for (const item of ['', 'com.amazonaws', 'azonaws.com', `${host}:8443`, 'sts', 'eu-west-1'])
    t.false(
      isDirect(
        [item].filter((one) => one !== ''),
        host,
        443,
      ),
      item,
    )
  t.true(isDirect(['10.0.0.1'], '10.0.0.1', 80))
  t.true(isDirect(['amazonaws.com'], 'STS.EU-WEST-1.AMAZONAWS.COM', 443))
  t.false(isDirect([], host, 443))
})
