/** What the two wire protocols of AWS share: values, errors, and how each is written. */
import { randomUUID } from 'node:crypto'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined }

export type ServiceName = 'secretsmanager' | 'sts' | 'rds' | 'lambda'

/** Who calls, taken from the signature's credential scope (not verified: any key is accepted). */
export interface Caller {
  readonly accessKeyId: string
  readonly region: string
}

/** A parsed request: the JSON body, or the form fields of the query protocol. */
export type Params = Readonly<Record<string, unknown>>

/** Answers one action, or throws an AwsError. `isSignedWith`: whether the request was signed with this secret key. */
export type Handler = (params: Params, caller: Caller, isSignedWith: (secret: string) => boolean) => Json

export interface Service {
  readonly name: ServiceName
  /** XML namespace of the query protocol; null: JSON 1.1. */
  readonly namespace: string | null
  readonly actions: ReadonlyMap<string, Handler>
}

/** An error as the service reports it. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = 'AwsError'
    this.code = code
    this.status = status
  }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The answer to an action that succeeded. */
export function succeed(service: Service, action: string, result: Json): Answer {
  if (service.namespace === null) return json(200, result, {})
  const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: randomUUID() } }
  return xml(200, `<${action}Response xmlns="${service.namespace}">${elements(content)}</${action}Response>`)
}

/** The answer to an action that failed. */
export function refuse(service: Service, { code, message, status }: AwsError): Answer {
  if (service.namespace === null) return json(status, { __type: code, Message: message }, { 'x-amzn-errortype': code })
  const Type = status >= 500 ? 'Receiver' : 'Sender'
  const content = elements({ Error: { Type, Code: code, Message: message }, RequestId: randomUUID() })
  return xml(status, `<ErrorResponse xmlns="${service.namespace}">${content}</ErrorResponse>`)
}

function json(status: number, body: Json, headers: Readonly<Record<string, string>>): Answer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID(), ...headers },
    body: JSON.stringify(body),
  }
}

function xml(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() }, body }
}

/** A list is written as one element a member under the field's own name: wrap it as `{ member: [...] }` or the like. */
function elements(value: Json): string {
  if (value === null) return ''
  if (typeof value !== 'object') return escapeXml(String(value))
  return Object.entries(value)
    .flatMap(([name, content]) => {
      if (content === undefined) return []
      return (isList(content) ? content : [content]).map((item) => `<${name}>${elements(item)}</${name}>`)
    })
    .join('')
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
