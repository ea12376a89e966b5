#!/bin/sh
# SPDX-License-Identifier: MIT
#
# container.sh setup|serve|work|web: what a container of docker-compose.yml does.

set -eu
cd /opt/clientmetrics

case ${1:-serve} in
setup)
    # The database's container is up before its server is.
    n=60
    until psql -X -q "$CM_DATABASE_ADMIN_URL" -c 'SELECT 1' >/dev/null 2>&1; do
        n=$((n - 1))
        if [ "$n" -eq 0 ]; then
            echo "error: the database does not answer" >&2
            exit 1
        fi
        sleep 1
    done
    clientmetrics bootstrap
    clientmetrics migrate up
    if [ "${CM_DEV_ISSUER:-off}" = on ]; then
        clientmetrics admin demo
    fi
    # The shared volumes are made as root's.
    chown www-data: /run/clientmetrics /var/lib/clientmetrics
    ;;
serve | work)
    exec setpriv --reuid www-data --regid www-data --init-groups clientmetrics "$1"
    ;;
web)
    tls=/var/lib/clientmetrics-tls
    mkdir -p "$tls" /var/lib/nginx/body
    if [ ! -e "$tls/server.pem" ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 800 -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$tls/server.key" -out "$tls/server.pem" 2>/dev/null
    fi
    # Inside, every address: compose publishes the port on the host's loopback address alone.
    nginx/render.sh local /etc/clientmetrics-nginx RUN_DIR=/run/clientmetrics WEB_ROOT=/opt/clientmetrics/web \
        TEMP=/var/lib/nginx ACCESS_LOG=/dev/stdout ERROR_LOG=/dev/stderr "TLS_CERT=$tls/server.pem" \
        "TLS_KEY=$tls/server.key" ADDRESS=0.0.0.0 IPV6=off HTTPS_PORT=8443 OPS_PORT=9443 USER=www-data
    exec nginx -c /etc/clientmetrics-nginx/clientmetrics.conf
    ;;
*)
    exec clientmetrics "$@"
    ;;
esac
