# The representations of RFC 7643 section 8: what is sent comes back, what the
# server publishes says the same.  Names of tests begin with the section.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Ops;
use Test::Nginx::Socket 'no_plan';

sub SCIM::Steps::example {
    my $x509 = join '', 'MII', map { ('A' .. 'Z', 'a' .. 'z', 0 .. 9)[
                                     $_ * 7 % 62] } 1 .. 1193;
    my %address = (locality => 'Hollywood', region => 'CA',
                   postalCode => '91608', country => 'USA');

    return (
        externalId => '701984',
        name => {
            formatted => 'Ms. Barbara J Jensen, III',
            familyName => 'Jensen', givenName => 'Barbara',
            middleName => 'Jane', honorificPrefix => 'Ms.',
            honorificSuffix => 'III' },
        displayName => 'Babs Jensen',
        nickName => 'Babs',
        profileUrl => 'https://login.example.com/bjensen',
        emails => [
            { value => 'bjensen@example.com', type => 'work',
              primary => SCIM::T },
            { value => 'babs@jensen.org', type => 'home' } ],
        addresses => [
            { type => 'work', streetAddress => '100 Universal City Plaza',
              %address, primary => SCIM::T, formatted =>
              "100 Universal City Plaza\nHollywood, CA 91608 USA" },
            { type => 'home', streetAddress => '456 Hollywood Blvd',
              %address, formatted =>
              "456 Hollywood Blvd\nHollywood, CA 91608 USA" } ],
        phoneNumbers => [
            { value => '555-555-5555', type => 'work' },
            { value => '555-555-4444', type => 'mobile' } ],
        ims => [ { value => 'someaimhandle', type => 'aim' } ],
        photos => [
            { value => 'https://photos.example.com/profilephoto/'
                       . '72930000000Ccne/F', type => 'photo' },
            { value => 'https://photos.example.com/profilephoto/'
                       . '72930000000Ccne/T', type => 'thumbnail' } ],
        userType => 'Employee',
        title => 'Tour Guide',
        preferredLanguage => 'en-US',
        locale => 'en-US',
        timezone => 'America/Los_Angeles',
        active => SCIM::T,
        x509Certificates => [ { value => "$x509=" } ],
    );
}

scim_reset();
run_tests();

__DATA__

=== TEST 1: 8.1 Minimal User Representation
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('bjensen@example.com');

    same($user, { schemas => [ USER ], userName => 'bjensen@example.com',
                  active => T });
    like($user->{id}, qr/./, 'id');
    is_deeply([ sort keys %{ $user->{meta} } ],
              [ qw(created lastModified location resourceType version) ],
              'meta');
});



=== TEST 2: 8.2 Full User Representation
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my %full = example();
    my $user = create('bjensen@example.com', %full, password => 't1meMa$heen',
        groups => [ { value => 'e9e30dba-f08f-4109-8486-d5c6a331660a',
                      display => 'Tour Guides' } ]);
    my $want = { schemas => [ USER ], userName => 'bjensen@example.com',
                 %full };

    same($user, $want, 'all but password and groups');
    same(GET("/Users/$user->{id}")->json, $want, 'GET');

    # groups are the server's to fill

    my @groups = sort map { group($_, $user->{id})->{id} }
                 'Tour Guides', 'Employees', 'US Employees';
    my $got = GET("/Users/$user->{id}")->json->{groups};

    is(join(' ', sort map { $_->{value} } @$got), "@groups", 'groups.value');
    is(join(', ', sort map { $_->{display} } @$got),
       'Employees, Tour Guides, US Employees', 'groups.display');
    like($_->{'$ref'}, qr{^http://.*/Groups/\Q$_->{value}\E$}, 'groups.$ref')
        for @$got;

    same(PUT("/Users/$user->{id}", GET("/Users/$user->{id}")->json)->json,
         { %$want, groups => $got }, 'everything can be put back');
});



=== TEST 3: 8.3 Enterprise User Extension Representation
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $john = create('jsmith', displayName => 'John Smith');
    my %full = example();
    my $extension = {
        employeeNumber => '701984', costCenter => '4130',
        organization => 'Universal Studios', division => 'Theme Park',
        department => 'Tour Operations' };
    my $user = create({ schemas => [ USER, ENTERPRISE ],
        userName => 'bjensen@example.com', %full,
        ENTERPRISE, { %$extension, manager => {
            value => $john->{id}, '$ref' => "../Users/$john->{id}",
            displayName => 'John Smith' } } });
    my $manager = delete $user->{+ENTERPRISE}{manager};

    is($manager->{value}, $john->{id}, 'manager.value');
    same($user, { schemas => [ USER, ENTERPRISE ], %full,
                  userName => 'bjensen@example.com',
                  ENTERPRISE, $extension });
    is(found('/Users', ENTERPRISE . ":manager eq \"$john->{id}\""),
       'bjensen@example.com', 'found by the manager');
});



