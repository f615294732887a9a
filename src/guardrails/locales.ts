/** Guardrails on locales: what the server does not know, and what is fixed at creation. Pure. */
import type { Cluster, DatabaseState } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import { parseLocale } from '../model/locale.ts'
import type { Problem } from '../model/problem.ts'
import { violation } from './violation.ts'

/** CREATE DATABASE would refuse it, after other things had changed. */
export function checkKnownLocale({ owner, locale }: Database, cluster: Cluster): Problem[] {
  if (locale === null || !cluster.unknownLocales.has(locale)) return []
  const { provider } = parseLocale(locale)
  const needs = { libc: '', icu: ' (icu: from PostgreSQL 15 on)', builtin: ' (builtin: from PostgreSQL 17 on)' }
  return [
    violation(
      owner,
      'encoding',
      `the server has no locale ${locale} for databases${needs[provider]}.`,
      'Use one that it has, as pg_collation lists them, such as C.',
    ),
  ]
}

/** Names of locales differ in spelling (utf-8 is utf8), and POSIX is C. */
export function checkLocale({ name, owner, locale }: Database, state: DatabaseState): Problem[] {
  if (locale === null) return []
  const wanted = parseLocale(locale)
  const actual = state.localeProvider === 'libc' ? [state.collate, state.ctype] : [state.icuLocale ?? '']
  if (wanted.provider === state.localeProvider && actual.every((item) => plain(item) === plain(wanted.name))) return []
  const prefix = state.localeProvider === 'libc' ? '' : `${state.localeProvider}:`
  const has = actual.map((item) => `${prefix}${item}`).join(' and ')
  return [
    violation(
      owner,
      'immutable',
      `${name} has the locale ${has}, not ${locale}.`,
      'Declare what the database has, or dump it into a new one.',
    ),
  ]
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/^posix$/, 'c')
}
