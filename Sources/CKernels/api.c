// The public kernels: argument records, the split over threads, nothing else.
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENTS 16384                                  // a piece of an elementwise pass: 64 KiB a stream
static long rows_a_piece(long D) { return D >= ELEMENTS ? 1 : ELEMENTS / (D > 0 ? D : 1); }
static long columns_a_piece(long D) { return D < 128 ? D : 64; }

#define RUN(kernel, count, piece, ...)                                          \
    do {                                                                        \
        ck_arguments arguments = {__VA_ARGS__};                                 \
        ck_parallel(count, piece, ck_kernels->kernel, &arguments);              \
    } while (0)

void ck_fill(float *out, float value, long n) { RUN(fill, n, ELEMENTS, .out = out, .f = {value}); }
void ck_add(float *out, const float *a, const float *b, long n) { RUN(add, n, ELEMENTS, .out = out, .a = a, .b = b); }
void ck_subtract(float *out, const float *a, const float *b, long n) {
    RUN(subtract, n, ELEMENTS, .out = out, .a = a, .b = b);
}
void ck_multiply(float *out, const float *a, const float *b, long n) {
    RUN(multiply, n, ELEMENTS, .out = out, .a = a, .b = b);
}
void ck_scale(float *out, const float *a, float factor, float constant, long n) {
    RUN(scale, n, ELEMENTS, .out = out, .a = a, .f = {factor, constant});
}
void ck_add_row(float *out, const float *a, const float *row, long N, long D) {
    RUN(add_row, N, rows_a_piece(D), .out = out, .a = a, .b = row, .D = D);
}
void ck_multiply_row(float *out, const float *a, const float *row, long N, long D) {
    RUN(multiply_row, N, rows_a_piece(D), .out = out, .a = a, .b = row, .D = D);
}
void ck_apply(float *out, const float *a, int function, long n) {
    RUN(apply, n, ELEMENTS / 4, .out = out, .a = a, .function = function);
}
void ck_apply_pullback(float *out, const float *a, const float *upstream, int function, long n) {
    RUN(apply_pullback, n, ELEMENTS / 4, .out = out, .a = a, .b = upstream, .function = function);
}
void ck_gated(float *out, const float *gate, const float *up, int function, long n) {
    RUN(gated, n, ELEMENTS / 4, .out = out, .a = gate, .b = up, .function = function);
}
void ck_gated_pullback(float *dgate, float *dup, const float *gate, const float *up, const float *upstream,
                       int function, long n) {
    RUN(gated_pullback, n, ELEMENTS / 4, .out = dgate, .out2 = dup, .a = gate, .b = up, .c = upstream,
        .function = function);
}
void ck_dropout(float *out, const float *a, float rate, uint64_t seed, uint64_t step, uint64_t site, long n) {
    RUN(dropout, (n + 3) / 4, ELEMENTS / 16, .out = out, .a = a, .f = {rate}, .u = {seed, step, site}, .N = n);
}

void ck_philox(uint32_t out[4], uint64_t key, uint64_t counter_low, uint64_t counter_high) {
    uint32_t c[4] = {(uint32_t)counter_low, (uint32_t)(counter_low >> 32), (uint32_t)counter_high,
                     (uint32_t)(counter_high >> 32)};
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k0, (uint32_t)p1, (uint32_t)(p0 >> 32) ^ c[3] ^ k1,
                            (uint32_t)p0};
        memcpy(c, next, sizeof c);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    memcpy(out, c, sizeof c);
}

double ck_log(double x) { return log(x); }
double ck_cos(double x) { return cos(x); }

double ck_sum(const float *a, long n) { return ck_kernels->sum(a, n); }
double ck_sum_of_squares(const float *a, long n) { return ck_kernels->sum_of_squares(a, n); }
void ck_sum_rows(float *out, const float *a, long N, long D) {
    RUN(sum_rows, D, columns_a_piece(D), .out = out, .a = a, .N = N, .D = D);
}

void ck_scatter_add(float *out, const float *a, const int32_t *index, long N, long rows, long D) {
    ck_fill(out, 0, rows * D);
    RUN(scatter_add, D, columns_a_piece(D), .out = out, .a = a, .index = index, .N = N, .D = D);
}
void ck_copy_columns(float *out, long out_width, long out_start, const float *a, long a_width, long a_start,
                     long N, long count) {
    for (long i = 0; i < N; i++)
        memcpy(out + i * out_width + out_start, a + i * a_width + a_start, (size_t)count * 4);
}
void ck_pick(float *out, const float *a, const int32_t *index, long N, long D) {
    for (long i = 0; i < N; i++) out[i] = a[i * D + index[i]];
}
void ck_place(float *out, const float *a, const int32_t *index, long N, long D) {
    ck_fill(out, 0, N * D);
    for (long i = 0; i < N; i++) out[i * D + index[i]] = a[i];
}
void ck_transpose(float *out, const float *a, long N, long D) {
    for (long i = 0; i < N; i += 16)
        for (long j = 0; j < D; j += 16)
            for (long ii = i; ii < i + 16 && ii < N; ii++)
                for (long jj = j; jj < j + 16 && jj < D; jj++) out[jj * N + ii] = a[ii * D + jj];
}

