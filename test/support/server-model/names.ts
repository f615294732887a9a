/** Names that the model of the server and the runs on it have in common. */

export const ADMIN = 'platform_provisioner'
export const MASTER = 'master'
export const SUPERUSER = 'rdsadmin'
/** Major versions that the model knows. */
export const VERSIONS: readonly number[] = [14, 15, 16, 17, 18]
export const ADMIN_SECRET = 'platform/dev/admin'
export const MASTER_SECRET = 'platform/dev/master'
