/** Roles: attributes, password and tag of every declared login. */
import type { LoginState, RoleState } from '../model/catalog.ts'
import type { Application } from '../model/declaration.ts'
import { endsByRun, mayLogIn } from '../model/expiry.ts'
import { staysClosed } from '../model/keep-fields.ts'
import type { Statement } from '../model/statement.ts'
import type { Changes, Finding, Step } from '../model/step.ts'
import { formatTag, parseTag } from '../model/tag.ts'
import { alterRole, commentOnRole, createRole, type RoleAttributes } from '../sql/role.ts'
import { attributeConsequences } from './attribute-consequences.ts'
import { finding, type PlanContext, step, subject } from './context.ts'
import { planIamGrant, planIamRevoke } from './memberships.ts'
import { planSettings } from './settings.ts'
import { planRoleTag } from './role-tags.ts'
import { desiredRoleTag } from './tags.ts'

/** What one application's role needs, from nothing or from what is there. */
export function planRole(context: PlanContext, application: Application): Changes {
  const role = context.actual.cluster.roles.get(application.username)
  return role === undefined ? planNewRole(context, application) : planExistingRole(context, application, role)
}

/** Role and tag in one transaction: a role is never left untagged (src/README.md: Role and tag together). */
function planNewRole(context: PlanContext, application: Application): Changes {
  const verifier = context.secrets.get(application.name)?.verifier ?? undefined
  const attributes: RoleAttributes = {
    login: mayLogIn(application, context.startedAt),
    ...(application.canCreateDatabases && { createDb: true }),
    ...(application.connectionLimit !== -1 && { connectionLimit: application.connectionLimit }),
    ...(application.validUntil !== null && { validUntil: application.validUntil }),
    ...(application.auth === 'password' && verifier !== undefined && { verifier }),
  }
  const comment = commentOnRole(application.username, formatTag(desiredRoleTag(context, application, null)))
  const message = `role ${application.username} (${application.accessLevel}${kindOfLogin(application)})`
  return {
    steps: [
      step(subject(application, 'role'), 'create_role', 'create', 'created', message, [
        createRole(application.username, attributes),
        comment,
      ]),
    ],
    findings: [],
  }
}

function kindOfLogin({ auth, canLogin }: Application): string {
  if (!canLogin) return ', nobody logs in as it'
  if (auth === 'unmanaged') return ', its password is for somebody else to set'
  return auth === 'iam' ? ', IAM' : ''
}

function planExistingRole(context: PlanContext, application: Application, role: RoleState): Changes {
  const attributes = attributeStep(context, application, role)
  const password = planPassword(context, application)
  const changed = [...(attributes === null ? [] : [attributes]), ...password.steps]
  const elsewhere = [
    ...planSettings(context, context.actual.cluster, application),
    ...planIamRevoke(context, application),
    ...planIamGrant(context, application),
  ]
  const tags = planRoleTag(context, application, role, changed.length + elsewhere.length > 0)
  const unchanged = finding(subject(application, 'role'), 'check', 'no_change', `role ${role.name} is as declared`)
  return {
    steps: [...changed, ...tags],
    findings: [
      ...(attributes === null && tags.every(({ object }) => object !== 'role') ? [unchanged] : []),
      ...password.findings,
    ],
  }
}

function attributeStep({ startedAt }: PlanContext, application: Application, role: RoleState): Step | null {
  const login = mayLogIn(application, startedAt) && !staysClosed(application, role)
  const wanted = application.validUntil?.getTime() ?? null
  const actual = role.validUntil?.getTime() ?? null
  const attributes: RoleAttributes = {
    ...(role.canLogin !== login && { login }),
    ...(role.createDb !== application.canCreateDatabases && { createDb: application.canCreateDatabases }),
    ...(role.createRole && { createRole: false }),
    ...(role.connectionLimit !== application.connectionLimit && { connectionLimit: application.connectionLimit }),
    ...(wanted !== actual && { validUntil: application.validUntil }),
  }
  if (Object.keys(attributes).length === 0) return null
  const isOver = attributes.login === false && application.canLogin
  const message = `role ${role.name}: ${differenceWords(attributes, role, application).join(', ')}${isOver ? ', since valid_until is over' : ''}`
  const altered = {
    ...step(subject(application, 'role'), 'alter_role', 'alter', 'updated', message, [
      alterRole(role.name, attributes),
    ]),
    ...attributeConsequences(role, attributes),
  }
  return attributes.login === false ? { ...altered, loser: role.name } : altered
}

/** What differs, from what to what. */
function differenceWords(attributes: RoleAttributes, role: RoleState, application: Application): string[] {
  const time = (value: Date | null): string => value?.toISOString() ?? 'infinity'
  return [
    ...(attributes.login === undefined ? [] : [attributes.login ? 'may log in' : 'may not log in any more']),
    ...(attributes.createDb === undefined ? [] : [attributes.createDb ? 'gets CREATEDB' : 'loses CREATEDB']),
    ...(attributes.createRole === undefined ? [] : ['loses CREATEROLE']),
    ...(attributes.connectionLimit === undefined
      ? []
      : [`connection limit ${role.connectionLimit} -> ${application.connectionLimit}`]),
    ...(attributes.validUntil === undefined
      ? []
      : [`valid until ${time(role.validUntil)} -> ${time(application.validUntil)}`]),
  ]
}

