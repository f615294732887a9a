/** RDS lets its master create extensions that are not trusted, although that is no superuser. */
import type { Bed } from './provision.ts'

/**
 * In databases made from now on, members of rds_superuser may create any extension, as on RDS: for that one statement
 * they are superusers, by triggers in template0. Whether they may connect, they are asked as anybody.
 */
export async function letMasterExtend({ server }: Bed): Promise<void> {
  await server.sql('ALTER DATABASE template0 ALLOW_CONNECTIONS true')
  await server.sql(
    ['begin', 'end']
      .map(
        (end) => `
      CREATE FUNCTION information_schema.rds_${end}() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
      BEGIN
        LOCK TABLE pg_authid IN SHARE ROW EXCLUSIVE MODE;
        IF session_user <> 'rdsadmin' AND pg_has_role(session_user, 'rds_superuser', 'MEMBER') THEN
          EXECUTE format('ALTER ROLE %I ${end === 'begin' ? 'SUPERUSER' : 'NOSUPERUSER'}', session_user);
        END IF;
      END $$;
      CREATE EVENT TRIGGER rds_${end} ON ${end === 'begin' ? 'ddl_command_start' : 'ddl_command_end'}
        WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION information_schema.rds_${end}();`,
      )
      .join(''),
    [],
    'template0',
  )
  await server.forget('template0')
  await server.sql('ALTER DATABASE template0 ALLOW_CONNECTIONS false')
}
