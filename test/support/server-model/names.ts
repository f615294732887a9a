/** Names that the model of the server and the runs on it have in common. */

export const ADMIN = 'platform_provisioner'
export const MASTER = 'master'
export const SUPERUSER = 'rdsadmin'
export const ADMIN_SECRET = 'platform/dev/admin'
export const MASTER_SECRET = 'platform/dev/master'
