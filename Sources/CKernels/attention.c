// Attention over packed sequences, each reading a chain of past blocks before its own rows.
//
// Scores of a tile of queries are made, turned into weights and used at once; only the logarithm of each row's sum
// is kept, from which the pullback makes the weights again (Dao et al. 2022, without the tiling over keys: a row's
// scores fit the cache). Work is shared out by (sequence, head), in the pullback by (sequence, key/value head), so
// that no two threads write one row.
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define TILE 64    // queries at a time

typedef struct {
    const ck_attention *in;
    float *output, *log_sums;
    // The pullback's.
    float *dq, *dk, *dv;
    const float *upstream;
    float *dpast_keys, *dpast_values;      // (sum over sequences of past rows, G*W), before they are summed by block
    const long *past_starts;               // first past row of each sequence in those two
    const long *starts;                    // first own row of each sequence
} attention;

// A run of keys and values that lie together: a past block, or the sequence's own rows.
typedef struct { const float *keys, *values; long first, rows; } segment;

static long past_rows(const ck_attention *in, long s) {
    long rows = 0;
    for (long c = in->chain_starts[s]; c < in->chain_starts[s + 1]; c++) rows += in->pasts[in->chains[c]].rows;
    return rows;
}

// Segment i of sequence s for a key/value head; the last is the sequence's own, with `own` rows of it.
static segment segment_of(const attention *p, long s, long i, long kv_head, long first, long own) {
    const ck_attention *in = p->in;
    long shift = kv_head * in->width, stride = in->kv_heads * in->width;
    long c = in->chain_starts[s] + i;
    if (c < in->chain_starts[s + 1]) {
        const ck_past *past = &in->pasts[in->chains[c]];
        return (segment){past->keys + shift, past->values + shift, first, past->rows};
    }
    long row = p->starts[s] * stride + shift;
    return (segment){in->keys + row, in->values + row, first, own};
}

static long segments_of(const attention *p, long s) { return p->in->chain_starts[s + 1] - p->in->chain_starts[s] + 1; }

// The keys that own row i of a sequence sees, counted from the start of its chain: [*begin, *end).
static void sight(const ck_attention *in, long past, long length, long i, long *begin, long *end) {
    *end = in->causal ? past + i + 1 : past + length;
    *begin = in->window && past + i + 1 > in->window ? past + i + 1 - in->window : 0;
    if (!in->causal && in->window) {
        long reach = past + i + in->window;
        if (reach < *end) *end = reach;
    }
}

// scores (rows, total) = scale * queries keys^T, all segments side by side.
static void score(const attention *p, long s, long head, long first, long rows, long own, long total, float *scores) {
    const ck_attention *in = p->in;
    long W = in->width, q_stride = in->heads * W, k_stride = in->kv_heads * W;
    const float *q = in->queries + (p->starts[s] + first) * q_stride + head * W;
    long column = 0;
    for (long i = 0; i < segments_of(p, s); i++) {
        segment seg = segment_of(p, s, i, head / (in->heads / in->kv_heads), column, own);
        if (!seg.rows) continue;
        if (rows == 1) {
            for (long j = 0; j < seg.rows; j++)
                scores[column + j] = in->scale * ck_kernels->dot(q, seg.keys + j * k_stride, W);
        } else {
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, seg.rows, W, in->scale, q, q_stride, seg.keys,
                        k_stride, 0, scores + column, total);
        }
        column += seg.rows;
    }
}

static void mix(const attention *p, long s, long head, long first, long rows, long own, long total,
                const float *weights) {
    const ck_attention *in = p->in;
    long W = in->width, q_stride = in->heads * W, k_stride = in->kv_heads * W;
    float *out = p->output + (p->starts[s] + first) * q_stride + head * W;
    long column = 0;
    int started = 0;
    if (rows == 1) memset(out, 0, (size_t)W * 4);
    for (long i = 0; i < segments_of(p, s); i++) {
        segment seg = segment_of(p, s, i, head / (in->heads / in->kv_heads), column, own);
        if (!seg.rows) continue;
        if (rows == 1) {
            for (long j = 0; j < seg.rows; j++)
                if (weights[column + j] != 0) ck_kernels->axpy(out, weights[column + j], seg.values + j * k_stride, W);
        } else {
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, W, seg.rows, 1, weights + column, total,
                        seg.values, k_stride, started, out, q_stride);
        }
        started = 1;
        column += seg.rows;
    }
}

