/** A run that is over sooner says nothing of its progress. */
const FIRST_AFTER_MS = 5_000

/** Six lines a minute are read, more flood a CI log. */
const EVERY_MS = 10_000

export interface ProgressOptions {
  /** How many pieces of work there are. */
  readonly total: number
  /** What they are, in the plural: `databases`. */
  readonly unit: string
  readonly now: () => Date
  /** Takes a line, without its end. */
  readonly report: (line: string) => void
}

export interface ProgressCounter {
  /** One more piece is done; reports a line such as `37/100 databases, 12 s left` where one is due. */
  advance(): void
}

/** Progress of long work, from now on. The time left is what the rest takes at the pace so far. */
export function createProgress({ total, unit, now, report }: ProgressOptions): ProgressCounter {
  const start = now().getTime()
  let due = start + FIRST_AFTER_MS
  let done = 0
  return {
    advance() {
      done += 1
      const time = now().getTime()
      if (time < due || done >= total) return
      due = time + EVERY_MS
      report(`${done}/${total} ${unit}, ${describeProgress(((time - start) / done) * (total - done))} left`)
    },
  }
}

/** `12 s`, from two minutes on `3 min`; rounded up, since "0 s left" is never true. */
function describeProgress(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`
}
