// A pool of worker threads that flush denormals, and the thread that calls helps.
//
// BLAS is asked for one thread of its own: it runs inside these workers, so its arithmetic flushes denormals too and
// the split of the work is ours. One region runs at a time; a second caller does its work alone.
#include "internal.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define CK_MOST_THREADS 64
#define CK_SPINS 4000   // about 50 microseconds: most regions follow one another sooner

static struct {
    pthread_mutex_t region, sleep;
    pthread_cond_t wake;
    long threads;
    atomic_ulong generation;
    atomic_long next, running;
    long count, piece;
    ck_range body;
    const void *arguments;
} pool = {.region = PTHREAD_MUTEX_INITIALIZER, .sleep = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static long wanted_threads;
static pthread_once_t started = PTHREAD_ONCE_INIT;

void ck_flush_denormals(void) {
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040);
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(control | (1 << 24)));
#endif
}

// Flushing while a region runs on the caller's thread, and the caller's own mode afterwards.
static uint64_t enter(void) {
#if defined(__x86_64__)
    uint64_t before = _mm_getcsr();
#elif defined(__aarch64__)
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
#else
    uint64_t before = 0;
#endif
    ck_flush_denormals();
    return before;
}

static void leave(uint64_t before) {
#if defined(__x86_64__)
    _mm_setcsr((unsigned)before);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
#endif
}

static void pause_briefly(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// Waits for the others: spinning at first, then giving the processor away, since on a busy machine the one who is
// waited for may need it.
static void wait_until_done(atomic_long *running) {
    for (int i = 0; atomic_load(running) > 0; i++) {
        if (i < CK_SPINS) pause_briefly();
        else sched_yield();
    }
}

static void work(void) {
    for (;;) {
        long begin = atomic_fetch_add(&pool.next, pool.piece);
        if (begin >= pool.count) return;
        long end = begin + pool.piece;
        pool.body(pool.arguments, begin, end < pool.count ? end : pool.count);
    }
}

static void *worker(void *unused) {
    (void)unused;
    ck_flush_denormals();
    unsigned long seen = 0;
    for (;;) {
        for (int i = 0; i < CK_SPINS && atomic_load(&pool.generation) == seen; i++) pause_briefly();
        if (atomic_load(&pool.generation) == seen) {
            pthread_mutex_lock(&pool.sleep);
            while (atomic_load(&pool.generation) == seen) pthread_cond_wait(&pool.wake, &pool.sleep);
            pthread_mutex_unlock(&pool.sleep);
        }
        seen = atomic_load(&pool.generation);
        work();
        atomic_fetch_sub(&pool.running, 1);
    }
    return NULL;
}

#if !defined(__APPLE__)
extern void openblas_set_num_threads(int);
#endif

static void start(void) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long threads = wanted_threads > 0 ? wanted_threads : processors;
    if (threads < 1) threads = 1;
    if (threads > CK_MOST_THREADS) threads = CK_MOST_THREADS;
#if !defined(__APPLE__)
    openblas_set_num_threads(1);
#endif
    pool.threads = 1;
    for (long i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, NULL)) break;
        pthread_detach(thread);
        pool.threads++;
    }
}

void ck_set_threads(long count) { wanted_threads = count; }

long ck_threads(void) {
    pthread_once(&started, start);
    return pool.threads;
}

void ck_parallel(long count, long piece, ck_range body, const void *arguments) {
    if (count <= 0) return;
    pthread_once(&started, start);
    uint64_t before = enter();
    if (pool.threads == 1 || count <= piece || pthread_mutex_trylock(&pool.region)) {
        // Same pieces as with company, so that results do not depend on it.
        for (long begin = 0; begin < count; begin += piece)
            body(arguments, begin, begin + piece < count ? begin + piece : count);
        leave(before);
        return;
    }
    pool.count = count;
    pool.piece = piece;
    pool.body = body;
    pool.arguments = arguments;
    atomic_store(&pool.next, 0);
    atomic_store(&pool.running, pool.threads - 1);
    pthread_mutex_lock(&pool.sleep);
    atomic_fetch_add(&pool.generation, 1);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.sleep);
    work();
    wait_until_done(&pool.running);
    pthread_mutex_unlock(&pool.region);
    leave(before);
}

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
typedef struct { float *memory[4]; long floats[4]; } scratch;

static void free_scratch(void *pointer) {
    scratch *s = pointer;
    for (int i = 0; i < 4; i++) free(s->memory[i]);
    free(s);
}

static void make_scratch_key(void) { pthread_key_create(&scratch_key, free_scratch); }

float *ck_scratch(int slot, long floats) {
    pthread_once(&scratch_once, make_scratch_key);
    scratch *s = pthread_getspecific(scratch_key);
    if (!s) {
        s = calloc(1, sizeof *s);
        if (!s) abort();
        pthread_setspecific(scratch_key, s);
    }
    if (s->floats[slot] < floats) {
        free(s->memory[slot]);
        long rounded = (floats + 4095) & ~4095L;
        if (posix_memalign((void **)&s->memory[slot], 64, (size_t)rounded * 4)) abort();
        s->floats[slot] = rounded;
    }
    return s->memory[slot];
}
