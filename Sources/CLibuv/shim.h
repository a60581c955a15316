// libuv, as the system has it, and the few calls that C can say and Swift cannot.
//
// uv.h pulls in system headers, and in whole-module (release) builds Swift takes types such as timespec for this
// module's: a file that uses them imports CLibuv beside Glibc.
#pragma once
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <uv.h>

// GNU extensions: their declarations hide behind _GNU_SOURCE, which Swift's Glibc module is built without.
extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern int pthread_setname_np(pthread_t, const char *);

// Sockets that neither block nor survive exec: the flags are not visible in Swift.
static inline int dosql_accept(int listening) {
  return accept4(listening, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int dosql_socket(int family) {
  return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// Linux gives each thread a priority of its own; elsewhere it would be the whole process's.
static inline int dosql_nice_thread(int niceness) {
#ifdef __linux__
  return setpriority(PRIO_PROCESS, 0, niceness);
#else
  return 0;
#endif
}

static inline int dosql_name_thread(pthread_t thread, const char *name) {
  return pthread_setname_np(thread, name);
}
