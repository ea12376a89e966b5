/* SPDX-License-Identifier: MIT */
#include "core/proc/master.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/proc/child_start.h"
#include "core/proc/pidfile.h"

enum {
    ROLE_COUNT_MAX = 512,
    HEARTBEAT_MS = 1000,
    ROLL_TICK_MS = 20,   /* a new child says that it is ready through its slot, not with a signal */
    LAST_REAP_MS = 5000, /* after KILL: only a process stuck in the kernel is still there then */
};

enum master_state { MASTER_RUNNING, MASTER_ROLLING, MASTER_DRAINING, MASTER_DONE };
static const char *const state_names[] = {"running", "rolling", "draining", "done"};

/* One per slot; pid 0 when the slot is free. */
struct worker {
    pid_t pid;
    size_t role;
    int64_t generation;
    int64_t spawned_ms;
    int64_t asked_ms; /* 0: not asked to leave */
    int64_t kill_ms;  /* 0: not to be killed */
};

struct pool {
    size_t first_slot;
    size_t
        nslots; /* twice the count and one: a roll's newcomers live beside those who still finish */
    int64_t backoff_ms;
    int64_t spawn_after_ms;
};

struct master {
    struct master_options o;
    enum master_state state;
    struct scoreboard *board;
    struct worker *workers;
    size_t nworkers;
    struct pool *pools;
    sigset_t signals;
    sigset_t mask_before;
    int pid_fd;
    int64_t generation;

    struct worker *newcomer; /* of a roll: spawned, not yet ready */
    int64_t roll_asked_ms;   /* when the last old one was asked to leave; 0: none waited for */
    size_t roll_role;

    int64_t drain_by_ms;
    int killed; /* children that did not leave by themselves */
};

static int64_t or_default(int64_t v, int64_t otherwise)
{
    return v > 0 ? v : otherwise;
}

static void set_state(struct master *m, enum master_state to)
{
    if (to == m->state)
        return;
    m->state = to;
    LOG(LOG_INFO, "master_state", {"state", LOG_S(state_names[to])});
}

/* ---- children ---- */

static _Noreturn void become_child(struct master *m, size_t slot, size_t role, pid_t master)
{
    const struct child_birth birth = {
        .board = m->board,
        .slot = slot,
        .role = m->o.roles[role].name,
        .generation = m->generation,
        .master = master,
    };
    struct proc_child *self;
    int code;

    if (m->pid_fd >= 0)
        close(m->pid_fd); /* its lock must end with the master, not with the last child */
    self = child_start(&birth);
    code = m->o.roles[role].run(self, m->o.roles[role].user);
    child_end(self);
    exit(code);
}

static struct worker *spawn(struct master *m, size_t role)
{
    const struct pool *p = &m->pools[role];
    const pid_t master = getpid();

    for (size_t i = p->first_slot; i < p->first_slot + p->nslots; i++) {
        struct worker *w = &m->workers[i];
        pid_t pid;

        if (w->pid)
            continue;
        (void)fflush(NULL); /* else both would write what is buffered */
        pid = fork();
        if (pid == 0)
            become_child(m, i, role, master);
        if (pid < 0) {
            LOG(LOG_ERROR, "fork_failed", {"role", LOG_S(m->o.roles[role].name)},
                {"error", LOG_S(strerror(errno))});
            m->pools[role].spawn_after_ms = clock_mono_ms() + HEARTBEAT_MS;
            return NULL;
        }
        *w = (struct worker){
            .pid = pid, .role = role, .generation = m->generation, .spawned_ms = clock_mono_ms()};
        LOG(LOG_DEBUG, "worker_started", {"role", LOG_S(m->o.roles[role].name)},
            {"pid", LOG_I(pid)}, {"slot", LOG_I(i)});
        return w;
    }
    return NULL; /* all are taken by those who still finish: when one leaves */
}

static void ask_to_leave(struct worker *w, int64_t now)
{
    if (w->asked_ms == 0)
        w->asked_ms = now;
    (void)kill(w->pid, SIGTERM);
}

static struct worker *worker_of(struct master *m, pid_t pid)
{
    for (size_t i = 0; i < m->nworkers; i++)
        if (m->workers[i].pid == pid)
            return &m->workers[i];
    return NULL;
}

/* One delay for a burst of deaths, not one a death. */
static void back_off(struct master *m, struct pool *p, int64_t now)
{
    if (now < p->spawn_after_ms)
        return;
    p->backoff_ms = p->backoff_ms ? p->backoff_ms * 2 : m->o.backoff_ms;
    if (p->backoff_ms > m->o.backoff_max_ms)
        p->backoff_ms = m->o.backoff_max_ms;
    p->spawn_after_ms = now + p->backoff_ms;
}

