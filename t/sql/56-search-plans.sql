-- Plans of searches: by index, whatever is known of the tables when a plan is
-- made and however small they were then.  t/bench/plans.sh has the same on a
-- million users.

\set users 6000
\set others 3
\set each 10
\set first 1000

-- planned on an empty database, and kept

\c - scim_module
set plan_cache_mode = force_generic_plan;
set scim.tenants = 'big,small';
\i :searches
\set when 'empty database'
\ir search_plans.psql

\setenv USERS :users
\setenv OTHERS :others
\setenv EACH :each
\setenv FIRST :first
\setenv DB :DBNAME
\setenv DATA :folder
\! psql -X -q -v users=$USERS -v others=$OTHERS -v each=$EACH -v first=$FIRST -v ON_ERROR_STOP=1 -U postgres -d "$DB" -f "$DATA/search_data.psql"

\set when 'planned while empty'
\ir search_plans.psql

-- planned on tables of which nothing is known

\c - scim_module
set plan_cache_mode = force_generic_plan;
set scim.tenants = 'big,small';
\i :searches
\set when 'never analyzed'
\ir search_plans.psql

\c - postgres
vacuum analyze;

\c - scim_module
set plan_cache_mode = force_generic_plan;
set scim.tenants = 'big,small';
\i :searches
\set when 'analyzed'
\ir search_plans.psql

-- as PostgreSQL decides by itself, after more than five times

\c - scim_module
set scim.tenants = 'big,small';
\i :searches

\set when 'by itself'
\ir search_plans.psql
\ir search_plans.psql
\ir search_plans.psql
\ir search_plans.psql
