/** Locales as they are declared: `de_DE.UTF-8` of the C library, `icu:de-DE`, `builtin:C.UTF-8`. */
export interface Locale {
  readonly provider: 'libc' | 'icu' | 'builtin'
  readonly name: string
}

export function parseLocale(text: string): Locale {
  const [, provider, name = ''] = /^(icu|builtin):(.*)$/su.exec(text) ?? []
  return provider === 'icu' || provider === 'builtin' ? { provider, name } : { provider: 'libc', name: text }
}
