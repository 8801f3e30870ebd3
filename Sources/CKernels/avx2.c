// The kernels for processors with AVX2.
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>
#include "internal.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2"))), apply_to = function)
#define CK_NAME "avx2"
#define CK_WIDTH 8
#define CK_TABLE ck_table_avx2
#include "kernels/all.h"
#pragma clang attribute pop
#endif
