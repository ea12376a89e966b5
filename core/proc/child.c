/* SPDX-License-Identifier: MIT */
#include "core/proc/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/slice.h"
#include "core/proc/child_start.h"

struct proc_child {
    struct scoreboard *board;
    size_t slot;
    struct scoreboard_view mine; /* what the slot says; published whole */
    sigset_t waiting;            /* the mask while it waits */
    int64_t begun_us;            /* monotonic, of the request at hand */
    bool ready;
    bool stopping;
    bool alone;
    bool signals_set;
    int epoll; /* -1: no shared socket */
    int shared_fd;
};

/* Set by handlers that run only inside ppoll(): nothing is interrupted that was not waiting. */
static volatile sig_atomic_t term_seen;
static volatile sig_atomic_t reopen_seen;

static void on_signal(int sig)
{
    if (sig == SIGTERM)
        term_seen = 1;
    else
        reopen_seen = 1;
}

static void set_signals(struct proc_child *self)
{
    struct sigaction handle = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction normal = {.sa_handler = SIG_DFL};
    sigset_t blocked;

    term_seen = 0;
    reopen_seen = 0;
    (void)sigaction(SIGTERM, &handle, NULL);
    (void)sigaction(SIGUSR1, &handle, NULL);
    (void)sigaction(SIGINT, &ignore, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGCHLD, &normal, NULL);
    sigemptyset(&self->waiting);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGUSR1);
    (void)sigprocmask(SIG_SETMASK, &blocked, NULL);
    self->signals_set = true;
}

static void publish(struct proc_child *self)
{
    scoreboard_publish(self->board, self->slot, &self->mine);
}

static void copy_text(char *to, size_t room, const char *from)
{
    size_t n = from ? strnlen(from, room - 1) : 0;

    memcpy(to, from ? from : "", n);
    memset(to + n, 0, room - n); /* the whole field: its bytes are published as words */
}

static void take_slot(struct proc_child *self, const char *role, int64_t generation)
{
    (void)scoreboard_read(self->board, self->slot, &self->mine); /* the counters go on */
    self->mine.pid = getpid();
    self->mine.state = SLOT_STARTING;
    self->mine.generation = generation;
    self->mine.spawned_us = clock_now_us();
    self->mine.own_requests = 0;
    self->mine.rss_bytes = 0;
    self->mine.spawned++;
    copy_text(self->mine.role, sizeof self->mine.role, role);
    publish(self);
}

static struct proc_child *make_child(void)
{
    struct proc_child *self = calloc(1, sizeof *self);

    if (self)
        self->epoll = self->shared_fd = -1;
    return self;
}

static void free_child(struct proc_child *self)
{
    if (self->epoll >= 0)
        close(self->epoll);
    free(self);
}

struct proc_child *child_start(const struct child_birth *birth)
{
    struct proc_child *self = make_child();

    if (!self)
        _exit(PROC_EXIT_FAILED);
    self->board = birth->board;
    self->slot = birth->slot;
    set_signals(self);
    /* The master may have died between fork and prctl: then nobody sends the signal, so look. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != birth->master)
        _exit(PROC_EXIT_OK);
    (void)setenv("BLIS_NUM_THREADS", "1", 1); /* processes, not threads */
    take_slot(self, birth->role, birth->generation);
    log_set_role(self->mine.role);
    return self;
}

void child_end(struct proc_child *self)
{
    self->mine.state = SLOT_LEAVING;
    self->mine.deadline_ms = 0;
    publish(self);
    free_child(self);
}

struct proc_child *proc_child_alone(const char *role)
{
    struct proc_child *self = make_child();

    if (!self)
        return NULL;
    self->board = scoreboard_new(1);
    if (!self->board) {
        free_child(self);
        return NULL;
    }
    self->alone = true;
    take_slot(self, role, 1);
    return self;
}

void proc_child_free(struct proc_child *self)
{
    if (!self)
        return;
    scoreboard_free(self->board);
    free_child(self);
}

void proc_child_ready(struct proc_child *self)
{
    if (self->ready)
        return;
    self->ready = true;
    self->mine.state = SLOT_IDLE;
    publish(self);
}

static void note_signals(struct proc_child *self)
{
    if (reopen_seen) {
        reopen_seen = 0;
        (void)
            log_reopen(); /* when it fails the old file goes on: better a moved line than a lost one */
    }
    if (term_seen && !self->stopping) {
        self->stopping = true;
        if (self->mine.state != SLOT_BUSY) {
            self->mine.state = SLOT_LEAVING;
            publish(self);
        }
    }
}

enum proc_wait proc_child_wait(struct proc_child *self, int fd, int64_t timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    const int64_t until = timeout_ms < 0 ? INT64_MAX : clock_mono_ms() + timeout_ms;

    if (!self->signals_set)
        set_signals(self);
    proc_child_ready(self);
    for (;;) {
        /* ppoll() with a ready descriptor returns without looking at signals: under load TERM would never get in */
        if (proc_child_stopping(self))
            return PROC_WAIT_STOP;
        const int64_t left = until == INT64_MAX ? 0 : clock_left_ms(until);
        const struct timespec ts = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        int n = ppoll(&p, fd < 0 ? 0 : 1, until == INT64_MAX ? NULL : &ts, &self->waiting);

        if (n > 0)
            return PROC_WAIT_READABLE; /* errors and hangups too: the read will tell */
        if (n == 0 || errno != EINTR)
            return PROC_WAIT_TIMEOUT;
    }
}

