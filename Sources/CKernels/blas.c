// Which of OpenBLAS's kernels multiply matrices here.
#include "internal.h"

#if defined(__APPLE__)

const char *ck_blas(void) { return "Accelerate"; }

#else

#include <stdlib.h>
#include <string.h>

extern char *openblas_get_config(void);
const char *ck_blas(void) { return openblas_get_config(); }

#if defined(__x86_64__)

extern char *openblas_get_corename(void);
// There only where OpenBLAS chooses at run time, as Debian's does.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));

// OpenBLAS knows processors by their model number and takes one that is newer than itself for a Prescott of 2004,
// five times slower than it need be. Such a one gets the kernels of the instructions it has. OpenBLAS reads
// its choice from the environment when it is loaded; here it chooses once more, before anything is multiplied.
__attribute__((constructor)) static void choose(void) {
    if (getenv("OPENBLAS_CORETYPE") || !gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
    static const char *const old[] = {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Sandybridge"};
    const char *chosen = openblas_get_corename(), *better = 0;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) better = "Haswell";
    if (better && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        better = "SkylakeX";
    if (!better) return;
    for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
        if (strcmp(chosen, old[i])) continue;
        setenv("OPENBLAS_CORETYPE", better, 1);
        gotoblas_dynamic_quit();
        gotoblas_dynamic_init();
        unsetenv("OPENBLAS_CORETYPE");
        return;
    }
}

#endif
#endif
