#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# bare.sh [root] [user]: the two commands, `make run` and `make test`, on a Debian machine with nothing on it.
#
# Makes a root directory with mmdebstrap, puts a clone of the tree into it and runs both commands there: as root (in
# /root, where no other user can walk), and as an ordinary user who has sudo, each in a fresh root. Needs root itself,
# about 5 GB of disk and the package sources. Everything runs in mount and process namespaces of its own: when this
# script ends, whatever ran in there has ended and nothing stays mounted.
#
#   CM_BARE_SUITE=bookworm   or trixie
#   CM_BARE_DIR=DIR          where the roots are made (default: a new directory below /var/tmp, removed afterwards)
#   CM_BARE_WORKTREE=1       takes the files as they are instead of what is committed
#   CM_BARE_COMMANDS="run test"  or one of them
#
# The last line is "N passed, N failed".

set -euo pipefail
export LC_ALL=C.UTF-8
SELF=$(realpath "${BASH_SOURCE[0]}")
TREE=$(dirname "$(dirname "$SELF")")
SUITE=${CM_BARE_SUITE:-bookworm}
COMMANDS=${CM_BARE_COMMANDS:-run test}
# Not the default ports: the network is the machine's, and make run may be up beside this.
HTTPS_PORT=${CM_BARE_HTTPS_PORT:-28443}
OPS_PORT=${CM_BARE_OPS_PORT:-29443}

say() { printf '%s\n' "==> bare: $*"; }
die() {
    printf '%s\n' "error: $*" >&2
    exit 1
}

# ---------------------------------------------------------------------------------------------------------------
# Inside the namespaces: mounts, then the commands. Called as: bare.sh --inside ROOTDIR WHO

# in_root ROOTDIR WHO COMMAND: by a login shell of WHO, with an environment that owes nothing to this machine but
# what leads to its package sources.
in_root() {
    local root=$1 who=$2 keep=() name
    for name in http_proxy https_proxy no_proxy NODE_EXTRA_CA_CERTS SSL_CERT_FILE; do
        [ -z "${!name:-}" ] || keep+=("$name=${!name}")
    done
    local home=/root
    [ "$who" = root ] || home=/home/$who
    chroot "$root" setpriv --reuid "$who" --regid "$who" --init-groups env -i HOME="$home" USER="$who" LOGNAME="$who" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb "${keep[@]}" \
        "CM_HTTPS_PORT=$HTTPS_PORT" "CM_OPS_PORT=$OPS_PORT" bash -c "cd ~/clientmetrics && $3"
}

inside() {
    local root=$1 who=$2 out=$1/../$2 pid t0 ok=0 bad=0 ticks

    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" 2>/dev/null || true
    [ ! -d /sys/devices ] || mount --rbind /sys "$root/sys" || true

    pass() { ok=$((ok + 1)) && say "ok   $who: $*"; }
    fail() { bad=$((bad + 1)) && say "FAIL $who: $*"; }
    # expect WHAT PATTERN COMMAND: the command succeeds and says something that matches.
    expect() {
        if in_root "$root" "$who" "$3" </dev/null >"$out.step.log" 2>&1 && grep -q -- "$2" "$out.step.log"; then
            pass "$1"
        else
            fail "$1: $(tail -c 400 "$out.step.log")"
        fi
    }
    local ask="curl -sS --noproxy '*' --cacert var/tls/ca.pem" site="https://localhost:$HTTPS_PORT"

    case " $COMMANDS " in *" run "*)
        say "$who: make run"
        t0=$SECONDS
        in_root "$root" "$who" "exec make run" </dev/null >"$out.run.log" 2>&1 &
        pid=$!
        ticks=1800
        while kill -0 "$pid" 2>/dev/null && ((ticks-- > 0)) && ! grep -q 'ClientMetrics is at' "$out.run.log"; do
            sleep 1
        done
        if grep -q "$site" "$out.run.log"; then
            pass "make run is ready after $((SECONDS - t0)) s"
            expect "/readyz answers" '"ok"' "$ask $site/readyz"
            expect "the page is served" '<script' "$ask $site/"
            # What a person would do next: another terminal, a token, a question.
            # shellcheck disable=SC2016 # for the shell inside
            expect "a signed-in question" 'admin@demo.test' \
                'token=$(make -s token USER=admin@demo.test) && '"$ask"' -H "Authorization: Bearer $token" '"$site/api/me"
            expect "make down" 'Stopped' "make down"
            wait "$pid" || true
            t0=$SECONDS
            expect "make up" "$site" "make up"
            t0=$((SECONDS - t0))
            if [ "$t0" -le 10 ]; then pass "the second start took $t0 s"; else fail "the second start took $t0 s, more than 10"; fi
            expect "make down again" 'Stopped' "make down"
        else
            fail "make run did not come up in $((SECONDS - t0)) s"
            tail -n 40 "$out.run.log"
            kill "$pid" 2>/dev/null || true
            wait "$pid" 2>/dev/null || true
        fi
        ;;
    esac

    case " $COMMANDS " in *" test "*)
        say "$who: make test"
        t0=$SECONDS
        if in_root "$root" "$who" "exec make test" </dev/null >"$out.test.log" 2>&1; then
            pass "make test in $((SECONDS - t0)) s: $(grep -E '^[0-9]+ passed' "$out.test.log" | tail -n 1)"
        else
            fail "make test in $((SECONDS - t0)) s: $(grep -E '^[0-9]+ passed' "$out.test.log" | tail -n 1)"
            grep -E '^(FAILED|FAIL|not ok|error:)' "$out.test.log" | head -n 40 || tail -n 60 "$out.test.log"
        fi
        ;;
    esac
    printf '%s %s\n' "$ok" "$bad" >"$out.result"
}

