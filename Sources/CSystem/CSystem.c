#define _GNU_SOURCE
#include "CSystem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Addresses

static void read_native(const struct sockaddr_storage *from, struct csystem_address *out) {
    memset(out, 0, sizeof *out);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        out->family = 4;
        out->low = ntohl(v4->sin_addr.s_addr);
        out->port = ntohs(v4->sin_port);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        out->family = 6;
        for (int i = 0; i < 8; i++) {
            out->high = out->high << 8 | v6->sin6_addr.s6_addr[i];
            out->low = out->low << 8 | v6->sin6_addr.s6_addr[i + 8];
        }
        out->port = ntohs(v6->sin6_port);
        out->scope = v6->sin6_scope_id;
    }
}

static socklen_t write_native(const struct csystem_address *from, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (from->family == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)out;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(from->port);
        v4->sin_addr.s_addr = htonl((uint32_t)from->low);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(from->port);
    v6->sin6_scope_id = from->scope;
    for (int i = 0; i < 8; i++) {
        v6->sin6_addr.s6_addr[i] = (uint8_t)(from->high >> (56 - 8 * i));
        v6->sin6_addr.s6_addr[i + 8] = (uint8_t)(from->low >> (56 - 8 * i));
    }
    return sizeof *v6;
}

// Sockets

int csystem_tcp_socket(int family) {
    return socket(family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}

int csystem_udp_socket(int family) {
    return socket(family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
}

int csystem_bind(int fd, const struct csystem_address *address) {
    struct sockaddr_storage native;
    socklen_t length = write_native(address, &native);
    return bind(fd, (struct sockaddr *)&native, length);
}

int csystem_connect(int fd, const struct csystem_address *address) {
    struct sockaddr_storage native;
    socklen_t length = write_native(address, &native);
    return connect(fd, (struct sockaddr *)&native, length);
}

int csystem_accept(int fd, struct csystem_address *peer) {
    struct sockaddr_storage native;
    socklen_t length = sizeof native;
    memset(&native, 0, sizeof native);
    int accepted = accept4(fd, (struct sockaddr *)&native, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) read_native(&native, peer);
    return accepted;
}

int csystem_local_address(int fd, struct csystem_address *out) {
    struct sockaddr_storage native;
    socklen_t length = sizeof native;
    memset(&native, 0, sizeof native);
    if (getsockname(fd, (struct sockaddr *)&native, &length) != 0) return -1;
    read_native(&native, out);
    return 0;
}

int csystem_peer_address(int fd, struct csystem_address *out) {
    struct sockaddr_storage native;
    socklen_t length = sizeof native;
    memset(&native, 0, sizeof native);
    if (getpeername(fd, (struct sockaddr *)&native, &length) != 0) return -1;
    read_native(&native, out);
    return 0;
}

int csystem_socket_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
    return error;
}

int csystem_set_option(int fd, int option, int value) {
    switch (option) {
    case CSYSTEM_REUSE_ADDRESS: return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value);
    case CSYSTEM_REUSE_PORT: return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, sizeof value);
    case CSYSTEM_NO_DELAY: return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value);
    case CSYSTEM_KEEP_ALIVE: return setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value);
    case CSYSTEM_KEEP_ALIVE_IDLE: return setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, sizeof value);
    case CSYSTEM_KEEP_ALIVE_INTERVAL: return setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &value, sizeof value);
    case CSYSTEM_KEEP_ALIVE_COUNT: return setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &value, sizeof value);
    case CSYSTEM_USER_TIMEOUT: return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value);
    case CSYSTEM_V6_ONLY: return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, sizeof value);
    case CSYSTEM_RECEIVE_BUFFER: return setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof value);
    case CSYSTEM_SEND_BUFFER: return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof value);
    case CSYSTEM_DEFER_ACCEPT: return setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &value, sizeof value);
    case CSYSTEM_LINGER_RESET: {
        struct linger linger = {.l_onoff = value, .l_linger = 0};
        return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    }
    errno = EINVAL;
    return -1;
}

ptrdiff_t csystem_send(int fd, const void *bytes, size_t count) {
    return send(fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ptrdiff_t csystem_recv(int fd, void *bytes, size_t count) { return recv(fd, bytes, count, MSG_DONTWAIT); }

int csystem_has_input(int fd) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLRDHUP};
    return poll(&poll_fd, 1, 0) > 0;
}

// Names

int csystem_resolve(const char *host, struct csystem_address *out, int capacity) {
    struct addrinfo hints;
    struct addrinfo *list = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    int code = getaddrinfo(host, NULL, &hints, &list);
    if (code == EAI_ADDRFAMILY || code == EAI_NONAME || code == EAI_NODATA) {
        // AI_ADDRCONFIG ignores the loopback: a host without a network still resolves its own names.
        hints.ai_flags = 0;
        code = getaddrinfo(host, NULL, &hints, &list);
    }
    if (code != 0) return code < 0 ? code : -code;
    int count = 0;
    for (struct addrinfo *i = list; i != NULL && count < capacity; i = i->ai_next) {
        struct sockaddr_storage native;
        if (i->ai_addrlen > sizeof native) continue;
        memset(&native, 0, sizeof native);
        memcpy(&native, i->ai_addr, i->ai_addrlen);
        read_native(&native, &out[count]);
        if (out[count].family != 0) count++;
    }
    freeaddrinfo(list);
    return count;
}

