/** The package has no types; what it returns is checked where it is read. */
declare module 'env-ci' {
  export default function envCi(options: {
    env: Readonly<Record<string, string | undefined>>
    cwd: string
  }): Readonly<Record<string, unknown>>
}
