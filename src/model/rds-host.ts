/** What the name of an endpoint of RDS says. Pure. */

/** In China the region stands after `rds`. */
const HOST = /(?:\.([a-z0-9-]+)\.rds|\.rds\.([a-z0-9-]+))\.amazonaws\.com(?:\.cn)?\.?$/i

/** The region of an endpoint; null: it is no name of RDS (a CNAME, an address). */
export function regionOfHost(host: string): string | null {
  const [, before, after] = HOST.exec(host) ?? []
  return (before ?? after)?.toLowerCase() ?? null
}

/** Whose endpoint it is by its name: an instance's, or a cluster's (its reader's too); null: the name does not say. */
export function endpointOf(host: string): { readonly kind: 'instance' | 'cluster'; readonly id: string } | null {
  const [id = '', domain = ''] = host.toLowerCase().split('.')
  if (regionOfHost(host) === null || domain.startsWith('cluster-custom-')) return null
  return { kind: domain.startsWith('cluster-') ? 'cluster' : 'instance', id }
}

/**
 * Where AWS has the authorities of a region, as a PEM file:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
 * https://docs.amazonaws.cn/en_us/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
 */
export function authorityBundle(region: string): string {
  return `https://${truststoreOf(region)}/${region}/${region}-bundle.pem`
}

function truststoreOf(region: string): string {
  if (region.startsWith('cn-')) return 'rds-truststore.s3.cn-north-1.amazonaws.com.cn'
  return `truststore.pki.${region.startsWith('us-gov-') ? 'us-gov-west-1.' : ''}rds.amazonaws.com`
}