void ck_rms_norm(float *y, const float *x, const float *w, float epsilon, float weight_offset, long N, long D) {
    RUN(rms_norm, N, rows_a_piece(D), .out = y, .a = x, .b = w, .f = {epsilon, weight_offset}, .D = D);
}
void ck_rms_norm_pullback(float *dx, float *dw, float *inverse, const float *x, const float *w, const float *dy,
                          float epsilon, float weight_offset, long N, long D) {
    RUN(rms_norm_pullback, N, rows_a_piece(D), .out = dx, .out2 = inverse, .a = x, .b = w, .c = dy,
        .f = {epsilon, weight_offset}, .D = D);
    if (dw) RUN(rms_norm_weight, D, columns_a_piece(D), .out = dw, .a = x, .b = inverse, .c = dy, .D = D, .N = N);
}
void ck_layer_norm(float *y, const float *x, const float *w, const float *b, float epsilon, long N, long D) {
    RUN(layer_norm, N, rows_a_piece(D), .out = y, .a = x, .b = w, .c = b, .f = {epsilon}, .D = D);
}
void ck_layer_norm_pullback(float *dx, float *dw, float *db, float *inverse, float *mean, const float *x,
                            const float *w, const float *dy, float epsilon, long N, long D) {
    RUN(layer_norm_pullback, N, rows_a_piece(D), .out = dx, .out2 = inverse, .out3 = mean, .a = x, .b = w, .c = dy,
        .f = {epsilon}, .D = D);
    if (dw)
        RUN(layer_norm_weight, D, columns_a_piece(D), .out = dw, .out2 = db, .a = x, .b = inverse, .c = dy, .d = mean,
            .D = D, .N = N);
}

void ck_rotary_angles(float *cosines, float *sines, const int32_t *positions, const float *frequencies,
                      float magnitude, long N, long pairs) {
    for (long i = 0; i < N; i++)
        for (long j = 0; j < pairs; j++) {
            float angle = (float)positions[i] * frequencies[j];
            cosines[i * pairs + j] = cosf(angle) * magnitude;
            sines[i * pairs + j] = sinf(angle) * magnitude;
        }
}
void ck_rotary(float *y, const float *x, const float *cosines, const float *sines, long pairs, int inverse,
               long N, long heads, long W) {
    RUN(rotary, N, rows_a_piece(heads * W), .out = y, .a = x, .b = cosines, .c = sines, .D = heads, .D2 = W,
        .D3 = pairs, .f = {inverse ? -1.0f : 1.0f});
}

void ck_log_softmax(float *y, const float *a, long N, long D) {
    RUN(log_softmax, N, rows_a_piece(D * 4), .out = y, .a = a, .D = D);
}
void ck_log_softmax_pullback(float *dx, const float *y, const float *dy, long N, long D) {
    RUN(log_softmax_pullback, N, rows_a_piece(D * 4), .out = dx, .a = y, .b = dy, .D = D);
}

void ck_adamw(float *w_out, float *m_out, float *v_out, const float *w, const float *m, const float *v,
              const float *g, float g_scale, float rate, float beta1, float beta2, float epsilon, float decay,
              float correction1, float correction2, long n) {
    RUN(adamw, n, ELEMENTS, .out = w_out, .out2 = m_out, .out3 = v_out, .a = w, .b = m, .c = v, .d = g,
        .f = {g_scale, rate, beta1, beta2, epsilon, decay, correction1, correction2});
}
void ck_adafactor(float *w_out, float *v_out, const float *w, const float *v, const float *g, float g_scale,
                  float rate, float decay2, float epsilon, float clip, float weight_decay, long n) {
    // The update is a stream of its own: its root mean square decides how far the weight moves.
    float *update = malloc((size_t)(n > 0 ? n : 1) * 4);
    if (!update) abort();
    RUN(adafactor_moment, n, ELEMENTS, .out = v_out, .out2 = update, .a = v, .b = g, .f = {g_scale, decay2, epsilon});
    double root = n > 0 ? sqrt(ck_sum_of_squares(update, n) / (double)n) : 0;
    float shrink = root > clip ? (float)(clip / root) : 1.0f;
    RUN(adafactor_update, n, ELEMENTS, .out = w_out, .a = w, .b = update, .f = {1 - weight_decay, rate * shrink});
    free(update);
}