// How many own keys a tile that ends before own row `stop` needs.
static long own_keys(const ck_attention *in, long length, long stop) { return in->causal ? stop : length; }

static void attend(const void *arguments, long begin, long end) {
    const attention *p = arguments;
    const ck_attention *in = p->in;
    for (long item = begin; item < end; item++) {
        long s = item / in->heads, head = item % in->heads, length = in->lengths[s], past = past_rows(in, s);
        for (long first = 0; first < length; first += TILE) {
            long rows = length - first < TILE ? length - first : TILE;
            long own = own_keys(in, length, first + rows), total = past + own;
            float *scores = ck_scratch(1, rows * total);
            score(p, s, head, first, rows, own, total, scores);
            for (long i = 0; i < rows; i++) {
                long from, to;
                sight(in, past, length, first + i, &from, &to);
                p->log_sums[(p->starts[s] + first + i) * in->heads + head] =
                    ck_kernels->softmax(scores + i * total, from, to, total);
            }
            mix(p, s, head, first, rows, own, total, scores);
        }
    }
}

static long *row_starts(const ck_attention *in) {
    long *starts = malloc((size_t)(in->sequences + 1) * sizeof *starts);
    if (!starts) abort();
    starts[0] = 0;
    for (long s = 0; s < in->sequences; s++) starts[s + 1] = starts[s] + in->lengths[s];
    return starts;
}

void ck_attend(float *output, float *log_sums, const ck_attention *input) {
    long *starts = row_starts(input);
    attention p = {.in = input, .output = output, .log_sums = log_sums, .starts = starts};
    ck_parallel(input->sequences * input->heads, 1, attend, &p);
    free(starts);
}

// One tile's share of all gradients, for one head.
static void pull_tile(const attention *p, long s, long head, long first, long rows, long past) {
    const ck_attention *in = p->in;
    long W = in->width, q_stride = in->heads * W, k_stride = in->kv_heads * W, length = in->lengths[s];
    long kv_head = head / (in->heads / in->kv_heads), own = own_keys(in, length, first + rows), total = past + own;
    float *weights = ck_scratch(1, rows * total), *slopes = ck_scratch(2, rows * total);
    long row = p->starts[s] + first;
    const float *q = in->queries + row * q_stride + head * W, *dout = p->upstream + row * q_stride + head * W;
    const float *out = p->output + row * q_stride + head * W;
    score(p, s, head, first, rows, own, total, weights);
    for (long i = 0; i < rows; i++) {
        long from, to;
        sight(in, past, length, first + i, &from, &to);
        ck_kernels->exponentials(weights + i * total, p->log_sums[(row + i) * in->heads + head], from, to, total);
    }
    long column = 0, count = segments_of(p, s);
    for (long i = 0; i < count; i++) {
        segment seg = segment_of(p, s, i, kv_head, column, own);
        if (seg.rows)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, seg.rows, W, 1, dout, q_stride, seg.values,
                        k_stride, 0, slopes + column, total);
        column += seg.rows;
    }
    // The scale belongs to the scores: the product rule leaves it on both dq and dk.
    for (long i = 0; i < rows; i++) {
        float delta = ck_kernels->dot(dout + i * q_stride, out + i * q_stride, W);
        ck_kernels->score_gradient(slopes + i * total, weights + i * total, delta, in->scale, total);
    }
    float *dq = p->dq + row * q_stride + head * W;
    column = 0;
    int started = 0;
    for (long i = 0; i < count; i++) {
        segment seg = segment_of(p, s, i, kv_head, column, own);
        if (!seg.rows) continue;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, W, seg.rows, 1, slopes + column, total, seg.keys,
                    k_stride, started, dq, q_stride);
        started = 1;
        float *dk = 0, *dv = 0;
        if (i == count - 1) {
            dk = p->dk + p->starts[s] * k_stride + kv_head * W;
            dv = p->dv + p->starts[s] * k_stride + kv_head * W;
        } else if (p->dpast_keys) {
            dk = p->dpast_keys + (p->past_starts[s] + column) * k_stride + kv_head * W;
            dv = p->dpast_values + (p->past_starts[s] + column) * k_stride + kv_head * W;
        }
        if (dk) {
            cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, seg.rows, W, rows, 1, slopes + column, total, q,
                        q_stride, 1, dk, k_stride);
            cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, seg.rows, W, rows, 1, weights + column, total, dout,
                        q_stride, 1, dv, k_stride);
        }
        column += seg.rows;
    }
}

