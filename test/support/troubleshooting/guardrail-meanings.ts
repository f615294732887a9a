import type { GuardrailCode } from '../../../src/model/problem.ts'
import { blocked, entry, type Meaning } from './meaning.ts'

export const GUARDRAIL_MEANINGS: Readonly<Record<GuardrailCode, Meaning>> = {
  approval: entry(
    blocked,
    ['the environment is …, and nobody approved this run.'],
    'Outside of dev somebody has to approve a run, in its environment. No secret was read and no connection made.',
    'Set `ALLOW_DB_PROVISION=true` in the environment of the run.',
  ),
  approved_plan: entry(
    blocked,
    ['this run would not do what the approved plan says', 'the delegated admin cannot log in, and'],
    'The environment approves one plan, by its digest, and what this run would do is something else: the declaration changed, or somebody changed the server. Each line says what is more (+) or less (-). Nothing was changed.',
    'Look at the plan as it is now, and approve that; or find out who changed the server.',
  ),
  endpoint: entry(
    blocked,
    ['… is an RDS Proxy, which cannot carry provisioning.', '… is a replica (the server is in recovery).'],
    'Roles and databases can only be made on the writer itself.',
    "Give the writer's own endpoint.",
  ),
  foreign_account: entry(
    blocked,
    ['the run is in the AWS account …, as …, and expected_account is ….'],
    'The credentials of the run are those of another account than `expected_account`. No secret was read there.',
    'Give the run credentials of that account (environment, `aws_profile`, `assume_role_arn`), or correct `expected_account`.',
  ),
  reserved_name: entry(
    blocked,
    ['the username … belongs to the server or to RDS.', "… is the delegated admin's."],
    'The name belongs to the server, to Amazon RDS, to the admin or to the master.',
    'Choose another name.',
  ),
  naming: entry(
    blocked,
    ['… is off the convention.'],
    '`enforce_naming` is on.',
    'Follow the convention, or set `enforce_naming = false`.',
  ),
  owner_mismatch: entry(
    blocked,
    ['the database … belongs to …, not to …'],
    "The database is somebody else's; taking it over is a person's decision.",
    'Correct `database_name` or `username`. Or let a person run the statements that the message prints.',
  ),
  unmanaged_role: entry(
    blocked,
    ['the role … exists and is not managed by this tool.'],
    'A role of this name is there already, made by somebody else.',
    'Choose another `username`, or set `adopt_existing = true`.',
  ),
  foreign_claim: entry(
    blocked,
    ['the role … belongs to the stack …', 'the role … belongs to the application …, which is still declared.'],
    'Another stack, another state (a workspace, a copied root), environment or application has this role: see [One application, one state](docs/existing-instance.md#one-application-one-state).',
    'If that one is right, work there. A state that was lost gets its claim back by `terraform import`: the message has the command. Or take it over: `accept_tags_from` names another stack, `ALLOW_DB_TAKEOVER=true` takes over from another state of the same one. Or give this entry another `username`.',
  ),
  missing_claim: entry(
    blocked,
    ['… belong to the state with the claim …, and this input has no claim.'],
    'An input by hand may look at what a Terraform state has claimed (`plan`, `report`, `destroy --dry-run`), and change nothing of it.',
    'Let Terraform do it; or give `--claim`, or `RDS_PROVISION_CLAIM`, as `terraform output -raw claim` has it.',
  ),
  missing_right: entry(
    blocked,
    [
      "… has no right over the role …: another login created it, or it is older than the server's upgrade to PostgreSQL 16 or later.",
      'the delegated admin … lacks …',
      '… may not grant …, which … is to be a member of.',
    ],
    'The delegated admin lacks a right that only the master can give.',
    'Give `master_secret_id`, or run the statement of the message as the master. After an upgrade: see [Upgrading PostgreSQL](docs/upgrading-postgresql.md).',
  ),
  privileged_role: entry(
    blocked,
    ['the role … holds …'],
    'A role that may do more than an application should is not taken over.',
    'Take that away as the master first, or choose another `username`.',
  ),
  iam: entry(
    blocked,
    [
      'from PostgreSQL 16 on the first IAM login ends the password login of …, which administers it.',
      'the role … is in rds_iam, and from PostgreSQL 16 on the right over it ends the password login of ….',
      'the server has no role rds_iam.',
    ],
    'IAM logins have needs of their own: see [IAM logins](docs/rotation-and-iam.md#iam-logins).',
    'Let the delegated admin log in by IAM too (`admin_auth = "iam"`), or use `auth = "password"`. Without `rds_iam`: enable IAM database authentication on the instance.',
  ),
  upgrade: entry(
    blocked,
    ['the major upgrade was not prepared: …'],
    '`prepare_major_upgrade` is set, and something is in its way. Everything else was done.',
    'Do what the message says, or take `prepare_major_upgrade` out: see [Upgrading PostgreSQL](docs/upgrading-postgresql.md).',
  ),
  extension: entry(
    blocked,
    ['the server has no extension …', 'only a superuser could install … (not trusted).'],
    'The extension is not there, or is not trusted, so that only a superuser could install it.',
    'Take it out of `extensions`, or let the master create it: in a new database the run does that where `master_secret_id` is given; for one that others have used, the message has the statement.',
  ),
  setting: entry(
    blocked,
    [
      'the server knows no parameter …',
      '… can only be set by a superuser or in the parameter group.',
      '… would let the role act as another or load code.',
    ],
    'The server does not let this parameter be set for a role.',
    'Take it out of `settings`, or set it in the parameter group.',
  ),
  server_version: entry(
    blocked,
    ['MAINTAIN is there from PostgreSQL 17 on, and the server is ….', 'the server, PostgreSQL …, has no role ….'],
    'The entry names what this version of PostgreSQL does not have.',
    'Take it out of the entry, or upgrade the server.',
  ),
  immutable: entry(
    blocked,
    ['… has the encoding …, not …', '… has the locale …, not …'],
    'Encoding and locale are fixed when a database is created.',
    'Declare what the database has, or dump it into a new one.',
  ),
  encoding: entry(
    blocked,
    [
      'the server has no encoding … for databases.',
      'the server has no locale … for databases ….',
      '… has the encoding …, in which … reads otherwise.',
      'a name inside … has a character that UTF-8 has not: the schema … is not told from …',
    ],
    'The server has no such encoding or locale, or a name is not the same in it.',
    'Use one that it has, such as UTF8; locales are in `pg_collation`. Outside of UTF8, logins and settings need ASCII.',
  ),
  schema: entry(
    blocked,
    ['the schema … of … belongs to …, not to …'],
    "The schema is somebody else's.",
    'Declare another schema, or let a person run the statement of the message.',
  ),
  invalid_database: entry(
    blocked,
    ['the database … is invalid: a DROP DATABASE was interrupted.'],
    'PostgreSQL lets nobody in any more.',
    'Drop it as its owner, and set `recreate_missing = true`: the next apply makes it anew.',
  ),
  missing_database: entry(
    blocked,
    ['the database … is not there, and had existed since build …'],
    'Somebody dropped it, or renamed it and took its tag off. An empty one in its place would hide that, so none is made.',
    'Restore it, or give it its name back. Or set `recreate_missing = true` in its entry: the next apply makes a new, empty one.',
  ),
  renamed_database: entry(
    blocked,
    [
      'the database … is not there, and …, which … owns, carries its tag',
      "the database … is …'s, and …, which … owns, carries its tag",
    ],
    'A person renamed the database, or exchanged the names of two. The tag shows which it is.',
    'Run the statements of the message, which give it its name back. Or declare the name that it has now as `database_name`.',
  ),
  renamed_role: entry(
    blocked,
    ['the role … is not there, and … carries its tag'],
    "A person renamed the owner's login, or its entry has another `username` now.",
    'Run the statement of the message, which gives it that name. Or declare the name that it has.',
  ),
  unknown_application: entry(
    blocked,
    ['nothing of … on this instance carries … ….'],
    'A removal was to be looked at of an application that this stack does not have here: its name is another one, or it is gone.',
    'Use one of the names of the message.',
  ),
  removal_approval: entry(
    blocked,
    ['the environment is …, and nobody approved …'],
    'Outside of dev a removal that deletes needs two approvals.',
    'Set `ALLOW_DB_PROVISION=true` and `ALLOW_DB_DESTROY=true`, or `RDS_CLEANUP_POLICY=retain` to keep everything.',
  ),
  removal_obstacle: entry(
    blocked,
    ['the role … holds privileges on …, which is not managed by this stack.', 'the database … belongs to …'],
    'A removal would take what it must not, or could not be done whole. Each thing in its way is told by name.',
    'Do what the message says: see [Removing and renaming](docs/removal.md).',
  ),
  standing_application: entry(
    blocked,
    ['the state is about to end, and the removal of … was not asked for.'],
    'The stack is being replaced, or the marker of an application was taken out of the state: nothing was done.',
    'Take the taint or `-replace` back; remove the application by hand, or keep it with `RDS_CLEANUP_POLICY=retain`.',
  ),
  not_permitted: entry(
    blocked,
    [
      'the function does no … of the stack … in … on … for ….',
      'connect_through is set, and the function stands beside the instance: ….',
    ],
    'The Lambda function has a list of its own of what it does for whom: see [Inside the VPC](docs/lambda.md). Nothing was read.',
    'Add it to `permits` of `modules/lambda-runner`, or correct environment, stack, instance or credentials of the run.',
  ),
  unproven_caller: entry(
    blocked,
    ['nobody knows who asks: ….'],
    'The proof of who asks is stale, was used before, is for another request or function, or AWS STS does not know it. Nothing was read.',
    'Run again, with credentials that are valid now, and look at the clocks of runner and function.',
  ),
  already_running: entry(
    blocked,
    ['this very request is running already.'],
    'Somebody between the runner and the function sent a request a second time while it ran.',
    'Wait for the first one to end. Its records are in the log of the function.',
  ),
}
