# Google's auto-provisioning: a content type even with GET and DELETE,
# application/json throughout.

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

=== TEST 1: the session, in both profiles
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($as) = @_;

    # where there is a body, the client sends the type itself

    my @type = (headers => [ 'Content-Type' => 'application/json' ]);

    replay(client(as => $as), type => 'application/json',
           headers => [ 'User-Agent' => 'Google-Auto-Provisioning' ],
           steps => [
        { name => 'test', send => 'GET /ServiceProviderConfig', @type,
          json => { 'patch.supported' => T } },
        { name => 'is he there', @type, json => { totalResults => 0 },
          send => 'GET /Users?filter=userName%20eq%20%22g@example.com%22' },
        { name => 'create', send => 'POST /Users', status => 201,
          body => { schemas => [ USER ], userName => 'g@example.com',
                    active => T, name => { givenName => 'G',
                                           familyName => 'F' },
                    emails => [ { value => 'g@example.com', type => 'work',
                                  primary => T } ] },
          json => { active => T }, keep => { id => 'id' } },
        { name => 'get', send => 'GET /Users/{id}', @type,
          json => { userName => 'g@example.com' } },
        { name => 'suspend', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', 'active', F ]), json => { active => F } },
        { name => 'resume', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', undef, { active => T } ]),
          json => { active => T } },
        { name => 'update', send => 'PUT /Users/{id}',
          body => { schemas => [ USER ], userName => 'g@example.com',
                    active => T, name => { givenName => 'H',
                                           familyName => 'F' } },
          json => { 'name.givenName' => 'H', emails => undef } },
        { name => 'delete', send => 'DELETE /Users/{id}', @type,
          status => 204 },
        { name => 'gone', send => 'GET /Users/{id}', @type, status => 404 },
    ]);
});
