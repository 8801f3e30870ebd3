// What the files of this room share and nobody else sees.
#ifndef CKERNELS_INTERNAL_H
#define CKERNELS_INTERNAL_H

#include "CKernels.h"

typedef void (*ck_range)(const void *arguments, long begin, long end);

// Runs `body` over [0, count) in pieces of `piece`, on as many threads as help.
void ck_parallel(long count, long piece, ck_range body, const void *arguments);
// At least `floats` floats of this thread's own, kept between calls; slot 0...3.
float *ck_scratch(int slot, long floats);
void ck_flush_denormals(void);

// One argument record serves all elementwise and row kernels: what a kernel does not use stays zero.
typedef struct {
    float *out, *out2, *out3;
    const float *a, *b, *c, *d;
    const int32_t *index;
    long D, D2, D3, N;
    float f[9];
    uint64_t u[3];
    int function;
} ck_arguments;

// The kernels that exist once an instruction set.
typedef struct {
    const char *name;
    ck_range fill, add, subtract, multiply, scale, add_row, multiply_row, apply, apply_pullback, gated,
        gated_pullback, dropout, sum_rows, rms_norm, rms_norm_pullback, rms_norm_weight, layer_norm,
        layer_norm_pullback, layer_norm_weight, rotary, log_softmax, log_softmax_pullback, adamw,
        adafactor_moment, adafactor_update, scatter_add;
    double (*sum)(const float *a, long n);
    double (*sum_of_squares)(const float *a, long n);
    float (*dot)(const float *a, const float *b, long n);
    void (*axpy)(float *y, float a, const float *x, long n);
    // Softmax of scores[begin, end), zeros elsewhere below `total`; gives log of the sum of exponentials.
    float (*softmax)(float *scores, long begin, long end, long total);
    // scores := exp(scores - log_sum) in [begin, end), zeros elsewhere below `total`.
    void (*exponentials)(float *scores, float log_sum, long begin, long end, long total);
    // ds := p * (ds - delta) * scale
    void (*score_gradient)(float *ds, const float *p, float delta, float scale, long n);
    // Elements [begin, end) of one stored row, expanded; both on block boundaries.
    void (*expand[CK_TYPES])(float *out, const void *row, long begin, long end);
    // Dot products of one stored row with `count` rows of x, K apart.
    void (*row_dot[CK_TYPES])(float *out, const void *row, const float *x, long count, long K);
} ck_table;

extern const ck_table *ck_kernels;   // chosen once, before main
extern const ck_table ck_table_plain;
#if defined(__x86_64__)
extern const ck_table ck_table_avx2, ck_table_avx512;
#endif

long ck_block_length(int type);

#if defined(__APPLE__)
#define ACCELERATE_NEW_LAPACK
#include <Accelerate/Accelerate.h>
#else
#include <cblas.h>
#endif

#endif
