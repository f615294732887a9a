/** Crash sweep: changed passwords and AWS's rotations, cut at their exchanges with the server. */
import { password, rotation } from '../../support/faults/scenarios.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([{ make: password, every: 19 }, { make: rotation, every: 29 }])