static void pull(const void *arguments, long begin, long end) {
    const attention *p = arguments;
    const ck_attention *in = p->in;
    long group = in->heads / in->kv_heads;
    for (long item = begin; item < end; item++) {
        long s = item / in->kv_heads, kv_head = item % in->kv_heads, length = in->lengths[s];
        long past = past_rows(in, s);
        for (long head = kv_head * group; head < (kv_head + 1) * group; head++)
            for (long first = 0; first < length; first += TILE)
                pull_tile(p, s, head, first, length - first < TILE ? length - first : TILE, past);
    }
}

// Each block's gradient: the shares of the sequences that read it, added in the order of the sequences.
static void sum_by_block(const attention *p, float **dpast_keys, float **dpast_values, long pasts) {
    const ck_attention *in = p->in;
    long stride = in->kv_heads * in->width;
    for (long b = 0; b < pasts; b++) {
        if (!dpast_keys[b]) continue;
        ck_fill(dpast_keys[b], 0, in->pasts[b].rows * stride);
        ck_fill(dpast_values[b], 0, in->pasts[b].rows * stride);
    }
    for (long s = 0; s < in->sequences; s++) {
        long row = p->past_starts[s];
        for (long c = in->chain_starts[s]; c < in->chain_starts[s + 1]; c++) {
            long b = in->chains[c], n = in->pasts[b].rows * stride;
            if (b < pasts && dpast_keys[b]) {
                ck_add(dpast_keys[b], dpast_keys[b], p->dpast_keys + row * stride, n);
                ck_add(dpast_values[b], dpast_values[b], p->dpast_values + row * stride, n);
            }
            row += in->pasts[b].rows;
        }
    }
}

void ck_attend_pullback(float *dq, float *dk, float *dv, float **dpast_keys, float **dpast_values, long pasts,
                        const ck_attention *input, const float *output, const float *log_sums,
                        const float *upstream) {
    long *starts = row_starts(input), stride = input->kv_heads * input->width;
    long *past_starts = calloc((size_t)input->sequences + 1, sizeof *past_starts);
    if (!past_starts) abort();
    for (long s = 0; s < input->sequences; s++) past_starts[s + 1] = past_starts[s] + past_rows(input, s);
    long rows = past_starts[input->sequences];
    float *shares = pasts > 0 ? calloc((size_t)(2 * rows * stride + 1), 4) : 0;
    ck_fill(dk, 0, starts[input->sequences] * stride);
    ck_fill(dv, 0, starts[input->sequences] * stride);
    attention p = {.in = input, .output = (float *)output, .log_sums = (float *)log_sums, .dq = dq, .dk = dk,
                   .dv = dv, .upstream = upstream, .dpast_keys = shares,
                   .dpast_values = shares ? shares + rows * stride : 0, .past_starts = past_starts, .starts = starts};
    ck_parallel(input->sequences * input->kv_heads, 1, pull, &p);
    if (shares) sum_by_block(&p, dpast_keys, dpast_values, pasts);
    free(shares);
    free(past_starts);
    free(starts);
}
