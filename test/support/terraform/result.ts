/** What one run of terraform came to. */
export class Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string

  constructor(code: number, stdout: string, stderr: string) {
    this.code = code
    this.stdout = stdout
    this.stderr = stderr
  }

  get output(): string {
    return this.stdout + this.stderr
  }

  /** The output with Terraform's frames and line breaks folded, to look for words in. */
  get text(): string {
    return this.output.replaceAll(/^[│╷╵]/gm, ' ').replaceAll(/\s+/g, ' ')
  }

  /** The script's exit code, as Terraform reports a failure; null where it reports none. */
  get scriptExit(): number | null {
    const code = /exit status (\d+)/.exec(this.text)?.[1]
    return code === undefined ? null : Number(code)
  }
}