=== TEST 4: 8.4 Group Representation
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my @users = map { create($_->[0], displayName => $_->[1]) }
                [ 'babs', 'Babs Jensen' ], [ 'mandy', 'Mandy Pepperidge' ];
    my $res = POST('/Groups', {
        schemas => [ GROUP ], displayName => 'Tour Guides',
        members => [ map { { value => $_->{id},
                             '$ref' => $_->{meta}{location},
                             display => $_->{displayName} } } @users ] });

    status_is($res, 201);
    header_is($res, 'Location', $res->json->{meta}{location});
    json_is($res, 'schemas', [ GROUP ]);
    json_is($res, 'displayName', 'Tour Guides');
    json_is($res, 'meta.resourceType', 'Group');
    is_deeply([ sort { $a->{display} cmp $b->{display} }
                     @{ $res->json->{members} } ],
              [ map { { value => $_->{id}, type => 'User',
                        '$ref' => $_->{meta}{location},
                        display => $_->{displayName} } } @users ], 'members');
    is_deeply(GET('/Groups/' . $res->json->{id})->json, $res->json, 'GET');
});



=== TEST 5: 8.5 Service Provider Configuration Representation
--- globex
profile strict;
--- scim
both(sub {
    my $res = GET('/ServiceProviderConfig');
    my $provider = $res->json;

    status_is($res, 200);
    is_deeply($provider->{schemas},
        [ 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig' ],
        'schemas');
    ok(ref $provider->{$_}{supported}, "$_.supported")
        for qw(patch bulk filter changePassword sort etag);
    like($provider->{bulk}{$_}, qr/^\d+$/, "bulk.$_")
        for qw(maxOperations maxPayloadSize);
    like($provider->{filter}{maxResults}, qr/^\d+$/, 'filter.maxResults');

    for my $scheme (@{ $provider->{authenticationSchemes} }) {
        ok(length $scheme->{$_}, "authenticationSchemes.$_")
            for qw(type name description);
    }

    is($provider->{meta}{resourceType}, 'ServiceProviderConfig',
       'meta.resourceType');
    like($provider->{meta}{location}, qr{/ServiceProviderConfig$},
         'meta.location');
});



=== TEST 6: 8.6 Resource Type Representation
--- globex
profile strict;
--- scim
both(sub {
    my %types = map { $_->{id} => $_ }
                @{ GET('/ResourceTypes')->json->{Resources} };

    for (my @want = ([ 'User', '/Users', USER,
                       [ { schema => ENTERPRISE, required => F } ] ],
                     [ 'Group', '/Groups', GROUP ]))
    {
        my ($name, $endpoint, $schema, $extensions) = @$_;
        my $type = $types{$name};

        is_deeply($type->{schemas},
                  [ 'urn:ietf:params:scim:schemas:core:2.0:ResourceType' ],
                  "$name: schemas");
        is($type->{name}, $name, 'name');
        is($type->{endpoint}, $endpoint, 'endpoint');
        is($type->{schema}, $schema, 'schema');
        is_deeply($type->{schemaExtensions} // [], $extensions // [],
                  'schemaExtensions');
        is($type->{meta}{resourceType}, 'ResourceType', 'meta.resourceType');
        like($type->{meta}{location}, qr{/ResourceTypes/$name$},
             'meta.location');
        is_deeply(GET("/ResourceTypes/$name")->json, $type, 'by itself');
    }
});



=== TEST 7: 8.7.1 Resource Schema Representation
type, number, mutability, returned of each attribute, and what is required;
rw is readWrite, ro readOnly, wo writeOnly, im immutable
--- globex
profile strict;
--- scim
my $wanted = <<'END';
User userName string one rw default required
User name complex one rw default -
User name.formatted string one rw default -
User name.familyName string one rw default -
User name.givenName string one rw default -
User name.middleName string one rw default -
User name.honorificPrefix string one rw default -
User name.honorificSuffix string one rw default -
User displayName string one rw default -
User nickName string one rw default -
User profileUrl reference one rw default -
User title string one rw default -
User userType string one rw default -
User preferredLanguage string one rw default -
User locale string one rw default -
User timezone string one rw default -
User active boolean one rw default -
User password string one wo never -
User emails complex list rw default -
User emails.value string one rw default -
User emails.display string one rw default -
User emails.type string one rw default -
User emails.primary boolean one rw default -
User phoneNumbers complex list rw default -
User phoneNumbers.value string one rw default -
User phoneNumbers.display string one rw default -
User phoneNumbers.type string one rw default -
User phoneNumbers.primary boolean one rw default -
User ims complex list rw default -
User ims.value string one rw default -
User ims.display string one rw default -
User ims.type string one rw default -
User ims.primary boolean one rw default -
User photos complex list rw default -
User photos.value reference one rw default -
User photos.display string one rw default -
User photos.type string one rw default -
User photos.primary boolean one rw default -
User addresses complex list rw default -
User addresses.formatted string one rw default -
User addresses.streetAddress string one rw default -
User addresses.locality string one rw default -
User addresses.region string one rw default -
User addresses.postalCode string one rw default -
User addresses.country string one rw default -
User addresses.type string one rw default -
User groups complex list ro default -
User groups.value string one ro default -
User groups.$ref reference one ro default -
User groups.display string one ro default -
User groups.type string one ro default -
User entitlements complex list rw default -
User entitlements.value string one rw default -
User entitlements.display string one rw default -
User entitlements.type string one rw default -
User entitlements.primary boolean one rw default -
User roles complex list rw default -
User roles.value string one rw default -
User roles.display string one rw default -
User roles.type string one rw default -
User roles.primary boolean one rw default -
User x509Certificates complex list rw default -
User x509Certificates.value binary one rw default -
User x509Certificates.display string one rw default -
User x509Certificates.type string one rw default -
User x509Certificates.primary boolean one rw default -
Group displayName string one rw default required
Group members complex list rw default -
Group members.value string one im default -
Group members.$ref reference one im default -
Group members.type string one im default -
EnterpriseUser employeeNumber string one rw default -
EnterpriseUser costCenter string one rw default -
EnterpriseUser organization string one rw default -
EnterpriseUser division string one rw default -
EnterpriseUser department string one rw default -
EnterpriseUser manager complex one rw default -
EnterpriseUser manager.value string one rw default -
EnterpriseUser manager.$ref reference one rw default -
EnterpriseUser manager.displayName string one ro default -
END

both(sub {
    my %short = (readWrite => 'rw', readOnly => 'ro', writeOnly => 'wo',
                 immutable => 'im');
    my %urn = (User => USER, Group => GROUP, EnterpriseUser => ENTERPRISE);
    my %got;
    my $add;
    $add = sub {
        my ($prefix, $a) = @_;

        $got{"$prefix$a->{name}"} = join ' ', $a->{type},
            $a->{multiValued} ? 'list' : 'one', $short{$a->{mutability}},
            $a->{returned}, $a->{required} ? 'required' : '-';
        $add->("$prefix$a->{name}.", $_) for @{ $a->{subAttributes} // [] };
    };

    for my $name (keys %urn) {
        my $schema = GET("/Schemas/$urn{$name}")->json;

        is($schema->{id}, $urn{$name}, "$name: id");
        is($schema->{name}, $name, 'name');
        $add->("$name ", $_) for @{ $schema->{attributes} };
    }

    my @wrong;

    for my $line (split /\n/, $wanted) {
        my ($name, $want) = $line =~ /^(\S+ \S+) (.*)/;
        my $is = $got{$name} // 'missing';
        push @wrong, "$name: $is, not $want" if $is ne $want;
    }

    is_deeply(\@wrong, [], 'all attributes');
});



=== TEST 8: 8.7.2 Service Provider Schema Representation
--- globex
profile strict;
--- scim
both(sub {
    my %has = (
        ServiceProviderConfig => [ GET('/ServiceProviderConfig')->json,
            qw(patch bulk filter changePassword sort etag
               authenticationSchemes) ],
        ResourceType => [ GET('/ResourceTypes/User')->json,
            qw(id name endpoint description schema schemaExtensions) ],
        Schema => [ GET('/Schemas/' . USER)->json,
            qw(id name description attributes) ]);

    for my $name (sort keys %has) {
        my ($document, @attributes) = @{ $has{$name} };

        ok(defined $document->{$_}, "$name: $_") for @attributes;
    }

    my @attributes = @{ GET('/Schemas/' . USER)->json->{attributes} };

    while (my $attribute = shift @attributes) {
        my @missing = grep { !defined $attribute->{$_} }
                      qw(name type multiValued description required mutability
                         returned);
        push @missing, 'subAttributes'
            if $attribute->{type} eq 'complex'
               && !@{ $attribute->{subAttributes} // [] };
        push @missing, 'referenceTypes'
            if $attribute->{type} eq 'reference'
               && !@{ $attribute->{referenceTypes} // [] };

        is_deeply(\@missing, [], $attribute->{name}) if @missing;
        push @attributes, @{ $attribute->{subAttributes} // [] };
    }
});
