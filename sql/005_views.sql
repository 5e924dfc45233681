-- Views of the contract: what the application may read.  Names and columns
-- stay; new columns are added at the end.
--
-- v_user        scim_app

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- One row for each live user of every tenant, flat; whatever has no column is
-- in doc.  email: the primary one, else the first.  Made once: 014_views.sql
-- adds the columns that came later.

select to_regclass('scim.v_user') is null as new \gset
\if :new
create view scim.v_user as
select tenant,
       id,
       external_id,
       name as user_name,
       active,
       doc #>> '{name,givenName}' as given_name,
       doc #>> '{name,familyName}' as family_name,
       doc #>> '{name,formatted}' as formatted_name,
       doc ->> 'displayName' as display_name,
       coalesce(jsonb_path_query_first(doc,
                    '$.emails[*] ? (@.primary == true).value') #>> '{}',
                doc #>> '{emails,0,value}') as email,
       coalesce(jsonb_path_query_first(doc,
                    '$.phoneNumbers[*] ? (@.primary == true).value') #>> '{}',
                doc #>> '{phoneNumbers,0,value}') as phone,
       doc ->> 'title' as title,
       doc ->> 'userType' as user_type,
       doc ->> 'locale' as locale,
       doc ->> 'preferredLanguage' as preferred_language,
       doc ->> 'timezone' as timezone,
       e ->> 'employeeNumber' as employee_number,
       e ->> 'costCenter' as cost_center,
       e ->> 'organization' as organization,
       e ->> 'division' as division,
       e ->> 'department' as department,
       e #>> '{manager,value}' as manager,
       app_ref,
       managed,
       created,
       modified,
       version,
       doc
from scim.resource
     cross join lateral (select doc ->
         'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User') x(e)
where type = 'User' and deleted_at is null;
\endif

revoke all on scim.v_user from public;
grant select on scim.v_user to scim_app;

commit;
