import * as v from 'valibot'
import type { Problem } from '../model/problem.ts'
import { show, suggestion } from './text.ts'

/**
 * Where in the input an object stands, for errors: the application, and the path of the object with a dot at its end.
 */
export interface InputPath {
  readonly application: string | null
  readonly path: string
}

export const TOP: InputPath = { application: null, path: '' }

/** What came of parsing an object field by field. */
export interface ParsedObject<T> {
  /**
   * Fields in error have their default, so that the checks across fields can go on; null where the input is no object.
   */
  readonly value: T | null
  readonly problems: readonly Problem[]
  /** Names of the known fields that are in error. */
  readonly broken: ReadonlySet<string>
}

type FieldValues<E extends v.ObjectEntries> = v.InferOutput<v.ObjectSchema<E, undefined>>

/** Whether the value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Parses one object of the input against its known fields. Each schema's message is the remedy of its field. All errors
 * are collected, unknown fields included: valibot's own strictObject stops at the first one.
 */
export function parseObject<const E extends v.ObjectEntries>(
  entries: E,
  input: unknown,
  place: InputPath,
): ParsedObject<FieldValues<E>> {
  if (!isObject(input)) {
    const field = place.path.replace(/\.$/, '') || (place.application === null ? 'input' : 'application_databases')
    return { value: null, problems: [notAnObject(field, input, place.application)], broken: new Set() }
  }
  const schema = v.object(entries)
  const unknown = unknownFields(Object.keys(entries), input, place)
  const first = v.safeParse(schema, input)
  if (first.success) return { value: first.output, problems: unknown, broken: new Set() }
  const broken = new Set(first.issues.map((issue) => String(issue.path?.[0].key)))
  const sound = v.safeParse(schema, Object.fromEntries(Object.entries(input).filter(([key]) => !broken.has(key))))
  const problems = first.issues.map((issue) => fieldProblem(issue, place))
  return { value: sound.success ? sound.output : null, problems: [...unknown, ...problems], broken }
}

/** The problem of a value that should be an object. */
export function notAnObject(field: string, value: unknown, application: string | null): Problem {
  const message = value === undefined || value === null ? 'is missing.' : `is ${show(value)}.`
  return {
    application,
    code: value === undefined || value === null ? 'missing_value' : 'invalid_value',
    field,
    message,
    remedy: 'Give an object.',
  }
}

function unknownFields(
  known: readonly string[],
  input: Readonly<Record<string, unknown>>,
  place: InputPath,
): Problem[] {
  return Object.keys(input)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      application: place.application,
      code: 'unknown_field',
      field: `${place.path}${printableKey(key)}`,
      message: 'is not a known field.',
      remedy: suggestion(key, known).trim() || `Known fields: ${known.join(', ')}.`,
    }))
}

function fieldProblem(issue: v.BaseIssue<unknown>, place: InputPath): Problem {
  const field = `${place.path}${String(issue.path?.[0].key)}`
  const message = issue.input === undefined ? 'is missing.' : `${show(issue.input)} is not accepted.`
  return {
    application: place.application,
    code: issue.input === undefined ? 'missing_value' : 'invalid_value',
    field,
    message,
    remedy: issue.message,
  }
}

/** A key as errors print it: as it is where it is plain, else quoted and escaped. */
export function printableKey(key: string): string {
  return /^[\w.-]{1,80}$/.test(key) ? key : show(key)
}
