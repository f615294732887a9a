/** The way to AWS's endpoints through a proxy, and with authorities of one's own. */
import type { ClientRequest } from 'node:http'
import { Agent } from 'node:https'
import { connect as connectPlainly, type Socket } from 'node:net'
import { connect as connectByTls } from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { isDirect } from '../input/aws-environment.ts'

/** As many as the SDK's own agents hold. */
const POOL = { keepAlive: true, maxSockets: 50 } as const

type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1]

/** The first line of the proxy's answer, as the library tells it. */
interface ConnectResponse {
  readonly statusCode: number
  readonly statusText: string
}

export interface ProxyOptions {
  readonly proxy: URL
  readonly noProxy: readonly string[]
  /** Authorities, as PEM; null: Node's own. They stand for a proxy that is asked by TLS too. */
  readonly ca: string | null
}

/** Asks through a proxy by CONNECT, without TLS too, so that it sees no request; what NO_PROXY names, straight. */
export class ProxyAgent extends HttpsProxyAgent<string> {
  readonly #noProxy: readonly string[]
  readonly #trusted: { readonly ca?: string }

  constructor({ proxy, noProxy, ca }: ProxyOptions) {
    const trusted = ca === null ? {} : { ca }
    super(proxy, { ...POOL, ...trusted })
    this.#noProxy = noProxy
    this.#trusted = trusted
  }

  override async connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    const trusting = options.secureEndpoint ? { ...options, ...this.#trusted } : options
    if (isDirect(this.#noProxy, options.host ?? '', options.port))
      return trusting.secureEndpoint ? connectByTls(trusting) : connectPlainly(trusting)
    const refusals: string[] = []
    request.once('proxyConnect', ({ statusCode, statusText }: ConnectResponse) => {
      if (statusCode !== 200) refusals.push(`${String(statusCode)} ${statusText}`)
    })
    const socket = await super.connect(request, trusting)
    if (refusals.length === 0) return socket
    // The library hands the proxy's answer on, and it would be taken for one of AWS.
    socket.destroy()
    throw new Error(`the proxy ${this.proxy.host} opens no way to ${options.host ?? ''}: ${refusals.join()}`)
  }
}

/** Straight to the endpoints. */
export function directAgent(ca: string): Agent {
  return new Agent({ ...POOL, ca })
}
