// Which kernels this processor can run, decided once before main.
#include "internal.h"

#include <stdlib.h>
#include <string.h>

const ck_table *ck_kernels = &ck_table_plain;

__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
    // CLOZE_INSTRUCTIONS=plain|avx2 lowers the choice: for tests, and to compare.
    const char *asked = getenv("CLOZE_INSTRUCTIONS");
    if (asked && !strcmp(asked, "plain")) return;
    __builtin_cpu_init();
    int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    int has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (has_avx512 && !(asked && !strcmp(asked, "avx2"))) ck_kernels = &ck_table_avx512;
    else if (has_avx2) ck_kernels = &ck_table_avx2;
#endif
}

int ck_use_instructions(const char *name) {
    const ck_table *known[] = {
        &ck_table_plain,
#if defined(__x86_64__)
        &ck_table_avx2,
#endif
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i]->name, name)) continue;
#if defined(__x86_64__)
        if (known[i] == &ck_table_avx2 && ck_kernels == &ck_table_plain) return 0;
#endif
        ck_kernels = known[i];
        return 1;
    }
    return 0;
}

const char *ck_instruction_set(void) { return ck_kernels->name; }
