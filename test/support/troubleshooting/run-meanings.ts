import type { RunCode } from '../../../src/model/problem.ts'
import { blocked, failed, entry, type Meaning } from './meaning.ts'

export const RUN_MEANINGS: Readonly<Record<RunCode, Meaning>> = {
  lock_timeout: entry(
    failed,
    ["the instance's lock is held by …; waited … s."],
    'One run at a time changes an instance.',
    'Wait for that run to end, or raise `lock_timeout`.',
  ),
  connection_lost: entry(
    failed,
    ['the connection to the server broke: ….', 'the connection to the server was lost: ….'],
    'A restart, a failover, or somebody who ends sessions. What took effect is in the audit.',
    'Check the instance; the next run goes on from there.',
  ),
  statement_failed: entry(
    failed,
    ['…: ….'],
    'The server refused a step; the message has its answer.',
    'Correct the cause; the next run goes on from here.',
  ),
  not_converged: entry(
    failed,
    ['still to do after it was done: ….', '… is still there after it was removed'],
    'Something on the server undoes a step, or the server ignores it without an error.',
    'Look at the statements in the audit, stop what works against them, and run again.',
  ),
  interrupted: entry(
    failed,
    ['interrupted: ….'],
    'The run was told to stop, and stopped in order.',
    'The next run goes on from here.',
  ),
  closed_by_another_removal: entry(
    failed,
    ['another removal keeps … closed.'],
    'Another removal has closed a database that this one has to look into.',
    'Wait for it to end, and run again.',
  ),
  opened_during_snapshot: entry(
    blocked,
    ['somebody opened the database … while the snapshot was made: it may hold what the snapshot does not.'],
    'It was not dropped.',
    'Run again.',
  ),
  left_during_snapshot: entry(
    blocked,
    ['… is to go since the snapshot was asked for: it may hold what the snapshot does not.'],
    'Its tag or policy changed while the snapshot was made. Nothing of it was dropped.',
    'Run again.',
  ),
  session_hides: entry(
    failed,
    ['a session that may be of … is in its start-up and could not be ended: process ….'],
    'A login that was closed may have a session that is not to be seen yet. Nothing was dropped.',
    'Give the delegated admin `pg_signal_backend`, and run again.',
  ),
  session_left: entry(
    failed,
    ['… session(s) in … could not be ended: a snapshot would not hold what they write.'],
    'The admin may not end them, or they did not end within 5 s. No snapshot was asked for, and nothing was dropped.',
    'Wait for them to end, or give the delegated admin `pg_signal_backend`, and run again.',
  ),
  unseen_database: entry(
    failed,
    ['could not look inside … (…)…: what is in it was neither checked nor changed.'],
    'All connections of that database were taken, also those that the run added for its own look. What can be done from outside was done; the others are done.',
    'Free a connection: end sessions of the logins that are named, or raise `database_connection_limit`. Run again.',
  ),
  left_closed: entry(
    failed,
    ['… may still be closed, and could not be opened again: …'],
    'A removal ended, and could not open again what it had closed. The exit code is that of why it ended.',
    'Run again, or put the application back and apply; the message has the statements for doing it by hand.',
  ),
  left_open: entry(
    failed,
    ['the database … accepted no connections, was opened to look into it, and may still be open. What failed: …'],
    'A removal opens a database that is kept shut where the login holds something in it, and closes it again. It could not be closed. The exit code is that of why the removal ended.',
    'Close it with the statements of the message: no later run does.',
  ),
  audit_unwritable: entry(
    failed,
    ['The audit could not be written to …: ….'],
    'The run is done, its audit could not be kept in its file: it is in the output.',
    'Give a path that can be written to.',
  ),
  governance_unwritable: entry(
    failed,
    ['The run could not be recorded in …: ….'],
    'The run is done, the governance folder could not be written.',
    'Give a folder that can be written to.',
  ),
  output_unwritable: entry(
    failed,
    ['cannot be written: ….'],
    'The plan or the report could not be printed whole. Nothing was changed.',
    'Free the disk, or write elsewhere.',
  ),
  function_lost: entry(
    failed,
    [
      'the answer of the function … broke off (…): the function may go on, and this audit holds only what was told before.',
    ],
    'The connection to the Lambda function ended, or the function did: its time limit, its memory, an error. What it had told by then is in the audit.',
    "Look into the function's log, which the message names: all records are there. Run again: the next run goes on from there.",
  ),
  snapshot_pending: entry(
    failed,
    ['the snapshot is being made, and what waits for it is closed.'],
    'A removal through a Lambda function waits for its snapshot in several turns, and the runner did not come back for the next one.',
    'Nothing was dropped; the next run goes on with it.',
  ),
  defect: entry(
    failed,
    ['….'],
    'Something that this program did not expect. What took effect is in the audit.',
    'Run again; if it stays, please report it with the message.',
  ),
}
