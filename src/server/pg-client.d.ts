/**
 * The client alone, whose package has no types for this file: the package's index would load another driver where
 * NODE_PG_FORCE_NATIVE is set.
 */
declare module 'pg/lib/client.js' {
  import pg from 'pg'

  export default class Client extends pg.Client {
    /** What the client took from its options, else from the environment. */
    readonly connectionParameters: { replication?: string | undefined }
  }
}
