/** Crash sweep: removals, cut at their exchanges with the server. After that, removed again or put back: no database stays closed. */
import { removal, removalWithSnapshot, requested } from '../../support/faults/scenarios.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([
  { make: removal, every: 19 },
  { make: requested, every: 17 },
  { make: removalWithSnapshot, every: 23, isSlow: true },
])
