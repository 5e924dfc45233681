-- attr(): what stands in a document under a path.

set role scim_app;

\set doc '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:x:m:2", "urn:x:m:2.0:User"], "userName": "u", "active": false, "nothing": null, "name": {"givenName": "G"}, "emails": [{"value": "h@x", "type": "home"}, {"value": "W@x", "type": "Work", "primary": true}, {"value": "w2@x", "type": "work"}], "tags": ["a", "B"], "scores": [{"n": 1.50, "ok": true}, {"n": 2}], "urn:x:m:2": {"z": 1}, "urn:x:m:2.0:User": {"linkedResource": {"id": "7"}, "on": true}, "urn:Flat:thing": "f", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D", "manager": {"value": "m"}}}'

select tap.is(scim.attr(:'doc', path)::text, wanted, 'attr: ' || path)
from (values
    ('userName', '"u"'),
    ('USERNAME', '"u"'),
    ('active', 'false'),
    ('nothing', null),
    ('name.givenName', '"G"'),
    ('Name.givenname', '"G"'),
    ('name', '{"givenName": "G"}'),
    ('name.familyName', null),
    ('userName.x', null),
    ('nope', null),
    ('nope.sub', null),
    ('emails.value', '["h@x", "W@x", "w2@x"]'),
    ('emails.display', null),
    ('emails[type eq "work"].value', '"W@x"'),
    ('emails[TYPE EQ "WORK"].VALUE', '"W@x"'),
    ('emails[type eq "work" and primary eq true].value', '"W@x"'),
    ('emails[primary eq true and type eq "home"].value', null),
    ('emails[primary eq true]',
     '{"type": "Work", "value": "W@x", "primary": true}'),
    ('emails[type eq "none"].value', null),
    ('emails[ value  eq  "w2@X" ].type', '"work"'),
    ('emails[value eq "]\" and .x"].type', null),
    ('emails[primary eq "true"].value', null),
    ('nope[type eq "work"].value', null),
    ('name[givenName eq "g"].givenName', '"G"'),
    ('tags', '["a", "B"]'),
    ('tags[value eq "b"]', '"B"'),
    ('tags[type eq "b"]', null),
    ('scores[n eq 1.5].ok', 'true'),
    ('scores[n eq 2].ok', null),
    ('scores[n eq -2e0]', null),
    ('urn:x:m:2.0:User:on', 'true'),
    ('URN:X:M:2.0:USER:ON', 'true'),
    ('urn:x:m:2.0:User.on', 'true'),
    ('urn:x:m:2.0:User:linkedResource.id', '"7"'),
    ('urn:x:m:2.0:User.linkedResource.id', '"7"'),
    ('urn:x:m:2.0:User:linkedResource', '{"id": "7"}'),
    ('urn:x:m:2.0:User', '{"on": true, "linkedResource": {"id": "7"}}'),
    ('urn:x:m:2:z', '1'),
    ('urn:x:m:2.z', '1'),
    ('urn:x:m:2.0:Group:on', null),
    ('urn:x:none:1.0:User:on', null),
    ('urn:flat:thing', '"f"'),
    ('urn:ietf:params:scim:schemas:core:2.0:User:userName', '"u"'),
    ('urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "home"].value',
     '"h@x"'),
    ('urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value',
     '"m"')
) v(path, wanted);

select tap.fails(format('select scim.attr(%L, %L)', :'doc', path), state,
                 'attr: ' || path)
from (values ('', '22023'), ('a.b.c', '22023'), ('.a', '22023'),
             ('a b', '22023'), ('1a', '22023'), ('emails[', '22023'),
             ('emails[]', '22023'), ('emails[type]', '22023'),
             ('emails[type ne "x"]', '22023'), ('emails[type pr]', '22023'),
             ('emails[type eq ''work''].value', '22023'),
             ('emails[type eq work]', '22023'),
             ('emails[type eq null]', '22023'),
             ('emails[type eq "a" or type eq "b"]', '22023'),
             ('emails[not (type eq "a")]', '22023'),
             ('emails[type eq "a" and]', '22023'),
             ('emails[type eq "a"and primary eq true]', '22023'),
             ('emails[type eq "\x"]', '22P02')) v(path, state);

select tap.is(scim.attr(null, 'a')::text, null, 'attr: of nothing');
select tap.is(scim.attr('{}', null)::text, null, 'attr: nothing of it');
select tap.is(scim.attr('{"a": "x"}', 'a') #>> '{}', 'x', 'attr: as text');
