/** Why a login proves nothing, or would give its password away: it is ended (src/README.md: Connections and TLS). */

/** In words: what the server did, and what helps. */
interface Words {
  readonly message: string
  readonly remedy: string
}

/** By code. A login is SCRAM with the server's own proof, or a token over TLS. */
export const UNPROVEN = {
  AUTH_NONE: {
    message:
      'the server let the login in without asking for its password, so nothing shows that it is the right server',
    remedy: 'Give the login the method scram-sha-256 in pg_hba.conf, in place of trust, peer, ident or cert.',
  },
  AUTH_MD5: {
    message: 'the server asks for an MD5 hash of the password; it was not sent',
    remedy:
      "Set password_encryption = scram-sha-256 (on RDS in the instance's parameter group), and set the password of the login anew.",
  },
  AUTH_TOKEN_IN_CLEAR: {
    message: 'the server asks for the token without TLS; it was not sent',
    remedy: 'Log in by IAM over TLS: take out tls.mode = "disable".',
  },
  AUTH_SCRAM: {
    message: 'the server did not prove by SCRAM that it knows the password',
    remedy: 'Check that instance.host and connect_through lead to the right server, and that it offers SCRAM-SHA-256.',
  },
  AUTH_UNREADABLE: {
    message: 'the server answers the login with what cannot be read here, such as a method other than passwords',
    remedy:
      'Take the login out of the roles that log in by Kerberos (on RDS rds_ad), or check that a PostgreSQL server answers there.',
  },
} as const satisfies Readonly<Record<string, Words>>

export type UnprovenCode = keyof typeof UNPROVEN

/** @param code of a failed connection: one of UNPROVEN, else '' is the answer. */
export function remedyOf(code: string): string {
  return Object.entries<Words>(UNPROVEN).find(([key]) => key === code)?.[1].remedy ?? ''
}
