/** Resolves `ava` to what collects tests. */
const COLLECTOR = new URL('ava.mjs', import.meta.url).href

export function resolve(specifier, context, next) {
  return specifier === 'ava' ? { url: COLLECTOR, shortCircuit: true } : next(specifier, context)
}
