#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the test programs given, prints what fails and the sum: N passed, N failed. Fuzz programs replay their corpus.
set -u
passed=0 failed=0 skipped=0
data=${CM_SHARED_DATA:-../shared/data}
if [ -d "$data" ]; then export CM_TEST_SHARED=$data; fi
for t in "$@"; do
    case $t in
    *fuzz_*) if "$t" tests/fuzz/corpus/"${t##*/fuzz_}" >/dev/null 2>"$t.err"; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAILED $t"; cat "$t.err"; fi ;;
    *) CMOCKA_MESSAGE_OUTPUT=TAP "$t" >"$t.tap" 2>"$t.err"; status=$?
        ok=$(grep -c '^ok ' "$t.tap"); skip=$(grep -c '^not ok .*# SKIP' "$t.tap")
        not=$(($(grep -c '^not ok ' "$t.tap") - skip))
        [ "$status" -ne 0 ] && [ "$not" -eq 0 ] && not=1
        [ "$ok" -eq 0 ] && [ "$not" -eq 0 ] && not=1
        passed=$((passed + ok)) failed=$((failed + not)) skipped=$((skipped + skip))
        [ "$skip" -ne 0 ] && grep '# SKIP' "$t.tap"
        [ "$not" -ne 0 ] && { echo "FAILED $t (status $status)"; grep -A8 '^not ok ' "$t.tap"; tail -30 "$t.err"; } ;;
    esac
done
echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
