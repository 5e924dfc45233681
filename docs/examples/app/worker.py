#!/usr/bin/python3

"""The worker: does what SCIM's changes mean for the product.

    worker.py [CONSUMER]

Run as many as you like; PGHOST, PGDATABASE, PGUSER and so on lead to the
database.  It may be killed at any moment.  What an event does to the
product's tables is committed together with its acknowledgement: all of it, or
none, and then the event comes again.  Mail leaves the database behind that,
at least once, under a key that stays.
"""

import contextlib
import json
import select
import sys
import time

import psycopg2
import psycopg2.errors
import psycopg2.extras

BATCH = 100     # events in a transaction
POLL = 5        # seconds; a wake-up that was lost costs no more


def execute(db, sql, *args):
    """The rows of a statement."""
    with db.cursor() as cursor:
        cursor.execute(sql, args)
        return cursor.fetchall() if cursor.description else []


def first(db, sql, *args):
    """The first value of the first row, or None."""
    rows = execute(db, sql, *args)
    return rows[0][0] if rows else None


# --- accounts

def make_account(db, e):
    """Somebody new: an account with all that belongs to it."""
    account = first(db, """
        insert into app.users (tenant, mail, scim_id, managed)
        select tenant, user_name, id, true
        from scim.v_user where tenant = %s and id = %s
        on conflict (tenant, scim_id) do nothing
        returning id""", e.tenant, e.resource_id)

    # deleted meanwhile, which is the event of another day

    if account is not None:
        execute(db, "insert into app.calendars values (%s, 'My calendar')",
                account)
        refresh(db, e)
        invite(db, e)


def adopt_account(db, e):
    """SCIM has taken over somebody who was there: never to be invited."""
    execute(db, "update app.users set managed = true "
                "where tenant = %s and scim_id = %s",
            e.tenant, e.resource_id)
    execute(db, "select scim.once(%s, %s, 'invite')", e.tenant, e.resource_id)
    refresh(db, e)


def refresh(db, e):
    """The account as SCIM has the user now, through the mapping.

    The user may be newer than the event.  That does no harm: what comes behind
    it says the same again.
    """
    execute(db, """
        update app.users a
        set mail = coalesce(v.email, v.user_name),
            scim_state = case when v.active then 'active' else 'inactive' end,
            profile = jsonb_strip_nulls(a.profile || (
                select coalesce(jsonb_object_agg(m.field,
                                    scim.attr(v.doc, m.path)), '{}')
                from app.mapping m where m.tenant = a.tenant))
        from scim.v_user v
        where a.tenant = %s and a.scim_id = %s and a.managed
              and v.tenant = a.tenant and v.id = a.scim_id""",
            e.tenant, e.resource_id)


def invite(db, e):
    """One invitation in the life of a user, and only while he is active."""
    wanted = first(db, """
        select v.active and c.invite <> 'never'
               and (c.invite = 'always'
                    or scim.attr(v.doc, c.invite) #>> '{}' = 'true')
        from scim.v_user v join app.company c using (tenant)
        where v.tenant = %s and v.id = %s""", e.tenant, e.resource_id)

    if wanted and first(db, "select scim.once(%s, %s, 'invite')",
                        e.tenant, e.resource_id):
        put_mail(db, e, 'invite', 'invite')


def lock_account(db, e):
    """Out, at once; the account and its data stay."""
    execute(db, "update app.users set scim_state = 'inactive' "
                "where tenant = %s and scim_id = %s and managed",
            e.tenant, e.resource_id)
    end_sessions(db, e)


def unlock_account(db, e):
    """Back again, from a deletion even, behind which there may be no account;
    whom our own admin brings back is told so by mail, each time."""
    make_account(db, e)
    refresh(db, e)
    invite(db, e)

    if e.origin == 'app':
        put_mail(db, e, 'back', f'back/{e.version}')


def delete_account(db, e):
    """By the customer's choice: kept and locked, or removed."""
    execute(db, "update app.users set scim_state = 'deleted', managed = true "
                "where tenant = %s and scim_id = %s",
            e.tenant, e.resource_id)
    end_sessions(db, e)
    execute(db, """
        delete from app.users u using app.company c
        where c.tenant = u.tenant and c.on_delete = 'remove'
              and u.tenant = %s and u.scim_id = %s""",
            e.tenant, e.resource_id)


def end_sessions(db, e):
    execute(db, """
        delete from app.sessions s using app.users u
        where s.tenant = u.tenant and s.user_id = u.id
              and u.tenant = %s and u.scim_id = %s""",
            e.tenant, e.resource_id)


# --- rights: a published role's app_ref is the role, its members have it