if [ "${1:-}" = --inside ]; then
    inside "$2" "$3"
    exit 0
fi

# ---------------------------------------------------------------------------------------------------------------
# Outside: the roots

[ "$(id -u)" -eq 0 ] || die "making a root directory needs root"
whos=("$@")
[ $# -gt 0 ] || whos=(root user)

if ! command -v mmdebstrap >/dev/null || ! command -v git >/dev/null; then
    say "installing mmdebstrap"
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install mmdebstrap git >/dev/null
fi
unshare --mount --pid --fork true 2>/dev/null || die "this machine does not let root make namespaces"

made=no
if [ -n "${CM_BARE_DIR:-}" ]; then
    mkdir -p "$CM_BARE_DIR"
    DIR=$(realpath "$CM_BARE_DIR")
else
    DIR=$(mktemp -d /var/tmp/clientmetrics-bare.XXXXXX)
    made=yes
fi
child=""
cleanup() {
    local rc=$?
    trap '' INT TERM
    # The first process of a pid namespace: with it goes everything in it.
    [ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true
    [ -z "$child" ] || wait "$child" 2>/dev/null || true
    if [ "$made" = yes ]; then
        # Mounts were made in another namespace and are gone; --one-file-system in case this ever changes.
        rm -rf --one-file-system "$DIR"
    fi
    exit "$rc"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The machine's own mirrors and whatever it takes to reach them, for the suite that is wanted.
# shellcheck disable=SC2016 # apt's own notation
targets=$(apt-get indextargets --format '$(SITE) $(CODENAME) $(COMPONENT) $(LABEL)' 'Created-By: Packages' | awk '$3 == "main"')
sources=$(awk -v suite="$SUITE" '
    $4 == "Debian" && !main[$1]++ && $2 !~ /-/ { print "deb", $1, suite, "main"; print "deb", $1, suite "-updates", "main" }
    $4 == "Debian-Security" && !security[$1]++ { print "deb", $1, suite "-security", "main" }' <<<"$targets")
[ -n "$sources" ] || die "this machine has no package source of Debian's main archive"
apt-config dump Acquire | grep -iE 'proxy|::Check-|CaInfo|Verify-' >"$DIR/apt.conf" || true

say "a bare $SUITE (log: $DIR/mmdebstrap.log)"
if [ ! -s "$DIR/base.tar" ]; then
    mmdebstrap --quiet --mode=root --format=tar --variant=minbase --include=ca-certificates,make,sudo \
        --aptopt="$DIR/apt.conf" "$SUITE" "$DIR/base.tar.new" - <<<"$sources" >"$DIR/mmdebstrap.log" 2>&1 || {
        tail -n 20 "$DIR/mmdebstrap.log" >&2
        die "mmdebstrap failed"
    }
    mv "$DIR/base.tar.new" "$DIR/base.tar"
fi

data=${CM_SHARED_DATA:-$TREE/../shared/data}
passed=0
failed=0
for who in "${whos[@]}"; do
    case $who in root | user) ;; *) die "no such part: $who (there are root and user)" ;; esac
    root=$DIR/$who.root
    rm -rf --one-file-system "$root"
    mkdir -p "$root"
    tar -C "$root" -xf "$DIR/base.tar"
    for f in /etc/resolv.conf /etc/hosts; do
        cp --dereference "$f" "$root$f"
    done
    cp "$DIR/apt.conf" "$root/etc/apt/apt.conf.d/99machine"
    # Certificates of authorities that this site added.
    if [ -n "$(ls /usr/local/share/ca-certificates/*.crt 2>/dev/null)" ]; then
        cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
        chroot "$root" update-ca-certificates >/dev/null 2>&1
        export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
    fi
    # npm's registry, when it is not the public one.
    for f in /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc; do
        [ ! -e "$f" ] || cp "$f" "$root/etc/npmrc"
    done
    home=/root
    if [ "$who" = user ]; then
        home=/home/user
        chroot "$root" useradd --create-home --shell /bin/bash user
        printf 'user ALL=(ALL) NOPASSWD: ALL\n' >"$root/etc/sudoers.d/user"
        chmod 0440 "$root/etc/sudoers.d/user"
    fi
    [ ! -e "$HOME/.npmrc" ] || cp "$HOME/.npmrc" "$root$home/.npmrc"
    if [ -n "${CM_BARE_WORKTREE:-}" ]; then
        mkdir -p "$root$home/clientmetrics"
        # Names that git knows and that are there: a removed file is still in the index.
        git -C "$TREE" ls-files -co --exclude-standard -z |
            tar -C "$TREE" --null --ignore-failed-read -cf - -T - 2>/dev/null | tar -C "$root$home/clientmetrics" -xf -
        # The checks ask git for the list of files.
        git -C "$root$home/clientmetrics" init -q
    else
        git clone -q --no-local "$TREE" "$root$home/clientmetrics"
    fi
    if [ -d "$data" ]; then
        mkdir -p "$root$home/shared"
        cp -R "$data" "$root$home/shared/data"
    fi
    if [ "$who" = user ]; then
        chroot "$root" chown -R user:user /home/user
    fi

    rm -f "$DIR/$who.result"
    unshare --mount --propagation private --pid --fork --kill-child bash "$SELF" --inside "$root" "$who" </dev/null &
    child=$!
    wait "$child" || true
    child=""
    if read -r ok bad <"$DIR/$who.result" 2>/dev/null; then
        passed=$((passed + ok))
        failed=$((failed + bad))
    else
        say "FAIL $who: the run was cut off"
        failed=$((failed + 1))
    fi
    [ "$made" = no ] || rm -rf --one-file-system "$root"
done

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
