#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# token.sh [USER]: prints an access token of the development issuer, and nothing else, for scripts:
#   curl -H "Authorization: Bearer $(make -s token USER=analyst@demo.test)" ...
# It lives five minutes.

# shellcheck source=deploy/local/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cm_users
cm_paths

# make hands over $USER of the environment when none is given: a login name, no address.
user=${1:-}
case $user in
*@*) ;;
*) user=admin@demo.test ;;
esac

[ -r "$STATE/clientmetrics.env" ] || die "nothing was started from $STATE; run: make up"
# The running installation says where it is; the port of this shell may be another.
issuer=$(sed -n 's/^CM_OIDC_ISSUER=//p' "$STATE/clientmetrics.env")
# The password is the same for everybody and public (the development issuer refuses to run in production).
answer=$(curl -sS --noproxy '*' --max-time 20 --cacert "$STATE/tls/ca.pem" \
    --data-urlencode grant_type=password --data-urlencode client_id=cm-cli --data-urlencode "username=$user" \
    --data-urlencode password=demo "$issuer/protocol/openid-connect/token") ||
    die "the development issuer at $issuer does not answer; run: make up"
token=$(printf '%s' "$answer" | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
[ -n "$token" ] || die "no token for $user: ${answer:0:200}"
printf '%s\n' "$token"
