#ifndef CSYSTEM_H
#define CSYSTEM_H

// System calls and constants that `import Glibc` does not carry, or that must run in C
// (between fork and exec, inside a signal handler). Every function returns -1 or a positive
// errno as its comment says, and none keeps a pointer after it returned.

#include <stdint.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

/// An internet address in host byte order: family 4 uses the low 32 bits of `low`.
struct csystem_address {
    uint64_t high;
    uint64_t low;
    uint32_t scope;
    uint16_t port;
    uint8_t family;  // 4, 6, or 0 for anything else
};

// Sockets. All descriptors are made close-on-exec and non-blocking. -1 with errno set on failure.
int csystem_tcp_socket(int family);
int csystem_udp_socket(int family);
int csystem_bind(int fd, const struct csystem_address *address);
int csystem_connect(int fd, const struct csystem_address *address);
int csystem_accept(int fd, struct csystem_address *peer);
int csystem_local_address(int fd, struct csystem_address *out);
int csystem_peer_address(int fd, struct csystem_address *out);
/// The value of SO_ERROR, or errno when it cannot be read.
int csystem_socket_error(int fd);
int csystem_set_option(int fd, int option, int value);
enum csystem_option {
    CSYSTEM_REUSE_ADDRESS,
    CSYSTEM_REUSE_PORT,
    CSYSTEM_NO_DELAY,
    CSYSTEM_KEEP_ALIVE,
    CSYSTEM_KEEP_ALIVE_IDLE,
    CSYSTEM_KEEP_ALIVE_INTERVAL,
    CSYSTEM_KEEP_ALIVE_COUNT,
    CSYSTEM_USER_TIMEOUT,
    CSYSTEM_V6_ONLY,
    CSYSTEM_LINGER_RESET,
    CSYSTEM_RECEIVE_BUFFER,
    CSYSTEM_SEND_BUFFER,
    CSYSTEM_DEFER_ACCEPT,
};
/// Sends with MSG_NOSIGNAL; receives without blocking.
ptrdiff_t csystem_send(int fd, const void *bytes, size_t count);
ptrdiff_t csystem_recv(int fd, void *bytes, size_t count);
/// 1 when data, end of stream or an error waits to be read, 0 when not. Consumes nothing.
int csystem_has_input(int fd);

/// Fills up to `capacity` addresses. Returns their number, or a negative getaddrinfo code.
int csystem_resolve(const char *host, struct csystem_address *out, int capacity);
const char *csystem_resolve_message(int code);
/// 1 when the code says that there is no such name or no address of it, 0 when nobody could tell.
int csystem_is_no_such_name(int code);

/// How a child is started. Descriptors of -1 mean /dev/null.
struct csystem_spawn {
    const char *path;
    char *const *argv;
    char *const *envp;
    const char *directory;  // NULL: the parent's
    int input;
    int output;
    int error;
    int death_signal;  // sent when the spawning thread ends; 0: none
};
/// Starts a child. Returns 0 and fills pid and pidfd, or an errno of fork, pidfd_open or exec.
int csystem_start(const struct csystem_spawn *spawn, int *pid, int *pidfd);
/// Reaps `pid` if it ended: 1 and `status` filled (exit code, or 256 + signal), 0 still running, -1 errno.
int csystem_reap(int pid, int *status);

/// A close-on-exec, non-blocking pipe: reading end, writing end. 0 or -1.
int csystem_pipe(int ends[2]);
/// From now on each `signal` writes its number as one byte to `fd`. 0 or an errno.
int csystem_signal_route(int signal, int fd);
int csystem_signal_ignore(int signal);
int csystem_signal_default(int signal);

/// The process's variables, ended by NULL.
char **csystem_environment(void);
void csystem_thread_name(const char *name);
/// Differs between threads that live.
static inline uint64_t csystem_thread_id(void) { return (uint64_t)__builtin_thread_pointer(); }
void csystem_trim_heap(void);
/// Lets go of the mapped pages of code and constants: those used again come back from the page cache, those that only
/// the start needed do not.
void csystem_forget_code(void);

#endif
