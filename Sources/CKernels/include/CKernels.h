// The loops of Cloze: every per-element pass, the BLAS calls and the expansion of stored weights.
//
// Arrays are float32, row-major and contiguous unless said otherwise. N packed rows, D width, O outputs, K inputs,
// S sequences, H query heads, G key/value heads, W head width. No function keeps a pointer after it returns.
// Work is shared out over the pool of threads.c; every thread of it flushes denormal numbers to zero, because the
// gradients of prompts are full of them and each costs a hundred cycles. The order of additions does not depend on
// which thread does the work.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdint.h>

// How a weight is stored; the names are ggml's.
enum ck_type {
    CK_F32, CK_F16, CK_BF16, CK_Q4_0, CK_Q4_1, CK_Q5_0, CK_Q5_1, CK_Q8_0, CK_Q4_K, CK_Q5_K, CK_Q6_K, CK_TYPES
};

enum ck_function {
    CK_RELU, CK_SILU, CK_GELU, CK_GELU_TANH, CK_TANH, CK_SIGMOID, CK_EXP, CK_LOG, CK_SQUARE
};

// Threads.
void ck_set_threads(long count);           // before the first kernel; 0 = one a processor
long ck_threads(void);
const char *ck_instruction_set(void);      // "avx512", "avx2", "neon", "plain": what was chosen at run time
int ck_use_instructions(const char *name); // lowers the choice to "avx2" or "plain"; 0 where there is none such
const char *ck_blas(void);                 // the BLAS library's own name for itself

// Elementwise over n elements; `out` may be an input.
void ck_fill(float *out, float value, long n);
void ck_add(float *out, const float *a, const float *b, long n);
void ck_subtract(float *out, const float *a, const float *b, long n);
void ck_multiply(float *out, const float *a, const float *b, long n);
void ck_scale(float *out, const float *a, float factor, float constant, long n);
void ck_add_row(float *out, const float *a, const float *row, long N, long D);
void ck_multiply_row(float *out, const float *a, const float *row, long N, long D);
void ck_apply(float *out, const float *a, int function, long n);
void ck_apply_pullback(float *out, const float *a, const float *upstream, int function, long n);
void ck_gated(float *out, const float *gate, const float *up, int function, long n);
void ck_gated_pullback(float *dgate, float *dup, const float *gate, const float *up, const float *upstream,
                       int function, long n);
// Philox 4x32-10 (Salmon et al. 2011), key (seed, site), counter (element / 4, step).
void ck_dropout(float *out, const float *a, float rate, uint64_t seed, uint64_t step, uint64_t site, long n);
void ck_philox(uint32_t out[4], uint64_t key, uint64_t counter_low, uint64_t counter_high);
double ck_log(double x);                   // so that Tensors needs no Foundation
double ck_cos(double x);

// Reductions.
double ck_sum(const float *a, long n);
double ck_sum_of_squares(const float *a, long n);
void ck_sum_rows(float *out, const float *a, long N, long D);    // out is (D,)

// Matrix products with a weight (O,K) of any type; row_bytes is what one row of it takes.
void ck_matmul(float *y, const float *x, const void *w, int type, const float *bias, long N, long O, long K);
void ck_matmul_untransposed(float *dx, const float *dy, const void *w, int type, long N, long O, long K);
void ck_matmul_outer(float *dw, const float *dy, const float *x, long N, long O, long K);  // dw = dy^T x
long ck_row_bytes(int type, long K);
void ck_expand(float *out, const void *w, int type, long rows, long K);

// Rows and columns.
typedef struct { const void *data; int type; long rows; } ck_source;
void ck_gather(float *out, const int32_t *index, long N, const ck_source *tables, long count, long D);
void ck_scatter_add(float *out, const float *a, const int32_t *index, long N, long rows, long D);
void ck_copy_columns(float *out, long out_width, long out_start, const float *a, long a_width, long a_start,
                     long N, long count);
void ck_pick(float *out, const float *a, const int32_t *index, long N, long D);
void ck_place(float *out, const float *a, const int32_t *index, long N, long D);
void ck_transpose(float *out, const float *a, long N, long D);

// Norms. weight_offset is added to each weight. inverse (N,) and mean (N,) are scratch that the pullback fills.
void ck_rms_norm(float *y, const float *x, const float *w, float epsilon, float weight_offset, long N, long D);
void ck_rms_norm_pullback(float *dx, float *dw, float *inverse, const float *x, const float *w, const float *dy,
                          float epsilon, float weight_offset, long N, long D);             // dw may be null
void ck_layer_norm(float *y, const float *x, const float *w, const float *b, float epsilon, long N, long D);
void ck_layer_norm_pullback(float *dx, float *dw, float *db, float *inverse, float *mean, const float *x,
                            const float *w, const float *dy, float epsilon, long N, long D); // dw, db may be null

// Rotary positions: cosines and sines are (N, pairs); pair i is coordinates i and i + W/2 of each head.
void ck_rotary_angles(float *cosines, float *sines, const int32_t *positions, const float *frequencies,
                      float magnitude, long N, long pairs);
void ck_rotary(float *y, const float *x, const float *cosines, const float *sines, long pairs, int inverse,
               long N, long heads, long W);

// Softmax of each row.
void ck_log_softmax(float *y, const float *a, long N, long D);
void ck_log_softmax_pullback(float *dx, const float *y, const float *dy, long N, long D);

// Attention over packed sequences and the chains of past blocks they read.
typedef struct { const float *keys, *values; long rows; } ck_past;
typedef struct {
    const float *queries;          // (N, H*W)
    const float *keys, *values;    // (N, G*W)
    const long *lengths;           // (S,)
    long sequences;
    const ck_past *pasts;          // blocks of (rows, G*W)
    const long *chains;            // past indices of all sequences, end to end
    const long *chain_starts;      // (S+1,)
    long heads, kv_heads, width;   // H, G, W
    int causal;
    long window;                   // 0 = all
    float scale;
} ck_attention;
void ck_attend(float *output, float *log_sums, const ck_attention *input);   // (N, H*W), (N, H)
// dpast_keys[i], dpast_values[i] are (rows, G*W) of block i; null pointers where no gradient is wanted.
void ck_attend_pullback(float *dq, float *dk, float *dv, float **dpast_keys, float **dpast_values, long pasts,
                        const ck_attention *input, const float *output, const float *log_sums,
                        const float *upstream);

// Optimizers over n elements; outputs may be the inputs.
void ck_adamw(float *w_out, float *m_out, float *v_out, const float *w, const float *m, const float *v,
              const float *g, float g_scale, float rate, float beta1, float beta2, float epsilon, float decay,
              float correction1, float correction2, long n);
void ck_adafactor(float *w_out, float *v_out, const float *w, const float *v, const float *g, float g_scale,
                  float rate, float decay2, float epsilon, float clip, float weight_decay, long n);

#endif
