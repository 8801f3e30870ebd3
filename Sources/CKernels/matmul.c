// Matrix products. Float weights go to BLAS as they are; stored weights are expanded a panel at a time into a
// buffer that stays in the second-level cache, so memory holds only what the file holds.
#include "internal.h"

#include <string.h>

#define PANEL 192      // weight rows expanded at a time, so that a panel stays in the second-level cache
#define MANY 256       // from so many rows of x on panels are larger: BLAS packs x anew for each of them
#define FLOATS (1 << 19)  // of such a panel
#define FEW 4          // up to so many rows of x, a dot product a weight row beats a matrix product

static const struct { short length, bytes; } blocks[CK_TYPES] = {
    {1, 4}, {1, 2}, {1, 2}, {32, 18}, {32, 20}, {32, 22}, {32, 24}, {32, 34}, {256, 144}, {256, 176}, {256, 210},
};

long ck_block_length(int type) { return blocks[type].length; }
long ck_row_bytes(int type, long K) { return K / blocks[type].length * blocks[type].bytes; }

typedef struct {
    float *y;
    const float *x, *bias;
    const char *w;
    int type;
    long N, O, K, row_bytes;
} product;

static const void *row_of(const product *p, long o) { return p->w + o * p->row_bytes; }

static long panel_rows(const product *p, long K) {
    long rows = FLOATS / K & ~15L;
    return p->N >= MANY && rows > PANEL ? rows : PANEL;
}

// Rows [begin, end) of the weight, columns [from, to), as floats of stride to - from.
static const float *panel(const product *p, long begin, long end, long from, long to) {
    float *out = ck_scratch(0, (end - begin) * (to - from));
    for (long o = begin; o < end; o++)
        ck_kernels->expand[p->type](out + (o - begin) * (to - from), row_of(p, o), from, to);
    return out;
}

static void start_with_bias(const product *p, long begin, long end, long first, long last) {
    for (long n = first; n < last; n++)
        memcpy(p->y + n * p->O + begin, p->bias + begin, (size_t)(end - begin) * 4);
}

// Outputs [begin, end) for rows [first, last) of x.
static void block_product(const product *p, long begin, long end, long first, long last) {
    if (p->bias) start_with_bias(p, begin, end, first, last);
    const float *x = p->x + first * p->K;
    float *y = p->y + first * p->O;
    if (p->type == CK_F32) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, last - first, end - begin, p->K, 1, x, p->K,
                    row_of(p, begin), p->K, p->bias ? 1 : 0, y + begin, p->O);
        return;
    }
    for (long o = begin, rows = panel_rows(p, p->K); o < end; o += rows) {
        long stop = o + rows < end ? o + rows : end;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, last - first, stop - o, p->K, 1, x, p->K,
                    panel(p, o, stop, 0, p->K), p->K, p->bias ? 1 : 0, y + o, p->O);
    }
}

static void by_outputs(const void *arguments, long begin, long end) {
    const product *p = arguments;
    block_product(p, begin, end, 0, p->N);
}

static void by_rows(const void *arguments, long begin, long end) {
    const product *p = arguments;
    block_product(p, 0, p->O, begin, end);
}

static void few_rows(const void *arguments, long begin, long end) {
    const product *p = arguments;
    float dots[FEW];
    for (long o = begin; o < end; o++) {
        ck_kernels->row_dot[p->type](dots, row_of(p, o), p->x, p->N, p->K);
        for (long n = 0; n < p->N; n++) p->y[n * p->O + o] = dots[n] + (p->bias ? p->bias[o] : 0);
    }
}

static long share(long count, long multiple) {
    long threads = ck_threads();
    long each = (count + threads - 1) / threads;
    return (each + multiple - 1) / multiple * multiple;
}

void ck_matmul(float *y, const float *x, const void *w, int type, const float *bias, long N, long O, long K) {
    product p = {y, x, bias, w, type, N, O, K, ck_row_bytes(type, K)};
    if (N == 0 || O == 0) return;
    if (N <= FEW) ck_parallel(O, share(O, 8) / 4 + 1, few_rows, &p);
    else if (O >= 32 * ck_threads()) ck_parallel(O, share(O, 16), by_outputs, &p);
    else ck_parallel(N, share(N, 16), by_rows, &p);
}

// dx (N,K) = dy (N,O) w (O,K): columns [begin, end) of dx.
static void by_inputs(const void *arguments, long begin, long end) {
    const product *p = arguments;
    long width = end - begin;
    if (p->type == CK_F32) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, p->N, width, p->O, 1, p->x, p->O,
                    (const float *)p->w + begin, p->K, 0, p->y + begin, p->K);
        return;
    }
    for (long o = 0, rows = panel_rows(p, width); o < p->O; o += rows) {
        long stop = o + rows < p->O ? o + rows : p->O;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, p->N, width, stop - o, 1, p->x + o, p->O,
                    panel(p, o, stop, begin, end), width, o > 0, p->y + begin, p->K);
    }
}

void ck_matmul_untransposed(float *dx, const float *dy, const void *w, int type, long N, long O, long K) {
    product p = {dx, dy, 0, w, type, N, O, K, ck_row_bytes(type, K)};
    if (N == 0 || K == 0) return;
    if (O == 0) { ck_fill(dx, 0, N * K); return; }
    long multiple = ck_block_length(type) > 16 ? ck_block_length(type) : 16;
    ck_parallel(K, share(K, multiple), by_inputs, &p);
}

// dw (O,K) = dy^T x: rows [begin, end) of dw.
static void outer(const void *arguments, long begin, long end) {
    const product *p = arguments;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, end - begin, p->K, p->N, 1, p->x + begin, p->O,
                (const float *)p->w, p->K, 0, p->y + begin * p->K, p->K);
}

void ck_matmul_outer(float *dw, const float *dy, const float *x, long N, long O, long K) {
    product p = {dw, dy, 0, (const char *)x, CK_F32, N, O, K, 0};
    if (O == 0 || K == 0) return;
    if (N == 0) { ck_fill(dw, 0, O * K); return; }
    ck_parallel(O, share(O, 16), outer, &p);
}

static void expand_rows(const void *arguments, long begin, long end) {
    const product *p = arguments;
    for (long o = begin; o < end; o++) ck_kernels->expand[p->type](p->y + o * p->K, row_of(p, o), 0, p->K);
}

void ck_expand(float *out, const void *w, int type, long rows, long K) {
    product p = {out, 0, 0, w, type, 0, rows, K, ck_row_bytes(type, K)};
    ck_parallel(rows, 64, expand_rows, &p);
}

typedef struct {
    float *out;
    const int32_t *index;
    const ck_source *tables;
    long count, D;
} lookup;

static void gather_rows(const void *arguments, long begin, long end) {
    const lookup *p = arguments;
    for (long i = begin; i < end; i++) {
        long row = p->index[i];
        const ck_source *table = p->tables;
        while (row >= table->rows) row -= (table++)->rows;
        const char *source = (const char *)table->data + row * ck_row_bytes(table->type, p->D);
        ck_kernels->expand[table->type](p->out + i * p->D, source, 0, p->D);
    }
}

void ck_gather(float *out, const int32_t *index, long N, const ck_source *tables, long count, long D) {
    lookup p = {out, index, tables, count, D};
    ck_parallel(N, 64, gather_rows, &p);
}
