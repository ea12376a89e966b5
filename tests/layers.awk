# SPDX-License-Identifier: MIT
# layers: every #include follows the arrows of docs/architecture.md. Arguments: all C files of the tree.
#
# A part may include what stands below it, and skip levels; it never climbs, and parts of one level do not see each
# other (but for the pairs named). A header internal.h is its folder's own. A .c includes its own header first.
BEGIN {
    # core, from the ground up; one line a level
    level["core/base"] = 1
    level["core/db"] = 2
    level["core/net"] = 3; level["core/proc"] = 3
    level["core/llm"] = 4; level["core/fields"] = 4
    level["core/queue"] = 5
    level["core/insight"] = 6
    level["core/vectors"] = 7
    level["core/charts"] = 8
    level["core/meetings"] = 9; level["core/chats"] = 9; level["core/contacts"] = 9
    level["core/sources"] = 9; level["core/signals"] = 9
    pair["core/chats core/contacts"] = pair["core/contacts core/chats"] = 1 # they share the contact

    # the folders around core: the parts each may include beside its own
    may["auth"] = " core/base core/db core/net "
    may["fcgi"] = " auth core/* "
    may["cmd"] = " fcgi auth core/* "
    may["tests"] = may["bench"] = " cmd fcgi auth core/* tests bench "

    generated["sql.h"] = "core/db"
    generated["dev_issuer_login.h"] = "auth"

    # libraries that one place wraps
    only["fcgiapp.h"] = " fcgi/transport.c fcgi/worker.c "
    only["fcgi_stdio.h"] = only["fcgi_config.h"] = " "
    home["jwt.h"] = "auth"
    home["curl/curl.h"] = "core/net"
    home["xlsxwriter.h"] = "core/meetings"
    home["cblas.h"] = home["blis.h"] = "core/vectors"

    for (i = 1; i < ARGC; i++)
        exists[ARGV[i]] = 1
}

function part_of(path,    w, n) {
    n = split(path, w, "/")
    if (n == 1) return ""
    return w[1] == "core" ? (n > 2 ? w[1] "/" w[2] : "") : w[1]
}

function bad(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
    problems++
}

function allowed(from, to) {
    if (from == to)
        return 1
    if (from in may)
        return index(may[from], " " to " ") || (to in level && index(may[from], " core/* "))
    if (from in level)
        return (to in level && level[to] < level[from]) || ((from " " to) in pair)
    return 0
}

FNR == 1 {
    from = part_of(FILENAME)
    if (!(from in may) && !(from in level))
        bad("lies in no known part: " FILENAME)
    own = FILENAME
    if (!sub(/\.c$/, ".h", own) || !(own in exists))
        own = ""
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, q, "\"")
    target = q[2]
    if (own != "") {
        if (target != own && from != "tests") bad("its own header comes first: " own)
        own = ""
    }
    if (target in generated) {
        to = generated[target]
    } else {
        to = part_of(target)
        if (to == "" || !(target in exists)) { bad("no such file from the root of the tree: " target); next }
    }
    if (!allowed(from, to))
        bad(from " may not include " target)
    if (target ~ /\/internal\.h$/ && from != to && from != "tests")
        bad(target " belongs to its own folder")
    next
}

/^[ \t]*#[ \t]*include[ \t]*</ {
    split($0, q, /[<>]/)
    target = q[2]
    if (target in only && !index(only[target], " " FILENAME " "))
        bad("<" target "> is for" (only[target] == " " ? " nobody" : only[target]) "only")
    if (target in home && from != home[target] && from != "tests" && from != "bench")
        bad("<" target "> is wrapped by " home[target])
}

END { if (problems) { print problems " broken"; exit 1 } }
