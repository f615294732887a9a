/** Crash sweep: runs that make and change, cut at their exchanges with the server. */
import { adoption, firstRun, update } from '../../support/faults/scenarios.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([{ make: firstRun, every: 17 }, { make: update, every: 29 }, { make: adoption, every: 19 }])
