#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# lint.sh: `make lint`, after the format check. Both compilers with -Werror, clang-tidy, cppcheck, the checks of our
# own (and that they notice what they should), shellcheck, the frontend's linters. Ends with "N passed, N failed".
#
# What a compiler or clang-tidy said of a file is remembered under build/lint by the hash of what it saw (the
# preprocessed text, the flags, the tool), so that a second run looks only at what changed.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export LC_ALL=C.UTF-8

CACHE=$PWD/build/lint
JOBS=${LINT_JOBS:-2}
mkdir -p "$CACHE" || exit 1

flags() {
    # The Makefile's own, so that they cannot drift apart.
    # shellcheck disable=SC2016 # make expands it
    printf 'include Makefile\nprint-flags:\n\t@echo $(ALL_CFLAGS)\n' | make -s --no-print-directory -f - BUILD=release print-flags
}

# one TOOL FILE: 0 when TOOL has nothing to say of FILE. FLAGS is in the environment.
one() {
    local tool=$1 file=$2 key out rc=0
    # shellcheck disable=SC2086 # FLAGS are words
    case $tool in
    gcc) key=$({ gcc --version; echo "$FLAGS"; gcc $FLAGS -E "$file"; } 2>&1 | sha256sum) ;;
    clang) key=$({ clang --version; echo "$FLAGS"; clang $FLAGS -E "$file"; } 2>&1 | sha256sum) ;;
    clang-tidy) key=$({ clang-tidy --version; cat .clang-tidy; echo "$FLAGS"; clang $FLAGS -E -C "$file"; } 2>&1 | sha256sum) ;;
    esac
    key=$CACHE/$tool-${key%% *}
    if [ -e "$key" ]; then
        touch "$key"
        return 0
    fi
    # shellcheck disable=SC2086
    case $tool in
    gcc | clang) out=$("$tool" $FLAGS -Werror -c "$file" -o /dev/null 2>&1) || rc=$? ;;
    clang-tidy) out=$(timeout 300 clang-tidy --quiet "$file" -- $FLAGS 2>/dev/null) || rc=$? ;;
    esac
    if [ "$rc" -ne 0 ]; then
        # of clang-tidy's path through the code only the end
        printf '%s\n' "$out" | grep -E -A 3 '(error|warning):' || printf '%s\n' "$out"
        return 1
    fi
    : >"$key"
}

if [ "${1:-}" = --one ]; then
    one "$2" "$3"
    exit
fi

passed=0
failed=0
# check NAME COMMAND...: says only what is wrong.
check() {
    local name=$1 out rc=0 start=$SECONDS
    shift
    out=$("$@" 2>&1) || rc=$?
    if [ "$rc" -eq 0 ]; then
        passed=$((passed + 1))
        printf 'ok     %-28s %4d s\n' "$name" $((SECONDS - start))
    else
        failed=$((failed + 1))
        printf 'FAILED %-28s %4d s\n' "$name" $((SECONDS - start))
        printf '%s\n' "$out" | head -n 200 | sed 's/^/    | /'
    fi
}

# need COMMAND: a tool that is missing is a failure, not a pass.
need() { command -v "$1" >/dev/null || { echo "$1 is not installed: deploy/local/install.sh lint"; return 1; }; }

mapfile -t sources < <(git ls-files -co --exclude-standard '*.c' | while read -r f; do [ ! -e "$f" ] || echo "$f"; done)
mapfile -t all < <(git ls-files -co --exclude-standard '*.c' '*.h' | while read -r f; do [ ! -e "$f" ] || echo "$f"; done)

# each TOOL: over all sources, JOBS at a time.
each() {
    need "$1" || return 1
    # shellcheck disable=SC2016
    printf '%s\0' "${sources[@]}" | xargs -0 -P "$JOBS" -n 1 tests/lint.sh --one "$1"
}

run_cppcheck() {
    need cppcheck || return 1
    mkdir -p "$CACHE/cppcheck"
    # uninitvar: it does not see what a callee fills in; both compilers and clang's analyser look for the same.
    # internalAstError, unknownMacro: it gives up on C11 that it cannot parse.
    cppcheck --enable=warning,portability,performance --std=c11 --platform=unix64 --inline-suppr --quiet \
        --error-exitcode=1 -j "$JOBS" --cppcheck-build-dir="$CACHE/cppcheck" -I. -Ibuild/gen \
        --suppress=missingIncludeSystem --suppress=missingInclude --suppress=uninitvar --suppress=internalAstError \
        --suppress=unknownMacro "${sources[@]}"
}

run_shellcheck() {
    local list
    need shellcheck || return 1
    mapfile -t list < <(git ls-files -co --exclude-standard | while read -r f; do
        [ -f "$f" ] || continue
        case $f in *.sh) echo "$f" ;; *.*) ;; *) head -c 64 "$f" | head -n 1 | grep -aqE '^#!.*\b(ba|da)?sh\b' && echo "$f" ;; esac
    done)
    shellcheck -x -e SC2317 "${list[@]}" # SC2317: functions that a trap calls
}