function planPassword(context: PlanContext, application: Application): Changes {
  const about = subject(application, 'password')
  if (application.auth === 'iam') return planNoPassword(context, application)
  if (application.auth === 'unmanaged') return { steps: [], findings: unmanagedFindings(context, application) }
  const state = context.actual.logins.get(application.name) ?? { kind: 'not_tried' }
  const { verifier = null, clone = null } = context.secrets.get(application.name) ?? {}
  if (clone !== null && state.kind === 'password_wrong') {
    const version = context.secrets.get(application.name)?.versionId ?? ''
    const remedy = 'its password belongs to the rotation function; rotate the secret again'
    const message = `${clone} does not log in with secret version ${version}: ${remedy}`
    return { steps: [], findings: [finding(about, 'verify', 'warning', message)] }
  }
  if (verifier === null || (state.kind !== 'password_wrong' && state.kind !== 'other_method')) {
    return { steps: [], findings: [passwordFinding(context, application, state)] }
  }
  const before =
    parseTag(context.actual.cluster.roles.get(application.username)?.comment ?? null)?.get('SecretVersionId') ?? 'none'
  const now = context.secrets.get(application.name)?.versionId ?? ''
  const message = `password of ${application.username} set from ${application.secretId}, version ${now} (before: ${before})`
  return {
    steps: [step(about, 'set_password', 'set', 'updated', message, [alterRole(application.username, { verifier })])],
    findings: [],
  }
}

/**
 * pg_authid is unreadable on RDS, so whether an IAM login still has a password is known from its tag alone: one that
 * names a secret's version had one, one without our tag, or whose password was unmanaged, may have one (src/README.md:
 * Only a login proves a password).
 */
function planNoPassword(context: PlanContext, application: Application): Changes {
  const tag = parseTag(context.actual.cluster.roles.get(application.username)?.comment ?? null)
  if (tag !== null && !tag.has('SecretVersionId') && !tag.has('Auth')) {
    const message = endsByRun(application, context.startedAt)
      ? closedWords(application)
      : `${application.username} logs in by IAM, which cannot be proven from outside`
    return { steps: [], findings: [finding(subject(application, 'login'), 'iam', 'skipped', message)] }
  }
  const statement: Statement = alterRole(application.username, { verifier: null })
  return {
    steps: [
      step(
        subject(application, 'password'),
        'remove_password',
        'remove',
        'removed',
        `${application.username} logs in by IAM: no password`,
        [statement],
      ),
    ],
    findings: [],
  }
}

/** Of a role that nobody logs in as there is nothing to tell. */
function unmanagedFindings({ startedAt }: PlanContext, application: Application): Finding[] {
  if (!application.canLogin) return []
  const message = endsByRun(application, startedAt)
    ? closedWords(application)
    : `the password of ${application.username} is unmanaged: it was neither set nor proven`
  return [finding(subject(application, 'login'), 'unmanaged', 'skipped', message)]
}

function closedWords({ username }: Application): string {
  return `${username} may not log in: valid_until is over`
}

function passwordFinding(context: PlanContext, application: Application, state: LoginState): Finding {
  const about = subject(application, 'password')
  const { versionId: version = '', clone = null } = context.secrets.get(application.name) ?? {}
  switch (state.kind) {
    case 'password_right':
      return finding(
        about,
        'verify',
        'no_change',
        `${clone ?? application.username} logs in with secret version ${version}${state.note === null ? '' : ` (then refused: ${state.note})`}`,
      )
    case 'rotation_in_progress':
      return finding(
        about,
        'rotation_in_progress',
        'skipped',
        `${application.username}: AWSPENDING logs in, a rotation is under way; nothing was changed`,
      )
    case 'expired':
      return finding(
        about,
        'verify',
        'skipped',
        `${application.username}: valid_until is in the past, so the server refuses every password`,
      )
    case 'unproven':
      return finding(
        subject(application, 'login'),
        'verify',
        'warning',
        `the login ${application.username} cannot be proven: ${state.reason}. ${state.remedy}`,
      )
    case 'refused':
      return finding(
        subject(application, 'login'),
        'verify',
        'warning',
        `the server refuses ${application.username} before asking for a password: ${state.reason}`,
      )
    case 'proven_before':
      return finding(
        about,
        'verify',
        'skipped',
        `${application.username} was not logged in as: its secret has still version ${version}, with which it logged in before (verify_logins)`,
      )
    case 'other_method':
    case 'password_wrong':
    case 'not_tried':
      return finding(about, 'verify', 'skipped', `${application.username}: the password could not be tried`)
  }
}
