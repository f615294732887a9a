/** Crash sweep: changed passwords, cut at their exchanges with the server. */
import { password } from '../../support/faults/scenarios.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([{ make: password, every: 19 }])
