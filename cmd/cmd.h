/* SPDX-License-Identifier: MIT */
/*
 * cmd: the subcommands of the program. Each gets the words after its name and returns the exit status.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "core/base/config.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int cmd_serve(const struct config *c, int argc, char **argv);
int cmd_work(const struct config *c, int argc, char **argv);
int cmd_bootstrap(const struct config *c, int argc, char **argv);
int cmd_migrate(const struct config *c, int argc, char **argv);
int cmd_maintain(const struct config *c, int argc, char **argv);
int cmd_admin(const struct config *c, int argc, char **argv);
int cmd_check_config(const struct config *c, int argc, char **argv);
int cmd_routes(const struct config *c, int argc, char **argv);

#endif
