import * as v from 'valibot'
import type { Problem } from '../model/problem.ts'
import { TLS_MODES } from '../model/declaration.ts'
import type { Endpoint, Instance, Tls } from '../model/declaration.ts'
import { host, name, oneOf, path, port, text } from './fields.ts'
import { parseObject } from './object.ts'

/** One part of the declaration: null where it is in error, or optional and not given. */
export interface Part<T> {
  readonly value: T | null
  readonly problems: readonly Problem[]
}

const ENDPOINT = { host: v.nullish(host), port: v.nullish(port, 5432) }
const INSTANCE = {
  ...ENDPOINT,
  database: v.nullish(name, 'postgres'),
  identifier: v.nullish(text),
  resource_id: v.nullish(text),
}
const TLS = {
  mode: v.nullish(oneOf(TLS_MODES), 'verify-full'),
  ca_file: v.nullish(path, null),
  server_name: v.nullish(host, null),
}

/**
 * Parses `instance`; the identifier defaults to the first label of the host. `resource_id` is only a trigger of the
 * module.
 */
export function parseInstance(input: unknown): Part<Instance> {
  const { value, problems, broken } = parseObject(INSTANCE, input, { application: null, path: 'instance.' })
  if (value === null) return { value, problems }
  if (value.host === undefined || value.host === null) {
    return { value: null, problems: broken.has('host') ? problems : [...problems, missingHost('instance.host')] }
  }
  const identifier = value.identifier ?? value.host.split('.', 1).join()
  return { value: { host: value.host, port: value.port, database: value.database, identifier }, problems }
}

/** Parses `connect_through`, the near end of a tunnel. */
export function parseConnectThrough(input: unknown): Part<Endpoint> {
  if (input === undefined || input === null) return { value: null, problems: [] }
  const { value, problems, broken } = parseObject(ENDPOINT, input, { application: null, path: 'connect_through.' })
  if (value === null) return { value, problems }
  if (value.host === undefined || value.host === null) {
    return { value: null, problems: broken.has('host') ? problems : [...problems, missingHost('connect_through.host')] }
  }
  return { value: { host: value.host, port: value.port }, problems }
}

/**
 * Parses `tls`; a plain connection may only go to the loopback (src/README.md: Connections and TLS). `peer` is where
 * connections go, null if unknown.
 */
export function parseTls(input: unknown, peer: Endpoint | null): Part<Tls> {
  const { value, problems } = parseObject(TLS, input ?? {}, { application: null, path: 'tls.' })
  if (value === null) return { value, problems }
  const exposed = value.mode === 'disable' && peer !== null && !isLoopback(peer.host)
  return {
    value: { mode: value.mode, caFile: value.ca_file, serverName: value.server_name },
    problems: exposed ? [...problems, PLAIN_CONNECTION] : problems,
  }
}

/**
 * Whether a host is this machine by its spelling alone (RFC 6761 section 6.3, RFC 5735 section 3, RFC 4291 section
 * 2.5.3).
 */
function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost\.?|127(?:\.\d{1,3}){3}|::1)$/i.test(hostname)
}

const PLAIN_CONNECTION: Problem = {
  application: null,
  code: 'invalid_value',
  field: 'tls.mode',
  message: '"disable" would send the session over the network in the clear.',
  remedy: 'Use "verify-full"; "disable" is for a host on the loopback.',
}

function missingHost(field: string): Problem {
  return {
    application: null,
    code: 'missing_value',
    field,
    message: 'is missing.',
    remedy: 'Give the address of the host.',
  }
}
