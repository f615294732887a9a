/** The client's side of the proof of who asks. */
import type { CredentialProvider } from '../../secrets/aws-credentials.ts'
import { type FunctionPlace, hostOfSts, IDENTITY_QUERY, identityHeaders } from '../caller.ts'
import type { Proof } from '../protocol.ts'

/** Signs GetCallerIdentity for one request to one function. @param credentials as the call itself is signed with */
export async function proveCaller(
  place: FunctionPlace,
  request: string,
  credentials: Awaited<ReturnType<CredentialProvider>>,
): Promise<Proof> {
  const [{ SignatureV4 }, { Sha256 }, { HttpRequest }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/core/checksum'),
    import('@smithy/core/protocols'),
  ])
  const signer = new SignatureV4({ service: 'sts', region: place.region, credentials, sha256: Sha256 })
  const { headers } = await signer.sign(
    new HttpRequest({
      method: 'POST',
      protocol: 'https:',
      hostname: hostOfSts(place),
      path: '/',
      headers: { ...identityHeaders(place, request) },
      body: IDENTITY_QUERY,
    }),
  )
  const { 'x-amz-date': date = '', authorization = '', 'x-amz-security-token': token = null } = headers
  return { date, authorization, token }
}
