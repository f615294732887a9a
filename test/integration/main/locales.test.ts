/** Locales of the C library, of ICU and of PostgreSQL itself: declared, made, compared, and looked for before a change. */
import test from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { bedFor, VERSIONS } from '../../support/provision.ts'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  const known = ['C', ...(version >= 15 ? ['icu:de-DE'] : []), ...(version >= 17 ? ['builtin:C.UTF-8'] : [])]
  const stackOf = (locales: readonly string[]) =>
    bed().declare(Object.fromEntries(locales.map((locale, index) => [`l${String(index)}`, { locale }])), {
      stack: 'locales',
    })

  test.serial(`${on}each provider's locale is made as declared, and another one's is a mismatch`, async (t) => {
    const stack = stackOf(known)
    await stack.applyOk()
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    stack.applications = Object.fromEntries(known.map((_locale, index) => [`l${String(index)}`, { locale: 'C.UTF-8' }]))
    const outcome = await stack.apply()
    t.is(outcome.audit.run.exit_code, 4)
    t.deepEqual(
      outcome.problems.map(({ code, message }) => `${code}: ${message}`).sort(),
      [
        'immutable: l0_dev_db has the locale C and C, not C.UTF-8.',
        'immutable: l1_dev_db has the locale icu:de-DE, not C.UTF-8.',
        'immutable: l2_dev_db has the locale builtin:C.UTF-8, not C.UTF-8.',
      ].slice(0, known.length),
    )
  })

  test.serial(`${on}a locale that the server does not have stops the run before its first change`, async (t) => {
    const unknown = [
      'xx_YY.UTF-8',
      'icu:xx-YY',
      'icu:',
      'builtin:de_DE',
      ...(version < 15 ? ['icu:de-DE'] : []),
      ...(version < 17 ? ['builtin:C.UTF-8'] : []),
    ]
    const stack = stackOf(['C', ...unknown])
    stack.applications = Object.fromEntries(
      Object.entries(stack.applications).map(([name, entry]) => [`u${name}`, entry]),
    )
    const before = await dump(bed().server)
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    t.deepEqual(
      problems.map(({ code, message }) => `${code}: ${message.replace(/ for databases.*/, '')}`),
      unknown.map((locale) => `encoding: the server has no locale ${locale}`),
    )
    t.deepEqual(difference(before, await dump(bed().server)), [])
  })
}
