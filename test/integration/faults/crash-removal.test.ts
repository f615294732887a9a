/** Crash sweep: removals, cut at their exchanges with the server. After that, removed again or put back: no database stays closed. */
import { asked, removal, removalWithSnapshot, requested } from '../../support/faults/removals.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([
  { make: removal, every: 19, isEverywhere: true },
  { make: requested, every: 17, isEverywhere: true },
  { make: asked, every: 13, isEverywhere: true },
  { make: removalWithSnapshot, every: 23, isSlow: true },
])