# The awk checks are programs too: each must find what it is for, and nothing else.
noticed() {
    local dir bad=0
    dir=$(mktemp -d) || return 1
    mkdir -p "$dir"/{core/base,core/db,core/meetings,core/chats,core/contacts,fcgi,auth}
    # expect CHECK yes|no FILE TEXT
    expect() {
        local file=$3 rc=0
        printf '%b\n' "$4" >"$dir/$file"
        (cd "$dir" && awk -f "$OLDPWD/tests/$1.awk" "$file" core/base/a.h core/db/a.h core/db/internal.h auth/a.h fcgi/a.h \
            core/meetings/a.h core/contacts/a.h core/chats/a.h >/dev/null 2>&1) || rc=1
        if { [ "$2" = yes ] && [ "$rc" -eq 0 ]; } || { [ "$2" = no ] && [ "$rc" -ne 0 ]; }; then
            echo "tests/$1.awk: $file: expected noticed=$2: $4"
            bad=1
        fi
        rm -f "$dir/$file"
    }
    (cd "$dir" && touch core/base/a.h core/db/a.h core/db/internal.h auth/a.h fcgi/a.h core/meetings/a.h core/contacts/a.h core/chats/a.h)
    expect layers no core/db/x.c '#include "core/base/a.h"'
    expect layers yes core/base/x.c '#include "core/db/a.h"'
    expect layers yes core/base/x.c '#include "sql.h"'
    expect layers no core/db/x.c '#include "sql.h"'
    expect layers no core/db/x.c '#include "core/db/internal.h"'
    expect layers yes fcgi/x.c '#include "core/db/internal.h"'
    expect layers yes core/meetings/x.c '#include "core/contacts/a.h"'
    expect layers no core/chats/x.c '#include "core/contacts/a.h"'
    expect layers no core/contacts/x.c '#include "core/chats/a.h"'
    expect layers yes auth/x.c '#include "core/meetings/a.h"'
    expect layers yes auth/x.c '#include "fcgi/a.h"'
    expect layers yes core/db/x.c '#include "auth/a.h"'
    expect layers no fcgi/x.c '#include "auth/a.h"\n#include "core/meetings/a.h"'
    expect layers yes fcgi/api_x.c '#include <fcgiapp.h>'
    expect layers no fcgi/transport.c '#include <fcgiapp.h>'
    expect layers yes core/db/x.c '#include <jwt.h>'
    expect layers yes auth/x.c '#include <curl/curl.h>'
    expect layers yes auth/x.c '#include "nothing/here.h"'
    expect layers yes auth/x.c '#include "here.h"'
    mkdir "$dir/core/nowhere"
    expect layers yes core/nowhere/x.c '#include <stdio.h>'
    touch "$dir/auth/b.h"
    expect layers yes auth/a.c '#include "core/base/a.h"\n#include "auth/a.h"'
    expect layers no auth/a.c '#include "auth/a.h"\n#include "core/base/a.h"'
    expect banned yes core/db/x.c 'strcpy(a, b);'
    expect banned yes core/db/x.c 'n = atoi (s);'
    expect banned yes core/db/x.c '/* a */ sprintf(a, b); // c'
    expect banned yes core/db/x.c '"a" + strtok(s)'
    expect banned yes core/db/x.c "'\"' ; gets(s)"
    expect banned yes core/db/x.c '/* one\n two */ system("x");'
    expect banned no core/db/x.c '/* strcpy(a, b)\n strcat(a, b) */'
    expect banned no core/db/x.c '// strcpy(a, b)'
    expect banned no core/db/x.c '"say \\" strcpy(a, b)"'
    expect banned no core/db/x.c 'localtime_r(&t, &tm); my_rand(x); snprintf(a); o->system(x); o.rand(x);'
    rm -rf "$dir"
    return "$bad"
}

frontend_lint() {
    need npm || return 1
    if [ ! -d frontend/node_modules ]; then
        npm --prefix frontend ci --no-audit --no-fund || return 1
    fi
    npm --prefix frontend run -s lint
}

make -s --no-print-directory build/gen/sql.h build/gen/dev_issuer_login.h || exit 1
FLAGS=$(flags) || exit 1
export FLAGS

check "our checks notice" noticed
check "layers" awk -f tests/layers.awk "${all[@]}"
check "banned functions" awk -f tests/banned.awk "${all[@]}"
check "gcc -O2 -Werror" each gcc
check "clang -O2 -Werror" each clang
check "clang-tidy" each clang-tidy
check "cppcheck" run_cppcheck
check "shellcheck" run_shellcheck
if [ -f frontend/package.json ]; then
    check "frontend" frontend_lint
fi

# What no run has asked for in a month is about files that no longer exist.
find "$CACHE" -maxdepth 1 -type f -mtime +30 -delete
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
