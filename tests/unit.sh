#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the test programs given, prints what fails and the sum: N passed, N failed. Fuzz programs replay their corpus.
set -u
passed=0 failed=0
for t in "$@"; do
    case $t in
    *fuzz_*) if "$t" tests/fuzz/corpus/"${t##*/fuzz_}" >/dev/null 2>"$t.err"; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAILED $t"; cat "$t.err"; fi ;;
    *) CMOCKA_MESSAGE_OUTPUT=TAP "$t" >"$t.tap" 2>"$t.err"; status=$?
        ok=$(grep -c '^ok ' "$t.tap"); not=$(grep -c '^not ok ' "$t.tap")
        [ "$status" -ne 0 ] && [ "$not" -eq 0 ] && not=1
        [ "$ok" -eq 0 ] && [ "$not" -eq 0 ] && not=1
        passed=$((passed + ok)) failed=$((failed + not))
        [ "$not" -ne 0 ] && { echo "FAILED $t (status $status)"; grep -A8 '^not ok ' "$t.tap"; tail -30 "$t.err"; } ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
