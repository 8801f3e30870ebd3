// The kernels for processors with AVX512.
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>
#include "internal.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c,bmi,bmi2"))), apply_to = function)
#define CK_NAME "avx512"
#define CK_WIDTH 16
#define CK_TABLE ck_table_avx512
#include "kernels/all.h"
#pragma clang attribute pop
#endif
