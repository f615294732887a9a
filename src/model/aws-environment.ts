/** What the environment of a process says of the way to AWS, beside what the SDK reads there by itself. Types only. */
export interface AwsEnvironment {
  /** HTTPS_PROXY and HTTP_PROXY: the proxies for endpoints with and without TLS; null: straight to them. */
  readonly httpsProxy: URL | null
  readonly httpProxy: URL | null
  /** NO_PROXY in lower case: domains, with or without a dot before and a port behind, addresses, or `*`. */
  readonly noProxy: readonly string[]
  /** AWS_CA_BUNDLE: path of a PEM file that takes the place of Node's own authorities; null: those. */
  readonly caBundle: string | null
  /** AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are both there. */
  readonly hasKeys: boolean
  /** AWS_PROFILE */
  readonly profile: string | null
}

/** Nothing but what the SDK finds by itself. */
export const NO_AWS_ENVIRONMENT: AwsEnvironment = {
  httpsProxy: null,
  httpProxy: null,
  noProxy: [],
  caBundle: null,
  hasKeys: false,
  profile: null,
}
