/** Crash sweep: a first run in which the master makes extensions, cut at its exchanges with the server. */
import { masterExtension } from '../../support/faults/scenarios.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([{ make: masterExtension, every: 17 }])
