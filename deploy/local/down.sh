#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# down.sh: `make down`. Stops what make up or make run started from this state directory, and nothing else.

# shellcheck source=deploy/local/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cm_users
cm_paths
# shellcheck source=deploy/local/services.sh
. "$(dirname "${BASH_SOURCE[0]}")/services.sh"

lock_take
any=no
for name in nginx serve work postgres; do
    if proc_alive "$name" >/dev/null; then any=yes; fi
done
if [ "$any" = no ]; then
    say "Nothing is running from $STATE"
    exit 0
fi
say "Stopping"
services_down
say "Stopped"
