/* A disk whose syncs fail while a file is there. Loaded before the C library (LD_PRELOAD): SQLite and Rust sync through it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int synced(long call, int file) {
    const char *failing = getenv("STORE_SYNC_FAILING");
    if (failing != NULL && access(failing, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, file);
}

int fsync(int file) { return synced(SYS_fsync, file); }

int fdatasync(int file) { return synced(SYS_fdatasync, file); }