static void bury(struct master *m, struct worker *w, int status)
{
    const int64_t now = clock_mono_ms();
    const size_t slot = (size_t)(w - m->workers);
    const bool retired = WIFEXITED(status) && WEXITSTATUS(status) == PROC_EXIT_RETIRE;
    const bool tidy = retired || (WIFEXITED(status) && WEXITSTATUS(status) == PROC_EXIT_OK);
    struct pool *p = &m->pools[w->role];
    struct scoreboard_view v;

    (void)scoreboard_read(m->board, slot, &v);
    scoreboard_vacate(m->board, slot);
    LOG(tidy ? LOG_INFO : LOG_WARN, "worker_exit", {"role", LOG_S(m->o.roles[w->role].name)},
        {"pid", LOG_I(w->pid)}, {"code", LOG_I(WIFEXITED(status) ? WEXITSTATUS(status) : -1)},
        {"signal", LOG_I(WIFSIGNALED(status) ? WTERMSIG(status) : 0)},
        {"lived_ms", LOG_I(now - w->spawned_ms)}, {"retired", LOG_B(retired)},
        /* the request that died with it */
        {"request_id", LOG_S(v.state == SLOT_BUSY && v.pid == w->pid ? v.request_id : NULL)});

    if (w->asked_ms == 0 && !retired && now - w->spawned_ms < m->o.young_ms)
        back_off(m, p, now);
    else if (now - w->spawned_ms >= m->o.young_ms)
        p->backoff_ms = 0;
    if (m->newcomer == w)
        m->newcomer = NULL;
    *w = (struct worker){0};
}

static void reap(struct master *m)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct worker *w = worker_of(m, pid);

        if (w)
            bury(m, w, status);
    }
}

static int staying(const struct master *m, size_t role)
{
    int n = 0;

    for (size_t i = 0; i < m->nworkers; i++)
        n += m->workers[i].pid && m->workers[i].role == role && m->workers[i].asked_ms == 0;
    return n;
}

static int alive(const struct master *m)
{
    int n = 0;

    for (size_t i = 0; i < m->nworkers; i++)
        n += m->workers[i].pid != 0;
    return n;
}

static void spawn_missing(struct master *m)
{
    const int64_t now = clock_mono_ms();

    if (m->state == MASTER_DRAINING || m->state == MASTER_DONE)
        return;
    for (size_t r = 0; r < m->o.nroles; r++) {
        int missing = m->o.roles[r].count - staying(m, r);

        if (now < m->pools[r].spawn_after_ms)
            continue;
        while (missing-- > 0 && spawn(m, r))
            ;
    }
}

/* ---- children that do not come to an end ---- */

static void end_stuck(struct master *m, struct worker *w, const struct scoreboard_view *v,
                      const char *what, int64_t now)
{
    LOG(LOG_ERROR, what, {"role", LOG_S(m->o.roles[w->role].name)}, {"pid", LOG_I(w->pid)},
        {"request_id", LOG_S(v->request_id)}, {"method", LOG_S(v->method)},
        {"route", LOG_S(v->route)}, {"over_ms", LOG_I(v->deadline_ms ? now - v->deadline_ms : 0)});
    ask_to_leave(w, now);
    w->kill_ms = now + m->o.stuck_kill_ms;
}

static void check_one(struct master *m, struct worker *w, int64_t now)
{
    struct scoreboard_view v;

    if (w->kill_ms) {
        if (now >= w->kill_ms) {
            (void)kill(w->pid, SIGKILL);
            w->kill_ms = now + HEARTBEAT_MS;
            m->killed++;
        }
        return;
    }
    if (!scoreboard_read(m->board, (size_t)(w - m->workers), &v) && v.pid == w->pid)
        return; /* being written: alive */
    if (v.pid != w->pid || v.state == SLOT_STARTING) {
        if (now - w->spawned_ms > m->o.start_ms)
            end_stuck(m, w, &v, "worker_start_stuck", now);
    } else if (v.state == SLOT_BUSY) {
        if (v.deadline_ms && now > v.deadline_ms + m->o.stuck_margin_ms)
            end_stuck(m, w, &v, "worker_stuck", now);
    } else if (w->asked_ms && now > w->asked_ms + m->o.grace_ms) {
        end_stuck(m, w, &v, "worker_does_not_leave", now); /* idle, asked, and still here */
    }
}

static void check_stuck(struct master *m)
{
    const int64_t now = clock_mono_ms();

    for (size_t i = 0; i < m->nworkers; i++)
        if (m->workers[i].pid)
            check_one(m, &m->workers[i], now);
}

/* ---- rolling ---- */

