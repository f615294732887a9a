/** Crash sweep: a first run with every kind of step, cut at its exchanges with the server. */
import { firstRun } from '../../support/faults/scenarios.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([{ make: firstRun, every: 17 }])
