/**
 * An extension whose script calls what it finds, in a database whose owner has left something to find (src/README.md: The
 * master in a database): why the master goes into no such database.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { MASTER_SECRET, putMaster } from '../../support/major-upgrade.ts'
import { letMasterExtend } from '../../support/master-extensions.ts'
import { Bed, type Entry, type Stack } from '../../support/provision.ts'
import { followAll } from '../../support/remedies.ts'

/** The first that finds extensions beside its own: the packages are no place for one. */
const VERSION = 18

const CONTROL = `comment = 'its script is careless'\ndefault_version = '1.0'\nrelocatable = false\n`
const SCRIPT = `
  CREATE FUNCTION set_up(what text) RETURNS text LANGUAGE sql AS $$ SELECT 'its own' $$;
  SELECT set_up('now'::pg_catalog.varchar);`

/** What matches better than the script's own function, and tells as whom it ran. */
const TRAP = `
  CREATE TABLE IF NOT EXISTS public.caught (as_whom text);
  CREATE FUNCTION public.set_up(what varchar) RETURNS text LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO public.caught VALUES (current_user); RETURN 'trap'; END $$;`

let bed: Bed
let folder: string

test.serial.before('start a server with such an extension', async () => {
  folder = await mkdtemp(join(tmpdir(), 'rds-provision-extension-'))
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'extension'))
  await writeFile(join(folder, 'extension', 'careless.control'), CONTROL)
  await writeFile(join(folder, 'extension', 'careless--1.0.sql'), SCRIPT)
  bed = await Bed.start({ version: VERSION, settings: { extension_control_path: `${folder}:$system` } })
  await letMasterExtend(bed)
  putMaster(bed)
})

test.after.always('stop it', async () => {
  await bed.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Each test has an application of its own. */
function declare(name: string, entry: Entry): Stack {
  return bed.declare({ [name]: entry }, { master_secret_id: MASTER_SECRET })
}

async function caught(database: string): Promise<unknown[]> {
  const rows = await bed.server.sql('SELECT as_whom FROM public.caught', [], database)
  await bed.server.forget(database)
  return rows.map(({ as_whom: whom }) => whom)
}

test.serial("what a database's owner made runs with the rights of whoever creates the extension there", async (t) => {
  const stack = declare('app', {})
  await stack.applyOk()
  await stack.sql('app', `${TRAP} GRANT ALL ON public.caught TO PUBLIC`)
  stack.applications = { app: { extensions: ['careless'] } }
  const { audit, problems } = await stack.apply()
  t.is(audit.run.exit_code, 4)
  t.deepEqual(await caught('app_dev_db'), [], 'the run left it alone')
  t.regex(problems[0]?.remedy ?? '', /^Look at what is in the schema public of app_dev_db/)
  await followAll(bed, problems[0]?.remedy ?? '')
  t.deepEqual(await caught('app_dev_db'), ['rdsadmin'], 'whoever does not look is caught')
})

test.serial('in a database that is new it finds nothing but its own', async (t) => {
  const stack = declare('eager', { database_name: 'first_db' })
  await stack.applyOk()
  stack.applications = { eager: { database_name: 'second_db', extensions: ['careless'] } }
  const run = { isOver: false }
  const pushIn = async (): Promise<void> => {
    while (!run.isOver) {
      await stack.answer('eager', TRAP)
      await sleep(1)
    }
  }
  await Promise.all([
    stack.applyOk().finally(() => {
      run.isOver = true
    }),
    pushIn(),
  ])
  await stack.answer('eager', TRAP)
  t.deepEqual(await caught('second_db'), [])
})
