#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# render.sh local|production DIR [KEY=VALUE...]: fills the templates and writes DIR/clientmetrics.conf, which includes
# DIR/parts/*.conf. A key without a value, or a value nobody asked for, is an error. Keys and defaults are in the table.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

die() {
    printf 'render.sh: %s\n' "$*" >&2
    exit 1
}

[ $# -ge 2 ] || die "usage: render.sh local|production DIR [KEY=VALUE...]"
kind=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
shift 2
case $kind in local | production) ;; *) die "no template '$kind'" ;; esac

# shellcheck disable=SC2016 # $names here are nginx's
declare -A v=(
    [PARTS]="$dir/parts"
    [LIMIT_KEY]='$binary_remote_addr' # or off, for benchmarks and load tests
    [UPLOAD_MAX]=1073807360           # bytes: CM_UPLOAD_MAX_BYTES + 65536
    [OPS_PORT]=9443
    [OIDC_ORIGIN]=''                  # https://id.example.org, when the issuer is another origin
)
if [ "$kind" = local ]; then
    v+=([RUN_DIR]='' [WEB_ROOT]='' [TEMP]='' [ACCESS_LOG]='' [ERROR_LOG]='' [TLS_CERT]='' [TLS_KEY]=''
        [ADDRESS]=127.0.0.1 [HTTPS_PORT]=8443
        [USER]=-                      # nginx's workers when its master is root
        [IPV6]=on)
else
    v+=([RUN_DIR]=/run/clientmetrics [WEB_ROOT]=/usr/share/clientmetrics/web
        [ACCESS_LOG]=/var/log/nginx/clientmetrics.access.log [ERROR_LOG]=/var/log/nginx/error.log
        [SERVER_NAME]='' [TLS_CERT]='' [TLS_KEY]='' [ACME_ROOT]=/var/www/html)
fi
for pair in "$@"; do
    key=${pair%%=*}
    [ -n "${v[$key]+set}" ] || die "no such key: $key"
    v[$key]=${pair#*=}
done
for key in "${!v[@]}"; do
    [ -n "${v[$key]}" ] || [ "$key" = OIDC_ORIGIN ] || die "$key needs a value"
    # Values end up in nginx's syntax: nothing that could end a directive or a quoted text.
    case ${v[$key]} in
    *[\;\{\}\"\'\\]* | *$'\n'*) die "$key holds a character that nginx's syntax gives a meaning" ;;
    esac
done

[ "${v[LIMIT_KEY]}" != off ] || v[LIMIT_KEY]='""'
[ -z "${v[OIDC_ORIGIN]}" ] || v[OIDC_ORIGIN]=" ${v[OIDC_ORIGIN]}"
# Browsers remember HSTS for every port of the name: on localhost it would break whatever else runs there.
if [ "$kind" = local ]; then v[HSTS]='# '; else v[HSTS]=''; fi
if [ "$kind" = local ]; then
    if [ "${v[USER]}" = - ]; then v[USER]='# workers run as the user who starts nginx'; else v[USER]="user ${v[USER]};"; fi
    if [ "${v[IPV6]}" = on ]; then v[IPV6]=''; else v[IPV6]='# '; fi
    # Paths may hold spaces.
    for key in PARTS WEB_ROOT TEMP ACCESS_LOG ERROR_LOG TLS_CERT TLS_KEY; do
        case ${v[$key]} in *' '*) die "$key must not hold a space: ${v[$key]}" ;; esac
    done
fi
# What follows code and message in an envelope.
# shellcheck disable=SC2016 # as above
v[REST]='"field":null,"details":{},"request_id":"$request_id"'

# nginx 1.25.1 moved HTTP/2 from a word of `listen` to a directive of its own and warns about the old way.
version=$(PATH=$PATH:/usr/sbin nginx -v 2>&1 | sed -n 's,.*nginx/\([0-9.]*\).*,\1,p') || true
if [ "$(printf '%s\n' 1.25.1 "${version:-1.22.0}" | sort -V | head -n 1)" = 1.25.1 ]; then
    v[HTTP2_LISTEN]='' v[HTTP2]=''
else
    v[HTTP2_LISTEN]=' http2' v[HTTP2]='# '
fi

script=''
for key in "${!v[@]}"; do
    value=${v[$key]//&/\\&}
    script+="s"$'\001'"@$key@"$'\001'"$value"$'\001'"g"$'\n'
done

# fill TEMPLATE TARGET: written beside and moved, so that a running nginx never reads half a file.
fill() {
    sed -e "$script" "$1" >"$2.new"
    if grep -nE '@[A-Z0-9_]+@' "$2.new" >&2; then
        die "$1: a key above has no value"
    fi
    mv -f "$2.new" "$2"
}
mkdir -p "$dir/parts"
for part in "$here"/parts/*.conf.in; do
    name=$(basename "$part" .in)
    # The development issuer has no place on a production machine, not even unused.
    if [ "$kind" = production ] && [ "$name" = issuer.conf ]; then continue; fi
    fill "$part" "$dir/parts/$name"
done
fill "$here/$kind.conf.in" "$dir/clientmetrics.conf"
