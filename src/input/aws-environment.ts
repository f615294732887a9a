import type { AwsEnvironment } from '../model/aws-environment.ts'
import type { Problem } from '../model/problem.ts'

type Variables = Readonly<Record<string, string | undefined>>

const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY'] as const
type ProxyVariable = (typeof PROXY_VARIABLES)[number]

/**
 * Reads the variables that the AWS CLI obeys and the SDK for JavaScript does not. As there, the small spelling of a
 * proxy's variable goes before the capital one, a proxy without a scheme is one of http, and the empty text is not set:
 * https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html
 * A proxy that cannot be read counts as none: `checkProxies` tells of it.
 */
export function readAwsEnvironment(env: Variables): AwsEnvironment {
  const isSet = (name: string): boolean => valueOf(env, name) !== null
  return {
    httpsProxy: toProxy(proxyOf(env, 'HTTPS_PROXY')),
    httpProxy: toProxy(proxyOf(env, 'HTTP_PROXY')),
    noProxy: (valueOf(env, 'no_proxy') ?? valueOf(env, 'NO_PROXY') ?? '')
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((item) => item !== ''),
    caBundle: valueOf(env, 'AWS_CA_BUNDLE'),
    hasKeys: isSet('AWS_ACCESS_KEY_ID') && isSet('AWS_SECRET_ACCESS_KEY'),
    profile: valueOf(env, 'AWS_PROFILE'),
  }
}

/** Proxies that cannot be used. Their values are not told: they may hold a password. */
export function checkProxies(env: Variables): Problem[] {
  return PROXY_VARIABLES.filter((name) => proxyOf(env, name) !== null && toProxy(proxyOf(env, name)) === null).map(
    (field) => ({
      application: null,
      code: 'invalid_value',
      field,
      message: 'is not the address of a proxy.',
      remedy: 'Use http://host:port or https://host:port, with user:password@ before the host where it asks for them.',
    }),
  )
}

/** Whether an endpoint is asked without a proxy: NO_PROXY names it, a domain that it is in, or everything. */
export function isDirect(noProxy: readonly string[], host: string, port: number): boolean {
  const name = host.toLowerCase()
  return noProxy.some((item) => {
    if (item === '*') return true
    const [, domain = '', only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(item) ?? []
    return (only === undefined || Number(only) === port) && (name === domain || name.endsWith(`.${domain}`))
  })
}

function proxyOf(env: Variables, name: ProxyVariable): string | null {
  return valueOf(env, name.toLowerCase()) ?? valueOf(env, name)
}

function toProxy(text: string | null): URL | null {
  if (text === null) return null
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(url)) return null
  const proxy = new URL(url)
  return ['http:', 'https:'].includes(proxy.protocol) && proxy.hostname !== '' ? proxy : null
}

function valueOf(env: Variables, variable: string): string | null {
  const value = env[variable]
  return value === undefined || value === '' ? null : value
}