static bool is_ready(const struct master *m, const struct worker *w)
{
    struct scoreboard_view v;

    (void)scoreboard_read(m->board, (size_t)(w - m->workers), &v);
    return v.pid == w->pid && (v.state == SLOT_IDLE || v.state == SLOT_BUSY);
}

static struct worker *oldest(struct master *m, size_t role)
{
    struct worker *found = NULL;

    for (size_t i = 0; i < m->nworkers; i++) {
        struct worker *w = &m->workers[i];

        if (w->pid && w->role == role && w->asked_ms == 0 && w->generation < m->generation &&
            (!found || w->spawned_ms < found->spawned_ms))
            found = w;
    }
    return found;
}

static bool some_leave(const struct master *m)
{
    for (size_t i = 0; i < m->nworkers; i++)
        if (m->workers[i].pid && m->workers[i].asked_ms)
            return true;
    return false;
}

static void begin_roll(struct master *m)
{
    m->generation++;
    m->roll_role = 0;
    m->roll_asked_ms = 0;
    m->newcomer =
        NULL; /* of an interrupted roll: now an old one like the others, and one too many */
    set_state(m, MASTER_ROLLING);
}

/* Moves a roll by one step at most. */
static void advance_roll(struct master *m)
{
    const int64_t now = clock_mono_ms();
    struct worker *old = NULL;

    if (m->newcomer && !is_ready(m, m->newcomer))
        return;
    m->newcomer = NULL;
    while (m->roll_role < m->o.nroles && !(old = oldest(m, m->roll_role)))
        m->roll_role++;
    if (!old) {
        set_state(m, MASTER_RUNNING);
        return;
    }
    if (staying(m, m->roll_role) > m->o.roles[m->roll_role].count) { /* its replacement is up */
        ask_to_leave(old, now);
        m->roll_asked_ms = now;
        return;
    }
    if (m->roll_asked_ms && some_leave(m) && now < m->roll_asked_ms + m->o.roll_wait_ms)
        return; /* one by one, unless it finishes something long */
    m->roll_asked_ms = 0;
    if (now >= m->pools[m->roll_role].spawn_after_ms)
        m->newcomer = spawn(m, m->roll_role);
}

/* ---- draining ---- */

static void begin_drain(struct master *m)
{
    const int64_t now = clock_mono_ms();

    if (m->state == MASTER_DRAINING) {
        if (m->drain_by_ms > now + m->o.quick_grace_ms)
            m->drain_by_ms = now + m->o.quick_grace_ms;
        return;
    }
    m->drain_by_ms = now + m->o.grace_ms;
    set_state(m, MASTER_DRAINING);
    for (size_t i = 0; i < m->nworkers; i++)
        if (m->workers[i].pid)
            ask_to_leave(&m->workers[i], now);
}

static void kill_rest(struct master *m)
{
    const int64_t until = clock_mono_ms() + LAST_REAP_MS;
    const struct timespec tick = {.tv_nsec = 5000000};

    for (size_t i = 0; i < m->nworkers; i++) {
        if (!m->workers[i].pid)
            continue;
        m->killed++;
        (void)kill(m->workers[i].pid, SIGKILL);
    }
    while (alive(m) && clock_mono_ms() < until) {
        reap(m);
        (void)nanosleep(&tick, NULL);
    }
}

static void advance(struct master *m)
{
    if (m->state == MASTER_ROLLING)
        advance_roll(m);
    if (m->state != MASTER_DRAINING)
        return;
    if (alive(m) && clock_mono_ms() >= m->drain_by_ms)
        kill_rest(m);
    else if (alive(m))
        return;
    set_state(m, MASTER_DONE);
}

/* ---- signals ---- */

static void pass_on(struct master *m, int sig)
{
    for (size_t i = 0; i < m->nworkers; i++)
        if (m->workers[i].pid)
            (void)kill(m->workers[i].pid, sig);
}

static void obey(struct master *m, int sig)
{
    switch (sig) {
    case SIGTERM:
    case SIGINT: begin_drain(m); break;
    case SIGHUP:
        if (m->state == MASTER_RUNNING || m->state == MASTER_ROLLING)
            begin_roll(m);
        break;
    case SIGUSR1:
        if (log_reopen() < 0)
            LOG(LOG_ERROR, "log_reopen_failed", {"error", LOG_S(strerror(errno))});
        pass_on(m, SIGUSR1);
        break;
    default: /* CHLD: reaping is done after every wait; -1: the heartbeat */ break;
    }
}

static void sooner(int64_t *wait_ms, int64_t at_ms)
{
    const int64_t left = clock_left_ms(at_ms) + 1;

    if (left < *wait_ms)
        *wait_ms = left;
}

