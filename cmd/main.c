/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "core/base/log.h"
#include "core/base/secret.h"
#include "fcgi/version.h"

static const struct {
    const char *name;
    int (*run)(const struct config *c, int argc, char **argv);
    const char *usage;
    bool without_config; /* says what the program is, not what it is set to */
} commands[] = {
    {"serve", cmd_serve,
     "serve                              answer requests on CM_RUN_DIR/web.sock and stream.sock"},
    {"work", cmd_work, "work                               run jobs"},
    {"bootstrap", cmd_bootstrap,
     "bootstrap                          roles and extensions, once, as a superuser"},
    {"migrate", cmd_migrate, "migrate up [N]|down N|status|verify"},
    {"maintain", cmd_maintain,
     "maintain                           delete what is past its time; daily, by a timer"},
    {"admin", cmd_admin,
     "admin tenant create SLUG NAME | member add TENANT EMAIL ROLE [NAME] |\n"
     "        token create TENANT NAME SCOPE[,SCOPE] [DAYS] | demo |\n"
     "        jobs stats|list|show|retry|retry-all|cancel|cancel-batch TENANT ..."},
    {"check-config", cmd_check_config,
     "check-config                       print every setting, secrets masked"},
    {"routes", cmd_routes, "routes                             print the route table", true},
};
enum { NCOMMANDS = sizeof commands / sizeof *commands };

static int usage(FILE *out)
{
    fprintf(out, "clientmetrics %s\n\n", CLIENTMETRICS_VERSION);
    for (int i = 0; i < NCOMMANDS; i++)
        fprintf(out, "  clientmetrics %s\n", commands[i].usage);
    return EXIT_USAGE;
}

static int run(int command, int argc, char **argv)
{
    enum log_level least = LOG_INFO;
    struct config c;

    if (commands[command].without_config)
        return commands[command].run(NULL, argc, argv);
    if (config_load(&c, stderr) < 0)
        return EXIT_USAGE;
    if (c.llm_api_key || c.secret_key)
        (void)secret_keep_out_of_cores(); /* they are in the environment of every process of ours */
    log_level_parse(c.log_level, &least);
    if (log_open(c.log_file, least) < 0) {
        fprintf(stderr, "CM_LOG_FILE: cannot open %s\n", c.log_file);
        return EXIT_FAILED;
    }
    return commands[command].run(&c, argc, argv);
}

int main(int argc, char **argv)
{
    /* numbers are written and read with a point, whatever the machine's language; "C" is also libpq's safest */
    setlocale(LC_ALL, "C");
    if (argc >= 2 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)) {
        usage(stdout);
        return EXIT_OK;
    }
    for (int i = 0; argc >= 2 && i < NCOMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return run(i, argc - 2, argv + 2);
    }
    return usage(stderr);
}