const char *csystem_resolve_message(int code) { return gai_strerror(code); }

int csystem_is_no_such_name(int code) {
    return code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY;
}

// Children

// Runs in the child: only async-signal-safe calls. `report` is close-on-exec and carries errno.
static void run_child(const struct csystem_spawn *spawn, pid_t parent, int report, const sigset_t *mask) {
    int code;
    if (spawn->death_signal != 0) {
        if (prctl(PR_SET_PDEATHSIG, spawn->death_signal) != 0) goto failed;
        // The parent may have died before prctl: then nobody would send the signal any more.
        if (getppid() != parent) _exit(127);
    }
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = SIG_DFL;
        (void)sigaction(signal, &action, NULL);
    }
    int wanted[3] = {spawn->input, spawn->output, spawn->error};
    // First lift every source above 2, so that no dup2 overwrites one that is still needed.
    for (int i = 0; i < 3; i++) {
        int source = wanted[i] >= 0 ? wanted[i] : open("/dev/null", (i == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
        if (source < 0) goto failed;
        wanted[i] = fcntl(source, F_DUPFD_CLOEXEC, 3);
        if (wanted[i] < 0) goto failed;
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(wanted[i], i) < 0) goto failed;
    }
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) goto failed;
    if (spawn->directory != NULL && chdir(spawn->directory) != 0) goto failed;
    (void)setpgid(0, 0);
    (void)pthread_sigmask(SIG_SETMASK, mask, NULL);
    execve(spawn->path, spawn->argv, spawn->envp);
failed:
    code = errno;
    (void)!write(report, &code, sizeof code);
    _exit(127);
}

int csystem_start(const struct csystem_spawn *spawn, int *pid, int *pidfd) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return errno;
    // The report pipe must survive the dup2 calls of the child onto 0, 1 and 2.
    if (report[1] < 3) {
        int lifted = fcntl(report[1], F_DUPFD_CLOEXEC, 3);
        if (lifted < 0) {
            int code = errno;
            close(report[0]);
            close(report[1]);
            return code;
        }
        close(report[1]);
        report[1] = lifted;
    }
    sigset_t all, old, none;
    sigfillset(&all);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) run_child(spawn, parent, report[1], &none);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return fork_error;
    }
    int code = 0;
    ssize_t got;
    do {
        got = read(report[0], &code, sizeof code);
    } while (got < 0 && errno == EINTR);
    close(report[0]);
    if (got == (ssize_t)sizeof code) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        return code;
    }
    int descriptor = (int)syscall(SYS_pidfd_open, child, 0);
    if (descriptor < 0) {
        code = errno;
        kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        return code;
    }
    *pid = child;
    *pidfd = descriptor;
    return 0;
}

int csystem_reap(int pid, int *status) {
    int raw = 0;
    pid_t got;
    do {
        got = waitpid(pid, &raw, WNOHANG);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return (int)got;
    *status = WIFSIGNALED(raw) ? 256 + WTERMSIG(raw) : WEXITSTATUS(raw);
    return 1;
}

// Signals

int csystem_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }

// Written once per signal before its handler is installed; a handler only reads.
static volatile sig_atomic_t signal_targets[NSIG];

static void forward_signal(int signal) {
    int saved = errno;
    uint8_t byte = (uint8_t)signal;
    (void)!write((int)signal_targets[signal], &byte, 1);
    errno = saved;
}

static int set_handler(int signal, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    return sigaction(signal, &action, NULL) == 0 ? 0 : errno;
}

int csystem_signal_route(int signal, int fd) {
    if (signal <= 0 || signal >= NSIG) return EINVAL;
    signal_targets[signal] = fd;
    return set_handler(signal, forward_signal);
}

int csystem_signal_ignore(int signal) { return set_handler(signal, SIG_IGN); }

int csystem_signal_default(int signal) { return set_handler(signal, SIG_DFL); }

// Threads and memory

char **csystem_environment(void) { return environ; }

void csystem_thread_name(const char *name) {
    char short_name[16];
    strncpy(short_name, name, sizeof short_name - 1);
    short_name[sizeof short_name - 1] = 0;
    (void)pthread_setname_np(pthread_self(), short_name);
}

void csystem_trim_heap(void) { (void)malloc_trim(0); }

static int forget_segments(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size;
    (void)unused;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        const uintptr_t start = (object->dlpi_addr + segment->p_vaddr + page - 1) & ~(page - 1);
        const uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        if (end > start) (void)madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void csystem_forget_code(void) { (void)dl_iterate_phdr(forget_segments, NULL); }
