# SPDX-License-Identifier: MIT
# banned: no function is called whose use is a bug waiting. Comments, strings and characters are not code.
# Variable-length arrays are found by the compiler (-Wvla).
BEGIN {
    why["strcpy"] = why["strcat"] = why["stpcpy"] = "has no bound: use sb, snprintf or memcpy"
    why["sprintf"] = why["vsprintf"] = "has no bound: use snprintf or sb_printf"
    why["gets"] = "has no bound"
    why["strtok"] = "keeps state and cuts its input: use slice_cut"
    why["atoi"] = why["atol"] = why["atoll"] = why["atof"] = "cannot say that it failed: use slice_to_i64 or strtod"
    why["localtime"] = why["gmtime"] = why["ctime"] = why["asctime"] = "shares a buffer: use the _r form, or clock_text"
    why["rand"] = why["srand"] = why["random"] = why["drand48"] = "is no generator: use hash_random, or a seeded one of your own"
    why["system"] = why["popen"] = "goes through a shell: fork and exec"
    why["alloca"] = why["__builtin_alloca"] = "has no bound: use the arena"
    why["mktemp"] = why["tmpnam"] = why["tempnam"] = "names a file that another may make first: use mkstemp"
}

# The line without comments and with empty strings; in_comment lasts over lines.
function code(line,    out, i, n, c, d) {
    out = ""
    n = length(line)
    for (i = 1; i <= n; i++) {
        c = substr(line, i, 1)
        d = substr(line, i, 2)
        if (in_comment) {
            if (d == "*/") { in_comment = 0; i++; out = out " " }
        } else if (d == "/*") {
            in_comment = 1; i++
        } else if (d == "//") {
            break
        } else if (c == "\"" || c == "'") {
            out = out c
            for (i++; i <= n && substr(line, i, 1) != c; i++)
                if (substr(line, i, 1) == "\\") i++
            out = out c
        } else {
            out = out c
        }
    }
    return out
}

FNR == 1 { in_comment = 0 }
{
    if (!in_comment && $0 !~ /[a-z_]\(|[a-z_] \(|\/\*/)
        next # most lines: nothing is called, no comment begins
    rest = code($0)
    while (match(rest, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
        name = substr(rest, RSTART, RLENGTH)
        sub(/[ \t]*\($/, "", name)
        before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : ""
        if (RSTART > 2 && substr(rest, RSTART - 2, 2) == "->") before = "."
        if (name in why && before != ".") {
            printf "%s:%d: %s() %s\n", FILENAME, FNR, name, why[name]
            problems++
        }
        rest = substr(rest, RSTART + RLENGTH)
    }
}
END { if (problems) { print problems " banned calls"; exit 1 } }
