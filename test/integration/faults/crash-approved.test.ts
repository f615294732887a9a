/** Crash sweep: runs that a digest approves, cut off; the same approval goes on with the plan's file to the same end. */
import { approvedAdoption, approvedExtension, approvedFirstRun, approvedUpdate } from '../../support/faults/approved.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([
  { make: approvedFirstRun, every: 23 },
  { make: approvedUpdate, every: 29, isSlow: true },
  { make: approvedAdoption, every: 23, isSlow: true },
  { make: approvedExtension, every: 29, isSlow: true },
])