static bool readable_now(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

/* Made here and not at the birth: tests and job workers have no shared socket. */
static bool watch_shared(struct proc_child *self, int fd)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLEXCLUSIVE};

    if (self->epoll < 0)
        self->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (self->epoll < 0 || epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
        return false;
    self->shared_fd = fd;
    return true;
}

enum proc_wait proc_child_wait_shared(struct proc_child *self, int fd, int64_t timeout_ms)
{
    const int64_t until = timeout_ms < 0 ? INT64_MAX : clock_mono_ms() + timeout_ms;

    if (self->shared_fd != fd && !watch_shared(self, fd))
        return proc_child_wait(
            self, fd, timeout_ms); /* no descriptors left: all wake, nothing else is lost */
    proc_child_ready(self);
    if (proc_child_stopping(self))
        return PROC_WAIT_STOP;
    for (;;) {
        const int64_t left = until == INT64_MAX ? -1 : clock_left_ms(until);
        struct epoll_event got;
        int n = epoll_pwait(self->epoll, &got, 1, (int)(left < INT32_MAX ? left : INT32_MAX),
                            &self->waiting);

        if (n > 0)
            return PROC_WAIT_READABLE;
        if (n == 0 || errno != EINTR)
            return PROC_WAIT_TIMEOUT;
        note_signals(self);
        /* The wake-up may have come with the signal; nobody else was woken for that connection. */
        if (self->stopping)
            return readable_now(fd) ? PROC_WAIT_READABLE : PROC_WAIT_STOP;
    }
}

bool proc_child_stopping(struct proc_child *self)
{
    const struct timespec now = {0};

    if (!self->signals_set)
        set_signals(self);
    (void)ppoll(NULL, 0, &now, &self->waiting); /* lets in what is pending */
    note_signals(self);
    return self->stopping;
}

static void describe(struct proc_child *self, const char *method, const char *route,
                     const char *request_id, int64_t deadline_ms)
{
    struct scoreboard_view *v = &self->mine;

    if (method)
        copy_text(v->method, sizeof v->method, method);
    if (route)
        copy_text(v->route, sizeof v->route, route);
    if (request_id)
        copy_text(v->request_id, sizeof v->request_id, request_id);
    if (deadline_ms != 0)
        v->deadline_ms = deadline_ms;
    publish(self);
}

void proc_request_begin(struct proc_child *self, const char *method, const char *route,
                        const char *request_id, int64_t deadline_ms)
{
    self->mine.state = SLOT_BUSY;
    self->mine.accepted++;
    self->mine.begun_ms = clock_mono_ms();
    self->mine.begun_us = clock_now_us();
    self->mine.deadline_ms = 0;
    self->begun_us = clock_mono_us();
    describe(self, method ? method : "", route ? route : "", request_id ? request_id : "",
             deadline_ms);
}

void proc_request_update(struct proc_child *self, const char *method, const char *route,
                         const char *request_id, int64_t deadline_ms)
{
    describe(self, method, route, request_id, deadline_ms);
}

static void settle(struct proc_child *self)
{
    self->mine.state = self->stopping ? SLOT_LEAVING : SLOT_IDLE;
    self->mine.deadline_ms = 0;
    publish(self);
}

void proc_request_end(struct proc_child *self, int status, uint64_t bytes_in, uint64_t bytes_out)
{
    struct scoreboard_view *v = &self->mine;
    const int64_t us = clock_mono_us() - self->begun_us;
    const int class = status / 100;

    v->requests++;
    v->own_requests++;
    v->by_status[class >= 1 && class <= 5 ? class : 0]++;
    v->bytes_in += bytes_in;
    v->bytes_out += bytes_out;
    v->busy_us += (uint64_t)us;
    v->buckets[scoreboard_bucket(us)]++;
    v->last_us = us;
    v->last_status = status;
    settle(self);
}

void proc_request_cancel(struct proc_child *self)
{
    settle(self);
}

uint64_t proc_child_requests(const struct proc_child *self)
{
    return self->mine.own_requests;
}

const char *proc_child_role(const struct proc_child *self)
{
    return self->mine.role;
}

size_t proc_child_slot(const struct proc_child *self)
{
    return self->slot;
}

int64_t proc_child_rss_bytes(struct proc_child *self)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    struct slice rest;
    int64_t pages;

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return 0;
    (void)slice_cut((struct slice){text, (size_t)n}, ' ',
                    &rest); /* the first word is the virtual size */
    if (!slice_to_i64(slice_cut(rest, ' ', &rest), &pages))
        return 0;
    self->mine.rss_bytes = pages * sysconf(_SC_PAGESIZE);
    publish(self);
    return self->mine.rss_bytes;
}

const struct scoreboard *proc_child_scoreboard(const struct proc_child *self)
{
    return self->board;
}