/* When something is due that no signal announces. */
static int64_t next_wait_ms(const struct master *m)
{
    const int64_t now = clock_mono_ms();
    int64_t wait_ms = m->state == MASTER_ROLLING ? ROLL_TICK_MS : HEARTBEAT_MS;

    if (m->state == MASTER_DRAINING)
        sooner(&wait_ms, m->drain_by_ms);
    for (size_t r = 0; r < m->o.nroles; r++)
        if (m->pools[r].spawn_after_ms > now)
            sooner(&wait_ms, m->pools[r].spawn_after_ms);
    for (size_t i = 0; i < m->nworkers; i++)
        if (m->workers[i].pid && m->workers[i].kill_ms)
            sooner(&wait_ms, m->workers[i].kill_ms);
    return wait_ms;
}

int master_run(struct master *m)
{
    LOG(LOG_INFO, "master_started", {"pid", LOG_I(getpid())});
    spawn_missing(m);
    while (m->state != MASTER_DONE) {
        const int64_t wait_ms = next_wait_ms(m);
        const struct timespec tick = {.tv_sec = wait_ms / 1000,
                                      .tv_nsec = wait_ms % 1000 * 1000000};

        obey(m, sigtimedwait(&m->signals, NULL, &tick));
        reap(m); /* always: SIGCHLDs coalesce, so count on waitpid, not on signals */
        check_stuck(m);
        spawn_missing(m);
        advance(m);
    }
    return m->killed ? 1 : 0;
}

/* ---- life ---- */

static void set_signals(struct master *m)
{
    static const int ours[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
    struct sigaction normal = {.sa_handler = SIG_DFL};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigemptyset(&m->signals);
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        sigaddset(&m->signals, ours[i]);
    (void)sigprocmask(SIG_BLOCK, &m->signals, &m->mask_before);
    (void)sigaction(SIGCHLD, &normal,
                    NULL); /* ignored by whoever started us, children would vanish unreaped */
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

static bool lay_out(struct master *m)
{
    size_t n = 0;

    m->pools = calloc(m->o.nroles ? m->o.nroles : 1, sizeof *m->pools);
    if (!m->pools)
        return false;
    for (size_t r = 0; r < m->o.nroles; r++) {
        const int count = m->o.roles[r].count;

        if (count < 0 || count > ROLE_COUNT_MAX) {
            errno = EINVAL;
            return false;
        }
        m->pools[r].first_slot = n;
        m->pools[r].nslots = count ? 2 * (size_t)count + 1 : 0;
        n += m->pools[r].nslots;
    }
    m->nworkers = n;
    m->workers = calloc(n ? n : 1, sizeof *m->workers);
    m->board = scoreboard_new(n ? n : 1);
    return m->workers && m->board;
}

static bool take_pid_file(struct master *m)
{
    int64_t holder = 0;

    if (!m->o.pid_file)
        return true;
    m->pid_fd = pidfile_take(m->o.pid_file, &holder);
    if (m->pid_fd >= 0)
        return true;
    if (errno == EEXIST)
        LOG(LOG_ERROR, "already_running", {"pid_file", LOG_S(m->o.pid_file)},
            {"pid", LOG_I(holder)});
    return false;
}

struct master *master_new(const struct master_options *options)
{
    struct master *m = calloc(1, sizeof *m);
    int why;

    if (!m)
        return NULL;
    m->o = *options;
    m->o.grace_ms = or_default(m->o.grace_ms, 30000);
    m->o.quick_grace_ms = or_default(m->o.quick_grace_ms, 1000);
    m->o.stuck_margin_ms = or_default(m->o.stuck_margin_ms, 5000);
    m->o.stuck_kill_ms = or_default(m->o.stuck_kill_ms, 2000);
    m->o.roll_wait_ms = or_default(m->o.roll_wait_ms, 5000);
    m->o.start_ms = or_default(m->o.start_ms, 60000);
    m->o.young_ms = or_default(m->o.young_ms, 2000);
    m->o.backoff_ms = or_default(m->o.backoff_ms, 100);
    m->o.backoff_max_ms = or_default(m->o.backoff_max_ms, 30000);
    m->generation = 1;
    m->pid_fd = -1;
    set_signals(m);
    if (lay_out(m) && take_pid_file(m))
        return m;
    why = errno;
    if (why != EEXIST)
        LOG(LOG_ERROR, "master_failed", {"error", LOG_S(strerror(why))});
    master_free(m);
    errno = why;
    return NULL;
}

const struct scoreboard *master_scoreboard(const struct master *m)
{
    return m->board;
}

void master_free(struct master *m)
{
    if (!m)
        return;
    if (m->o.pid_file)
        pidfile_drop(m->o.pid_file, m->pid_fd);
    scoreboard_free(m->board);
    free(m->workers);
    free(m->pools);
    (void)sigprocmask(SIG_SETMASK, &m->mask_before, NULL);
    free(m);
}