def give_right(db, e):
    execute(db, """
        insert into app.rights (tenant, user_id, role)
        select u.tenant, u.id, r.role
        from app.users u join app.roles r using (tenant)
        where u.tenant = %s and u.scim_id = %s and r.role = %s
        on conflict do nothing""", e.tenant, e.member_id, e.app_ref)


def take_right(db, e):
    execute(db, """
        delete from app.rights r using app.users u
        where r.tenant = u.tenant and r.user_id = u.id
              and u.tenant = %s and u.scim_id = %s and r.role = %s""",
            e.tenant, e.member_id, e.app_ref)


# types that are not here, and those of later versions, need nothing to be done

HANDLERS = {
    'user.created': make_account,
    'user.adopted': adopt_account,
    'user.updated': refresh,
    'user.resync': refresh,
    'user.deactivated': lock_account,
    'user.reactivated': unlock_account,
    'user.deleted': delete_account,
    'group.member_added': give_right,
    'group.member_removed': take_right,
}


# --- events

def handle(db, e):
    """One event.  What the product's own rules refuse is told, and must not
    stop those behind it."""
    error = None

    if e.type in HANDLERS:
        execute(db, 'savepoint event')

        try:
            HANDLERS[e.type](db, e)
        except (psycopg2.IntegrityError, psycopg2.DataError,
                psycopg2.errors.RaiseException) as refused:
            execute(db, 'rollback to event')
            error = refused.diag.message_primary

        execute(db, 'release event')

    return (e.tenant, e.n, e.type, e.resource_id, error)


def batch(db, consumer, tenant):
    """One transaction: what there is of a tenant, done and acknowledged."""
    events = execute(db, "select * from scim.events(%s, %s, %s)",
                     consumer, tenant, BATCH)

    history = [handle(db, e) for e in events]

    with db.cursor() as cursor:
        psycopg2.extras.execute_values(
            cursor, "insert into app.history (tenant, n, type, scim_id, error) "
                    "values %s", history)

    # last, because it locks the tenant: nobody who holds that waits for rows
    # of ours

    for e in events:
        if e.type in ('user.created', 'user.reactivated'):
            execute(db, """
                select scim.link(v.tenant, v.id, u.id::text)
                from scim.v_user v join app.users u
                     on u.tenant = v.tenant and u.scim_id = v.id
                where v.tenant = %s and v.id = %s""", tenant, e.resource_id)

    execute(db, "select scim.ack(%s, %s, %s)", consumer, tenant,
            events[-1].n if events else 0)
    db.commit()


def work(db, consumer):
    """A batch of each tenant that has something; were there any?"""
    tenants = [row.tenant for row in execute(
        db, "select tenant from scim.pending(%s)", consumer)]
    db.commit()

    for tenant in tenants:
        batch(db, consumer, tenant)

    return len(tenants) > 0


# --- mail

def put_mail(db, e, kind, what):
    """Into the outbox; the token tells which login the customer has chosen."""
    login = (e.token_meta or {}).get('login', 'password')
    execute(db, """
        insert into app.outbox (tenant, key, kind, mail, login)
        select tenant, %s, %s, mail, %s
        from app.users where tenant = %s and scim_id = %s
        on conflict do nothing""",
            f'{e.resource_id}/{what}', kind, login, e.tenant, e.resource_id)


def send(mail):
    """Your mailer goes here."""
    print(json.dumps({'id': f'<{mail.tenant}/{mail.key}@app.example>',
                      'to': mail.mail, 'kind': mail.kind,
                      'login': mail.login}), flush=True)


def send_mails(db):
    """Marked as sent behind the sending: at least once."""
    while True:
        mails = execute(db, """
            select * from app.outbox where sent_at is null
            order by tenant, key limit 1 for update skip locked""")

        for mail in mails:
            send(mail)
            execute(db, "update app.outbox set sent_at = now() "
                        "where tenant = %s and key = %s",
                    mail.tenant, mail.key)

        db.commit()

        if not mails:
            return


# --- the loop

def run(db, consumer):
    execute(db, 'listen scim')
    db.commit()

    while True:
        db.notifies.clear()

        while work(db, consumer):
            send_mails(db)

        send_mails(db)

        if not db.notifies:
            select.select([db], [], [], POLL)
            db.poll()


def main():
    consumer = sys.argv[1] if len(sys.argv) > 1 else 'app'

    while True:
        try:
            with contextlib.closing(psycopg2.connect(
                    '', cursor_factory=psycopg2.extras.NamedTupleCursor)) as db:
                run(db, consumer)
        except psycopg2.Error as error:
            # the database is away, or wants a transaction to be run again;
            # not the whole text, which may hold what only the database should
            print('worker:', error.pgcode or type(error).__name__,
                  file=sys.stderr, flush=True)
            time.sleep(1)


if __name__ == '__main__':
    main()
