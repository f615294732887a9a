import manifest from '../package.json' with { type: 'json' }

/** Put in by the bundler (test/support/build/bundle.ts), so that the bundle needs no package.json beside it. */
declare const __TOOL_VERSION__: string | undefined

/** The program's own version, as in package.json; stands in every audit and in `--version`. */
export const TOOL_VERSION: string = typeof __TOOL_VERSION__ === 'string' ? __TOOL_VERSION__ : manifest.version
