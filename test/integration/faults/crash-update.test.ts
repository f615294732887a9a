/** Crash sweep: a changed declaration, cut at its exchanges with the server. */
import { update } from '../../support/faults/scenarios.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([{ make: update, every: 29 }])
