# PingFederate, PingOne: look-ups by user name, or by mail with the complex
# attribute standing for its value; PUT unless PATCH is switched on.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Ops;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: the session, with PUT and with PATCH, in both profiles
--- reset
--- globex
profile strict;
--- scim
my $body = {
    schemas => [ USER ], userName => 'ping@example.com', active => T,
    externalId => 'ping-1', name => { givenName => 'P', familyName => 'F' },
    emails => [ { type => 'work', value => 'ping@example.com',
                  primary => T } ] };

both(sub {
    my ($as) = @_;

    replay(client(as => $as), type => 'application/scim+json',
           headers => [ 'User-Agent' => 'Apache-HttpClient/4.5.13 (Java/11)',
                        'Accept' => 'application/scim+json' ], steps => [
        { name => 'by name', json => { totalResults => 0 },
          send => 'GET /Users?filter=userName%20eq%20%22ping@example.com%22' },
        { name => 'by mail', json => { totalResults => 0 },
          send => 'GET /Users?filter=emails%20eq%20%22ping@example.com%22' },
        { name => 'create', send => 'POST /Users', body => $body,
          status => 201, keep => { id => 'id' } },
        { name => 'by mail, now', json => { 'Resources.0.id' => '{id}',
                                            totalResults => 1 },
          send => 'GET /Users?filter=emails%20eq%20%22ping@example.com%22' },
        { name => 'by mail, in capitals', json => { totalResults => 1 },
          send => 'GET /Users?filter=emails%20eq%20%22PING@example.com%22' },
        { name => 'by a part of it', json => { totalResults => 1 },
          send => 'GET /Users?filter=emails.value%20eq%20%22ping@example'
                  . '.com%22' },

        { name => 'PUT', send => 'PUT /Users/{id}',
          body => { %$body, title => 'T' }, json => { title => 'T' } },
        { name => 'PATCH', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', undef, { title => 'U', name => {
                            givenName => 'Q' } } ]),
          json => { title => 'U',
                    name => { givenName => 'Q', familyName => 'F' } } },
        { name => 'disable by PUT', send => 'PUT /Users/{id}',
          body => { %$body, active => F }, json => { active => F } },

        { name => 'group', send => 'POST /Groups', status => 201,
          body => { schemas => [ GROUP ], displayName => 'Ping',
                    members => [ { value => '{id}' } ] },
          keep => { g => 'id' } },
        { name => 'find the group', json => { totalResults => 1 },
          send => 'GET /Groups?filter=displayName%20eq%20%22Ping%22' },
        { name => 'PUT the group', send => 'PUT /Groups/{g}',
          body => { schemas => [ GROUP ], displayName => 'Ping',
                    members => [] }, json => { members => undef } },
        { name => 'delete', send => 'DELETE /Users/{id}', status => 204 },
        { name => 'delete the group', send => 'DELETE /Groups/{g}',
          status => 204 },
    ]);
});
