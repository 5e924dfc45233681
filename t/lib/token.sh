#!/bin/sh

# make token TENANT=acme [NAME=okta-2025]: a new secret of 256 random bits, and
# the line of the configuration that accepts it.  The secret is shown here and
# kept nowhere.

set -eu

lib=$(dirname "$0")
. "$lib/common.sh"

tenant=${1-}
name=${2:-$tenant-$(date -u +%Y%m%d)}

case $tenant in
'')                 die "whose? make token TENANT=name" ;;
*[!A-Za-z0-9._-]*)  die "a tenant's name has only A-Z a-z 0-9 . _ -" ;;
esac

case $name in
*[!A-Za-z0-9._-]*)  die "a token's name has only A-Z a-z 0-9 . _ -" ;;
esac

secret=scim_$(random_hex)

cat << END
Secret, for the identity provider; it is shown this once:

    $secret

Line for the block "scim_tenant $tenant { }" of the nginx configuration:

    token bearer sha256=$(sha256 "$secret") name=$name expires=$(next_year);

Several tokens may be valid at once: add this line, reload nginx, change the
identity provider, then take the old line out.
END
