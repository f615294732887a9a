/** Crash sweep: AWS's rotations, cut at their exchanges with the server. */
import { rotation } from '../../support/faults/scenarios.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([{ make: rotation, every: 29 }])
